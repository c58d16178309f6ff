package lua

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
)

const (
	// guardEvery is the time between two looks at the functions that run.
	guardEvery = 100 * time.Millisecond
	// patience is how long a function may go on behind the end of a phase and its drain.
	patience = time.Second
)

// Window takes the announcement of a phase.
func (p *Program) Window(w loaders.Window) {
	p.over.Store(w.T1NS + int64(min(p.spec.Drain, loaders.MaxDrain)))
}

// Guard ends functions of the script that go on behind the end of the load, such as one with
// an infinite loop. It watches until release is called; ctx ends where the load ends early.
func (p *Program) Guard(ctx context.Context) (release func()) {
	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		ticks := time.NewTicker(guardEvery)
		defer ticks.Stop()
		stopped := int64(0)
		for {
			select {
			case <-ended:
				return
			case <-ticks.C:
			}
			now := clock.Now()
			if ctx.Err() != nil && stopped == 0 {
				stopped = now
			}
			if p.late(now, stopped) {
				return
			}
		}
	})
	return func() { close(ended); watching.Wait() }
}

// late ends all functions where one goes on behind the end of the phase, or of the load,
// which was stopped at that instant, 0 for not. It reports whether it did.
func (p *Program) late(now, stopped int64) bool {
	over := p.over.Load()
	if last := stopped + int64(loaders.MaxDrain); stopped > 0 && (over == 0 || last < over) {
		over = last
	}
	if over == 0 || now < over+int64(patience) {
		return false
	}
	for _, t := range p.threads {
		if since := t.inside.Load(); since > 0 && now-since > int64(patience) {
			p.fail(fmt.Errorf("%s: a function of thread %d did not return for %v: it was ended with the load", p.File, t.number, time.Duration(now-since).Round(time.Millisecond)))
			p.stop()
			return true
		}
	}
	return false
}
