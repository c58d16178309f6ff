package compare

import (
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Metric names what is compared.
type Metric string

// The metrics. Latencies are corrected ones, of open-loop phases alone:
// closed-loop service time mirrors the throughput.
const (
	// Throughput is completions a second of a closed loop, or bytes of bodies
	// a second where the row is about bandwidth.
	Throughput Metric = "throughput"
	P50        Metric = "p50"
	P99        Metric = "p99"
	P999       Metric = "p99.9"
	// CPU is the server's CPU time per request at the phase's rate, or per
	// byte of bodies where the row is about bandwidth.
	CPU Metric = "cpu"
	// Memory is the server's peak memory over the whole ladder.
	Memory Metric = "memory"
)

// Metrics are all metrics, in the order in which they are told.
func Metrics() []Metric { return []Metric{Throughput, P50, P99, P999, CPU, Memory} }

// quantile is the share of the samples that a latency metric leaves below it,
// 0 for the other metrics.
func (m Metric) quantile() float64 {
	switch m {
	case P50:
		return 0.5
	case P99:
		return 0.99
	case P999:
		return 0.999
	}
	return 0
}

// Unit is what a value counts, in base units.
type Unit string

// The units.
const (
	PerSecond      Unit = "rps"
	BytesPerSecond Unit = "bytes_per_s"
	Nanoseconds    Unit = "ns"
	NanosPerByte   Unit = "ns_per_byte"
	Bytes          Unit = "bytes"
)

// unit is the metric's unit in a row of requests or of bandwidth.
func (m Metric) unit(bandwidth bool) Unit {
	switch {
	case m == Memory:
		return Bytes
	case m == Throughput && bandwidth:
		return BytesPerSecond
	case m == Throughput:
		return PerSecond
	case m == CPU && bandwidth:
		return NanosPerByte
	}
	return Nanoseconds
}

// reading is one trial's value of a metric.
type reading struct {
	value float64
	// atLeast: unanswered requests could only raise it.
	atLeast bool
	// rough: the loader's own lag reaches into it (method.md §3).
	rough bool
}

// phase is one valid phase of one trial: what the loaders saw, one report an
// agent, and what the harness saw.
type phase struct {
	loads []*results.Phase
	seen  *results.TrialPhase
	// sends is true where the row's requests carry the bodies that count.
	bandwidth, sends bool
}

// work is what the phase got done a second: requests or bytes of bodies.
func (p phase) work() float64 {
	total := 0.0
	for _, l := range p.loads {
		n := l.Total.Completed
		switch {
		case p.bandwidth && p.sends:
			n = l.SentBodyBytes
		case p.bandwidth:
			n = l.ReceivedBodyBytes
		}
		if w := l.WindowNS(); w > 0 {
			total += float64(n) * 1e9 / float64(w)
		}
	}
	return total
}

// cpu is the server's CPU nanoseconds per unit of work.
func (p phase) cpu() (reading, bool) {
	u, work := p.seen.Server, p.work()
	if u == nil || u.ReadT1NS <= u.ReadT0NS || work <= 0 {
		return reading{}, false
	}
	cores := float64(u.CPUNS) / float64(u.ReadT1NS-u.ReadT0NS)
	return reading{value: cores / work * 1e9}, true
}

// The lag of the loader above which a percentile is only approximate
// (method.md §3): nanoseconds, and as a share of the latency.
const (
	lagFloorNS = 50e3
	lagShare   = 0.1
)

// tail decodes the phase's distributions once and reads all percentiles that
// have the samples for it.
func (p phase) tail() (map[Metric]reading, error) {
	if len(p.loads) == 1 && p.loads[0].Total.CorrectedTable != nil {
		return printedTail(p.loads[0].Total.CorrectedTable), nil
	}
	corrected, err := merged(p.loads, func(l *results.Phase) *results.Histogram { return l.Total.Corrected })
	if err != nil {
		return nil, err
	}
	lag, err := merged(p.loads, func(l *results.Phase) *results.Histogram { return l.SendLagIdle })
	if err != nil {
		return nil, err
	}
	censored := int64(0)
	for _, l := range p.loads {
		if from := l.LowerBoundsFromNS(); from > 0 && (censored == 0 || from < censored) {
			censored = from
		}
	}
	out := map[Metric]reading{}
	for _, m := range Metrics() {
		q := m.quantile()
		if q == 0 || !corrected.Supports(q) {
			continue
		}
		ns := corrected.Quantile(q)
		out[m] = reading{
			value:   float64(ns),
			atLeast: censored > 0 && ns >= censored,
			rough:   float64(lag.Quantile(q)) > max(lagFloorNS, lagShare*float64(ns)),
		}
	}
	return out, nil
}

// printedTail reads the percentiles that a foreign loader printed.
func printedTail(t *results.Percentiles) map[Metric]reading {
	out := map[Metric]reading{}
	for _, m := range Metrics() {
		if q := m.quantile(); q > 0 {
			if ns, ok := stats.Printed(t, q); ok {
				out[m] = reading{value: float64(ns)}
			}
		}
	}
	return out
}

// merged is the distribution over all agents of one trial.
func merged(loads []*results.Phase, pick func(*results.Phase) *results.Histogram) (*stats.Dist, error) {
	dists := make([]*stats.Dist, len(loads))
	for i, l := range loads {
		var err error
		if dists[i], err = stats.Decode(pick(l)); err != nil {
			return nil, err
		}
	}
	return stats.Merge(dists...)
}
