package cli

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/results"
)

// needContainers skips a test where no engine or no docker command is here, or
// fails it where there must be.
func needContainers(t *testing.T) {
	t.Helper()
	_, err := container.Connect(t.Context())
	if err == nil {
		_, err = exec.LookPath("docker")
	}
	need(t, err)
}

// docker asks the engine through its own command, not through joust.
func docker(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("docker", args...).Output()
	if err != nil {
		t.Fatalf("docker %q: %v", args, err)
	}
	return strings.Fields(string(out))
}

// boxes are servers of one site that are Dockerfiles around the stooge.
type boxes struct {
	*site
	// suffix ends the names of this test's servers, and of no other test's.
	suffix string
}

func newBoxes(t *testing.T) *boxes {
	t.Helper()
	needContainers(t)
	b := &boxes{site: newSite(t), suffix: fmt.Sprintf("-%d-%s", os.Getpid(), strings.ToLower(strings.TrimPrefix(t.Name(), "Test")))}
	networks := len(docker(t, "network", "ls", "--quiet"))
	t.Cleanup(func() {
		if names := b.containers(t); len(names) > 0 {
			t.Errorf("containers remain: %q", names)
		}
		for _, image := range docker(t, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=joust:*"+b.suffix+"*") {
			docker(t, "image", "rm", image)
		}
		if n := len(docker(t, "network", "ls", "--quiet")); n != networks {
			t.Errorf("%d networks after the test, %d before", n, networks)
		}
	})
	return b
}

// containers returns the names of the containers of the site's servers.
func (b *boxes) containers(t *testing.T) []string {
	t.Helper()
	return docker(t, "ps", "--all", "--filter", "name="+b.suffix, "--format", "{{.Names}}")
}

// box adds a server and returns its name; args are of the stooge, and more are
// lines of the manifest.
func (b *boxes) box(t *testing.T, name, dockerfile, args string, more ...string) string {
	t.Helper()
	name += b.suffix
	// Each image has layers of its own: the engine removes shared ones with the image of
	// another test while a build uses them.
	dockerfile = strings.Replace(dockerfile, "FROM scratch\n", "FROM scratch\nLABEL box="+name+"\n", 1)
	dir := b.path("servers", name)
	manifest := fmt.Sprintf("title: box\nlanguage: Go\ndockerfile: .\nargs: [%s]\nprotocols: [h1]\nscenarios: [hello]\n%s\n", args, strings.Join(more, "\n"))
	stooge, err := os.ReadFile(filepath.Join(programs, "stooge"))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	for file, text := range map[string][]byte{"stooge": stooge, "Dockerfile": []byte(dockerfile), "server.yaml": []byte(manifest)} {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), text, 0o755)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

const (
	stoogefile = "FROM scratch\nCOPY stooge /stooge\nENTRYPOINT [\"/stooge\"]\n"
	itsAddress = `"{{.Host}}:{{.Port}}"`
)

func TestContainerBesideProcess(t *testing.T) {
	t.Parallel()
	b := newBoxes(t)
	name := b.box(t, "boxed", stoogefile, itsAddress)
	published := b.box(t, "published", stoogefile, itsAddress, "container: {network: published, port: 8080}")
	b.server(t, "plain", nil)
	text := b.joust(t, b.run("--servers", "plain,"+name+","+published)...).ends(patience, ExitOK)
	says(t, text, "image of "+name)
	_, run := b.stored(t)
	for i := range run.Trials {
		trial := &run.Trials[i]
		usage := trial.Phases[0].Server
		contained := trial.Server != "plain"
		if usage == nil || usage.CPUNS <= 0 || (usage.GroupPeakBytes != nil) != contained {
			t.Errorf("usage of %s is %+v", trial.Server, usage)
		}
		s := run.Server(trial.Server)
		if contained != (s.Isolation == results.IsolationContainer) || contained != strings.HasPrefix(s.Versions["image"], "sha256:") {
			t.Errorf("%s has the isolation %q and the versions %v", s.Name, s.Isolation, s.Versions)
		}
		if (s.Network == results.NetworkPublished) != (s.Name == published) {
			t.Errorf("%s has the network %q", s.Name, s.Network)
		}
	}
	if len(run.Trials) != 3 {
		t.Errorf("%d trials", len(run.Trials))
	}
	text = b.joust(t, "check", name, "plain", "--isolation", "process", "--servers-dir", b.path("servers")).ends(patience, ExitOK)
	says(t, text, name+": not here: "+name+" is an image and runs in a container only")
}

