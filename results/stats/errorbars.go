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
// phase (METHOD.md §3). The zero ErrorBars reach nowhere.
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
	var lags [2][]*Dist
	for _, p := range agents {
		if p.Loop != results.OpenLoop {
			continue
		}
		for i, h := range []*results.Histogram{p.SendLagIdle, p.ReceiveLag} {
			d, err := Decode(h)
			if err != nil {
				return ErrorBars{}, fmt.Errorf("the lags of phase %q: %w", p.Name, err)
			}
			lags[i] = append(lags[i], d)
		}
	}
	send, err1 := Merge(lags[0]...)
	receive, err2 := Merge(lags[1]...)
	return BarsOf(t, send, receive, agents...), errors.Join(err1, err2)
}

// BarsOf are the error bars of a phase whose send lag and receive lag, over all
// agents, are decoded already; nil for a lag that was not measured.
func BarsOf(t results.Thresholds, send, receive *Dist, agents ...*results.Phase) ErrorBars {
	b := ErrorBars{send: send, receive: receive, floor: t.LagFloorNS, share: t.LagShare}
	for _, p := range agents {
		if share, ok := p.StalledShare(); ok && p.Loop == results.OpenLoop {
			b.stalled = max(b.stalled, share)
		}
	}
	return b
}

// AfterSending are the error bars of a time that begins with the actual send:
// a late send is no part of it.
func (b ErrorBars) AfterSending() ErrorBars {
	b.send = nil
	return b
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
