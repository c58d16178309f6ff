package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/check"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Server is a server that has answered correctly, or one that ran already.
type Server struct {
	// Address is IP:port, Host the host that requests name.
	Address, Host string
	// Handle is nil for a server that joust did not start and cannot sample.
	Handle host.Handle
	// CPUs are those that a server that ran already has to itself, none where
	// that is not known.
	CPUs []int
	// Argv is the command of the server.
	Argv []string
	// Surroundings are nil for a server that ran already.
	Surroundings *results.Surroundings
	// ProfileSocket is where the server serves its profiles; empty for none.
	ProfileSocket string
	// RuntimeMemory returns the bytes that the server's runtime holds; nil where it does
	// not say.
	RuntimeMemory func(context.Context) (uint64, error)
	// ReadyIn is the time from the start to the first correct answer.
	ReadyIn time.Duration

	// Attached is true for a server that ran before and goes on afterwards.
	Attached bool
	// Killed says, after Stop, that SIGTERM did not end the server; empty where it
	// did.
	Killed string

	stopTimeout time.Duration
	removeDir   func() error
}

// StartError says that a server did not come to answer.
type StartError struct {
	Server string
	Err    error
	// Log is the end of the server's output.
	Log string
}

// Error names the server, the cause and the end of the server's output.
func (e *StartError) Error() string {
	return fmt.Sprintf("server %s: %v", e.Server, e.Err) + endOfOutput(e.Log)
}

// endOfOutput returns the end of a server's output as errors show it.
func endOfOutput(log string) string {
	if log = strings.TrimSpace(log); log == "" {
		return ""
	}
	return "\nthe end of its output:\n" + log
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }

// StartServer starts the server and returns when it has answered the row's first
// request correctly. The error is a *StartError; then the server is ended.
func (l Launcher) StartServer(ctx context.Context, f Fixture, protocol scenarios.Protocol, row *scenarios.Scenario) (*Server, error) {
	if f.Manifest.URL != "" {
		return attach(ctx, f, row)
	}
	s, err := l.start(ctx, f, protocol, row.Server)
	if err != nil {
		return nil, &StartError{Server: f.Manifest.Name, Err: err}
	}
	began := time.Now()
	if err := s.ready(ctx, f, row); err != nil {
		log := s.Handle.LogTail(logTail)
		err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		return nil, &StartError{Server: f.Manifest.Name, Err: err, Log: log}
	}
	s.ReadyIn = time.Since(began)
	return s, nil
}

// start starts the server, as a process or in a container, with a temporary
// folder of its own.
func (l Launcher) start(ctx context.Context, f Fixture, protocol scenarios.Protocol, caps scenarios.ServerCaps) (*Server, error) {
	dir, remove, err := host.TempDir()
	if err != nil {
		return nil, err
	}
	s, err := l.startIn(ctx, f, l.whereIn(dir, protocol, caps))
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	s.removeDir = remove
	return s, nil
}

// whereIn returns what a server is told about its start: everything but its port.
func (l Launcher) whereIn(dir string, protocol scenarios.Protocol, caps scenarios.ServerCaps) catalog.Launch {
	return catalog.Launch{
		Host: loopback, CPUs: max(1, len(l.pinned(l.CPUs.Server))), Dir: dir, Protocol: string(protocol), Data: l.Data,
		KeepAliveRequests: caps.KeepAliveRequests, MaxConnections: caps.MaxConnections,
	}
}

