// Package certify proves a loader against the truth laws on this machine: it
// starts the law server and loader processes as every measurement does, each
// on CPUs of its own, runs a battery and collects the certificate.
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
	// logTail is how much of the law server's output an error shows, in bytes.
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
	Rows    []truth.Row          `json:"rows"`
	// Failures are cases that could not be run, in words.
	Failures []string `json:"failures,omitempty"`
	// OK is true when every case ran and every row holds its bound.
	OK bool `json:"ok"`
}

// Schema is the schema of a Certificate.
const Schema = "joust/certificate/1"

// Missed counts the rows that miss their bound.
func (c *Certificate) Missed() int {
	missed := 0
	for i := range c.Rows {
		if !c.Rows[i].OK {
			missed++
		}
	}
	return missed
}

// Battery is what to run and on what. Launcher and ServerArgv must be set.
type Battery struct {
	Cases []truth.Case
	// Launcher starts the loaders and the law server, and has the CPUs of both.
	Launcher launch.Launcher
	// ServerArgv starts the law server.
	ServerArgv []string
	Engine     loaders.EngineName
	Idle       loaders.IdleStrategy
	Threads    int
	// CapacityWindow is how long a capacity is measured; 0 takes the default.
	CapacityWindow time.Duration
	// Begins is told of every case before it runs, numbered from 1; Ends what
	// came of it. Either may be nil.
	Begins func(number int, c truth.Case)
	Ends   func(number int, rows []truth.Row, err error)
}

// Run runs the cases in order and fills in the certificate's rows. A case that
// could not be run is told in it. The error says that the battery could not go
// on: the server could not be started or went away, or ctx ended.
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
	l := &loader{launcher: b.Launcher, engine: b.Engine}
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
	c.OK = c.Missed() == 0 && len(c.Failures) == 0 && len(c.Rows) > 0
	return c, nil
}

// one runs one case. The error is ctx's.
func (b *Battery) one(ctx context.Context, number int, one truth.Case, bench truth.Bench, c *Certificate) error {
	if b.Begins != nil {
		b.Begins(number, one)
	}
	rows, err := bench.Run(ctx, one)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		c.Failures = append(c.Failures, err.Error())
	}
	c.Rows = append(c.Rows, rows...)
	if b.Ends != nil {
		b.Ends(number, rows, err)
	}
	return nil
}

// connect waits until the law server listens.
func connect(ctx context.Context, server host.Handle) (*lawserver.Remote, error) {
	type answer struct {
		remote *lawserver.Remote
		err    error
	}
	heard := make(chan answer, 1)
	go func() {
		r, err := lawserver.Connect(server.Stdin(), server.Stdout())
		heard <- answer{r, err}
	}()
	timer := time.NewTimer(startLimit)
	defer timer.Stop()
	select {
	case a := <-heard:
		if a.err != nil {
			return nil, fmt.Errorf("the law server does not serve: %w: %s", a.err, server.LogTail(logTail))
		}
		return a.remote, nil
	case <-timer.C:
		return nil, fmt.Errorf("the law server does not serve within %v: %s", startLimit, server.LogTail(logTail))
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
