package sample

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/tree"
)

// helperEnv makes the test binary one of the processes to be sampled.
const helperEnv = "JOUST_SAMPLE_HELPER"

func TestMain(m *testing.M) {
	if mode := os.Getenv(helperEnv); mode != "" {
		helper(mode)
		return
	}
	os.Exit(m.Run())
}

// helper runs one role and answers commands on its standard input until that
// ends:
//
//	cpu   its own CPU time and that of children it waited for, in ns
//	map   maps, touches and unmaps 64 MiB
//	end   ends its child and waits for it
//
// Roles: sleep; spin; threads (one spins, two use a hundredth each); fork
// (one short child after another); parent (sleeps, its child spins).
func helper(mode string) {
	var child *process
	switch mode {
	case "spin":
		go spin()
	case "threads":
		go spin()
		go doze()
		go doze()
	case "fork":
		go forkOnAndOn()
	case "burn":
		burn(20 * time.Millisecond)
		return
	case "zombie":
		fmt.Println("reset beside a zombie:", resetBesideZombie())
		return
	case "parent":
		child = mustStart("spin")
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "cpu":
			fmt.Println(ownCPU())
			continue
		case "map":
			touch(allocation)
		case "end":
			child.end()
		}
		fmt.Println("done")
	}
	if child != nil {
		child.end()
	}
}

// resetBesideZombie resets the memory peak of this process, which has a zombie as
// its child, with the rights of an ordinary user.
func resetBesideZombie() error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
		// The change of the user took this process's files in /proc away.
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0); err != nil {
			return err
		}
	}
	child := exec.Command("true")
	if err := child.Start(); err != nil {
		return err
	}
	for !ended(child.Process.Pid) {
		runtime.Gosched()
	}
	return Tree{Root: os.Getpid()}.ResetPeak()
}

// allocation is the memory that "map" maps, in bytes.
const allocation = 64 << 20

func spin() {
	runtime.LockOSThread()
	for { //nolint:staticcheck // spinning is its work
	}
}

func doze() {
	runtime.LockOSThread()
	for {
		burn(200 * time.Microsecond)
		time.Sleep(20 * time.Millisecond)
	}
}

// burn uses that much CPU time of this thread.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := threadCPU(); threadCPU()-start < d; {
	}
}

func threadCPU() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err)
	}
	return time.Duration(ts.Nano())
}

func forkOnAndOn() {
	for {
		cmd := helperCommand("burn")
		if err := cmd.Run(); err != nil {
			panic(err)
		}
	}
}

// ownCPU asks getrusage, which the code under test does not use.
func ownCPU() int64 {
	var sum int64
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if err := syscall.Getrusage(who, &r); err != nil {
			panic(err)
		}
		sum += r.Utime.Nano() + r.Stime.Nano()
	}
	return sum
}

func touch(size int) {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for i := 0; i < size; i += 4096 {
		b[i] = 1
	}
	if err := unix.Munmap(b); err != nil {
		panic(err)
	}
}

func helperCommand(mode string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	// A program built with -race sleeps for a second before it ends.
	cmd.Env = append(os.Environ(), helperEnv+"="+mode, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd
}

// process is a helper seen from outside. It ends with its standard input.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startHelper(mode string) (*process, error) {
	cmd := helperCommand(mode)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, in: in, out: bufio.NewReader(out)}
	if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
		return nil, fmt.Errorf("the helper says %q, %v", line, err)
	}
	return p, nil
}

func mustStart(mode string) *process {
	p, err := startHelper(mode)
	if err != nil {
		panic(err)
	}
	return p
}

func (p *process) end() {
	p.in.Close()
	_ = p.cmd.Wait() // a helper that was killed on purpose is no failure
}

// start starts a helper that ends with the test.
func start(t *testing.T, mode string) *process {
	t.Helper()
	p, err := startHelper(mode)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.end)
	return p
}

func (p *process) tree() Tree { return Tree{Root: p.cmd.Process.Pid} }

// ask sends a command and returns the answer.
func (p *process) ask(t *testing.T, command string) string {
	t.Helper()
	answer, err := p.request(command)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func (p *process) request(command string) (string, error) {
	if _, err := io.WriteString(p.in, command+"\n"); err != nil {
		return "", err
	}
	line, err := p.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// cpu returns the CPU time of the helper by its own account.
func (p *process) cpu(t *testing.T) int64 {
	t.Helper()
	ns, err := strconv.ParseInt(p.ask(t, "cpu"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// group puts a helper, all of whose processes are to be counted, into a cgroup
// of its own.
func group(t *testing.T, p *process) Tree {
	t.Helper()
	dir := makeGroup(t)
	pid := strconv.Itoa(p.cmd.Process.Pid)
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(pid), 0); err != nil {
		t.Skipf("no process can be moved into a cgroup here: %v", err)
	}
	t.Cleanup(p.end) // before the removal of the cgroup, which must be empty
	return Tree{Root: p.cmd.Process.Pid, Groups: tree.Groups{Unified: dir}}
}

func makeGroup(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(mounts) {
		fields := strings.Fields(string(line))
		if len(fields) < 3 || fields[2] != "cgroup2" {
			continue
		}
		dir, err := os.MkdirTemp(fields[1], "joust-sample-test-")
		if err != nil {
			t.Skipf("no cgroup can be made here: %v", err)
		}
		t.Cleanup(func() { removeGroup(t, dir) })
		return dir
	}
	t.Skip("no cgroup2 is mounted here")
	return ""
}

// removeGroup waits until the last process has gone.
func removeGroup(t *testing.T, dir string) {
	_ = os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0) // kernels before 5.14 have none
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := os.Remove(dir)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("the test's cgroup stays behind: %v", err)
			return
		}
	}
}
