package matrix

import (
	"math"

	"github.com/joust-bench/joust/results/stats"
)

// column is one percentile of a latency table; q is 1 for the largest value.
// Percentiles are asked for by their place in tail.
type column struct {
	label string
	q     float64
}

// tail is the columns of the open-loop tables.
func tail() []column {
	return []column{
		{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1},
	}
}

// The places in tail that other code names.
const (
	p50  = 0
	p99  = 3
	p999 = 4
)

// latency is a percentile over the trials of a cell, in nanoseconds.
type latency struct {
	stats.Estimate
	// atLeast: unanswered requests could only raise it.
	atLeast bool
	// rough: the loader's own lag reaches into it.
	rough bool
}

// text is the value with its marks, or "—" by the sample rule.
func (l latency) text(in scale) string {
	if l.Kind == stats.None {
		return "—"
	}
	marks := ""
	if l.atLeast {
		marks += "≥ "
	}
	if l.rough {
		marks += "~ "
	}
	return marks + in.text(l.Value)
}

// reading is one trial's distribution with what limits belief in it.
type reading struct {
	dist *digest
	bars stats.ErrorBars
	// censoredFrom is in nanoseconds, 0 when nothing was censored.
	censoredFrom int64
}

// readings decodes the cell's distributions once for all percentiles.
// It gives none unless every valid trial has one.
func (v *view) readings(c *cell, pick picked) []reading {
	var out []reading
	for _, s := range c.valid {
		r := reading{dist: v.distribution(s, pick), bars: v.errorBars(s)}
		if r.dist == nil {
			return nil
		}
		for _, p := range s.loads {
			if from := p.LowerBoundsFromNS(); from > 0 && (r.censoredFrom == 0 || from < r.censoredFrom) {
				r.censoredFrom = from
			}
		}
		out = append(out, r)
	}
	return out
}

// percentile is the median over the trials of each trial's own percentile. It
// is absent unless every trial has the samples for it.
func percentile(readings []reading, c int) latency {
	var values, open []float64
	rough := 0
	for _, r := range readings {
		x, ok := r.at(c)
		if !ok {
			return latency{Estimate: stats.Estimate{Kind: stats.None}}
		}
		values = append(values, x)
		if r.censoredFrom > 0 && x >= float64(r.censoredFrom) {
			x = math.MaxFloat64
		}
		open = append(open, x)
		if r.late(c) {
			rough++
		}
	}
	e := stats.Median(values)
	return latency{
		Estimate: e,
		// A censored trial is a lower bound. It makes the median one where a
		// greater value in its place would move the median.
		atLeast: stats.Median(open).Value != e.Value,
		rough:   rough > 0 && 2*rough >= len(readings),
	}
}

// at is the trial's percentile in nanoseconds, where it may be printed.
func (r reading) at(c int) (float64, bool) {
	q := r.dist.quantile(c)
	return float64(q.ns), q.supported
}

// late tells whether the loader's own lag reaches into the percentile.
func (r reading) late(c int) bool {
	return r.bars.At(tail()[c].q, r.dist.quantile(c).ns).Exceeds()
}

// latencyScale is the common scale of a column.
func latencyScale(column []latency) scale {
	var values []float64
	for _, l := range column {
		if l.Kind != stats.None {
			values = append(values, l.Value)
		}
	}
	return latencies(values...)
}
