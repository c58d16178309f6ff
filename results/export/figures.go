package export

import (
	"slices"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// place is a cell of a run with its names.
type place struct {
	cells.Place
	set *cells.Set
}

// places returns the cells of the run.
func places(set *cells.Set) []place {
	var list []place
	for p := range set.Places() {
		list = append(list, place{p, set})
	}
	return list
}

// figure is a metric of a place: the median over its trials, or the value of one trial.
type figure struct {
	// name is that of the metric; service times have "service_" before it.
	name   string
	metric metric.Name
	unit   metric.Unit
	// rateUnit is the unit in words of a throughput that is no bandwidth.
	rateUnit string
	cells.Figure
}

// figures returns what the place has: a closed loop its throughput and service times, an
// open loop its corrected latencies, both the server's CPU time, and a whole ladder the
// server's peak memory.
func (p *place) figures() []figure {
	var list []figure
	add := func(name string, n metric.Name, f cells.Figure) {
		if f.Kind != stats.None {
			list = append(list, figure{name, n, p.Unit(n), p.RateUnit, f})
		}
	}
	of := func(n metric.Name) { add(string(n), n, p.Figure(n)) }
	latencies := slices.Concat(p.set.Percentiles(), []metric.Name{metric.Min, metric.Max, metric.Mean, metric.Stdev})
	of(metric.Throughput)
	for _, n := range latencies {
		of(n)
	}
	if p.Measured(cells.Service) {
		for _, n := range latencies {
			add("service_"+string(n), n, cells.Figure{Statistic: p.Statistic(cells.Service, n)})
		}
	}
	of(metric.CPU)
	of(metric.Memory)
	return list
}

// trials returns the place of each valid trial alone.
func (p *place) trials() []place {
	var list []place
	for _, one := range p.Trials() {
		list = append(list, place{one, p.set})
	}
	return list
}

// unitText returns the unit in the words of the field.
func (f *figure) unitText() string {
	switch f.unit {
	case metric.Rate:
		return f.rateUnit
	case metric.Bandwidth:
		return "B/s"
	case metric.DurationPerByte:
		return "ns/B"
	case metric.Size:
		return "B"
	}
	return string(f.unit)
}

// claimed reports whether the bounds of the figure are those of a 95 % interval of the
// median. Those of fewer than six trials are a range and claim nothing.
func (f *figure) claimed() bool { return f.Kind == stats.Interval }

// bounded reports whether the figure has bounds.
func (f *figure) bounded() bool { return f.Kind == stats.Interval || f.Kind == stats.Range }
