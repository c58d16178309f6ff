package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/trial"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
	"github.com/joust-bench/joust/scenarios"
)

// wakeupsWarmup is the length of the warm-up before each window.
const wakeupsWarmup = 200 * time.Millisecond

// Wakeups is the cost of a loader that sleeps for a server, which has to wake it.
// Closed loops with the idle strategies wait and spin take turns on one server
// process.
type Wakeups struct {
	// Server is the folder of the server that answered.
	Server      string `json:"server"`
	Scenario    string `json:"scenario"`
	Connections int    `json:"connections"`
	WindowNS    int64  `json:"window_ns"`
	// Pairs are the windows, two by two.
	Pairs []WakeupsPair `json:"pairs,omitempty"`
	// Wait and Spin are medians over the pairs.
	Wait ServerCost `json:"wait"`
	Spin ServerCost `json:"spin"`
	// PeakRatio and CPURatio are wait ÷ spin, of throughput and of the server's
	// CPU time per request: medians of the pairs' own ratios.
	PeakRatio float64 `json:"peak_ratio"`
	CPURatio  float64 `json:"cpu_ratio"`
	// Failed says why nothing was measured; the figures are then 0.
	Failed string `json:"failed,omitempty"`
}

// WakeupsPair is one window under either idle strategy.
type WakeupsPair struct {
	Wait ServerCost `json:"wait"`
	Spin ServerCost `json:"spin"`
}

func (p WakeupsPair) peakRatio() float64 { return p.Wait.RPS / p.Spin.RPS }

// ServerCost is a server's throughput in a window, and its cost of a request.
type ServerCost struct {
	RPS float64 `json:"rps"`
	// CPUNS is the server's CPU time per request in nanoseconds.
	CPUNS float64 `json:"server_cpu_per_request_ns"`
}

// MeasureWakeups measures the cost of a loader that sleeps for the server in the
// row, by pairs of windows. Failed says why a server could not be measured; the
// error is the cause with which ctx ended.
func (c *Config) MeasureWakeups(ctx context.Context, server launch.Fixture, s *scenarios.Scenario, pairs int, window time.Duration) (*Wakeups, error) {
	w := &Wakeups{Server: server.Manifest.Name, Scenario: s.Name, WindowNS: window.Nanoseconds()}
	err := c.wakeups(ctx, server, s, w, pairs)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return &Wakeups{Server: w.Server, Scenario: w.Scenario, WindowNS: w.WindowNS, Failed: err.Error()}, nil
	}
	w.conclude()
	return w, nil
}

func (c *Config) wakeups(ctx context.Context, server launch.Fixture, s *scenarios.Scenario, w *Wakeups, pairs int) (err error) {
	on, err := c.Launcher.StartServer(ctx, server, scenarios.H1, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, on.Stop(context.WithoutCancel(ctx))) }()
	spec := c.spec(s, on.Address)
	w.Connections = spec.Connections
	spec.Phases = spec.Phases[:2] // without the open loops
	spec.Phases[0].Duration = wakeupsWarmup
	closed := &spec.Phases[1]
	closed.Duration, closed.MaxDuration, closed.MinCompletions = time.Duration(w.WindowNS), 0, 0
	for i := range pairs {
		var pair WakeupsPair
		// The order alternates: a drift of the machine favours neither.
		for j := range 2 {
			cost := &pair.Wait
			if spec.Idle = loaders.Wait; (i+j)%2 == 1 {
				spec.Idle, cost = loaders.Spin, &pair.Spin
			}
			if *cost, err = c.serverCost(ctx, spec, on.Handle); err != nil {
				return err
			}
		}
		w.Pairs = append(w.Pairs, pair)
	}
	return nil
}

