package profile

import (
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

func TestTop(t *testing.T) {
	t.Parallel()
	weights := map[string]float64{"b": 2, "a": 2, "most": 6, "none": 0}
	want := []results.ProfileEntry{{Function: "most", Share: 0.6}, {Function: "a", Share: 0.2}, {Function: "b", Share: 0.2}}
	if diff := cmp.Diff(want, top(weights)); diff != "" {
		t.Error(diff)
	}
	if got := top(nil); len(got) != 0 {
		t.Errorf("nothing has the top %v", got)
	}
}

func TestImpossible(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind    Kind
		runtime Runtime
		says    string
	}{
		{CPU, Go, ""}, {Trace, Go, ""}, {Perf, "", ""}, {Perf, Node, ""}, {CPU, JVM, ""}, {CPU, Node, ""},
		{Heap, Node, "node has no heap profile"}, {Mutex, JVM, "jvm has no mutex profile"},
		{CPU, "", "names no profiler, so it has no cpu profile: ask for perf"},
	} {
		got := Impossible(test.kind, test.runtime)
		if (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
			t.Errorf("%s of %q: %q, want %q", test.kind, test.runtime, got, test.says)
		}
	}
}

// TestParsers reads the outputs of real tools.
func TestParsers(t *testing.T) {
	t.Parallel()
	perf := "# Samples: 2K of event 'cpu-clock:pppH'\n#\n    60.25%  [k] finish_task_switch.isra.0\n    12.50%  [.] runtime.futex               -      -            \n     0.25%  [.] std::vector<int, std::allocator<int> >::push_back\n"
	if diff := cmp.Diff(map[string]float64{"finish_task_switch.isra.0": 60.25, "runtime.futex": 12.5, "std::vector<int, std::allocator<int> >::push_back": 0.25}, perfShares([]byte(perf))); diff != "" {
		t.Error(diff)
	}
	sample := "jdk.ExecutionSample {\n  startTime = 13:47:44.716\n  state = \"STATE_RUNNABLE\"\n  stackTrace = [\n    T.work(long) line: 3\n    ...\n  ]\n}\n\n"
	if diff := cmp.Diff(map[string]float64{"T.work(long)": 2}, jfrSamples([]byte(sample+sample))); diff != "" {
		t.Error(diff)
	}
	node := `{"nodes":[{"id":1,"callFrame":{"functionName":"(idle)","url":"","lineNumber":-1},"hitCount":90},
		{"id":2,"callFrame":{"functionName":"answer","url":"file:///a/server.js","lineNumber":9},"hitCount":4},
		{"id":3,"callFrame":{"functionName":"(program)","url":"","lineNumber":-1},"hitCount":1},
		{"id":4,"callFrame":{"functionName":"answer","url":"file:///a/server.js","lineNumber":9},"hitCount":2}],"samples":[2]}`
	hits := map[string]float64{}
	if err := addHits(hits, []byte(node)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]float64{"answer server.js:10": 6, "(program)": 1}, hits); diff != "" {
		t.Error(diff)
	}
}

// serveProfiles serves this process's profiles on a socket while it spins and allocates.
func serveProfiles(t *testing.T) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux}
	var running sync.WaitGroup
	running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	stop := make(chan struct{})
	running.Go(func() { spin(stop, 1<<16) })
	t.Cleanup(func() {
		close(stop)
		_ = server.Close() // the listener's error is that of Serve
		running.Wait()
	})
	return socket
}

//go:noinline
func spin(stop chan struct{}, size int) {
	for {
		select {
		case <-stop:
			return
		default:
			work(make([]byte, size))
		}
	}
}

//go:noinline
func work(list []byte) {
	for i := range list {
		list[i] = byte(i * i)
	}
}

