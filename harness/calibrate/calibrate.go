// Package calibrate measures the loader's own cost on this machine, on the
// processors that it has in a run: CPU per request and send lag in each row,
// against a real server, with fresh server and loader processes. It also measures
// the cost of a loader that sleeps for a server.
package calibrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/scenarios"
)

const (
	// DefaultClients is the number of connections of rows without their own.
	DefaultClients = 64
	// maxWindow bounds the closed loop of large transfers.
	maxWindow = 10 * time.Second
)

// Config is one calibration.
type Config struct {
	// Launcher starts servers and loaders, and has the CPUs of both.
	Launcher launch.Launcher
	Fixture  launch.Fixture
	Rows     []scenarios.Scenario
	// Rates are the rates of the open loops in req/s.
	Rates []float64
	// Warmup, Closed and Open are the lengths of the phases.
	Warmup, Closed, Open time.Duration
	Seed                 uint64
	// Done is called behind every row.
	Done func(LoaderCost)
}

// LoaderCost is the loader's cost in one row.
type LoaderCost struct {
	Scenario    string `json:"scenario"`
	Connections int    `json:"connections"`
	Depth       int    `json:"depth"`
	Threads     int    `json:"threads"`
	// ClosedCPUNS is the loader's CPU time per request of the closed loop, in
	// nanoseconds and without empty polls.
	ClosedCPUNS float64 `json:"closed_cpu_per_request_ns"`
	// ClosedRPS is the throughput of the closed loop.
	ClosedRPS float64 `json:"closed_rps"`
	// Work is the work fraction of the busiest thread, 0 to 1.
	Work float64 `json:"closed_work"`
	// PaceLimitRPS is the rate at which the loader works
	// results.Thresholds.PaceLimit of the time.
	PaceLimitRPS float64 `json:"pace_limit_rps"`
	// Open has one entry a rate.
	Open []OpenCost `json:"open,omitempty"`
	// Failed says why the row could not be measured; the figures are then 0.
	Failed string `json:"failed,omitempty"`
}

// OpenCost is the loader's cost in one open loop.
type OpenCost struct {
	RateRPS float64 `json:"rate_rps"`
	// CPUNS is as LoaderCost.ClosedCPUNS.
	CPUNS float64 `json:"cpu_per_request_ns"`
	// The send lags are in nanoseconds, absent where there are too few samples for
	// the percentile.
	SendLagP50NS *int64 `json:"send_lag_p50_ns,omitempty"`
	SendLagP99NS *int64 `json:"send_lag_p99_ns,omitempty"`
	// Skipped says why the rate was not measured; the figures are then absent.
	Skipped string `json:"skipped,omitempty"`
}

// Measure measures row by row. When ctx ends, it returns the rows so far with the
// cause.
func (c *Config) Measure(ctx context.Context) (costs []LoaderCost, err error) {
	for i := range c.Rows {
		cost, err := c.row(ctx, &c.Rows[i])
		if ctx.Err() != nil {
			return costs, context.Cause(ctx)
		}
		if err != nil {
			cost.Failed = err.Error()
		}
		costs = append(costs, cost)
		c.Done(cost)
	}
	return costs, nil
}

