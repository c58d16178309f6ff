package agree

import (
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// Figures are the measurements of a trial, or their medians over trials; nil is not
// measured.
type Figures struct {
	ThroughputRPS *float64 `json:"throughput_rps,omitempty"`
	// Latencies are service time in a closed loop, corrected latency in an open
	// one.
	MeanNS *float64 `json:"mean_ns,omitempty"`
	P50NS  *float64 `json:"p50_ns,omitempty"`
	P99NS  *float64 `json:"p99_ns,omitempty"`
	// LoaderCPUNS is CPU time of the loader: of joust's own without empty polls, of
	// a foreign one all.
	LoaderCPUNS *float64 `json:"loader_cpu_per_request_ns,omitempty"`
	ServerCPUNS *float64 `json:"server_cpu_per_request_ns,omitempty"`
	// LoaderShare is U_L and ServerShare U_S. OthersShare is the share of the
	// server's CPUs that other programs had. All are 0 to 1.
	LoaderShare *float64 `json:"loader_share,omitempty"`
	ServerShare *float64 `json:"server_share,omitempty"`
	OthersShare *float64 `json:"others_share,omitempty"`
}

// Ratios are a contender's figures divided by joust's.
type Ratios struct {
	Throughput *float64 `json:"throughput,omitempty"`
	Mean       *float64 `json:"mean,omitempty"`
	P50        *float64 `json:"p50,omitempty"`
	P99        *float64 `json:"p99,omitempty"`
	LoaderCPU  *float64 `json:"loader_cpu,omitempty"`
	ServerCPU  *float64 `json:"server_cpu,omitempty"`
}

// figure is one field of Figures, and the same of Ratios, nil for shares.
type figure struct {
	of    func(*Figures) **float64
	ratio func(*Ratios) **float64
}

func figures() []figure {
	return []figure{
		{func(f *Figures) **float64 { return &f.ThroughputRPS }, func(r *Ratios) **float64 { return &r.Throughput }},
		{func(f *Figures) **float64 { return &f.MeanNS }, func(r *Ratios) **float64 { return &r.Mean }},
		{func(f *Figures) **float64 { return &f.P50NS }, func(r *Ratios) **float64 { return &r.P50 }},
		{func(f *Figures) **float64 { return &f.P99NS }, func(r *Ratios) **float64 { return &r.P99 }},
		{func(f *Figures) **float64 { return &f.LoaderCPUNS }, func(r *Ratios) **float64 { return &r.LoaderCPU }},
		{func(f *Figures) **float64 { return &f.ServerCPUNS }, func(r *Ratios) **float64 { return &r.ServerCPU }},
		{func(f *Figures) **float64 { return &f.LoaderShare }, nil},
		{func(f *Figures) **float64 { return &f.ServerShare }, nil},
		{func(f *Figures) **float64 { return &f.OthersShare }, nil},
	}
}

// trialFigures are the figures of one valid trial.
type trialFigures struct {
	round int
	Figures
}

// read takes the figures of a trial; why is the reason of one that does not count.
func read(t *results.Trial, phase string, limits results.Thresholds) (f Figures, why string) {
	s, why := cells.One(t, phase, limits)
	if s == nil {
		return f, why
	}
	of := cells.Service
	if s.Load.Loop == results.OpenLoop {
		of = cells.Corrected
	}
	if latency := s.Distribution(of); latency != nil {
		if latency.Damaged != nil {
			return f, latency.Damaged.Error()
		}
		f.MeanNS, f.P50NS, f.P99NS = printable(latency.At(metric.Mean)), printable(latency.At(metric.P50)), printable(latency.At(metric.P99))
	}
	var requests cells.Cell // costs are per request in every row
	for to, value := range map[**float64]cells.Value{
		&f.ThroughputRPS: cells.Throughput, &f.LoaderCPUNS: requests.LoaderCost, &f.ServerCPUNS: requests.ServerCost,
		&f.LoaderShare: cells.LoaderShare, &f.ServerShare: cells.ServerShare, &f.OthersShare: cells.OtherWork,
	} {
		if x, ok := value(s); ok {
			*to = &x
		}
	}
	return f, ""
}

// printable is a figure in nanoseconds, nil where too few samples are behind it.
func printable(p cells.Point) *float64 {
	if !p.Printable {
		return nil
	}
	return &p.NS
}

// conclude takes medians and ratios, and explains differences.
func (c *Match) conclude() {
	ours := &c.Contenders[0]
	for i := range c.Contenders {
		s := &c.Contenders[i]
		var ratios Ratios
		for _, f := range figures() {
			var values, over []float64
			for j := range s.trials {
				t := &s.trials[j]
				x := *f.of(&t.Figures)
				if x == nil {
					continue
				}
				values = append(values, *x)
				if y := ours.round(t.round, f); y != nil && *y > 0 {
					over = append(over, *x / *y)
				}
			}
			*f.of(&s.Figures) = median(values)
			if f.ratio != nil {
				*f.ratio(&ratios) = median(over)
			}
		}
		if i > 0 && s.Valid > 0 && ours.Valid > 0 {
			s.Ratios = &ratios
		}
	}
	c.Why = explain(c)
}

// round is a figure of the contender in one round; nil where it has none.
func (s *Contender) round(n int, f figure) *float64 {
	for i := range s.trials {
		if s.trials[i].round == n {
			return *f.of(&s.trials[i].Figures)
		}
	}
	return nil
}

// median is nil for no values.
func median(values []float64) *float64 {
	e := stats.Median(values)
	if e.Kind == stats.None {
		return nil
	}
	return &e.Value
}
