package export

import (
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// wholeLadder is the phase of the figures that belong to all phases of a trial.
const wholeLadder = "ladder"

// place is a cell of a run with its names.
type place struct {
	cells.Cell
	run, server, scenario, protocol, phase string
	// clients is the number of connections.
	clients int
	// rateUnit is the unit of the closed loop's throughput, such as "req/s".
	rateUnit string
	// latencies are the figures of latency that the run's tables show.
	latencies []metric.Name
}

// name returns the names of the place with slashes between them.
func (p *place) name() string {
	return strings.Join([]string{p.server, p.scenario, p.protocol, p.phase}, "/")
}

// places returns the cells of the run, in the order of its tables and servers, and in each
// ladder in the order of its phases.
func places(set *cells.Set) []place {
	var list []place
	latencies := slices.Concat(set.Percentiles(), []metric.Name{metric.Min, metric.Max, metric.Mean, metric.Stdev})
	for _, t := range set.Run.Plan.Tables {
		for _, server := range set.Run.Servers {
			add := func(phase string, c cells.Cell) {
				list = append(list, place{
					Cell: c, run: set.Run.ID, server: server.Name, scenario: t.Scenario, protocol: t.Protocol, phase: phase,
					clients: t.Clients, rateUnit: set.RateUnit(t), latencies: latencies,
				})
			}
			if t.Closed {
				add(results.PhaseClosed, set.Closed(t, server))
			}
			for _, rate := range t.Rates {
				add(rate.PhaseName(), set.Open(t, server, rate))
			}
			if t.Closed || len(t.Rates) > 0 {
				add(wholeLadder, set.Ladder(t, server))
			}
		}
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
			list = append(list, figure{name, n, p.Unit(n), p.rateUnit, f})
		}
	}
	of := func(n metric.Name) { add(string(n), n, p.Figure(n)) }
	of(metric.Throughput)
	for _, n := range p.latencies {
		of(n)
	}
	if len(p.Valid) > 0 && p.Measured(cells.Service) {
		for _, n := range p.latencies {
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
	for i := range p.Valid {
		one := *p
		one.Valid = p.Valid[i : i+1]
		list = append(list, one)
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
