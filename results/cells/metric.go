package cells

import (
	"cmp"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Metric names a figure by which runs and variants are compared.
type Metric string

// The metrics. Latencies are corrected ones, of open loops only: the service time
// of a closed loop mirrors its throughput.
const (
	// MetricThroughput is completions a second of a closed loop, or bytes of
	// bodies a second where the row is about bandwidth.
	MetricThroughput Metric = "throughput"
	MetricP50        Metric = "p50"
	MetricP99        Metric = "p99"
	MetricP999       Metric = "p99.9"
	// MetricCPU is the server's CPU time per request at the phase's rate, or per
	// byte of bodies in a closed loop that is about bandwidth.
	MetricCPU Metric = "cpu"
	// MetricMemory is the server's peak memory over the whole ladder.
	MetricMemory Metric = "memory"
)

// Metrics returns all metrics, in the order of tables.
func Metrics() []Metric {
	return []Metric{MetricThroughput, MetricP50, MetricP99, MetricP999, MetricCPU, MetricMemory}
}

// Place returns the metric's place in Quantiles; false where it is no percentile.
func (m Metric) Place() (place int, ok bool) {
	place = slices.IndexFunc(Quantiles(), func(q Quantile) bool { return q.Label == string(m) })
	return place, place >= 0
}

// BaseUnit is the unit of a metric's values.
type BaseUnit string

// The units.
const (
	PerSecond      BaseUnit = "rps"
	BytesPerSecond BaseUnit = "bytes_per_s"
	Nanoseconds    BaseUnit = "ns"
	NanosPerByte   BaseUnit = "ns_per_byte"
	BytesOfMemory  BaseUnit = "bytes"
)

// Unit returns the metric's unit in the cell.
func (c *Cell) Unit(m Metric) BaseUnit {
	switch {
	case m == MetricMemory:
		return BytesOfMemory
	case m == MetricThroughput && c.Bandwidth:
		return BytesPerSecond
	case m == MetricThroughput:
		return PerSecond
	case m == MetricCPU && c.Bandwidth:
		return NanosPerByte
	}
	return Nanoseconds
}

// Figure is a metric of a cell: the median over its trials in the metric's unit,
// with each trial's value and the marks.
type Figure struct {
	Percentile
	// AtMost is true for a sum of the peaks of several processes: an upper bound.
	AtMost bool
}

// Figure returns the metric in the cell; its Kind is stats.None where the cell
// does not have it.
func (c *Cell) Figure(m Metric) Figure {
	open := len(c.Valid) > 0 && c.Valid[0].Load.Loop == results.OpenLoop
	place, percentile := m.Place()
	of := func(value Value) Percentile {
		values := c.Values(value)
		return Percentile{Estimate: stats.Median(values), Values: values}
	}
	f := Figure{Percentile: Percentile{Estimate: stats.Median(nil)}}
	switch {
	case c.whole && m == MetricMemory:
		f.Percentile, f.AtMost = of(ladderMemory), c.count((*Observation).severalProcesses) > 0
	case c.whole || m == MetricMemory:
	case m == MetricCPU:
		f.Percentile = of(c.ServerCost)
	case open && percentile:
		f.Percentile = c.Percentile(Corrected, place)
	case !open && m == MetricThroughput:
		f.Percentile = of(c.Work)
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
func Measured(run results.Run, t results.Trial, phase string, m Metric) (value float64, atLeast bool, missing string) {
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
func (c *Cell) Lacks(m Metric) string {
	if _, percentile := m.Place(); percentile {
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
