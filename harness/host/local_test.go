//go:build linux

package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/host/tree"
)

func newLocal(t *testing.T, o Options) *Local {
	t.Helper()
	o.Keeper = keeperCommand()
	l, err := NewLocal(o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// launch starts the program and stops it at the end of the test.
func launch(t *testing.T, o Options, p Program) *handle {
	t.Helper()
	if p.Log == "" {
		p.Log = filepath.Join(t.TempDir(), "log")
	}
	p.Name = t.Name()
	h, err := newLocal(t, o).Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h.(*handle)
}

func awaitExit(t *testing.T, h Handle) Exit {
	t.Helper()
	select {
	case <-h.Exited():
		return h.Exit()
	case <-time.After(patience):
		t.Fatalf("still running after %v", patience)
		return Exit{}
	}
}

// family is the keeper of the program and everything below it.
func family(t *testing.T, h *handle) []tree.Process {
	t.Helper()
	keeper, err := tree.Lookup(h.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	below, err := tree.Descendants(keeper.PID)
	if err != nil {
		t.Fatal(err)
	}
	return append(below, keeper)
}

// left returns those of the processes that still run.
func left(processes []tree.Process) ([]tree.Process, error) {
	var alive []tree.Process
	for _, p := range processes {
		now, err := tree.Lookup(p.PID)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (now.Start != p.Start || now.Ended()) {
			continue
		}
		if err != nil {
			return nil, err
		}
		alive = append(alive, p)
	}
	return alive, nil
}

// stopAndCheck stops the program and asserts that nothing of it is left.
func stopAndCheck(t *testing.T, h *handle, all []tree.Process) {
	t.Helper()
	if err := h.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if alive, err := left(all); err != nil || len(alive) > 0 {
		t.Errorf("after Stop, %v are left (%v)", alive, err)
	}
	if dir := h.started.Cgroup; dir != "" {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after Stop, the control group is left: %v", err)
		}
	}
	select {
	case <-h.Exited():
	default:
		t.Error("after Stop, Exited is open")
	}
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("JOUST_REQUIRE") == "all" {
		t.Fatalf("%s is not installed, and JOUST_REQUIRE=all", program)
	}
	t.Skipf("%s is not installed", program)
}

// eachOwnership runs the test with and without control groups.
func eachOwnership(t *testing.T, test func(t *testing.T, o Options)) {
	t.Run("cgroup", func(t *testing.T) {
		t.Parallel()
		needCgroups(t)
		test(t, Options{})
	})
	t.Run("descendants", func(t *testing.T) {
		t.Parallel()
		test(t, Options{NoCgroups: true})
	})
}

func needCgroups(t *testing.T) {
	t.Helper()
	self, err := tree.Self()
	if err != nil {
		t.Fatal(err)
	}
	c, err := tree.MakeCgroup(self.CgroupName("probe" + strconv.FormatInt(time.Now().UnixNano(), 36)))
	if err != nil {
		if os.Getenv("JOUST_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip("no control groups can be made here: ", err)
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestExitIsReported(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script string
		want   Exit
	}{
		"success": {"exit 0", Exit{}},
		"failure": {"exit 7", Exit{Code: 7}},
		"signal":  {"kill -SEGV $$", Exit{Code: -1, Signal: "SIGSEGV"}},
		"killed":  {"kill -KILL $$", Exit{Code: -1, Signal: "SIGKILL"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := launch(t, Options{}, Program{Argv: []string{"sh", "-c", "echo last words; " + test.script}})
			if diff := cmp.Diff(test.want, awaitExit(t, h)); diff != "" {
				t.Errorf("exit (-want +got):\n%s", diff)
			}
			if got := h.LogTail(100); got != "last words" {
				t.Errorf("log is %q", got)
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notRunnable := filepath.Join(dir, "not-runnable")
	if err := os.WriteFile(notRunnable, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		program Program
		want    string
	}{
		"no command":     {Program{}, "no command is given"},
		"not found":      {Program{Argv: []string{"joust-no-such-program"}}, "install joust-no-such-program or correct the command"},
		"not runnable":   {Program{Argv: []string{notRunnable}}, "permission denied"},
		"no such folder": {Program{Argv: []string{"true"}, Dir: filepath.Join(dir, "none")}, "no such file or directory"},
		"no such CPU":    {Program{Argv: []string{"true"}, CPUs: []int{1000}}, "are all of these CPUs online"},
		"log":            {Program{Argv: []string{"true"}, Log: filepath.Join(dir, "none", "log")}, "creating the log"},
		"pipes":          {Program{Argv: []string{"joust-no-such-program"}, Pipes: true}, "install"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.program.Name = "server-x"
			h, err := newLocal(t, Options{}).Start(t.Context(), test.program)
			if err == nil {
				t.Fatalf("started: %v", h.Stop(t.Context()))
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "starting server-x") {
				t.Errorf("error %q does not tell of server-x: %q", err, test.want)
			}
		})
	}
}

func TestStartHeedsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newLocal(t, Options{}).Start(ctx, Program{Argv: []string{"true"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// The keeper here never answers, as one that hangs would not.
func TestStartGivesUpOnSilentKeeper(t *testing.T) {
	t.Parallel()
	l, err := NewLocal(Options{Keeper: []string{"cat", "/proc/self/fd/0"}})
	if err != nil {
		t.Fatal(err)
	}
	l.options.Keeper = []string{"sh", "-c", "cat >/dev/null"}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := l.Start(ctx, Program{Argv: []string{"true"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

func TestStartTellsOfBrokenKeeper(t *testing.T) {
	t.Parallel()
	l, err := NewLocal(Options{Keeper: []string{"sh", "-c", "echo out of order >&2; exit 3"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Start(t.Context(), Program{Argv: []string{"true"}})
	if err == nil || !strings.Contains(err.Error(), "out of order") && !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("error is %v", err)
	}
}

func TestStopIsPoliteFirst(t *testing.T) {
	t.Parallel()
	eachOwnership(t, func(t *testing.T, o Options) {
		h := launch(t, o, Program{
			Argv:        []string{"sh", "-c", "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done"},
			StopTimeout: patience,
		})
		if _, err := awaitLog(h, "up"); err != nil {
			t.Fatal(err)
		}
		stopAndCheck(t, h, family(t, h))
		if want := (Exit{Code: 5}); h.Exit() != want {
			t.Errorf("exit is %+v, not %+v", h.Exit(), want)
		}
		if got := h.LogTail(3); got != "bye" {
			t.Errorf("log ends with %q", got)
		}
		if err := h.Stop(t.Context()); err != nil {
			t.Errorf("second Stop: %v", err)
		}
	})
}

func TestStopEndsStubbornTree(t *testing.T) {
	t.Parallel()
	eachOwnership(t, func(t *testing.T, o Options) {
		h := launch(t, o, Program{Argv: []string{os.Args[0], "stubborn"}, StopTimeout: 50 * time.Millisecond})
		line, err := awaitLog(h, "listening")
		if err != nil {
			t.Fatal(err)
		}
		all := family(t, h)
		if len(all) != 3 {
			t.Errorf("keeper, program and child are %v", all)
		}
		stopAndCheck(t, h, all)
		_, addr, _ := strings.Cut(line, " ")
		if err := WaitPortClosed(t.Context(), addr); err != nil {
			t.Error(err)
		}
		if want := (Exit{Code: -1, Signal: "SIGKILL"}); h.Exit() != want {
			t.Errorf("exit is %+v, not %+v", h.Exit(), want)
		}
	})
}

func TestStopKillsAtOnceWhenContextEnds(t *testing.T) {
	t.Parallel()
	h := launch(t, Options{}, Program{Argv: []string{os.Args[0], "stubborn"}, StopTimeout: time.Hour})
	if _, err := awaitLog(h, "listening"); err != nil {
		t.Fatal(err)
	}
	all := family(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Stop(ctx); err != nil {
		t.Error(err)
	}
	stopAndCheck(t, h, all)
}

func TestStopEndsChildrenOfDeadParent(t *testing.T) {
	t.Parallel()
	eachOwnership(t, func(t *testing.T, o Options) {
		h := launch(t, o, Program{Argv: []string{"sh", "-c", "sleep 1000 & setsid sh -c 'sleep 1000 & sleep 1000' & exit 3"}})
		if got := awaitExit(t, h); got.Code != 3 {
			t.Errorf("exit is %+v", got)
		}
		var all []tree.Process
		err := await(func() (bool, error) {
			all = family(t, h)
			return len(all) == 5, nil
		}, "three sleeps, their shell and the keeper")
		if err != nil {
			t.Fatal(err, all)
		}
		stopAndCheck(t, h, all)
	})
}

func TestKeeperEndsNginxWithKilledMaster(t *testing.T) {
	t.Parallel()
	need(t, "nginx")
	eachOwnership(t, func(t *testing.T, o Options) {
		port, err := newLocal(t, o).FreePort("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		p, err := nginxProgram(t.TempDir(), port)
		if err != nil {
			t.Fatal(err)
		}
		h := launch(t, o, p)
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		if err := awaitListening(addr); err != nil {
			t.Fatal(err, h.LogTail(1000))
		}
		all := family(t, h)
		if err := unix.Kill(h.PID(), unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if got := awaitExit(t, h); got.Signal != "SIGKILL" || got.OOMKilled {
			t.Errorf("exit is %+v", got)
		}
		if err := awaitListening(addr); err != nil {
			t.Errorf("the workers should have survived: %v", err)
		}
		stopAndCheck(t, h, all)
		if err := WaitPortClosed(t.Context(), addr); err != nil {
			t.Error(err)
		}
	})
}

func TestKeeperEndsTreeWhenSignalled(t *testing.T) {
	t.Parallel()
	h := launch(t, Options{}, Program{Argv: []string{os.Args[0], "stubborn"}, StopTimeout: time.Hour})
	if _, err := awaitLog(h, "listening"); err != nil {
		t.Fatal(err)
	}
	all := family(t, h)
	if err := h.cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	awaitExit(t, h)
	stopAndCheck(t, h, all)
}

// A keeper that is killed cannot clean up; joust does it by the control group
// and says that something was wrong.
func TestDeadKeeperIsTold(t *testing.T) {
	t.Parallel()
	needCgroups(t)
	p := Program{Name: "x", Argv: []string{os.Args[0], "stubborn"}, Log: filepath.Join(t.TempDir(), "log")}
	started, err := newLocal(t, Options{}).Start(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	h := started.(*handle)
	if _, err := awaitLog(h, "listening"); err != nil {
		t.Fatal(err)
	}
	all := family(t, h)
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if got, want := awaitExit(t, h), (Exit{Code: -1, Signal: "SIGKILL"}); got != want {
		t.Errorf("exit is %+v", got)
	}
	if err := h.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "keeper of x died") {
		t.Errorf("Stop says %v", err)
	}
	err = await(func() (bool, error) {
		alive, err := left(all)
		return len(alive) == 0, err
	}, "processes are left")
	if err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(h.started.Cgroup); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the control group is left: %v", err)
	}
}

func TestPinningIsInherited(t *testing.T) {
	t.Parallel()
	cpus := allowedCPUs(t)
	if len(cpus) < 2 {
		t.Skip("with one CPU, pinned and unpinned look the same")
	}
	last, first := cpus[len(cpus)-1], cpus[0]
	const script = "grep Cpus_allowed_list /proc/self/status & wait; echo done; exec sleep 1000"
	h := launch(t, Options{KeeperCPUs: []int{first}}, Program{Argv: []string{"sh", "-c", script}, CPUs: []int{last}})
	log, err := awaitLog(h, "done")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(log); len(got) < 2 || got[1] != strconv.Itoa(last) {
		t.Errorf("the program's child says %q, not CPU %d", log, last)
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", h.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		t.Fatal(tasks, err)
	}
	for _, task := range tasks {
		if got := allowedList(t, task); got != strconv.Itoa(first) {
			t.Errorf("%s of the keeper may use CPUs %s, not %d", task, got, first)
		}
	}
}

func TestUnpinnedProgramGetsOwnCPUs(t *testing.T) {
	t.Parallel()
	cpus := allowedCPUs(t)
	h := launch(t, Options{KeeperCPUs: cpus[:1]}, Program{Argv: []string{"sleep", "1000"}})
	want := allowedList(t, "/proc/self/status")
	if got := allowedList(t, fmt.Sprintf("/proc/%d/status", h.PID())); got != want {
		t.Errorf("the program may use CPUs %s, not %s", got, want)
	}
}

func allowedCPUs(t *testing.T) []int {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	var cpus []int
	for c := range 1024 {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
}

func allowedList(t *testing.T, status string) string {
	t.Helper()
	text, err := os.ReadFile(status)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "Cpus_allowed_list:\t")
	list, _, _ := strings.Cut(rest, "\n")
	return list
}

func TestEnvironmentAndFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := launch(t, Options{}, Program{
		Argv: []string{"sh", "-c", `echo "$PWD $JOUST_TEST_A $HOME"`},
		Env:  []string{"JOUST_TEST_A=first", "HOME=/nowhere"}, Dir: dir,
	})
	awaitExit(t, h)
	if got, want := h.LogTail(1000), dir+" first /nowhere"; got != want {
		t.Errorf("got %q, not %q", got, want)
	}
}

func TestPipes(t *testing.T) {
	t.Parallel()
	h := launch(t, Options{}, Program{Argv: []string{"sh", "-c", "echo warning >&2; exec cat"}, Pipes: true})
	// A program started later must not hold the first one's input open.
	launch(t, Options{}, Program{Argv: []string{"sleep", "1000"}})
	if _, err := io.WriteString(h.Stdin(), "there and back\n"); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(h.Stdout())
	if got, err := lines.ReadString('\n'); err != nil || got != "there and back\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := h.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	if got := awaitExit(t, h); got != (Exit{}) {
		t.Errorf("exit is %+v", got)
	}
	if got, err := io.ReadAll(lines); err != nil || len(got) != 0 {
		t.Errorf("after the end got %q, %v", got, err)
	}
	if got := h.LogTail(100); got != "warning" {
		t.Errorf("log is %q", got)
	}
}

// What was written before Stop can still be read after it.
func TestOutputOutlivesStop(t *testing.T) {
	t.Parallel()
	h := launch(t, Options{}, Program{Argv: []string{"sh", "-c", "echo report; echo written >&2; exec sleep 1000"}, Pipes: true})
	if _, err := awaitLog(h, "written"); err != nil {
		t.Fatal(err)
	}
	stopAndCheck(t, h, family(t, h))
	if got, err := io.ReadAll(h.Stdout()); err != nil || string(got) != "report\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A pipe in non-blocking mode makes plain programs fail with EAGAIN.
func TestPipesBlock(t *testing.T) {
	t.Parallel()
	h := launch(t, Options{}, Program{
		Argv:  []string{"sh", "-c", "cat /proc/self/fdinfo/0 /proc/self/fdinfo/1 | grep flags"},
		Pipes: true,
	})
	text, err := io.ReadAll(h.Stdout())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q", text)
	}
	for _, line := range lines {
		flags, err := strconv.ParseInt(strings.Fields(line)[1], 8, 64)
		if err != nil || flags&unix.O_NONBLOCK != 0 {
			t.Errorf("%q is in non-blocking mode (%v)", line, err)
		}
	}
}

// A lock or socket that joust inherited must not live on in servers.
func TestInheritedFilesStopAtKeeper(t *testing.T) {
	t.Parallel()
	const fd = 200
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if err := unix.Dup3(int(null.Fd()), fd, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	h := launch(t, Options{}, Program{Argv: []string{"sleep", "1000"}})
	if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", h.cmd.Process.Pid, fd)); err != nil {
		t.Errorf("the keeper was expected to inherit it: %v", err)
	}
	if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", h.PID(), fd)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the program has it: %v", err)
	}
}

func TestLogIsCutInTheMiddle(t *testing.T) {
	t.Parallel()
	const limit = 4096
	log := filepath.Join(t.TempDir(), "log")
	h := launch(t, Options{}, Program{Argv: []string{"sh", "-c", "seq 1 20000; exec sleep 1000"}, Log: log, LogCap: limit})
	if _, err := awaitLog(h, "\n20000"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > limit || len(text) < limit-64 {
		t.Errorf("the log has %d bytes, not nearly %d", len(text), limit)
	}
	if !strings.HasPrefix(string(text), "1\n2\n3\n") || !strings.HasSuffix(string(text), "\n19999\n20000\n") {
		t.Errorf("first or last lines are missing:\n%s", text)
	}
	if !strings.Contains(string(text), "[joust cut 10") {
		t.Errorf("nothing says what was cut:\n%s", text)
	}
	if got := h.LogTail(12); got != "19999\n20000" {
		t.Errorf("tail is %q", got)
	}
}

// The sampling itself is proved in its own package; here, that it is asked for
// the right processes.
func TestHandleSamplesProgram(t *testing.T) {
	t.Parallel()
	h := launch(t, Options{}, Program{Argv: []string{"sh", "-c", "while :; do :; done"}})
	if m, err := h.Memory(); err != nil || m == 0 {
		t.Errorf("memory is %d, %v", m, err)
	}
	if err := h.ResetPeak(); err != nil {
		t.Error(err)
	}
	t0 := monotonic(t)
	u, err := h.Usage(t.Context(), t0, t0+int64(50*time.Millisecond), 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if u.CPUNS < int64(time.Millisecond) || u.Processes != 1 {
		t.Errorf("a busy shell used %v in %d processes", time.Duration(u.CPUNS), u.Processes)
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

func TestFreePortCanBeBound(t *testing.T) {
	t.Parallel()
	l := newLocal(t, Options{})
	for range 20 {
		port, err := l.FreePort("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		if low := ephemeralStart(); low > lowestPort+1000 && port >= low {
			t.Errorf("port %d is one of outgoing connections", port)
		}
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.FreePort("192.0.2.1"); err == nil {
		t.Error("a port was found on an address that is not ours")
	}
}

func TestWaitPortClosed(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := WaitPortClosed(ctx, addr); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), addr) {
		t.Errorf("while it listens: %v", err)
	}
	done := make(chan error)
	go func() { done <- WaitPortClosed(t.Context(), addr) }()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
