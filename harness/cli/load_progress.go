package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// plainEvery is how often a load that is not watched on a terminal says how it
// goes.
const plainEvery = 3 * time.Second

// rateOver is how much of the past a live rate is taken over.
const rateOver = int64(time.Second)

// loadProgress tells how a load goes: one line redrawn at every interval on a
// terminal, plain lines now and then elsewhere.
type loadProgress struct {
	out    io.Writer
	live   bool
	counts map[string]uint64 // the number of requests of phases that have one

	mu     sync.Mutex
	phase  loaders.Window
	recent []results.Interval
	told   int64
	drawn  bool
}

func (a *app) newLoadProgress(phases []loaders.Phase) *loadProgress {
	p := &loadProgress{out: a.stderr, live: isTerminal(a.stderr), counts: map[string]uint64{}}
	for i := range phases {
		p.counts[phases[i].Name] = phases[i].Count
	}
	return p
}

// line prints a line that stays.
func (p *loadProgress) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
	fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *loadProgress) wipe() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *loadProgress) window(w loaders.Window) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.told = w, w.T0NS
	p.recent = append(p.recent[:0], results.Interval{AtNS: w.T0NS})
}

func (p *loadProgress) interval(i loaders.Interval) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent = append(p.recent, i.Interval)
	for len(p.recent) > 2 && i.AtNS-p.recent[0].AtNS > rateOver {
		p.recent = p.recent[1:]
	}
	switch {
	case p.live:
		fmt.Fprintf(p.out, "\r\x1b[K%s", p.text(i))
		p.drawn = true
	case i.AtNS-p.told >= int64(plainEvery):
		p.told = i.AtNS
		fmt.Fprintln(p.out, p.text(i))
	}
}

// text is how the load goes, in one line.
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

// extent is how far the phase is, in requests or in time.
func (p *loadProgress) extent(i loaders.Interval) string {
	if n := p.counts[p.phase.Phase]; n > 0 {
		return fmt.Sprintf("%d of %d requests", i.Completed+i.Failed, n)
	}
	return fmt.Sprintf("%.1f of %.1f s", float64(i.AtNS-p.phase.T0NS)/1e9, float64(p.phase.T1NS-p.phase.T0NS)/1e9)
}

// end removes the live line.
func (p *loadProgress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wipe()
}