func (l Launcher) startIn(ctx context.Context, f Fixture, where catalog.Launch) (*Server, error) {
	p := host.Program{
		Name: f.Manifest.Name, CPUs: l.pinned(l.CPUs.Server),
		Log: filepath.Join(l.Logs, f.Manifest.Name+".log"), LogCap: logCap, StopTimeout: f.Manifest.StopTimeout,
	}
	if f.Profile != nil && f.Profile.NeedsSocket() {
		where.ProfileSocket = filepath.Join(where.Dir, "profile.sock")
	}
	on, port := l.Host, 0
	var command catalog.Command
	var err error
	if f.Image != "" {
		on = l.Containers
		command, port, err = l.contain(&p, f, where)
	} else if port, err = host.FreePort(loopback); err == nil {
		p.Dir, where.Port = where.Dir, port
		command, err = catalog.Resolve(f.Manifest, where, f.Built)
	}
	if err != nil {
		return nil, err
	}
	if f.Profile != nil {
		command.Argv = f.Profile.Command(command.Argv)
	}
	p.Argv, p.Env = command.Argv, slices.Concat(command.Env, surroundings.Pairs(f.Env))
	h, err := on.Start(ctx, p)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(loopback, strconv.Itoa(port))
	return &Server{
		RuntimeMemory: runtimeMemory(f.Manifest, address),
		Address:       address, Host: address, Handle: h, Argv: command.Argv, Surroundings: surroundingsOf(h, f, where.Dir),
		ProfileSocket: where.ProfileSocket, stopTimeout: f.Manifest.StopTimeout,
	}, nil
}

// ready waits for a correct answer; the end of the server ends the wait.
func (s *Server) ready(ctx context.Context, f Fixture, row *scenarios.Scenario) error {
	ctx, cancel := context.WithTimeout(ctx, f.Manifest.StartTimeout)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- check.Ready(ctx, s.Address, s.Host, row) }()
	select {
	case err := <-answered:
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return s.withListeners(fmt.Errorf("not ready within its start_timeout of %v: %w", f.Manifest.StartTimeout, err), f)
		}
		if err == nil && s.Ended() {
			return fmt.Errorf("another program answers on %s and it ended: %s", s.Address, DescribeExit(s.Handle.Exit()))
		}
		return err
	case <-s.Exited():
		cancel()
		<-answered
		return fmt.Errorf("it ended before it answered: %s", DescribeExit(s.Handle.Exit()))
	}
}

// Exited is closed when the server has ended; never for one that joust cannot
// watch.
func (s *Server) Exited() <-chan struct{} {
	if s.Handle == nil {
		return nil
	}
	return s.Handle.Exited()
}

// Ended reports whether the server is gone.
func (s *Server) Ended() bool {
	select {
	case <-s.Exited():
		return true
	default:
		return false
	}
}

// Exact asks every request of the row once and compares the answers byte for
// byte.
func (s *Server) Exact(ctx context.Context, row *scenarios.Scenario) error {
	ctx, cancel := context.WithTimeout(ctx, exactLimit)
	defer cancel()
	return check.Exact(ctx, s.Address, s.Host, row)
}

// LogTail returns the end of the server's output, short enough for an error.
func (s *Server) LogTail() string {
	if s.Handle == nil {
		return ""
	}
	return s.Handle.LogTail(logTail)
}

// Stop ends the server and waits until its tree is gone and its port closed. It
// does nothing to a server that ran already.
func (s *Server) Stop(ctx context.Context) error {
	if s.Attached {
		return nil
	}
	endedBefore := s.Ended()
	err := s.Handle.Stop(ctx)
	if !endedBefore && ctx.Err() == nil {
		s.Killed = killed(s.Handle.Exit(), s.stopTimeout)
	}
	ctx, cancel := context.WithTimeout(ctx, closeLimit)
	defer cancel()
	return errors.Join(err, host.WaitPortClosed(ctx, s.Address), s.removeDir())
}

// killed says that a server did not end when asked and was killed. It returns "" where
// the server ended by itself.
func killed(e host.Exit, after time.Duration) string {
	if e.Signal != "SIGKILL" || e.OOMKilled {
		return ""
	}
	return fmt.Sprintf("it did not end within %v of SIGTERM and was killed: what it does at its end was cut off, and each of its stops takes so long; "+
		"let it end on SIGTERM, or set stop_timeout in its server.yaml", after)
}

// DescribeExit says in words how a program ended.
func DescribeExit(e host.Exit) string {
	switch {
	case e.OOMKilled:
		return "killed for want of memory"
	case e.Signal != "":
		return "ended by signal " + e.Signal
	case e.Code < 0:
		return "how is not known"
	}
	return fmt.Sprintf("exit status %d", e.Code)
}
