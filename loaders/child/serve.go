package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/results"
)

// heartbeatEvery is how often a loader process shows that it lives.
const heartbeatEvery = time.Second

// errOrphaned ends a loader whose joust is gone.
var errOrphaned = errors.New("the end of the loader's input: joust is gone")

// Serve is the life of a loader process: it takes one Spec from in, runs it
// and writes the report to out. The end of in ends it at once, and is awaited
// behind the report. A load that fails is told on out and is no error of Serve.
func Serve(ctx context.Context, in io.Reader, out io.Writer, version string) error {
	incoming, inputEnd := make(chan loaders.Message), make(chan error, 1)
	go func() { inputEnd <- receive(in, incoming) }()
	first, ok := <-incoming
	if !ok || first.Prepare == nil {
		return errors.New("a loader process begins with a prepare message on its standard input: it is started by joust, not by hand")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &childControl{quiet: first.Prepare.Spec.Quiet, out: newLines(out), starts: make(chan loaders.Start, 1), adjusts: make(chan loaders.Adjustment, 1)}
	lost := make(chan error, 1)
	go func() { lost <- c.listen(incoming, inputEnd, cancel) }()
	stop := c.beat()
	defer stop()
	ended := make(chan loaders.Message, 1)
	go func() { ended <- run(ctx, first.Prepare.Spec, c, version) }()
	select {
	case last := <-ended:
		if err := c.out.send(last); err != nil {
			return err
		}
		// Whoever samples this process may be late with its last reading.
		select {
		case <-lost:
		case <-ctx.Done():
		}
		return nil
	case err := <-lost:
		// What still runs drains into nothing and ends with the process.
		return err
	}
}

// run makes the load and returns the last message about it.
func run(ctx context.Context, spec loaders.Spec, c loaders.Control, version string) loaders.Message {
	report, err := load(ctx, spec, c)
	if err != nil {
		failed := loaders.Failed{Error: err.Error()}
		var connect *loaders.ConnectError
		if errors.As(err, &connect) {
			failed.Cause = connect.Cause
		}
		return loaders.Message{Failed: &failed}
	}
	report.Version = version
	return loaders.Message{Report: &report}
}

func load(ctx context.Context, spec loaders.Spec, c loaders.Control) (results.Report, error) {
	l, err := engine.Choose(spec)
	if err != nil {
		return results.Report{}, err
	}
	// Two more than the event loops: one for whoever speaks with joust, one
	// for the runtime's own work.
	runtime.GOMAXPROCS(max(1, spec.Threads) + 2)
	return l.Run(ctx, spec, c)
}

// childControl is the loader's end: it tells joust and waits for its answers.
type childControl struct {
	// quiet keeps live figures back.
	quiet   bool
	out     *lines
	starts  chan loaders.Start
	adjusts chan loaders.Adjustment
}

var _ loaders.Control = (*childControl)(nil)

// listen passes joust's messages on until the input ends, which cancels the
// load. It returns why the input ended.
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

// pass hands a message to whoever waits for it. One that nobody asked for
// takes no place from the next.
func pass[M any](to chan M, m M) {
	select {
	case <-to:
	default:
	}
	to <- m
}

// beat sends heartbeats until stop is called.
func (c *childControl) beat() (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(heartbeatEvery)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				c.out.tell(loaders.Message{Heartbeat: &loaders.Heartbeat{AtNS: clock.Now()}})
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-ended }
}

func (c *childControl) Ready(ctx context.Context, r loaders.Ready) (int64, error) {
	if err := c.out.send(loaders.Message{Ready: &r}); err != nil {
		return 0, err
	}
	select {
	case s := <-c.starts:
		return s.AtNS, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (c *childControl) Adjust(ctx context.Context, phase string) (loaders.Adjustment, error) {
	if err := c.out.send(loaders.Message{AwaitAdjust: &loaders.AwaitAdjust{Phase: phase}}); err != nil {
		return loaders.Adjustment{}, err
	}
	select {
	case a := <-c.adjusts:
		if a.Phase != phase {
			return a, fmt.Errorf("a rate for phase %q came where phase %q waits", a.Phase, phase)
		}
		return a, nil
	case <-ctx.Done():
		return loaders.Adjustment{}, context.Cause(ctx)
	}
}

func (c *childControl) Window(w loaders.Window) { c.out.tell(loaders.Message{Window: &w}) }
func (c *childControl) Interval(i loaders.Interval) {
	if !c.quiet {
		c.out.tell(loaders.Message{Interval: &i})
	}
}

func (c *childControl) PhaseDone(p loaders.PhaseDone) {
	c.out.tell(loaders.Message{PhaseDone: &p})
}
