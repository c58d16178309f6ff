package cells

import (
	"cmp"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// Compared returns the metrics by which runs and variants are compared unless
// others are asked for, in the order of tables. Throughput is completions a second
// of a closed loop, or bytes of bodies a second where the row is about bandwidth.
// Latencies are corrected ones, of open loops only: the service time of a closed
// loop mirrors its throughput. CPU is the server's CPU time per request at the
// phase's rate, or per byte of bodies in a closed loop that is about bandwidth.
// Memory is the server's peak over the whole ladder.
func Compared() []metric.Name {
	return []metric.Name{metric.Throughput, metric.P50, metric.P99, metric.P999, metric.CPU, metric.Memory}
}

// Comparable returns all metrics by which runs can be compared, in the order of
// tables. Any other percentile is one too.
func Comparable() []metric.Name {
	return slices.Concat([]metric.Name{metric.Throughput}, metric.Latencies(), []metric.Name{metric.CPU, metric.Memory})
}

// InOrder returns the metrics in the order of tables, each once.
func InOrder(list []metric.Name) []metric.Name {
	place := func(n metric.Name) float64 {
		q, percentile := n.Quantile()
		switch {
		case percentile && q < 1:
			return q
		case n == metric.Throughput:
			return 0
		}
		return float64(1 + slices.Index(Comparable(), n))
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b metric.Name) int { return cmp.Compare(place(a), place(b)) })
	return slices.Compact(list)
}

// Unit returns the metric's unit in the cell.
func (c *Cell) Unit(n metric.Name) metric.Unit {
	switch {
	case n == metric.Throughput && c.Bandwidth:
		return metric.Bandwidth
	case n == metric.CPU && c.Bandwidth:
		return metric.DurationPerByte
	}
	return n.Unit()
}

// Figure is a metric of a cell: the median over its trials in the metric's unit,
// with each trial's value and the marks.
type Figure struct {
	Statistic
	// AtMost is true for a sum of the peaks of several processes: an upper bound.
	AtMost bool
}

// Figure returns the metric in the cell; its Kind is stats.None where the cell
// does not have it.
func (c *Cell) Figure(m metric.Name) Figure {
	open := len(c.Valid) > 0 && c.Valid[0].Load.Loop == results.OpenLoop
	of := func(value Value) Statistic {
		values := c.Values(value)
		return Statistic{Estimate: stats.Median(values), Values: values}
	}
	f := Figure{Statistic: Statistic{Estimate: stats.Median(nil)}}
	switch {
	case c.whole && m == metric.Memory:
		f.Statistic, f.AtMost = of(ladderMemory), c.count((*Observation).severalProcesses) > 0
	case c.whole || m == metric.Memory:
	case m == metric.CPU:
		f.Statistic = of(c.ServerCost)
	case open && m.IsLatency():
		f.Statistic = c.Statistic(Corrected, m)
	case !open && m == metric.Throughput:
		f.Statistic = of(c.Work)
		f.AtLeast = c.AtLeast()
	}
	return f
}

// severalProcesses reports whether the server's memory was added up over more
// than one process in any phase.
func (s *Observation) severalProcesses() bool {
	return slices.ContainsFunc(s.Trial.Phases, func(p results.TrialPhase) bool { return p.Server != nil && p.Server.Processes > 1 })
}

// Measured returns one trial's value of a metric in a phase of the run's plan, in
// the metric's unit; atLeast for a lower bound. Where there is no value, missing
// says why.
func Measured(run results.Run, t results.Trial, phase string, m metric.Name) (value float64, atLeast bool, missing string) {
	c, ok := cellOf(run, &t, phase)
	if !ok {
		return 0, false, "the plan has no such cell"
	}
	if damage := c.Damage(Corrected); len(damage) > 0 {
		return 0, false, damage[0]
	}
	f := c.Figure(m)
	if f.Kind == stats.None {
		return 0, false, cmp.Or(c.Why, c.Lacks(m))
	}
	return f.Value, f.AtLeast, ""
}

// Lacks says why a cell with valid trials has no value of the metric.
func (c *Cell) Lacks(m metric.Name) string {
	if m.IsLatency() {
		return "too few samples"
	}
	return "not measured"
}

// cellOf returns the phase's cell of a run with this one trial.
func cellOf(run results.Run, t *results.Trial, phase string) (Cell, bool) {
	s := New(run)
	s.Add(t)
	server := run.Server(t.Server)
	for _, table := range run.Plan.Tables {
		if server == nil || table.Scenario != t.Scenario || table.Protocol != t.Protocol {
			continue
		}
		if phase == results.PhaseClosed {
			return s.Closed(table, *server), true
		}
		for _, rate := range table.Rates {
			if rate.PhaseName() == phase {
				return s.Open(table, *server, rate), true
			}
		}
	}
	return Cell{}, false
}
