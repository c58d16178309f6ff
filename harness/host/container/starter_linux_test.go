package container

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	apicontainer "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/harness/tree"
)

// serve starts a box that answers, and returns its address.
func serve(t *testing.T, h *Starter, change func(*host.Program, int)) (*handle, string) {
	t.Helper()
	free, err := host.FreePort("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(free))
	p := program(t, "serve", address)
	if change != nil {
		change(&p, free)
	}
	started := launch(t, h, p)
	until(t, "an answer", func() bool { return get(address) == "alive" })
	return started, address
}

func get(address string) string {
	response, err := http.Get("http://" + address)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body) // compared by the caller
	return string(text)
}

func TestServerInContainer(t *testing.T) {
	t.Parallel()
	cpu := firstCPU(t)
	h, address := serve(t, newTestStarter(t), func(p *host.Program, _ int) {
		p.Env, p.CPUs = []string{"SAY=hello=there"}, []int{cpu}
	})
	until(t, "the box's word", func() bool { return strings.Contains(h.LogTail(1000), "hello=there") })
	status, err := os.ReadFile("/proc/" + strconv.Itoa(h.PID()) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(status), "Cpus_allowed_list:\t"+strconv.Itoa(cpu)+"\n") {
		t.Errorf("the container is not pinned to CPU %d:\n%s", cpu, status)
	}
	if m, err := h.Memory(); err != nil || m == 0 {
		t.Errorf("memory is %d, %v", m, err)
	}
	if err := h.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if exit := h.Exit(); exit != (host.Exit{}) {
		t.Errorf("asked to end, it ended with %+v", exit)
	}
	log, err := os.ReadFile(h.program.Log)
	if err != nil || !strings.HasSuffix(string(log), "bye\n") || h.LogTail(4) != "bye" {
		t.Errorf("the log is %q, its tail %q, %v", log, h.LogTail(4), err)
	}
	if err := host.WaitPortClosed(t.Context(), address); err != nil {
		t.Error(err)
	}
}

// A container gets the variables, limits and umask that its handle reports, and
// keeps its image's own variables.
func TestContainerStartsInStatedSurroundings(t *testing.T) {
	t.Parallel()
	p := program(t, "surroundings")
	p.Env = []string{"TZ=CET", "MINE=a=b"}
	h := launch(t, newTestStarter(t), p)
	s := h.Surroundings()
	if want := map[string]string{"LANG": "C.UTF-8", "TZ": "CET", "MINE": "a=b"}; !maps.Equal(s.Environment, want) {
		t.Errorf("the environment is %v, want %v", s.Environment, want)
	}
	want := []string{
		"umask " + s.Umask, "in " + s.WorkingDirectory, "core soft " + s.Limits["core soft"], "stack soft " + s.Limits["stack soft"],
		"LANG=C.UTF-8", "TZ=CET", "MINE=a=b", "PATH=/",
	}
	until(t, "the box's word", func() bool { return strings.Contains(h.LogTail(4<<10), "MINE") })
	for _, line := range want {
		if log := "\n" + h.LogTail(4<<10); !strings.Contains(log, "\n"+line) {
			t.Errorf("the box does not say %q:\n%s", line, log)
		}
	}
	if s.Umask != "0022" || s.WorkingDirectory != "/" || s.Limits["core soft"] != "0" || s.Limits["stack soft"] != "8388608" || s.Limits["nofile hard"] == "" {
		t.Errorf("%+v", s)
	}
}

func firstCPU(t *testing.T) int {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	for c := range 1024 {
		if set.IsSet(c) {
			return c
		}
	}
	t.Fatal("no CPU")
	return 0
}

func TestPublishedPort(t *testing.T) {
	t.Parallel()
	_, address := serve(t, newTestStarter(t), func(p *host.Program, free int) {
		p.Argv = []string{"serve", ":8080"}
		p.Container.Published, p.Container.HostPort = 8080, free
	})
	if !strings.HasPrefix(address, "127.0.0.1:") {
		t.Error(address)
	}
}

func TestMountsAreReadOnly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte("from outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := program(t, "cat", "/inside/text")
	p.Container.Mounts = []catalog.Mount{{Source: file, Target: "/inside/text"}}
	h := launch(t, newTestStarter(t), p)
	awaitExit(t, h)
	if tail := h.LogTail(1000); !strings.HasSuffix(tail, "from outside") {
		t.Errorf("it says %q", tail)
	}
}

