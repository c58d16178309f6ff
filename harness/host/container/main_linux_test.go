package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"go.uber.org/goleak"

	"github.com/joust-bench/joust/harness/host"
)

// guardEnv makes the test binary a guard, and hangEnv a joust that starts a
// container and hangs.
const (
	guardEnv = "JOUST_TEST_GUARD"
	hangEnv  = "JOUST_TEST_HANG"
)

// patience bounds the wait for a condition on a busy machine.
const patience = 30 * time.Second

// The engine, and the one image that all tests start, or why there is none.
var (
	engine   *Engine
	box      Image
	boxFile  string
	noDocker error
)

func TestMain(m *testing.M) {
	if os.Getenv(guardEnv) != "" {
		if err := Guard(os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if image := os.Getenv(hangEnv); image != "" {
		hang(image)
	}
	code, err := withBox(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withBox builds the image, runs run, and removes the image. It compares the
// engine's estate before and after.
func withBox(run func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "joust-container-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	boxFile = filepath.Join(dir, "box")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", boxFile, "./testdata/box")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building the box: %w\n%s", err, out)
	}
	ctx := context.Background()
	if engine, noDocker = Connect(ctx); noDocker != nil {
		return run(), nil
	}
	before, err := countAll(ctx)
	if err != nil {
		return 1, err
	}
	if box, err = engine.Wrap(ctx, boxName, boxFile, ignore); err != nil {
		return 1, err
	}
	code = run()
	err = removeOurs(ctx)
	// The library keeps idle connections of its own search for an engine.
	err = errors.Join(err, goleak.Find(
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop")))
	after, countErr := countAll(ctx)
	if err = errors.Join(err, countErr); err == nil && before != after {
		err = fmt.Errorf("the engine holds %+v after the tests, and %+v before", after, before)
	}
	return code, err
}

// boxName is the server that the tests' images are built for.
var boxName = fmt.Sprintf("box-%d", os.Getpid())

func ignore(string) {}

// removeOurs removes the tests' images, under all the names that they have.
func removeOurs(ctx context.Context) error {
	found, err := engine.client.ImageList(ctx, client.ImageListOptions{All: true, Filters: ours(boxName)})
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range found.Items {
		if _, err := engine.client.ImageRemove(ctx, i.ID, client.ImageRemoveOptions{Force: true, PruneChildren: true}); !errdefs.IsNotFound(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// estate is everything that an engine holds of this test. Others may use the engine at
// the same time, so only networks are counted in full.
type estate struct{ containers, images, networks int }

func countAll(ctx context.Context) (estate, error) {
	containers, err := engine.client.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelServer+"="+boxName),
	})
	images, imagesErr := engine.client.ImageList(ctx, client.ImageListOptions{All: true, Filters: ours(boxName)})
	networks, networksErr := engine.client.NetworkList(ctx, client.NetworkListOptions{})
	return estate{len(containers.Items), len(images.Items), len(networks.Items)}, errors.Join(err, imagesErr, networksErr)
}

// need skips a test where there is no engine, or fails it where there must be
// one.
func need(t *testing.T) {
	t.Helper()
	if noDocker == nil {
		return
	}
	if os.Getenv("JOUST_REQUIRE") == "all" {
		t.Fatalf("%v, and JOUST_REQUIRE=all", noDocker)
	}
	t.Skip(noDocker)
}

// guardCommand runs this test binary as a guard.
func guardCommand() []string { return []string{"env", guardEnv + "=1", os.Args[0]} }

// newTestStarter returns a Starter that is closed at the end of the test.
func newTestStarter(t *testing.T) *Starter {
	t.Helper()
	need(t)
	h, err := NewStarter(engine, guardCommand())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// program returns the box with arguments.
func program(t *testing.T, argv ...string) host.Program {
	t.Helper()
	return host.Program{
		Name: "box", Argv: argv, Log: filepath.Join(t.TempDir(), "log"), LogCap: 1 << 10,
		StopTimeout: time.Second, Container: &host.Container{Image: box.ID},
	}
}

// launch starts the program and stops it at the end of the test.
func launch(t *testing.T, h *Starter, p host.Program) *handle {
	t.Helper()
	started, err := h.Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		gone(t, started.(*handle).container.GetContainerID())
	})
	return started.(*handle)
}

// gone asserts that the engine has no such container.
func gone(t *testing.T, name string) {
	t.Helper()
	if _, err := engine.client.ContainerInspect(context.Background(), name, client.ContainerInspectOptions{}); err == nil {
		t.Errorf("container %s remains", name)
	}
}

// until waits for the condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen within %v", what, patience)
		}
	}
}

func awaitExit(t *testing.T, h *handle) host.Exit {
	t.Helper()
	select {
	case <-h.Exited():
		return h.Exit()
	case <-time.After(patience):
		t.Fatalf("still running after %v", patience)
		return host.Exit{}
	}
}
