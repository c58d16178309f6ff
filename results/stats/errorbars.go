package stats

import (
	"errors"
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
)

// stallNS is the least length of what results.Phase.StallNS adds up.
const stallNS = 1e6

// ErrorBars say how far the loader's own lag reaches into the latencies of a
// phase (method.md §3). The zero ErrorBars reach nowhere.
type ErrorBars struct {
	send, receive *Dist
	// stalled is the share of the window, 0 to 1, that was lost to stalls.
	stalled      float64
	floor, share float64
}

// LoaderLag is the loader's largest lag at a percentile.
type LoaderLag struct {
	// What names it in words.
	What string
	// NS is the lag and BoundNS what may be beside the latency there, in
	// nanoseconds.
	NS, BoundNS int64
}

// Exceeds tells whether the lag hides the percentile.
func (l LoaderLag) Exceeds() bool { return l.NS > l.BoundNS }

// Bars decodes the error bars of one phase as its agents saw it, one
// results.Phase each. Closed loops have none: their loader has nothing to be
// late for.
func Bars(t results.Thresholds, agents ...*results.Phase) (ErrorBars, error) {
	b := ErrorBars{floor: t.LagFloorNS, share: t.LagShare}
	var send, receive []*Dist
	for _, p := range agents {
		if p.Loop != results.OpenLoop {
			continue
		}
		s, err1 := Decode(p.SendLagIdle)
		r, err2 := Decode(p.ReceiveLag)
		if err := errors.Join(err1, err2); err != nil {
			return ErrorBars{}, fmt.Errorf("the lags of phase %q: %w", p.Name, err)
		}
		send, receive = append(send, s), append(receive, r)
		if w := p.WindowNS(); p.StallNS != nil && w > 0 {
			b.stalled = max(b.stalled, float64(*p.StallNS)/float64(w*int64(max(1, len(p.Threads)))))
		}
	}
	var err1, err2 error
	b.send, err1 = Merge(send...)
	b.receive, err2 = Merge(receive...)
	return b, errors.Join(err1, err2)
}

// supported is the quantile q, or the largest that has the samples to be
// believed, which is not above it: receive lag is measured on a few connections
// only. The largest sample of all is believed.
func (d *Dist) supported(q float64) int64 {
	if d.count <= SamplesBeyond {
		return 0
	}
	if q < 1 {
		q = min(q, 1-SamplesBeyond/float64(d.count))
	}
	return d.Quantile(q)
}

// At is the loader's largest lag at the percentile q, 0 to 1, beside the
// latency there in nanoseconds. A stall of the loop delays the share of all
// requests that falls into it: it counts, with its least length, where q leaves
// no larger share.
func (b ErrorBars) At(q float64, latencyNS int64) LoaderLag {
	lag := LoaderLag{BoundNS: int64(math.Max(b.floor, b.share*float64(latencyNS)))}
	note := func(what string, ns int64) {
		if ns > lag.NS {
			lag.What, lag.NS = what, ns
		}
	}
	if b.send != nil {
		note("sent late with an idle connection at hand", b.send.supported(q))
	}
	if b.receive != nil {
		note("read late", b.receive.supported(q))
	}
	if b.stalled > 1-q {
		note("held up by stalls of the loader", stallNS)
	}
	return lag
}
