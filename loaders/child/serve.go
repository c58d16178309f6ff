package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/results"
)

// heartbeatEvery is the time between two heartbeats of a loader process.
const heartbeatEvery = time.Second

// errOrphaned ends a loader when joust is gone.
var errOrphaned = errors.New("the end of the loader's input: joust is gone")

// Serve is the life of a loader process: it reads one Spec from in, runs it and
// writes the report to out. log takes what a script of the load prints. The end of in ends it at once; after the report Serve
// waits for that end. A load that fails is a message on out and no error of Serve.
func Serve(ctx context.Context, in io.Reader, out, log io.Writer, version string) error {
	incoming, inputEnd := make(chan loaders.Message), make(chan error, 1)
	go func() { inputEnd <- receive(in, incoming) }()
	first, ok := <-incoming
	if !ok || first.Prepare == nil {
		return errors.New("a loader process begins with a prepare message on its standard input: it is started by joust, not by hand")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &childControl{quiet: first.Prepare.Quiet, out: newLines(out), log: log, starts: make(chan loaders.Start, 1), adjusts: make(chan loaders.Adjustment, 1)}
	lost := make(chan error, 1)
	go func() { lost <- c.listen(incoming, inputEnd, cancel) }()
	defer c.beat()()
	ended := make(chan loaders.Message, 1)
	go func() { ended <- run(ctx, *first.Prepare, c, version) }()
	select {
	case last := <-ended:
		if err := c.out.send(last); err != nil {
			return err
		}
		// joust may still have to read this process's counters.
		select {
		case <-lost:
		case <-ctx.Done():
		}
		return nil
	case err := <-lost:
		// The load ends with the process.
		return err
	}
}

// run makes the load and returns the last message about it.
func run(ctx context.Context, spec loaders.Spec, c loaders.Control, version string) loaders.Message {
	var report results.Report
	l, err := engine.Choose(spec)
	if err == nil {
		// Two more than the event loops: one for the pipe to joust, one for the
		// runtime's own work.
		runtime.GOMAXPROCS(max(1, spec.Threads) + 2)
		report, err = l.Run(ctx, spec, c)
	}
	if err != nil {
		failed := loaders.Failed{Error: err.Error()}
		if connect, ok := errors.AsType[*loaders.ConnectError](err); ok {
			failed.Cause = connect.Cause
		}
		return loaders.Message{Failed: &failed}
	}
	report.Version = version
	return loaders.Message{Report: &report}
}

// childControl is the loader's end: it sends messages to joust and waits for the
// answers.
type childControl struct {
	// quiet suppresses live figures.
	quiet   bool
	out     *lines
	log     io.Writer
	starts  chan loaders.Start
	adjusts chan loaders.Adjustment
}

var _ loaders.Printer = (*childControl)(nil)

// Printed implements loaders.Printer.
func (c *childControl) Printed() (out, err io.Writer) { return c.log, c.log }

// listen passes joust's messages on until the input ends, which cancels the
// load. It returns the reason of that end.
func (c *childControl) listen(incoming <-chan loaders.Message, inputEnd <-chan error, cancel context.CancelCauseFunc) error {
	for m := range incoming {
		switch {
		case m.Start != nil:
			pass(c.starts, *m.Start)
		case m.Adjust != nil:
			pass(c.adjusts, *m.Adjust)
		case m.Stop != nil:
			cancel(errors.New("stopped by joust"))
		}
	}
	err := <-inputEnd
	if err == nil {
		err = errOrphaned
	}
	cancel(err)
	return err
}

// pass puts a message into a channel of one place. It drops an earlier message that
// nobody waited for.
func pass[M any](to chan M, m M) {
	select {
	case <-to:
	default:
	}
	to <- m
}

// beat sends heartbeats until stop is called.
func (c *childControl) beat() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var beating sync.WaitGroup
	beating.Go(func() {
		for ticks := time.Tick(heartbeatEvery); ; {
			select {
			case <-ticks:
				c.out.post(loaders.Message{Heartbeat: &loaders.Heartbeat{}})
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); beating.Wait() }
}

// ask sends a message and waits for joust's answer.
func ask[M any](ctx context.Context, c *childControl, question loaders.Message, answers <-chan M) (answer M, err error) {
	if err := c.out.send(question); err != nil {
		return answer, err
	}
	select {
	case answer = <-answers:
		return answer, nil
	case <-ctx.Done():
		return answer, context.Cause(ctx)
	}
}

// Ready implements loaders.Control.
func (c *childControl) Ready(ctx context.Context, r loaders.Ready) (int64, error) {
	start, err := ask(ctx, c, loaders.Message{Ready: &r}, c.starts)
	return start.AtNS, err
}

// Adjust implements loaders.Control.
func (c *childControl) Adjust(ctx context.Context, phase string) (loaders.Adjustment, error) {
	a, err := ask(ctx, c, loaders.Message{AwaitAdjust: &loaders.AwaitAdjust{Phase: phase}}, c.adjusts)
	if err == nil && a.Phase != phase {
		err = fmt.Errorf("a rate for phase %q came where phase %q waits", a.Phase, phase)
	}
	return a, err
}

// Window implements loaders.Control.
func (c *childControl) Window(w loaders.Window) { c.out.post(loaders.Message{Window: &w}) }

// Interval implements loaders.Control.
func (c *childControl) Interval(i loaders.Interval) {
	if !c.quiet {
		c.out.post(loaders.Message{Interval: &i})
	}
}

// PhaseDone implements loaders.Control.
func (c *childControl) PhaseDone(p loaders.PhaseDone) { c.out.post(loaders.Message{PhaseDone: &p}) }
