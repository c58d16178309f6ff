package judge

import (
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Kept tells whether a window of an open loop kept an objective.
type Kept struct {
	Kept bool
	// Why says why not; empty when it was kept.
	Why string
	// Loader is true when the loader, not the server, may be why not.
	Loader bool
	// LatencyNS is the objective's percentile; nil where the window had too few
	// samples for it.
	LatencyNS *int64
	// Achieved is achieved ÷ offered.
	Achieved float64
}

// Objective tells whether a phase with its verdict kept an objective: no failed
// request, the rate kept, and the percentile below its bound, with the samples
// to say so. atLeast is how many samples that takes.
func Objective(limits results.Thresholds, o results.Objective, atLeast uint64, p *results.Phase, v results.Verdict) Kept {
	k := Kept{}
	if p.Rate != nil && p.Rate.Offered > 0 {
		k.Achieved = float64(p.Rate.Achieved) / float64(p.Rate.Offered)
	}
	latency, err := stats.Decode(p.Total.Corrected)
	if err != nil {
		k.Why, k.Loader = err.Error(), true
		return k
	}
	enough := latency.Count() >= atLeast
	if enough {
		at := latency.Quantile(o.Quantile)
		k.LatencyNS = &at
	}
	failed, reason := p.Failures(), voids(v)
	switch {
	case failed > 0:
		k.Why = fmt.Sprintf("%d requests failed (%s)", failed, causes(p.Total.Errors))
	case reason != nil:
		k.Why, k.Loader = reason.Text, reason.Code == "loader-behind" || reason.Code == "unreadable"
	case k.Achieved < limits.KeptRate || hasCode(v, "fell-behind"):
		k.Why = "the rate was not kept: " + fell(v, k.Achieved)
	case !enough:
		k.Why = fmt.Sprintf("too few samples: %s needs %d, the window had %d", o.Percentile, atLeast, latency.Count())
	case *k.LatencyNS >= o.BelowNS:
		k.Why = fmt.Sprintf("%s was %v ≥ %v", o.Percentile, brief(*k.LatencyNS), time.Duration(o.BelowNS))
		k.blameLag(limits, o, p)
	case p.Rate.CensoredFromNS > 0 && *k.LatencyNS >= p.Rate.CensoredFromNS:
		k.Why = fmt.Sprintf("requests without an answer reach %s, which is %v or more", o.Percentile, brief(*k.LatencyNS))
	default:
		k.Kept = true
	}
	return k
}

// blameLag notes that the loader's own lag reaches into a percentile that
// missed its bound.
func (k *Kept) blameLag(limits results.Thresholds, o results.Objective, p *results.Phase) {
	bars, err := stats.Bars(limits, p)
	if err != nil {
		return
	}
	if lag := bars.At(o.Quantile, *k.LatencyNS); lag.Exceeds() {
		k.Loader = true
		k.Why += fmt.Sprintf(", %s by %v or more: the loader's own lag", lag.What, brief(lag.NS))
	}
}

// voids is the first reason for which a window says nothing of an objective;
// nil for none. The loader's own lag is none: it only makes latencies longer.
func voids(v results.Verdict) *results.Reason {
	for i := range v.Reasons {
		if r := &v.Reasons[i]; r.Voids && r.Code != codeLag {
			return r
		}
	}
	return nil
}

func hasCode(v results.Verdict, code string) bool {
	return slices.ContainsFunc(v.Reasons, func(r results.Reason) bool { return r.Code == code })
}

// fell is the evidence that a rate was not kept.
func fell(v results.Verdict, achieved float64) string {
	for _, r := range v.Reasons {
		if r.Code == "fell-behind" {
			return r.Text
		}
	}
	return percent(achieved) + " of what was offered was answered in the window"
}

// brief is a duration of nanoseconds to three digits or so.
func brief(ns int64) time.Duration {
	d := time.Duration(ns)
	for unit := time.Second; unit > time.Nanosecond; unit /= 1000 {
		if d >= unit {
			return d.Round(unit / 100)
		}
	}
	return d
}
