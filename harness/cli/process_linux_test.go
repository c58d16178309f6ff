package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
)

// patience bounds the wait for a condition on a busy machine.
const patience = 60 * time.Second

// buildPatience bounds one that compiles a server, the standard library
// included where the cache is empty.
const buildPatience = 5 * patience

// site is a folder of its own with servers, results and temporary files.
type site struct {
	dir string
	// mark is in the environment of every process that is started here; see marked.
	mark string
	// env is what joust gets beyond the test's own environment.
	env []string
	// shell is the commands of a shell that then becomes joust; empty for no shell.
	shell string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: t.TempDir()}
	s.mark = s.dir + "/"
	if err := os.Mkdir(s.path("tmp"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if lines := waitGone(s.mark, patience); len(lines) > 0 {
			t.Errorf("processes remain: %q", lines)
		}
	})
	return s
}

func (s *site) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// server adds a server that is the stooge.
func (s *site) server(t *testing.T, name string, mode []string, keys ...string) {
	t.Helper()
	// Of joust's own environment the stooge sees next to nothing.
	keys = append([]string{"env={STOOGE_EVENTS: " + s.path("events") + "}"}, keys...)
	if err := writeServer(s.path("servers"), name, mode, keys); err != nil {
		t.Fatal(err)
	}
}

// events counts the stooges' events of that kind.
func (s *site) events(kind string) int {
	text, err := os.ReadFile(s.path("events"))
	if err != nil {
		return 0
	}
	return strings.Count(string(text), kind+" ")
}

// run returns the arguments of a short closed loop; more win.
func (s *site) run(more ...string) []string { return append(soon(s.path("servers")), more...) }

// stored returns the only run of the site.
func (s *site) stored(t *testing.T) (dir string, run results.Run) {
	t.Helper()
	dir, err := journal.Find(s.path("results"), journal.Latest)
	if err != nil {
		t.Fatal(err)
	}
	if run, err = journal.Open(dir); err != nil {
		t.Fatal(err)
	}
	return dir, run
}

// occupy takes the site's measuring lock: every joust waits until release.
func (s *site) occupy(t *testing.T) (release func()) {
	t.Helper()
	lock, err := os.Create(s.path("tmp", "joust-measuring.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := lock.WriteString("process 1: the holder\n"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := lock.Close(); err != nil {
			t.Error(err)
		}
	}
}

// process is a joust that runs.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  output
	done chan struct{}
}

// output collects the output of a process.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// joust starts joust as the leader of a process group, as a shell does.
func (s *site) joust(t *testing.T, args ...string) *process {
	t.Helper()
	command := append([]string{filepath.Join(programs, "joust")}, args...)
	if s.shell != "" {
		command = append([]string{"sh", "-c", s.shell + `; exec "$0" "$@"`}, command...)
	}
	p := &process{t: t, cmd: exec.Command(command[0], command[1:]...), done: make(chan struct{})}
	p.cmd.Dir = s.dir
	p.cmd.Env = append(os.Environ(), "TMPDIR="+s.path("tmp"), "XDG_CACHE_HOME="+s.path("cache"),
		"PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	p.cmd.Env = append(p.cmd.Env, s.env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // code returns the outcome
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it has ended, unless the test failed
		<-p.done
	})
	return p
}

// waits reports whether the process waits for the holder of an occupied site.
func (p *process) waits() bool {
	return strings.Contains(p.out.String(), "waiting: another joust measures on this machine (process 1: the holder)")
}

// until waits for a condition while the process runs.
func (p *process) until(what string, met func() bool) {
	p.t.Helper()
	p.within(patience, what, met)
}

func (p *process) within(limit time.Duration, what string, met func() bool) {
	p.t.Helper()
	for began := time.Now(); !met(); time.Sleep(5 * time.Millisecond) {
		select {
		case <-p.done:
			p.t.Fatalf("joust ended with %d before %s:\n%s", p.code(), what, p.out.String())
		default:
		}
		if time.Since(began) > limit {
			p.t.Fatalf("%s did not come within %v:\n%s", what, limit, p.out.String())
		}
	}
}

// signal sends a signal to the whole group, as a terminal does.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		p.t.Fatal(err)
	}
}

func (p *process) code() int { return p.cmd.ProcessState.ExitCode() }

// ends waits for the end of joust and holds it to an exit code.
func (p *process) ends(within time.Duration, code int) string {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		p.t.Fatalf("joust did not end within %v:\n%s", within, p.out.String())
	}
	if p.code() != code {
		p.t.Fatalf("exit code %d, want %d:\n%s", p.code(), code, p.out.String())
	}
	return p.out.String()
}

// says holds a text to its parts.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("nothing says %q:\n%s", part, text)
		}
	}
}

// counted returns how often each trial was measured, by kind, server and repetition.
func counted(run *results.Run) map[string]int {
	seen := map[string]int{}
	for i := range run.Trials {
		if t := &run.Trials[i]; t.State != results.TrialInterrupted {
			seen[fmt.Sprintf("%s %s %d", t.Kind, t.Server, t.Repetition)]++
		}
	}
	return seen
}
