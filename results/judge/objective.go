package judge

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// Objective judges whether an open loop with its verdict kept an objective: no
// failed request, the rate kept, and the figure below its bound with atLeast
// samples. The step lacks its rate and the harness's own measurement.
func Objective(limits results.Thresholds, o results.Objective, atLeast uint64, p *results.Phase, v results.Verdict) results.SearchStep {
	s := results.SearchStep{Achieved: p.Rate.KeptShare()}
	figure := metric.Name(o.Percentile)
	latency, err := stats.Decode(p.Total.Corrected)
	if err != nil {
		s.Why, s.Loader = err.Error(), true
		return s
	}
	enough := latency.Count() >= atLeast
	if enough {
		s.LatencyNS = new(int64(latency.Figure(figure)))
	}
	failed, void, behind := p.Failures(), firstVoid(v), find(v, "fell-behind")
	switch {
	case failed > 0:
		s.Why = fmt.Sprintf("%d requests failed (%s)", failed, causes(p.Total.Errors))
	case void != nil:
		s.Why, s.Loader = void.Text, void.Code == codeBehind || void.Code == "unreadable"
	case behind != nil:
		s.Why = "the rate was not kept: " + behind.Text
	case s.Achieved < limits.KeptRate:
		s.Why = "the rate was not kept: " + percent(s.Achieved) + " of what was offered was answered in the window"
	case !enough:
		s.Why = fmt.Sprintf("too few samples: %s needs %d, the window had %d", o.Percentile, atLeast, latency.Count())
	case *s.LatencyNS >= o.BelowNS:
		s.Why = fmt.Sprintf("%s was %v ≥ %v", o.Percentile, brief(*s.LatencyNS), time.Duration(o.BelowNS))
		blameLag(&s, limits, o, p)
	case latency.Raised(figure, float64(p.Rate.CensoredFromNS)) != stats.NotRaised:
		s.Why = fmt.Sprintf("requests without an answer reach %s, which may be more than %v", o.Percentile, brief(*s.LatencyNS))
	default:
		s.Kept = true
	}
	return s
}

// blameLag notes a loader's lag that reaches into a figure beyond its bound.
func blameLag(s *results.SearchStep, limits results.Thresholds, o results.Objective, p *results.Phase) {
	bars, err := stats.Bars(limits, p)
	if err != nil {
		return
	}
	if lag := bars.Reach(metric.Name(o.Percentile), float64(*s.LatencyNS)); lag.Exceeds() {
		s.Loader = true
		s.Why += fmt.Sprintf(", %s by %v or more: the loader's own lag", lag.Name, brief(lag.NS))
	}
}

// firstVoid returns the first reason for which a window says nothing of an
// objective, or nil.
func firstVoid(v results.Verdict) *results.Reason {
	for i := range v.Reasons {
		if r := &v.Reasons[i]; r.Voids {
			return r
		}
	}
	return nil
}

// brief rounds a duration of nanoseconds to three digits or so.
func brief(ns int64) time.Duration {
	d := time.Duration(ns)
	for unit := time.Second; unit > time.Nanosecond; unit /= 1000 {
		if d >= unit {
			return d.Round(unit / 100)
		}
	}
	return d
}
