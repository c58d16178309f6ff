package summary

import (
	"cmp"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// load is a report with all that its renderings need.
type load struct {
	report  *results.Report
	options Options
	// phase is the measured one, or nil.
	phase   *results.Phase
	verdict results.Verdict
	// all are the distributions that have samples, the one that the load is about
	// first.
	all []distribution
	// group is the name of the group that the load is; empty for the whole load, which has
	// groups where thresholds are about them.
	group  string
	groups map[string]*load
}

// read returns a load with its distributions. A damaged one is an error.
func read(r *results.Report, o Options) (*load, error) {
	l := &load{report: r, options: o, phase: r.Measured(), verdict: Verdict(r)}
	if l.phase == nil {
		return l, nil
	}
	return l, cmp.Or(l.distributions(), l.readGroups())
}

// distribution is one distribution of a load.
type distribution struct {
	name string
	*cells.Distribution
	// bars are the loader's own lags; none for a distribution that holds no answers.
	bars stats.ErrorBars
	// stalled is the share of the window, 0 to 1, in which the loader stood still;
	// stallNS is that time over all threads. Both are 0 for values without stalls.
	stalled, stallNS float64
}

// distributions reads those of the measured phase.
func (l *load) distributions() error {
	p, limits, own := l.phase, results.DefaultThresholds(), l.options.own()
	read := cells.Read(limits, p, own...)
	bars, err := stats.Bars(limits, p)
	if err != nil {
		return err
	}
	stalled, _ := p.StalledShare()
	latency := distribution{bars: bars, stalled: stalled}
	if p.StallNS != nil {
		latency.stallNS = float64(*p.StallNS)
	}
	service := latency
	service.bars = bars.AfterSending()
	add := func(name string, d *cells.Distribution, of distribution) error {
		if d == nil || d.Damaged == nil && d.Count == 0 {
			return nil
		}
		of.name, of.Distribution = name, d
		l.all = append(l.all, of)
		return d.Damaged
	}
	return cmp.Or(
		add("corrected", l.intended(read[cells.Corrected]), latency),
		add("service", read[cells.Service], service),
		add("send lag, idle", cells.Plain(p.SendLagIdle, own...), distribution{}),
		add("send lag, blocked", cells.Plain(p.SendLagBlocked, own...), distribution{}),
		add("receive lag", cells.Plain(p.ReceiveLag, own...), distribution{}),
		add("failed", cells.Plain(p.Total.FailedTime, own...), distribution{}),
	)
}

// intended returns the latencies from the intended send; nil in a closed loop
// without users.
func (l *load) intended(corrected *cells.Distribution) *cells.Distribution {
	if l.phase.Loop == results.OpenLoop || l.report.Users > 0 {
		return corrected
	}
	return nil
}

// headline returns the distribution that the load is about: latency from the
// intended send where there is one, else service time; nil without answers.
func (l *load) headline() *distribution { return cmp.Or(l.named("corrected"), l.named("service")) }

// named returns the distribution of that name, or nil.
func (l *load) named(name string) *distribution {
	at := slices.IndexFunc(l.all, func(d distribution) bool { return d.name == name })
	if at < 0 {
		return nil
	}
	return &l.all[at]
}

// limitedByLoader reports whether the throughput is a lower bound, since the loader
// was its limit.
func (l *load) limitedByLoader() bool { return l.verdict.Bottleneck == results.LimitLoader }

// figures returns the names of the figures to show: percentiles in rising order,
// then extremes and moments.
func (l *load) figures() []metric.Name {
	return append(metric.Rising(metric.Percentiles(), l.options.Percentiles), metric.Min, metric.Max, metric.Mean, metric.Stdev)
}

// figure is one value of a distribution with its marks.
type figure struct {
	cells.Point
	// few is true for a percentile with too few samples beyond it: another load of
	// the same kind may well show another value.
	few bool
	// unknown is true for a figure that the samples do not give.
	unknown bool
}

// at returns a figure of latency.
func (d *distribution) at(n metric.Name) figure {
	p := d.At(n)
	_, percentile := n.Quantile()
	return figure{Point: p, few: percentile && !p.Printable, unknown: !percentile && !p.Printable}
}

// lagNS returns the part of a figure that may be the loader's own time.
func (d *distribution) lagNS(n metric.Name) float64 {
	ns := d.At(n).NS
	lag := float64(d.bars.Reach(n, ns).NS)
	if q, percentile := n.Quantile(); percentile && d.stalled > 1-q {
		// One stall is no longer than all of them.
		lag = max(lag, d.stallNS)
	}
	return min(lag, ns)
}
