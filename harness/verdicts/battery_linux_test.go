package verdicts

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/scenarios"
)

// foremost is the nice value of the battery's processes: other work on the machine
// disturbs them less, and on a quiet machine it changes nothing.
const foremost = -20

// hurry puts this process before others, where that is allowed: the nice value
// of every thread, and that of the session's own group (sched(7), autogroup).
func hurry() {
	threads, _ := os.ReadDir("/proc/self/task") // it is there on every Linux
	for _, thread := range threads {
		if tid, err := strconv.Atoi(thread.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, tid, foremost)
		}
	}
	setAutogroup(foremost)
}

// goFirst is hurry for the test itself. Others use the session too: its old value
// returns after the test, and after Ctrl-C.
func goFirst(t *testing.T) {
	text, err := os.ReadFile(autogroup)
	if err != nil {
		return
	}
	var number, nice int
	if _, err := fmt.Sscanf(string(text), "/autogroup-%d nice %d", &number, &nice); err != nil {
		return
	}
	t.Cleanup(func() { setAutogroup(nice) })
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		setAutogroup(nice)
		os.Exit(130) // keepers and rivals see their input end
	}()
	hurry()
}

// autogroup has the nice value of the session's own group.
const autogroup = "/proc/self/autogroup"

func setAutogroup(nice int) { _ = os.WriteFile(autogroup, []byte(strconv.Itoa(nice)), 0) }

// stage runs situations, on one processor for each side.
type stage struct {
	server, loader int
	host           *host.Local
	rows           []scenarios.Scenario
	self           string
}

func newStage(t *testing.T) (*stage, error) {
	topology, err := cpuset.Read()
	if err != nil {
		return nil, err
	}
	split, err := cpuset.Split(topology, nil, cpuset.PolicyAuto)
	if err != nil {
		return nil, err
	}
	if split.Shared {
		return nil, errors.New("server and loader need a processor each, and this machine has one")
	}
	table, err := scenarios.Load()
	if err != nil {
		return nil, err
	}
	s := &stage{server: split.Server[0], loader: split.Loader[0], rows: table}
	if s.self, err = os.Executable(); err != nil {
		return nil, err
	}
	goFirst(t)
	if err := cpuset.SetProcess(os.Getpid(), []int{s.loader}); err != nil {
		return nil, err
	}
	s.host, err = host.NewLocal(host.LocalOptions{KeeperCPUs: []int{s.loader}})
	return s, err
}