// TestGoProfiles is not parallel: one CPU profile of a process can run at a time.
func TestGoProfiles(t *testing.T) {
	for _, kind := range []Kind{CPU, Heap, Allocs, Mutex, Trace} {
		t.Run(string(kind), func(t *testing.T) {
			p := Plan{Kind: kind, Runtime: Go, Folder: t.TempDir()}
			if err := p.During(t.Context(), Target{Socket: serveProfiles(t)}, time.Second); err != nil {
				t.Fatal(err)
			}
			got, err := p.Finish(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(got.File); err != nil || info.Size() == 0 {
				t.Errorf("no profile in %s: %v", got.File, err)
			}
			names := ""
			for _, e := range got.Top {
				names += e.Function + " "
			}
			if want := map[Kind]string{CPU: "profile.work", Allocs: "profile.spin"}[kind]; !strings.Contains(names, want) {
				t.Errorf("the top is %v, without %s", got.Top, want)
			}
		})
	}
}

func TestGoServerWithoutSocket(t *testing.T) {
	t.Parallel()
	p := Plan{Kind: CPU, Runtime: Go, Folder: t.TempDir()}
	err := p.During(t.Context(), Target{Socket: filepath.Join(p.Folder, "none")}, time.Second)
	if err == nil || !strings.Contains(err.Error(), "--profile-socket") {
		t.Errorf("error %v, want one that names --profile-socket", err)
	}
}

// tool skips the test where the program is not installed.
func tool(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed (package %s)", name, packages()[name])
		}
	}
}

// begin starts a program that ends with the test.
func begin(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return cmd
}

func TestPerf(t *testing.T) {
	t.Parallel()
	tool(t, "perf")
	spinner := begin(t, "sh", "-c", "while :; do :; done")
	p := Plan{Kind: Perf, Folder: t.TempDir()}
	if err := p.During(t.Context(), Target{PIDs: []int{spinner.Process.Pid}}, time.Second); err != nil {
		if strings.Contains(err.Error(), "perf_event_paranoid") || strings.Contains(err.Error(), "not permitted") {
			t.Skipf("perf may not sample here: %v", err)
		}
		t.Fatal(err)
	}
	got, err := p.Finish(t.Context())
	if err != nil || len(got.Top) == 0 {
		t.Errorf("the profile is %+v, %v", got, err)
	}
}

func TestFlightRecorder(t *testing.T) {
	t.Parallel()
	tool(t, "java", "jcmd", "jfr")
	source := filepath.Join(t.TempDir(), "Spin.java")
	const program = `public class Spin { public static void main(String[] a) { long s = 1; while (true) s = work(s); }
		static long work(long s) { for (int i = 0; i < 100000; i++) s = s * 31 + i; return s; } }`
	if err := os.WriteFile(source, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	spinner := begin(t, "java", "-XX:-UsePerfData", source)
	p := Plan{Kind: CPU, Runtime: JVM, Folder: t.TempDir()}
	if err := p.During(t.Context(), Target{PIDs: []int{spinner.Process.Pid}}, 3*time.Second); err != nil {
		t.Fatal(err)
	}
	got, err := p.Finish(t.Context())
	if err != nil || len(got.Top) == 0 {
		t.Errorf("the profile is %+v, %v", got, err)
	}
}

func TestNodeProfile(t *testing.T) {
	t.Parallel()
	tool(t, "node")
	p := Plan{Kind: CPU, Runtime: Node, Folder: t.TempDir()}
	const program = `function work() { let s = 0; for (let i = 0; i < 1e7; i++) s += i * i; return s; }
		const until = Date.now() + 500; while (Date.now() < until) work(); process.exit(0);`
	argv := p.Command([]string{"node", "-e", program})
	cmd := exec.Command(argv[0], argv[1:]...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	got, err := p.Finish(t.Context())
	if err != nil || len(got.Top) == 0 || !strings.HasPrefix(got.Top[0].Function, "work") {
		t.Errorf("the profile is %+v, %v; want work on top", got, err)
	}
	empty := Plan{Kind: CPU, Runtime: Node, Folder: t.TempDir()}
	if _, err := empty.Finish(t.Context()); err == nil || !strings.Contains(err.Error(), "process.exit") {
		t.Errorf("error %v without a file, want one that says how a server must end", err)
	}
}
