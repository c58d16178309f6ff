package agree

import (
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// reading is one valid trial. What it does not have is nil.
type reading struct {
	round                    int
	throughput               *float64
	mean, p50, p99           *float64
	loaderCPU, serverCPU     *float64
	loaderShare, serverShare *float64
	others                   *float64
}

// read takes a trial's figures; why says what makes it count for nothing.
func read(t *results.Trial, phase string, limits results.Thresholds) (r reading, why string) {
	s, why := cells.One(t, phase, limits)
	if s == nil {
		return r, why
	}
	of := cells.Service
	if s.Load.Loop == results.OpenLoop {
		of = cells.Corrected
	}
	if latency := s.Distribution(of); latency != nil {
		if latency.Damaged != nil {
			return r, latency.Damaged.Error()
		}
		r.mean, r.p50, r.p99 = latency.MeanNS, printable(latency.At(cells.P50)), printable(latency.At(cells.P99))
	}
	var requests cells.Cell // costs are per request in every row
	for to, value := range map[**float64]cells.Value{
		&r.throughput: cells.Throughput, &r.loaderCPU: requests.LoaderCost, &r.serverCPU: requests.ServerCost,
		&r.loaderShare: cells.LoaderShare, &r.serverShare: cells.ServerShare, &r.others: cells.OtherWork,
	} {
		if x, ok := value(s); ok {
			*to = &x
		}
	}
	return r, ""
}

// printable is a percentile in nanoseconds, absent where too few samples are
// behind it.
func printable(p cells.Point) *float64 {
	if !p.Printable {
		return nil
	}
	x := float64(p.NS)
	return &x
}

// figures are the fields of a reading and where a side and its ratios keep
// them.
func (s *Side) figures() []struct {
	of    func(reading) *float64
	value **float64
	ratio func(*Ratios) **float64
} {
	return []struct {
		of    func(reading) *float64
		value **float64
		ratio func(*Ratios) **float64
	}{
		{func(r reading) *float64 { return r.throughput }, &s.ThroughputRPS, func(r *Ratios) **float64 { return &r.Throughput }},
		{func(r reading) *float64 { return r.mean }, &s.MeanNS, func(r *Ratios) **float64 { return &r.Mean }},
		{func(r reading) *float64 { return r.p50 }, &s.P50NS, func(r *Ratios) **float64 { return &r.P50 }},
		{func(r reading) *float64 { return r.p99 }, &s.P99NS, func(r *Ratios) **float64 { return &r.P99 }},
		{func(r reading) *float64 { return r.loaderCPU }, &s.LoaderCPUNS, func(r *Ratios) **float64 { return &r.LoaderCPU }},
		{func(r reading) *float64 { return r.serverCPU }, &s.ServerCPUNS, func(r *Ratios) **float64 { return &r.ServerCPU }},
		{func(r reading) *float64 { return r.loaderShare }, &s.LoaderShare, nil},
		{func(r reading) *float64 { return r.serverShare }, &s.ServerShare, nil},
		{func(r reading) *float64 { return r.others }, &s.OthersShare, nil},
	}
}

// conclude takes medians and ratios, and explains what differs.
func (c *Cell) conclude() {
	ours := &c.Sides[0]
	for i := range c.Sides {
		s := &c.Sides[i]
		var ratios Ratios
		for _, f := range s.figures() {
			var values, over []float64
			for _, r := range s.trials {
				x := f.of(r)
				if x == nil {
					continue
				}
				values = append(values, *x)
				if y := ours.round(r.round, f.of); y != nil && *y > 0 {
					over = append(over, *x / *y)
				}
			}
			*f.value = median(values)
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

// round is a figure of the side in one round; nil where it has none.
func (s *Side) round(n int, of func(reading) *float64) *float64 {
	for _, r := range s.trials {
		if r.round == n {
			return of(r)
		}
	}
	return nil
}
