package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/check"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/scenarios"
)

const (
	// loopback is where servers bind unless the user asks otherwise.
	loopback = "127.0.0.1"
	// logCap bounds what is kept of a server's output, in bytes.
	logCap = 256 << 10
	// logTail is how much of it an error shows, in bytes.
	logTail = 2 << 10
	// closeLimit bounds the wait for a port to close behind a server.
	closeLimit = 10 * time.Second
)

// Fixture is a server that can be started: its manifest and, for a Go fixture,
// its built program.
type Fixture struct {
	Manifest catalog.Manifest
	Binary   string
}

// Launcher starts servers.
type Launcher struct {
	Host host.Host
	// CPUs are the server's; none leaves it unpinned.
	CPUs []int
	// Logs is the folder for the servers' output.
	Logs string
}

// Server is a server that has answered correctly, or one that ran already.
type Server struct {
	// Address is host:port.
	Address string
	// Handle is nil for a server that joust did not start.
	Handle host.Handle
	// Argv is what was started.
	Argv []string
	// ReadyIn is the time from the start to the first correct answer.
	ReadyIn time.Duration

	removeDir func() error
}

// StartError is a server that could not be brought to answer.
type StartError struct {
	Server string
	Err    error
	// Log is the end of the server's output.
	Log string
}

// Error names the server, what went wrong and the end of its output.
func (e *StartError) Error() string {
	text := fmt.Sprintf("server %s: %v", e.Server, e.Err)
	if log := strings.TrimSpace(e.Log); log != "" {
		text += "\nthe end of its output:\n" + log
	}
	return text
}

// Unwrap is what went wrong.
func (e *StartError) Unwrap() error { return e.Err }

// Start starts the server and returns when it has answered the row's first
// request correctly. The error is a *StartError; nothing is left running then.
func (l Launcher) Start(ctx context.Context, f Fixture, protocol scenarios.Protocol, row *scenarios.Scenario) (*Server, error) {
	if f.Manifest.URL != "" {
		return attach(ctx, f, row)
	}
	s, err := l.start(ctx, f, protocol)
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

// attach uses a server that runs already.
func attach(ctx context.Context, f Fixture, row *scenarios.Scenario) (*Server, error) {
	u, err := url.Parse(f.Manifest.URL)
	if err != nil || u.Scheme != "http" {
		return nil, &StartError{Server: f.Manifest.Name, Err: fmt.Errorf("url %q in its server.yaml: http://HOST:PORT is needed", f.Manifest.URL)}
	}
	port := cmp.Or(u.Port(), "80")
	addrs, err := net.DefaultResolver.LookupIPAddr(ctx, u.Hostname())
	if err != nil {
		return nil, &StartError{Server: f.Manifest.Name, Err: fmt.Errorf("resolving the host of its url %s: %w", f.Manifest.URL, err)}
	}
	s := &Server{Address: net.JoinHostPort(addrs[0].String(), port)}
	if err := s.ready(ctx, f, row); err != nil {
		return nil, &StartError{Server: f.Manifest.Name, Err: err}
	}
	return s, nil
}

// start starts the process, in a temporary folder of its own.
func (l Launcher) start(ctx context.Context, f Fixture, protocol scenarios.Protocol) (*Server, error) {
	port, err := l.Host.FreePort(loopback)
	if err != nil {
		return nil, err
	}
	dir, remove, err := host.TempDir()
	if err != nil {
		return nil, err
	}
	command, err := catalog.Resolve(f.Manifest, catalog.Launch{
		Host: loopback, Port: port, CPUs: max(1, len(l.CPUs)), Dir: dir,
		Source: f.Manifest.Dir, Protocol: string(protocol),
	}, f.Binary)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	h, err := l.Host.Start(ctx, host.Program{
		Name: f.Manifest.Name, Argv: command.Argv, Env: command.Env, Dir: dir, CPUs: l.CPUs,
		Log: filepath.Join(l.Logs, f.Manifest.Name+".log"), LogCap: logCap, StopTimeout: f.Manifest.StopTimeout,
	})
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return &Server{Address: net.JoinHostPort(loopback, strconv.Itoa(port)), Handle: h, Argv: command.Argv, removeDir: remove}, nil
}

// ready waits for a correct answer; the end of the server ends the wait.
func (s *Server) ready(ctx context.Context, f Fixture, row *scenarios.Scenario) error {
	ctx, cancel := context.WithTimeout(ctx, f.Manifest.StartTimeout)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- check.Ready(ctx, s.Address, s.Address, row) }()
	select {
	case err := <-answered:
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("not ready within its start_timeout of %v: %w", f.Manifest.StartTimeout, err)
		}
		if err != nil {
			return err
		}
		return s.occupied()
	case <-s.exited():
		cancel()
		<-answered
		return fmt.Errorf("it ended before it answered: %s", describeExit(s.Handle.Exit()))
	}
}

// occupied tells a port that another program has taken meanwhile: something
// answers there, but our own server has ended.
func (s *Server) occupied() error {
	select {
	case <-s.exited():
		return fmt.Errorf("another program answers on %s and it ended: %s", s.Address, describeExit(s.Handle.Exit()))
	default:
		return nil
	}
}

// exited is closed when the server has ended; never for one that joust did not
// start.
func (s *Server) exited() <-chan struct{} {
	if s.Handle == nil {
		return nil
	}
	return s.Handle.Exited()
}

// Stop ends the server and waits until its tree is gone and its port closed.
func (s *Server) Stop(ctx context.Context) error {
	if s.Handle == nil {
		return nil
	}
	err := s.Handle.Stop(ctx)
	ctx, cancel := context.WithTimeout(ctx, closeLimit)
	defer cancel()
	return errors.Join(err, host.WaitPortClosed(ctx, s.Address), s.removeDir())
}

func describeExit(e host.Exit) string {
	switch {
	case e.OOMKilled:
		return "killed for want of memory"
	case e.Signal != "":
		return "ended by signal " + e.Signal
	}
	return fmt.Sprintf("exit status %d", e.Code)
}
