package stats

import (
	"cmp"
	"fmt"
	"math"

	"github.com/joust-bench/joust/results"
)

// stallNS is the least length of a stall in results.Phase.StallNS.
const stallNS = 1e6

// ErrorBars are the loader's own lag in the latencies of a phase (METHOD.md §3).
// The zero ErrorBars have none.
type ErrorBars struct {
	send, receive *Dist
	// stalled is the share of the window, 0 to 1, that was lost to stalls.
	stalled      float64
	floor, share float64
}

// LoaderLag is the loader's largest lag at a percentile.
type LoaderLag struct {
	Name string
	// NS is the lag and BoundNS its limit at the latency there.
	NS, BoundNS int64
}

// Exceeds reports whether the lag hides the percentile.
func (l LoaderLag) Exceeds() bool { return l.NS > l.BoundNS }

// Bars decodes the error bars of a phase; those of a closed loop are zero.
func Bars(t results.Thresholds, p *results.Phase) (ErrorBars, error) {
	if p.Loop != results.OpenLoop {
		return ErrorBars{}, nil
	}
	send, err1 := Decode(p.SendLagIdle)
	receive, err2 := Decode(p.ReceiveLag)
	if err := cmp.Or(err1, err2); err != nil {
		return ErrorBars{}, fmt.Errorf("the lags of phase %q: %w", p.Name, err)
	}
	return BarsOf(t, send, receive, p), nil
}

// BarsOf returns the error bars of a phase from its decoded send lag and receive
// lag, nil where not measured.
func BarsOf(t results.Thresholds, send, receive *Dist, p *results.Phase) ErrorBars {
	b := ErrorBars{send: send, receive: receive, floor: t.LagFloorNS, share: t.LagShare}
	if p.Loop == results.OpenLoop {
		b.stalled, _ = p.StalledShare()
	}
	return b
}

// AfterSending returns the error bars of times after the send, without send lag.
func (b ErrorBars) AfterSending() ErrorBars {
	b.send = nil
	return b
}

// supported returns the quantile q, or the largest one below with enough samples
// beyond it, since only a few connections measure receive lag; 0 for none. A q of
// 1 needs no samples beyond.
func (d *Dist) supported(q float64) int64 {
	if d == nil || d.count <= SamplesBeyond {
		return 0
	}
	if q < 1 {
		q = min(q, 1-SamplesBeyond/float64(d.count))
	}
	return d.Quantile(q)
}

// At returns the loader's largest lag at the percentile q, 0 to 1, whose latency
// is given in nanoseconds. If loops were stalled for more than 1−q of the window,
// stalls (≥ 1 ms) reach quantile q.
func (b ErrorBars) At(q float64, latencyNS int64) LoaderLag {
	stalls := 0.0
	if b.stalled > 1-q {
		stalls = stallNS
	}
	return b.largest(float64(latencyNS), func(d *Dist) float64 { return float64(d.supported(q)) }, stalls)
}

// largest returns the largest lag: of sends and reads by the figure of their
// distributions, and of stalls, all in nanoseconds.
func (b ErrorBars) largest(latencyNS float64, figure func(*Dist) float64, stalls float64) LoaderLag {
	lag := LoaderLag{BoundNS: int64(math.Max(b.floor, b.share*latencyNS))}
	note := func(name string, ns float64) {
		if int64(ns) > lag.NS {
			lag.Name, lag.NS = name, int64(ns)
		}
	}
	note("sent late with an idle connection at hand", figure(b.send))
	note("read late", figure(b.receive))
	note("held up by stalls of the loader", stalls)
	return lag
}
