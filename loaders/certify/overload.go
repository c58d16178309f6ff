package certify

import (
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Overload is an open loop at a multiple of the server's measured capacity.
//
// Load begins at 0, at a rate of k times the capacity. The request intended at
// u is answered at k·u, since the server is always busy and answers in order: its
// latency is (k − 1)·u. The request answered at the end of the window was intended
// at 1/k of the window, and waited for (k − 1)/k of it: half, for k = 2.
//
// The window is [Lead, t1). A request that is intended in it and not answered by
// the end of the drain, E = t1 + drain, is recorded as at least E − u (METHOD.md
// §1). These are the requests behind u = E/k: lower bounds reach from the drain
// bound up to E − E/k, which is the largest latency of all.
type Overload struct {
	CapacityRPS float64 // of the server's law; the figures follow from the measured one
	// Factor is k, above 1.
	Factor float64
	// Lead is the length of the load before the window.
	Lead   time.Duration
	Window time.Duration
	// Drain bounds the wait for answers behind the window. Above (k − 1) · (Lead
	// + Window) everything is answered.
	Drain       time.Duration
	Connections int
	// Within bounds the figures, as a share.
	Within float64
}

var _ Case = Overload{}

// t1 and end are the ends of the window and of the drain, in nanoseconds since load
// began.
func (o Overload) t1() float64  { return float64(o.Lead + o.Window) }
func (o Overload) end() float64 { return o.t1() + float64(o.Drain) }

// lastAnswered is the intended instant behind which requests of the window get
// no answer.
func (o Overload) lastAnswered() float64 {
	return min(max(o.end()/o.Factor, float64(o.Lead)), o.t1())
}

// Unanswered is the share of the window's requests that get no answer.
func (o Overload) Unanswered() float64 { return (o.t1() - o.lastAnswered()) / float64(o.Window) }

// share is the share of the window's requests that are recorded as at most x
// nanoseconds.
func (o Overload) share(x float64) float64 {
	last := o.lastAnswered()
	answered := min(x/(o.Factor-1), last) - float64(o.Lead)
	unanswered := o.t1() - max(o.end()-x, last)
	return (max(0, answered) + max(0, unanswered)) / float64(o.Window)
}

// Quantile is the value of the corrected histogram at q, 0 to 1: the inverse of
// share, which rises with x.
func (o Overload) Quantile(q float64) time.Duration {
	low, high := 0.0, max(o.end(), (o.Factor-1)*o.t1())
	for range 64 {
		middle := (low + high) / 2
		if o.share(middle) < q {
			low = middle
		} else {
			high = middle
		}
	}
	return time.Duration(high)
}

// Mean is the mean of the corrected histogram.
func (o Overload) Mean() time.Duration {
	from, last, end := float64(o.Lead), o.lastAnswered(), o.end()
	answered := (o.Factor - 1) * (last*last - from*from) / 2
	unanswered := ((end-last)*(end-last) - (end-o.t1())*(end-o.t1())) / 2
	return time.Duration((answered + unanswered) / float64(o.Window))
}

// CensoredFrom is the smallest lower bound in the corrected histogram, 0 where
// everything is answered.
func (o Overload) CensoredFrom() time.Duration {
	if o.Unanswered() == 0 {
		return 0
	}
	return o.Drain
}

// Name implements Case.
func (o Overload) Name() string {
	return fmt.Sprintf("overload %.6g × capacity for %v, drain %v", o.Factor, o.Window, o.Drain)
}

// Law implements Case.
func (o Overload) Law(int64) lawserver.Law { return lawserver.Law{CapacityRPS: o.CapacityRPS} }

// Load implements Case.
func (o Overload) Load(capacityRPS float64) loaders.Spec {
	s := spec(o.Connections, openPhase(o.Factor*capacityRPS, o.Window))
	s.Phases[0].Lead, s.Drain = o.Lead, o.Drain
	return s
}

// Checks implements Case.
func (o Overload) Checks(seen Observation) ([]Check, error) {
	p := seen.phase()
	if p.Rate == nil {
		return nil, fmt.Errorf("the loader's report has no open-loop phase %q", phaseName)
	}
	corrected, err := stats.Decode(p.Total.Corrected)
	if err != nil {
		return nil, err
	}
	r := checks{law: o.Name()}
	within := Bound{Relative, o.Within}
	seconds, rate := o.Window.Seconds(), o.Factor*seen.CapacityRPS
	r.count("requests failed", Requests, 0, p.Failures())
	r.number("offered", PerSecond, rate, float64(p.Rate.Offered)/seconds, within)
	r.number("achieved", PerSecond, seen.CapacityRPS, float64(p.Rate.Achieved)/seconds, within)
	for _, q := range []float64{0.5, 0.95, 0.99} {
		r.duration("corrected "+percentile(q), o.Quantile(q), time.Duration(corrected.Quantile(q)), within)
	}
	r.duration("corrected mean", o.Mean(), mean(p.Total.Corrected), within)
	r.number("requests unanswered", Requests, o.Unanswered()*rate*seconds, float64(p.Rate.NeverSent+p.Rate.Censored), within)
	r.duration("lower bounds from", o.CensoredFrom(), time.Duration(p.Rate.CensoredFromNS), within)
	if v := seen.Verdict; v != nil {
		r.text("verdict", string(results.FlagSaturated), flags(v), v.Has(results.FlagSaturated))
	}
	return r.list, nil
}

// flags names a verdict's flags; without any, its first reason.
func flags(v *results.Verdict) string {
	if len(v.Flags) == 0 && len(v.Reasons) > 0 {
		return v.Reasons[0].Text
	}
	return joined(slices.Sorted(slices.Values(v.Flags)))
}
