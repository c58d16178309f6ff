package servers_test

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen; it is long,
// because the machine may be busy.
const patience = 60 * time.Second

// server is a running server under test.
type server struct {
	*manifest
	field  *field
	addr   string
	cmd    *exec.Cmd
	log    string
	exited chan struct{}
}

// buildAll builds the Go fixtures with one command and returns their folder.
func buildAll(t *testing.T, manifests []*manifest) string {
	t.Helper()
	bin := t.TempDir()
	args := []string{"build", "-ldflags=-s -w", "-o", bin + string(filepath.Separator)}
	for _, m := range manifests {
		args = append(args, "./"+filepath.Join(m.name, m.Go))
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return bin
}

// field is all that the servers are started with.
type field struct {
	// bin is the folder of the programs, data that of the data set.
	bin, data string
}

// start starts the server as its manifest says and waits until it answers. The
// changes are made to what its templates see.
func (f *field) start(t *testing.T, m *manifest, changes ...func(*launch)) *server {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	l := launch{
		Host: "127.0.0.1", Port: port, CPUs: 1, Dir: dir, Source: m.dir, Protocol: "h1",
		Data: f.data, Params: map[string]string{},
	}
	for name, p := range m.Parameters {
		l.Params[name] = p.Default
	}
	for _, change := range changes {
		change(&l)
	}
	for name, source := range m.Files {
		text, err := os.ReadFile(filepath.Join(m.dir, source))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(render(t, source, string(text), l)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &server{
		manifest: m,
		field:    f,
		addr:     net.JoinHostPort(l.Host, strconv.Itoa(port)),
		log:      filepath.Join(t.TempDir(), "log"),
		exited:   make(chan struct{}),
	}
	s.cmd = command(t, m, f.bin, l)
	s.launch(t)
	s.awaitReady(t)
	return s
}

func command(t *testing.T, m *manifest, bin string, l launch) *exec.Cmd {
	t.Helper()
	argv := []string{filepath.Join(bin, m.name)}
	for _, arg := range m.Args {
		argv = append(argv, render(t, "args", arg, l))
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = l.Dir
	cmd.Env = os.Environ()
	for name, value := range m.Env {
		cmd.Env = append(cmd.Env, name+"="+render(t, "env", value, l))
	}
	// A process group of its own, so that all of it can be counted and ended.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func (s *server) launch(t *testing.T) {
	t.Helper()
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // the status is read from ProcessState
		close(s.exited)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // usually gone already
		<-s.exited
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.name, s.logText())
		}
	})
}

func (s *server) logText() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (s *server) awaitReady(t *testing.T) {
	t.Helper()
	s.await(t, "the server to listen", func() bool {
		select {
		case <-s.exited:
			t.Fatalf("%s ended at once: %v\n%s", s.name, s.cmd.ProcessState, s.logText())
		default:
		}
		return s.listens()
	})
}

func (s *server) listens() bool {
	conn, err := net.DialTimeout("tcp", s.addr, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close() // only asked whether it listens
	return true
}

// await polls until the condition holds.
func (s *server) await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: waited %v for %s", s.name, patience, what)
		}
		<-tick.C
	}
}

// terminate sends SIGTERM to the first process, as the harness does.
func (s *server) terminate(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func (s *server) awaitExit(t *testing.T) {
	t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatalf("%s still runs %v after SIGTERM", s.name, patience)
	}
}

// expectEnd waits for the end after terminate: status 0, a silent log, no
// process of the group and no listener left.
func (s *server) expectEnd(t *testing.T) {
	t.Helper()
	s.awaitExit(t)
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("%s ended with %v, want exit status 0\n%s", s.name, s.cmd.ProcessState, s.logText())
	}
	s.await(t, "its last process to go", func() bool {
		return errors.Is(syscall.Kill(-s.cmd.Process.Pid, 0), syscall.ESRCH)
	})
	if s.listens() {
		t.Errorf("something still listens on %s", s.addr)
	}
	if log := s.logText(); log != "" {
		t.Errorf("%s wrote to its log, which would be measured too:\n%s", s.name, log)
	}
}

// lastPort is the last port that freePort tried. It starts anywhere in a range below
// the ports that the kernel gives out, since another test may take one of those
// before the server binds it.
var lastPort = func() *atomic.Int32 {
	var port atomic.Int32
	port.Store(12000 + rand.Int32N(8000))
	return &port
}()

// freePort returns a port that was free just now, and no port twice.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := int(lastPort.Add(1))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err == nil {
			err = l.Close()
		}
		if err != nil {
			t.Fatalf("looking for a free port: %v", err)
		}
		return port
	}
	t.Fatal("1000 ports in a row are taken")
	return 0
}
