package machine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/joust-bench/joust/results/files"
)

// helperEnv makes the test binary one of the processes that a test needs.
const helperEnv = "JOUST_MACHINE_HELPER"

func TestMain(m *testing.M) {
	switch mode := os.Getenv(helperEnv); {
	case mode == "lock":
		hold(func(waiting func(*files.HeldError)) (func() error, error) { return Lock(context.Background(), waiting) })
	case mode == "share", mode == "share anyway":
		hold(func(waiting func(*files.HeldError)) (func() error, error) {
			s, err := TakeShare(context.Background(), mode == "share anyway", waiting)
			return func() error { return tellNeighbours(s) }, err
		})
	case strings.HasPrefix(mode, "files "):
		lowerFiles(strings.TrimPrefix(mode, "files "))
	default:
		os.Exit(m.Run())
	}
}

// hold says "waiting for ...", "held" or "failed: ...", and gives the lock or the
// share up when standard input ends.
func hold(take func(waiting func(holder *files.HeldError)) (release func() error, err error)) {
	release, err := take(func(holder *files.HeldError) { fmt.Println("waiting for " + holder.Owner) })
	if err != nil {
		fmt.Println("failed: " + err.Error())
		return
	}
	fmt.Println("held")
	io.Copy(io.Discard, os.Stdin)
	if err := release(); err != nil {
		fmt.Println("failed: " + err.Error())
	}
}

// tellNeighbours ends the share and says "neighbours" with the process IDs of the
// neighbours.
func tellNeighbours(s *Share) error {
	neighbours, err := s.Leave()
	line := "neighbours"
	for _, n := range neighbours {
		line += " " + strconv.Itoa(n.PID)
	}
	fmt.Println(line)
	return err
}

// lowerFiles takes "SOFT HARD", lowers the limits to them and prints the result of
// MaxConnections, the soft limit after RaiseNoFile, and the limit that a shell then
// inherits.
func lowerFiles(limits string) {
	var limit syscall.Rlimit
	if _, err := fmt.Sscan(limits, &limit.Cur, &limit.Max); err != nil {
		fmt.Println(err)
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		fmt.Println(err)
		return
	}
	n, reason := MaxConnections()
	fmt.Println(n, reason)
	if err := RaiseNoFile(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("now", fileLimits()["nofile soft"])
	shell, err := exec.Command("sh", "-c", "ulimit -n").CombinedOutput()
	fmt.Println("shell", strings.TrimSpace(string(shell)), err)
}

// child is a helper seen from outside.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts a helper with a folder for temporary files; it ends with the
// test at the latest.
func start(t *testing.T, mode, tmp string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	// A program built with -race sleeps for a second before it ends.
	cmd.Env = append(os.Environ(), helperEnv+"="+mode, "TMPDIR="+tmp, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &child{cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(p.end)
	return p
}

func (p *child) end() {
	p.in.Close()
	_ = p.cmd.Wait() // it may have been ended before, or killed on purpose
}

// says reads the next line.
func (p *child) says(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// name returns the beginning of the name of a lock's holder.
func (p *child) name() string { return "process " + strconv.Itoa(p.cmd.Process.Pid) + ", since " }