// serverCost runs one load and reads the server's CPU time over exactly its
// window.
func (c *Config) serverCost(ctx context.Context, spec loaders.Spec, server host.Handle) (ServerCost, error) {
	watched, cancel := context.WithCancel(ctx)
	defer cancel()
	sampler := trial.NewSampler(watched, c.Launcher.CPUs)
	control := sampling{control{done: map[string]loaders.PhaseDone{}}, sampler, server}
	report, err := c.load(ctx, spec, &control)
	if err != nil {
		return ServerCost{}, err
	}
	p := report.Phase(results.PhaseClosed)
	switch {
	case p == nil || p.Total.Completed == 0:
		return ServerCost{}, errors.New("no request was answered in the closed loop")
	case p.Failures() > 0:
		return ServerCost{}, fmt.Errorf("%d requests failed: %s", p.Failures(), p.Total.FirstError)
	}
	sampler.Wait()
	if ctx.Err() != nil {
		return ServerCost{}, context.Cause(ctx)
	}
	if err := sampler.Err(); err != nil {
		return ServerCost{}, err
	}
	u := sampler.Phase(results.PhaseClosed).Server
	cores := float64(u.CPUNS) / float64(u.ReadT1NS-u.ReadT0NS)
	return ServerCost{RPS: p.ThroughputRPS(), CPUNS: cores * 1e9 / p.ThroughputRPS()}, nil
}

// sampling is a control that samples the server over the measured window.
type sampling struct {
	control
	sampler *trial.Sampler
	server  host.Handle
}

// Window implements loaders.Control.
func (s *sampling) Window(w loaders.Window) {
	if w.Measured {
		s.sampler.Server(w, s.server, 0, nil)
	}
}

// conclude takes medians and ratios.
func (w *Wakeups) conclude() {
	for to, of := range map[*float64]func(WakeupsPair) float64{
		&w.Wait.RPS:   func(p WakeupsPair) float64 { return p.Wait.RPS },
		&w.Wait.CPUNS: func(p WakeupsPair) float64 { return p.Wait.CPUNS },
		&w.Spin.RPS:   func(p WakeupsPair) float64 { return p.Spin.RPS },
		&w.Spin.CPUNS: func(p WakeupsPair) float64 { return p.Spin.CPUNS },
		&w.PeakRatio:  WakeupsPair.peakRatio,
		&w.CPURatio:   func(p WakeupsPair) float64 { return p.Wait.CPUNS / p.Spin.CPUNS },
	} {
		var values []float64
		for _, p := range w.Pairs {
			values = append(values, of(p))
		}
		*to = stats.Median(values).Value
	}
}

// noEffect is the share below which a change counts as none.
const noEffect = 0.01

// Text returns one sentence, without its full stop, about the cost of a loader that
// sleeps.
func (w *Wakeups) Text() string {
	if w.Failed != "" {
		return fmt.Sprintf("what a loader that sleeps costs %s was not measured: %s", w.Server, w.Failed)
	}
	peak := fmt.Sprintf("changes the peak of %s by less than %.0f %%", w.Server, noEffect*100)
	switch change := w.PeakRatio - 1; {
	case change <= -noEffect:
		peak = fmt.Sprintf("lowers the peak of %s by %.0f %%", w.Server, -change*100)
	case change >= noEffect:
		peak = fmt.Sprintf("raises the peak of %s by %.0f %%", w.Server, change*100)
	}
	thousands := func(rps float64) string { return table.Digits(rps/1e3) + " k" }
	micros := func(ns float64) string { return table.Digits(ns / 1e3) }
	cpu := "as much CPU"
	switch by := micros(math.Abs(w.Wait.CPUNS - w.Spin.CPUNS)); {
	case w.CPURatio >= 1+noEffect:
		cpu = by + " µs more CPU"
	case w.CPURatio <= 1-noEffect:
		cpu = by + " µs less CPU"
	}
	out := fmt.Sprintf("a loader that sleeps %s here (%s → %s req/s) and costs it %s per request (%s → %s µs)",
		peak, thousands(w.Spin.RPS), thousands(w.Wait.RPS), cpu, micros(w.Spin.CPUNS), micros(w.Wait.CPUNS))
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range w.Pairs {
		low, high = min(low, p.peakRatio()), max(high, p.peakRatio())
	}
	if low <= 1-noEffect && high >= 1+noEffect {
		out += fmt.Sprintf("; the pairs of windows disagree: %+.0f to %+.0f %% of the peak", (low-1)*100, (high-1)*100)
	}
	return out
}

// Costs reports whether a loader that sleeps lowers the server's peak or costs it
// more CPU time per request.
func (w *Wakeups) Costs() bool {
	return w.Failed == "" && (w.PeakRatio <= 1-noEffect || w.CPURatio >= 1+noEffect)
}