// perform runs the situation once and returns its trial and its time, without the
// wait for another joust.
func (s *stage) perform(t *testing.T, x *situation) (trial results.Trial, took time.Duration) {
	t.Helper()
	unlock, err := machine.Lock(t.Context(), func(holder *files.HeldError) { t.Logf("waiting for another joust: %s", holder.Owner) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unlock() }()
	began := time.Now()
	defer s.sweep(t)
	header := s.header(x)
	dir := filepath.Join(t.TempDir(), "run")
	j, err := journal.Create(dir, header)
	if err != nil {
		t.Fatal(err)
	}
	rivals := &rivals{stage: s, situation: x}
	defer rivals.end()
	rivals.start(t)
	if !x.during {
		rivals.begin(t)
	}
	var stopping sync.WaitGroup
	defer stopping.Wait()
	runner := &run.Runner{
		Run: header, Rows: s.rowsOf(x), Journal: j,
		Launcher: launch.Launcher{
			Host: s.host, CPUs: header.CPUs, Logs: filepath.Join(dir, "logs"),
			LoaderArgv: append([]string{s.self, "loader"}, x.slowed.args()...),
		},
		Fixtures: map[string]launch.Fixture{"staged": {Manifest: s.manifest(x)}},
		Runnable: func(results.PlanEntry, results.PlanTable) bool { return true },
		Observer: observer{t: t, announced: func(w loaders.Window) {
			if x.during {
				rivals.begin(t)
			}
			if x.stopped && w.Measured {
				stopping.Go(func() { s.stopLoader(t, w) })
			}
		}},
	}
	if err := errors.Join(runner.Execute(t.Context()), j.Close()); err != nil {
		t.Fatal(err)
	}
	stored, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(stored.Trials) != 1 {
		t.Fatalf("%d trials, check: %v", len(stored.Trials), stored.Servers[0].CheckFailed)
	}
	return stored.Trials[0], time.Since(began)
}

// rowsOf returns the rows as the situation has them.
func (s *stage) rowsOf(x *situation) []scenarios.Scenario {
	rows := slices.Clone(s.rows)
	for i := range rows {
		rows[i].LeastTime = x.leastTime
	}
	return rows
}

// header is the run of the situation: one server, one table, one trial.
func (s *stage) header(x *situation) results.Run {
	table := x.table
	if table.Scenario == "" {
		table.Scenario = "hello"
	}
	table.Protocol, table.Trials, table.WarmupNS = string(scenarios.H1), 1, int64(300*time.Millisecond)
	if table.Closed {
		table.ClosedDurationNS = int64(600 * time.Millisecond)
	}
	if len(table.Rates) > 0 {
		table.OpenDurationNS, table.Schedule = int64(time.Second), string(loaders.Constant)
	}
	r := results.Run{
		Schema: results.Schema, ID: "staged", Started: time.Now(), CPUs: results.CPUSplit{Server: []int{s.server}, Loader: []int{s.loader}, Pinned: true},
		Servers: []results.Server{{Name: "staged", Folder: "staged"}},
		Plan: results.Plan{
			Seed: 1, Engine: string(loaders.EventLoop), LoaderThreads: 1, IdleStrategy: string(loaders.Hybrid),
			RequestTimeoutNS: int64(10 * time.Second), DrainNS: int64(500 * time.Millisecond),
			Entries: []results.PlanEntry{{Server: "staged", As: "staged"}}, Tables: []results.PlanTable{table},
		},
	}
	if x.shared {
		r.CPUs.Server, r.CPUs.Shared = r.CPUs.Loader, true
		r.Plan.IdleStrategy = string(loaders.Wait)
	}
	return r
}

func (s *stage) manifest(x *situation) catalog.Manifest {
	return catalog.Manifest{
		Name: "staged", Command: []string{s.self, "stage"}, Args: append([]string{"{{.Host}}:{{.Port}}"}, x.server...),
		Protocols: []string{"h1"}, Scenarios: []string{"hello", "upload_20mb"},
		StartTimeout: 20 * time.Second, StopTimeout: time.Second,
	}
}

// sweep removes the quotas' groups of killed servers.
func (s *stage) sweep(t *testing.T) {
	root, err := cpuControllerV1()
	if err != nil {
		return
	}
	groups, _ := filepath.Glob(filepath.Join(root, quotaGroup+"*")) // the pattern is right
	for _, dir := range groups {
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	}
}

// rivals are programs that compete for a side's processor.
type rivals struct {
	*stage
	*situation
	running []rival
	compete sync.Once
}

type rival struct {
	*exec.Cmd
	in  io.WriteCloser // one line lets it compete, the end of it ends it
	out *bufio.Reader
}

// start starts them idle: on a processor for which others compete already, a
// process takes seconds until it is put before others too.
func (r *rivals) start(t *testing.T) {
	cpu := map[string]int{"server": r.stage.server, "loader": r.stage.loader}[r.competing]
	for range r.workers {
		cmd := exec.Command(r.self, "compete", strconv.Itoa(cpu))
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // as server and loader are
		in, noInput := cmd.StdinPipe()
		out, err := cmd.StdoutPipe()
		if err = errors.Join(noInput, err); err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Error(err)
			return
		}
		r.running = append(r.running, rival{cmd, in, bufio.NewReader(out)})
	}
	for i := range r.running {
		r.running[i].says(t, "ready")
	}
}

// begin lets them compete, and returns when they do.
func (r *rivals) begin(t *testing.T) {
	r.compete.Do(func() {
		for i := range r.running {
			if _, err := io.WriteString(r.running[i].in, "\n"); err != nil {
				t.Errorf("a competing program ended: %v", err)
			}
		}
		for i := range r.running {
			r.running[i].says(t, "competing")
		}
	})
}

func (r *rival) says(t *testing.T, want string) {
	line, err := r.out.ReadString('\n')
	if err != nil || line != want+"\n" {
		t.Errorf("a competing program said %q, not %q: %v", line, want, err)
	}
}

func (r *rivals) end() {
	for i := range r.running {
		_ = r.running[i].Process.Kill() // it is ours, and is waited for
		_ = r.running[i].Wait()
	}
}

// stopLoader stops the loader for the middle third of the window.
func (s *stage) stopLoader(t *testing.T, w loaders.Window) {
	pid, err := s.loaderPID()
	if err != nil {
		t.Error(err)
		return
	}
	third := (w.T1NS - w.T0NS) / 3
	for i, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		time.Sleep(time.Duration(w.T0NS + int64(i+1)*third - clock.Now()))
		if err := syscall.Kill(pid, signal); err != nil {
			t.Error(err)
		}
	}
}

// loaderPID finds the loader's process, which a keeper has started.
func (s *stage) loaderPID() (int, error) {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is right
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err == nil && strings.HasPrefix(string(line), s.self+"\x00loader\x00") {
			return strconv.Atoi(strings.Split(path, "/")[2])
		}
	}
	return 0, errors.New("no process is the loader")
}

// observer reports the windows of a run.
type observer struct {
	t         *testing.T
	announced func(loaders.Window)
}

var _ run.Observer = observer{}

func (o observer) Note(format string, args ...any) { o.t.Logf(format, args...) }
func (observer) Checked(string, string, string)    {}
func (observer) TrialBegins(run.Progress)          {}
func (o observer) Phase(w loaders.Window)          { o.announced(w) }
func (observer) Live(loaders.Interval)             {}
func (observer) TrialEnds(run.Progress, results.Trial) {
}
func (observer) BlockEnds(int, int) {}