func TestExitIsReported(t *testing.T) {
	t.Parallel()
	h := newTestStarter(t)
	for name, test := range map[string]struct {
		argv   []string
		memory int64
		want   host.Exit
	}{
		"failure":    {[]string{"exit", "7"}, 0, host.Exit{Code: 7}},
		"at once":    {[]string{"exit", "0"}, 0, host.Exit{}},
		"for memory": {[]string{"eat"}, 32 << 20, host.Exit{Code: -1, Signal: "SIGKILL", OOMKilled: true}},
	} {
		p := program(t, test.argv...)
		p.Container.MemoryBytes = test.memory
		if got := awaitExit(t, launch(t, h, p)); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestDeafProgramIsKilled(t *testing.T) {
	t.Parallel()
	p := program(t, "deaf")
	p.StopTimeout = 50 * time.Millisecond
	h := launch(t, newTestStarter(t), p)
	until(t, "its first word", func() bool { return strings.HasPrefix(h.LogTail(100), "box") })
	if err := h.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if h.Exit().Signal != "SIGKILL" {
		t.Errorf("it ended with %+v", h.Exit())
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	h := newTestStarter(t)
	absent := program(t)
	absent.Container.Entrypoint = []string{"/absent"}
	pipes := program(t, "deaf")
	pipes.Pipes = true
	imageless := program(t)
	imageless.Container = nil
	nowhere := program(t, "deaf")
	nowhere.CPUs = []int{1000}
	for want, p := range map[string]host.Program{
		"correct args or entrypoint": absent, "no pipes": pipes, "no image": imageless, "choose others with --pin": nowhere,
	} {
		started, err := h.Start(t.Context(), p)
		if err == nil {
			t.Errorf("started in spite of %q: %v", want, started.Stop(context.Background()))
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "starting box") {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Start(ctx, program(t, "deaf")); err == nil {
		t.Error("started after its context's end")
	}
	if n := owned(t, h.name); n != 0 {
		t.Errorf("%d containers remain of starts that failed", n)
	}
}

// owned counts the containers of a Starter.
func owned(t *testing.T, name string) int {
	t.Helper()
	found, err := engine.client.ContainerList(context.Background(), client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelOwner+"="+name),
	})
	if err != nil {
		t.Fatal(err)
	}
	return len(found.Items)
}

// The cgroup's figure agrees with the processes' own clocks.
func TestUsageOfContainer(t *testing.T) {
	t.Parallel()
	cpu := firstCPU(t)
	p := program(t, "spin")
	p.CPUs = []int{cpu}
	h := launch(t, newTestStarter(t), p)
	if err := h.ResetPeak(); err != nil {
		t.Error(err)
	}
	byClocks := sample.Tree{Root: h.PID()}
	t0 := monotonic(t) + int64(20*time.Millisecond)
	t1 := t0 + int64(300*time.Millisecond)
	type reading struct {
		cpu int64
		err error
	}
	clocks := make(chan reading, 1)
	go func() {
		u, err := byClocks.Usage(context.Background(), t0, t1, 0)
		clocks <- reading{u.CPUNS, err}
	}()
	u, err := h.Usage(t.Context(), t0, t1, 50*time.Millisecond)
	other := <-clocks
	if err != nil || other.err != nil {
		t.Fatal(err, other.err)
	}
	if ratio := float64(u.CPUNS) / float64(other.cpu); ratio < 0.8 || ratio > 1.25 {
		t.Errorf("the control group says %v, the process's clock %v", time.Duration(u.CPUNS), time.Duration(other.cpu))
	}
	if u.CPUSource != sample.SourceCPUAcct && u.CPUSource != sample.SourceCgroup {
		t.Errorf("the source is %q", u.CPUSource)
	}
	if u.Processes != 1 || u.PeakMemoryBytes == nil || len(u.Timeline) < 2 {
		t.Errorf("usage is %+v", u)
	}
	if u.GroupPeakBytes == nil || u.Timeline[0].AnonymousBytes == nil || *u.GroupPeakBytes < *u.Timeline[0].AnonymousBytes {
		t.Errorf("memory of the group: peak %v, %+v", u.GroupPeakBytes, u.Timeline[0])
	}
	if u.QuotaCPUs != nil {
		t.Errorf("a quota of %v CPUs that nobody set", *u.QuotaCPUs)
	}
	_, err = engine.client.ContainerUpdate(t.Context(), h.container.GetContainerID(), client.ContainerUpdateOptions{
		Resources: &apicontainer.Resources{CPUPeriod: 20_000, CPUQuota: 2_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	t0 = monotonic(t) + int64(20*time.Millisecond)
	u, err = h.Usage(t.Context(), t0, t0+int64(200*time.Millisecond), 0)
	if err != nil || u.QuotaCPUs == nil || *u.QuotaCPUs != 0.1 || u.ThrottledPeriods == nil || *u.ThrottledPeriods == 0 || *u.ThrottledNS == 0 {
		t.Errorf("a tenth of a CPU: %+v, %v", u, err)
	}
}

func monotonic(t *testing.T) int64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano()
}

// hang is a joust that starts a container, says so, and never ends.
func hang(image string) {
	ctx := context.Background()
	e, err := Connect(ctx)
	if err != nil {
		panic(err)
	}
	h, err := NewStarter(e, guardCommand())
	if err != nil {
		panic(err)
	}
	c, err := h.Start(ctx, host.Program{Name: "box", Argv: []string{"deaf"}, Container: &host.Container{Image: image}})
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(h.name + " " + strconv.Itoa(c.PID()) + "\n")
	select {}
}

// A joust that is killed leaves its containers to the guard, and where that was
// killed as well, to the next start.
func TestKilledJoustLeavesNoContainer(t *testing.T) {
	t.Parallel()
	need(t)
	for _, guarded := range []bool{true, false} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), hangEnv+"="+box.ID)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 100)
		n, err := out.Read(line)
		if err != nil {
			t.Fatal(err)
		}
		name, pid, _ := strings.Cut(strings.TrimSpace(string(line[:n])), " ")
		if n := owned(t, name); n != 1 {
			t.Fatalf("the joust has %d containers", n)
		}
		swept, err := engine.Sweep(t.Context())
		if err != nil || strings.Contains(strings.Join(swept, " "), name) {
			t.Errorf("the sweep took %v of a joust that lives, %v", swept, err)
		}
		if !guarded {
			children, err := tree.Descendants(cmd.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range children {
				if err := c.Signal(unix.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		killed := time.Now()
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		if !guarded {
			if swept, err = engine.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		}
		until(t, "the container's end", func() bool {
			_, err := os.Stat("/proc/" + pid)
			return err != nil && owned(t, name) == 0
		})
		t.Logf("guarded: %v; gone %v after the kill, swept: %q", guarded, time.Since(killed), swept)
		if !guarded && len(swept) == 0 {
			t.Error("nothing was swept")
		}
	}
}
