// Package certify proves a loader against the truth laws on this machine. It starts
// the law server and loader processes as every measurement does, each on CPUs of
// its own, runs a battery and collects the certificate.
package certify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/loaders"
	truth "github.com/joust-bench/joust/loaders/certify"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
)

const (
	// logTail is the number of bytes of the law server's output in an error.
	logTail = 2 << 10
	// startLimit bounds the wait for the law server to listen.
	startLimit = 10 * time.Second
)

// Certificate is the outcome of a battery.
type Certificate struct {
	// Schema names the form of this document.
	Schema  string           `json:"schema"`
	Started time.Time        `json:"started"`
	Took    time.Duration    `json:"took_ns"`
	Build   results.Build    `json:"build"`
	Host    results.Host     `json:"host"`
	CPUs    results.CPUSplit `json:"cpus"`
	// Engine, Idle and Threads are the loader's.
	Engine  loaders.EngineName   `json:"engine"`
	Idle    loaders.IdleStrategy `json:"idle_strategy"`
	Threads int                  `json:"threads"`
	Checks  []truth.Check        `json:"rows"`
	// Failures are the reasons of cases that could not be run.
	Failures []string `json:"failures,omitempty"`
	// OK is true when every case ran and every check holds its bound.
	OK bool `json:"ok"`
}

// Schema is the schema of a Certificate.
const Schema = "joust/certificate/1"

// Missed is the number of checks that miss their bound.
func (c *Certificate) Missed() int { return truth.Missed(c.Checks) }

// Battery runs cases. Launcher and ServerArgv must be set.
type Battery struct {
	Cases []truth.Case
	// Launcher starts the loaders and the law server, and has the CPUs of both.
	Launcher launch.Launcher
	// ServerArgv starts the law server.
	ServerArgv []string
	Engine     loaders.EngineName
	Idle       loaders.IdleStrategy
	Threads    int
	// CapacityWindow is the window in which a capacity is measured; 0 stands for the
	// default.
	CapacityWindow time.Duration
	// Begins is called before every case, numbered from 1, and Ends behind it.
	// Either may be nil.
	Begins func(number int, c truth.Case)
	Ends   func(checks []truth.Check, err error)
}

// Run runs the cases in order and returns the certificate. The error says why the
// battery could not go on: the server could not be started or went away, or ctx
// ended.
func (b *Battery) Run(ctx context.Context) (c Certificate, err error) {
	cpus := b.Launcher.CPUs
	c = Certificate{Schema: Schema, Started: time.Now(), CPUs: cpus, Engine: b.Engine, Idle: b.Idle, Threads: b.Threads}
	defer func() { c.Took = time.Since(c.Started) }()
	server, err := b.Launcher.StartBeside(ctx, "lawserver", b.ServerArgv)
	if err != nil {
		return c, fmt.Errorf("starting the law server: %w", err)
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	remote, err := connect(ctx, server)
	if err != nil {
		return c, err
	}
	l := &freshLoader{launcher: b.Launcher, engine: b.Engine}
	bench := truth.Bench{
		Server: remote, Loader: l, Threads: b.Threads, Idle: b.Idle,
		CapacityWindow: b.CapacityWindow, Judge: l.judge,
	}
	if cpus.Separate() && len(cpus.Loader) >= b.Threads {
		bench.CPUs = cpus.Loader[:b.Threads]
	}
	for i, one := range b.Cases {
		if err := b.one(ctx, i+1, one, bench, &c); err != nil {
			return c, err
		}
		select {
		case <-server.Exited():
			return c, fmt.Errorf("the law server ended: %s", server.LogTail(logTail))
		default:
		}
	}
	c.OK = c.Missed() == 0 && len(c.Failures) == 0 && len(c.Checks) > 0
	return c, nil
}

// one runs one case. The error is ctx's.
func (b *Battery) one(ctx context.Context, number int, one truth.Case, bench truth.Bench, c *Certificate) error {
	if b.Begins != nil {
		b.Begins(number, one)
	}
	checks, err := bench.Run(ctx, one)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		c.Failures = append(c.Failures, err.Error())
	}
	c.Checks = append(c.Checks, checks...)
	if b.Ends != nil {
		b.Ends(checks, err)
	}
	return nil
}

// connect waits until the law server listens.
func connect(ctx context.Context, server host.Handle) (*lawserver.Remote, error) {
	var remote *lawserver.Remote
	connected := make(chan error, 1)
	go func() {
		var err error
		remote, err = lawserver.Connect(server.Stdin(), server.Stdout())
		connected <- err
	}()
	select {
	case err := <-connected:
		if err != nil {
			return nil, fmt.Errorf("the law server does not serve: %w: %s", err, server.LogTail(logTail))
		}
		return remote, nil
	case <-time.After(startLimit):
		return nil, fmt.Errorf("the law server does not serve within %v: %s", startLimit, server.LogTail(logTail))
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
