package agree

import (
	"cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/results/stats"
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
func read(t *results.Trial, phase string, serverCPUs int) (r reading, why string) {
	if t.State != results.TrialOK || len(t.Loaders) == 0 {
		return r, cmp.Or(t.Reason, "nothing was measured")
	}
	p := t.Loaders[0].Phase(phase)
	if p == nil {
		return r, "the loader reported no such phase"
	}
	if p.Skipped != "" {
		return r, p.Skipped
	}
	var seen *results.TrialPhase
	for i := range t.Phases {
		if t.Phases[i].Name == phase {
			seen = &t.Phases[i]
		}
	}
	if seen == nil {
		return r, "the phase was not sampled"
	}
	for _, reason := range seen.Verdict.Reasons {
		if reason.Voids {
			return r, reason.Text
		}
	}
	rps := p.ThroughputRPS()
	r.throughput = &rps
	r.loaderCPU, r.serverCPU = loaderWork(p, seen.Loader), perRequest(seen.Server, rps)
	r.serverShare = seen.Verdict.ServerShare
	r.loaderShare = loaderShare(p, seen)
	if busy, own := seen.ServerCPUBusy, seen.Server; busy != nil && own != nil && own.ReadT1NS > own.ReadT0NS {
		rest := max(0, *busy-float64(own.CPUNS)/float64(own.ReadT1NS-own.ReadT0NS)/float64(max(1, serverCPUs)))
		r.others = &rest
	}
	if err := r.latencies(p); err != nil {
		return r, err.Error()
	}
	return r, ""
}

// latencies are of the samples, or of the table that a foreign loader printed.
func (r *reading) latencies(p *results.Phase) error {
	samples, table := p.Total.Service, p.Total.ServiceTable
	if p.Loop == results.OpenLoop {
		samples, table = p.Total.Corrected, p.Total.CorrectedTable
	}
	if table != nil {
		r.mean = table.MeanNS
		for q, to := range map[float64]**float64{0.5: &r.p50, 0.99: &r.p99} {
			if ns, ok := stats.Printed(table, q); ok {
				x := float64(ns)
				*to = &x
			}
		}
		return nil
	}
	if samples == nil || samples.Count == 0 {
		return nil
	}
	d, err := stats.Decode(samples)
	if err != nil {
		return err
	}
	r.mean = &samples.MeanNS
	for q, to := range map[float64]**float64{0.5: &r.p50, 0.99: &r.p99} {
		if d.Supports(q) {
			x := float64(d.Quantile(q))
			*to = &x
		}
	}
	return nil
}

// loaderShare is the share of a CPU that the loader's busiest thread ran, empty
// polls apart: by joust's own loader, or as the harness saw it.
func loaderShare(p *results.Phase, seen *results.TrialPhase) *float64 {
	if len(p.Threads) == 0 {
		if seen.Loader == nil {
			return nil
		}
		return seen.Loader.BusiestThread
	}
	busiest := 0.0
	for _, t := range p.Threads {
		busiest = max(busiest, float64(t.WorkNS())/float64(max(1, p.WindowNS())))
	}
	return &busiest
}

// loaderWork is the nanoseconds that the loader works for a request: all CPU
// time of its process for a foreign loader.
func loaderWork(p *results.Phase, process *results.Usage) *float64 {
	ns, ok := judge.LoaderWorkNS(p, process)
	if !ok || p.Total.Completed == 0 {
		return nil
	}
	ns /= float64(p.Total.Completed)
	return &ns
}

// perRequest is CPU nanoseconds a request.
func perRequest(u *results.Usage, rps float64) *float64 {
	if u == nil || u.ReadT1NS <= u.ReadT0NS || rps <= 0 {
		return nil
	}
	ns := float64(u.CPUNS) / float64(u.ReadT1NS-u.ReadT0NS) * 1e9 / rps
	return &ns
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
