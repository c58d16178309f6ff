package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// plainEvery is the time between two plain lines about a load.
const plainEvery = 3 * time.Second

// rateSpan is the stretch over which a live rate is taken, in nanoseconds.
const rateSpan = int64(time.Second)

// loadProgress shows how a load goes: one line redrawn at every interval on a
// terminal, plain lines now and then elsewhere.
type loadProgress struct {
	*display
	counts map[string]uint64 // the number of requests of phases that have one

	mu     sync.Mutex
	phase  loaders.Window
	recent []results.Interval
	// printed is when the last plain line was printed, in nanoseconds.
	printed int64
}

func (a *app) newLoadProgress(phases []loaders.Phase) *loadProgress {
	p := &loadProgress{display: newDisplay(a.stderr), counts: map[string]uint64{}}
	for i := range phases {
		p.counts[phases[i].Name] = phases[i].Count
	}
	return p
}

// Window begins a phase.
func (p *loadProgress) Window(w loaders.Window) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.printed = w, w.T0NS
	p.recent = append(p.recent[:0], results.Interval{AtNS: w.T0NS})
}

// Interval shows the phase so far.
func (p *loadProgress) Interval(i loaders.Interval) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent = append(p.recent, i.Interval)
	for len(p.recent) > 2 && i.AtNS-p.recent[0].AtNS > rateSpan {
		p.recent = p.recent[1:]
	}
	p.draw(p.text(i))
	if !p.live && i.AtNS-p.printed >= int64(plainEvery) {
		p.printed = i.AtNS
		p.line("%s", p.text(i))
	}
}

// text describes how the load goes, in one line.
func (p *loadProgress) text(i loaders.Interval) string {
	name := "warm-up"
	if p.phase.Measured {
		name = "measuring"
	}
	first := p.recent[0]
	rate := 0.0
	if passed := i.AtNS - first.AtNS; passed > 0 {
		rate = float64(i.Completed-first.Completed) * 1e9 / float64(passed)
	}
	return fmt.Sprintf("%s %s: %.0f req/s, %d failed, %d open", name, p.extent(i), rate, i.Failed, i.Open)
}

// extent is the part of the phase that is done, in requests or in time.
func (p *loadProgress) extent(i loaders.Interval) string {
	if n := p.counts[p.phase.Phase]; n > 0 {
		return fmt.Sprintf("%d of %d requests", i.Completed+i.Failed, n)
	}
	return fmt.Sprintf("%.1f of %.1f s", float64(i.AtNS-p.phase.T0NS)/1e9, float64(p.phase.T1NS-p.phase.T0NS)/1e9)
}