// A Go fixture runs both ways in one comparison, and in a duel with itself.
func TestFixtureBothWays(t *testing.T) {
	t.Parallel()
	b := newBoxes(t)
	name := "fixture" + b.suffix
	source, err := os.ReadFile("testdata/stooge/main.go")
	if err == nil {
		err = os.MkdirAll(b.path("servers", name), 0o755)
	}
	for file, text := range map[string]string{
		"main.go": string(source), "go.mod": "module fixture\n\ngo 1.26\n",
		"server.yaml": "title: f\nlanguage: Go\ngo: .\nargs: [" + itsAddress + "]\nprotocols: [h1]\nscenarios: [hello]\n",
	} {
		if err == nil {
			err = os.WriteFile(b.path("servers", name, file), []byte(text), 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	b.joust(t, b.run("--servers", name, "--isolation", "process,container")...).ends(buildPatience, ExitOK)
	_, run := b.stored(t)
	if len(run.Servers) != 2 || run.Servers[0].Isolation != "" || run.Servers[1].Name != name+"-container" ||
		run.Servers[1].Isolation != results.IsolationContainer || run.Servers[1].PlaceboOf != "" || len(run.Trials) != 2 {
		t.Errorf("servers %+v with %d trials", run.Servers, len(run.Trials))
	}
	// Two pairs are too few to decide anything.
	text := b.joust(t, "duel", "--a", name, "--b", name+",isolation=container", "--scenario", "hello", "--clients", "4", "--duration", "100ms", "--warmup", "0s",
		"--budget", "5s", "--servers-dir", b.path("servers")).ends(patience, ExitUsage)
	says(t, text, "B is "+name+",isolation=container", "UNDECIDED")
}

// A container that runs already is sampled by its control groups, and runs on.
func TestRunningContainer(t *testing.T) {
	t.Parallel()
	b := newBoxes(t)
	name := b.box(t, "running", stoogefile, itsAddress)
	b.joust(t, "check", name, "--servers-dir", b.path("servers")).ends(patience, ExitOK)
	address := freeAddress(t)
	docker(t, "run", "--detach", "--name", name, "--network", "host", "joust:"+name+"-dockerfile", address)
	defer docker(t, "rm", "--force", name)
	if err := awaitListener(address); err != nil {
		t.Fatal(err)
	}
	args := []string{"--url", "mine=http://" + address, "--mode", "closed", "--scenarios", "hello", "--trials", "1", "--duration", "300ms", "--warmup", "0s"}
	b.joust(t, append([]string{"run", "--container", name}, args...)...).ends(patience, ExitOK)
	_, run := b.stored(t)
	if u := run.Trials[0].Phases[0].Server; u == nil || u.CPUNS <= 0 || u.GroupPeakBytes == nil {
		t.Errorf("usage is %+v", u)
	}
	if len(b.containers(t)) != 1 {
		t.Error("the container was ended")
	}
	says(t, b.joust(t, append([]string{"run", "--container", name + "x"}, args...)...).ends(patience, ExitFailed), "has no container "+name+"x")
}

// freeAddress is a loopback address that was free just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A mistake in a container is reported before the run where joust can see it, else
// by the check.
func TestBadContainers(t *testing.T) {
	t.Parallel()
	b := newBoxes(t)
	for _, c := range []struct {
		server string
		code   int
		says   []string
	}{
		{b.box(t, "broken", "FROM scratch\nCOPY absent /stooge\n", itsAddress), ExitWrong, []string{"building the Dockerfile of broken", "COPY absent /stooge", "absent"}},
		{b.box(t, "exits", stoogefile, itsAddress+", exits"), ExitWrong, []string{"it ended before it answered: exit status 7", "cannot find my configuration"}},
		{b.box(t, "elsewhere", stoogefile, `"127.0.0.1:29871"`, "start_timeout: 1s"), ExitWrong, []string{"its container listens on 127.0.0.1:29871", "container: {port: N}"}},
		{b.box(t, "absent", "FROM scratch\nCOPY stooge /stooge\nENTRYPOINT [\"/none\"]\n", itsAddress), ExitWrong, []string{"the image does not hold the program to start"}},
	} {
		text := b.joust(t, "check", c.server, "--servers-dir", b.path("servers")).ends(patience, c.code)
		says(t, text, c.says...)
		if names := b.containers(t); len(names) > 0 {
			t.Errorf("%s leaves containers: %q", c.server, names)
		}
	}
	name := b.box(t, "unknown", "", itsAddress)
	manifest := b.path("servers", name, "server.yaml")
	text, err := os.ReadFile(manifest)
	if err == nil {
		err = os.WriteFile(manifest, bytes.Replace(text, []byte("dockerfile: ."), []byte("image: 127.0.0.1:1/joust/none:1"), 1), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	says(t, b.joust(t, b.run("--servers", name)...).ends(patience, ExitFailed), "image 127.0.0.1:1/joust/none:1 is not on this machine and cannot be pulled")
}

// Interrupted, or killed with or without a moment's notice, joust leaves no
// container.
func TestEndedJoustLeavesNoContainer(t *testing.T) {
	t.Parallel()
	b := newBoxes(t)
	name := b.box(t, "killed", stoogefile, itsAddress)
	for _, end := range []struct {
		signal syscall.Signal
		when   string
	}{{syscall.SIGINT, "a window"}, {syscall.SIGKILL, "a window"}, {syscall.SIGKILL, "the container"}} {
		p := b.joust(t, b.run("--servers", name, "--trials", "100", "--duration", "2s")...)
		p.until("the container", func() bool { return len(b.containers(t)) > 0 })
		if end.when == "a window" {
			p.until("a loader", func() bool { return hasLoader(marked(b.mark)) })
		}
		if err := p.cmd.Process.Signal(end.signal); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		<-p.done
		for len(b.containers(t)) > 0 {
			if time.Since(began) > patience {
				t.Fatalf("%v in %s: %q remain", end.signal, end.when, b.containers(t))
			}
		}
		t.Logf("%v in %s: nothing is left %v later", end.signal, end.when, time.Since(began))
		if lines := waitGone(b.mark, patience); len(lines) > 0 {
			t.Errorf("%v in %s: processes remain: %q", end.signal, end.when, lines)
		}
	}
}