// row measures one row.
func (c *Config) row(ctx context.Context, s *scenarios.Scenario) (cost LoaderCost, err error) {
	cost.Scenario = s.Name
	server, err := c.Launcher.StartServer(ctx, c.Fixture, scenarios.H1, s)
	if err != nil {
		return cost, err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	spec := c.spec(s, server.Address)
	cost.Connections, cost.Depth, cost.Threads = spec.Connections, spec.Depth, spec.Threads
	control := &control{done: map[string]loaders.PhaseDone{}, rates: c.rates()}
	report, err := c.load(ctx, spec, control)
	if err != nil {
		return cost, err
	}
	return cost, cost.fill(&report, control, c.Rates)
}

// load runs the phases in a fresh loader process.
func (c *Config) load(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	loader, err := c.Launcher.StartLoader(ctx)
	if err != nil {
		return results.Report{}, fmt.Errorf("starting the loader: %w", err)
	}
	defer func() { _ = loader.Stop(context.WithoutCancel(ctx)) }()
	report, err := loader.Run(ctx, spec, control)
	if err != nil {
		return report, fmt.Errorf("loader: %w", err)
	}
	return report, nil
}

// spec returns the row's ladder: warm-up, closed loop, open loops.
func (c *Config) spec(s *scenarios.Scenario, address string) loaders.Spec {
	split := c.Launcher.CPUs
	spec := loaders.Spec{
		Target: loaders.Target{Network: "tcp", Address: address, Host: address}, Protocol: scenarios.H1,
		Requests: s.Requests, Rotation: s.Rotation, Connection: s.Connection, Depth: s.Depth,
		Connections: cmp.Or(s.Clients, DefaultClients), Seed: c.Seed, Quiet: true, Idle: loaders.DefaultIdle(split.Separate(), runtime.NumCPU()),
	}
	spec.Threads = max(1, min(len(split.Loader), spec.Connections))
	if split.Separate() {
		spec.CPUs = split.Loader[:spec.Threads]
	}
	spec.Phases = []loaders.Phase{
		{Name: results.PhaseWarmup, Loop: results.ClosedLoop, Duration: c.Warmup},
		{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, Duration: c.Closed, Lead: plan.ClosedLead,
			MinCompletions: s.MinCompletions, MaxDuration: max(c.Closed, maxWindow),
		},
	}
	if s.Allows(scenarios.Open) {
		for _, rate := range c.Rates {
			spec.Phases = append(spec.Phases, loaders.Phase{
				Name: openPhase(rate), Loop: results.OpenLoop, Measured: true, Duration: c.Open, Lead: plan.OpenLead,
				Schedule: loaders.Constant, Adjust: true,
			})
		}
	}
	return spec.WithDefaults()
}

func openPhase(rate float64) string { return fmt.Sprintf("open %.0f", rate) }

func (c *Config) rates() map[string]float64 {
	rates := make(map[string]float64, len(c.Rates))
	for _, r := range c.Rates {
		rates[openPhase(r)] = r
	}
	return rates
}

// fill takes the figures from the report.
func (cost *LoaderCost) fill(report *results.Report, c *control, rates []float64) error {
	closed := report.Phase(results.PhaseClosed)
	if closed == nil || closed.Total.Completed == 0 {
		return errors.New("no request was answered in the closed loop")
	}
	for i := range report.Phases {
		if p := &report.Phases[i]; p.Failures() > 0 {
			return fmt.Errorf("%d requests failed in phase %q: %s", p.Failures(), p.Name, p.Total.FirstError)
		}
	}
	done := c.done[results.PhaseClosed]
	cost.ClosedCPUNS, cost.ClosedRPS, cost.Work = done.CPUPerRequestNS, done.ThroughputRPS, done.Work
	if cost.ClosedCPUNS > 0 {
		cost.PaceLimitRPS = judge.MostPaced(results.DefaultThresholds(), cost.ClosedCPUNS, cost.Threads)
	}
	for _, rate := range rates {
		p := report.Phase(openPhase(rate))
		if p == nil {
			continue
		}
		open, err := openOf(p, rate, c.done[p.Name])
		if err != nil {
			return err
		}
		cost.Open = append(cost.Open, open)
	}
	return nil
}

// openOf reads one open loop. It skips a rate that the server did not keep: the
// loader's lag at that rate was not measured.
func openOf(p *results.Phase, rate float64, done loaders.PhaseDone) (OpenCost, error) {
	o := OpenCost{RateRPS: rate, Skipped: p.Skipped}
	if o.Skipped != "" {
		return o, nil
	}
	if r := p.Rate; r == nil || float64(r.Achieved) < results.DefaultThresholds().KeptRate*float64(r.Offered) {
		o.Skipped = fmt.Sprintf("the rate was not kept: %.0f of %.0f req/s", p.ThroughputRPS(), rate)
		return o, nil
	}
	lag, err := stats.Decode(p.SendLagIdle)
	if err != nil {
		return o, err
	}
	o.CPUNS = done.CPUPerRequestNS
	o.SendLagP50NS, o.SendLagP99NS = percentile(lag, 0.5), percentile(lag, 0.99)
	return o, nil
}

// percentile is nil where too few samples lie beyond it.
func percentile(d *stats.Dist, q float64) *int64 {
	if !d.Supports(q) {
		return nil
	}
	return new(d.Quantile(q))
}

// control notes what phases cost and refuses rates that the loader cannot pace.
type control struct {
	done  map[string]loaders.PhaseDone
	rates map[string]float64
}

var _ loaders.Control = (*control)(nil)

func (c *control) Ready(_ context.Context, r loaders.Ready) (int64, error) {
	if r.Connections < r.Asked {
		return 0, fmt.Errorf("%d of %d connections could be opened: %s", r.Connections, r.Asked, r.FirstError)
	}
	return clock.Now(), nil
}

func (c *control) Window(loaders.Window)         {}
func (c *control) Interval(loaders.Interval)     {}
func (c *control) PhaseDone(p loaders.PhaseDone) { c.done[p.Phase] = p }
func (c *control) Adjust(_ context.Context, phase string) (loaders.Adjustment, error) {
	closed := c.done[results.PhaseClosed]
	rate := c.rates[phase]
	beyond := judge.Pace(results.DefaultThresholds(), rate, closed.CPUPerRequestNS, closed.Threads)
	return loaders.Adjustment{Phase: phase, RateRPS: rate, Skip: beyond}, nil
}
