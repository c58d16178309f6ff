package compare

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
)

func ptr[T any](v T) *T { return &v }

const second = int64(time.Second)

// histograms is a cache: encoding takes longer than all else here.
var histograms sync.Map

// histogram spreads n samples over 100 steps from base to ten times base.
func histogram(t testing.TB, n int, base float64) *results.Histogram {
	t.Helper()
	key := fmt.Sprint(n, base)
	if known, ok := histograms.Load(key); ok {
		return known.(*results.Histogram)
	}
	h := hdrhistogram.New(1, 1e9, 3)
	for i := range 100 {
		if err := h.RecordValues(int64(base*(1+float64(i*i)/1000)), int64(n/100)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	out := &results.Histogram{Count: uint64(n), MinNS: int64(base), MaxNS: int64(base * 10.9), MeanNS: h.Mean(), HDRv2: string(b)}
	histograms.Store(key, out)
	return out
}

// measured has the figures of one trial.
type measured struct {
	rps, latency, cpuNS float64 // req/s; p50 at the rate; CPU a request
	memory              uint64  // MiB
}

// steady is the same with a small spread that differs from trial to trial.
func steady(rps float64) func(trial int) measured {
	return func(trial int) measured {
		f := 1 + float64((trial*7)%11-5)/1000
		return measured{rps: rps * f, latency: 1e6 / f, cpuNS: 1e9 / rps / f, memory: 20 + uint64(trial%2)}
	}
}

// rate is the open-loop step of the fixture.
var rate = results.PlanRate{Kind: results.RateAbsolute, RateRPS: 10000}

// runOf is a complete run of hello with n trials of each server.
func runOf(t testing.TB, id string, n int, servers map[string]func(int) measured) results.Run {
	t.Helper()
	day := int(id[len(id)-1])
	run := results.Run{
		Schema: results.Schema, ID: id, State: results.RunComplete, Started: time.Date(2026, 11, 1, 12, day, 0, 0, time.UTC),
		Joust: results.Build{Version: "0.1.0", Revision: "abc1234", Go: "go1.26.8"},
		Host:  results.Host{OS: "linux", Kernel: "6.12.0", CPUModel: "Example CPU 3000", CPUs: 2},
		CPUs:  results.CPUSplit{Server: []int{0}, Loader: []int{1}, Pinned: true},
		Plan: results.Plan{
			IdleStrategy: "hybrid", LoaderThreads: 1, Engine: "evloop", RequestTimeoutNS: 10 * second, DrainNS: second / 2,
			Tables: []results.PlanTable{{
				Scenario: "hello", Protocol: "h1", Clients: 64, Trials: n, WarmupNS: second, Closed: true, ClosedDurationNS: second,
				Rates: []results.PlanRate{rate}, OpenDurationNS: second, Schedule: "constant",
			}},
		},
		Scenarios: []results.Scenario{{Name: "hello", RankBy: "throughput", Clients: 64, Depth: 1}},
	}
	for _, name := range []string{"gin", "nethttp", "nginx", "fiber"} {
		values := servers[name]
		if values == nil {
			continue
		}
		run.Plan.Entries = append(run.Plan.Entries, results.PlanEntry{Server: name, As: name})
		run.Servers = append(run.Servers, results.Server{Name: name, Folder: name, Versions: map[string]string{"go": "1.26.8"}})
		for i := range n {
			run.Trials = append(run.Trials, trialOf(t, name, i, values(i)))
		}
	}
	return run
}

func trialOf(t testing.TB, server string, i int, m measured) results.Trial {
	t.Helper()
	closed := results.Phase{
		Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T0NS: second, T1NS: 2 * second,
		Total: results.Group{Completed: uint64(m.rps)},
	}
	open := results.Phase{
		Name: rate.PhaseName(), Loop: results.OpenLoop, Schedule: "constant", Measured: true, T0NS: 3 * second, T1NS: 4 * second,
		Rate:        &results.RateReport{TargetRPS: rate.RateRPS, Offered: uint64(rate.RateRPS), Achieved: uint64(rate.RateRPS)},
		Total:       results.Group{Completed: uint64(rate.RateRPS), Corrected: histogram(t, int(rate.RateRPS), m.latency)},
		SendLagIdle: histogram(t, int(rate.RateRPS), 1000),
	}
	seen := func(p results.Phase, requests float64) results.TrialPhase {
		return results.TrialPhase{
			Name: p.Name, Verdict: results.Verdict{Valid: true, Bottleneck: results.LimitServer},
			Server: &results.Usage{ReadT0NS: p.T0NS, ReadT1NS: p.T1NS, CPUNS: int64(m.cpuNS * requests), PeakMemoryBytes: ptr(m.memory << 20)},
		}
	}
	return results.Trial{
		Index: i, Block: i + 1, Repetition: i + 1, Kind: results.TrialMeasured, State: results.TrialOK,
		Server: server, Scenario: "hello", Protocol: "h1",
		Loaders: []results.Report{{
			Loader: "joust evloop", Version: "0.1.0", Threads: 1, IdleStrategy: "hybrid", ConnectionsAsked: 64, Depth: 1,
			Phases: []results.Phase{closed, open},
		}},
		Phases: []results.TrialPhase{seen(closed, m.rps), seen(open, rate.RateRPS)},
	}
}

// one is a run of nethttp alone.
func one(t testing.TB, id string, n int, rps float64) results.Run {
	t.Helper()
	return runOf(t, id, n, map[string]func(int) measured{"nethttp": steady(rps)})
}

// sets are the cells of some runs.
func sets(runs ...results.Run) []*cells.Set {
	out := make([]*cells.Set, len(runs))
	for i, run := range runs {
		out[i] = cells.Of(run)
	}
	return out
}

// compared compares two runs.
func compared(t testing.TB, old, now results.Run) Comparison {
	t.Helper()
	c, err := Compare(sets(old), sets(now), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// find is the row of a metric in the comparison.
func find(t testing.TB, c *Comparison, phase string, m metric.Name, server string) (*Family, *Change) {
	t.Helper()
	for i := range c.Families {
		f := &c.Families[i]
		if f.Phase != phase || f.Metric != m {
			continue
		}
		for j := range f.Changes {
			if f.Changes[j].Server == server {
				return f, &f.Changes[j]
			}
		}
	}
	t.Fatalf("there is no row of %s, %s, %s", phase, m, server)
	return nil, nil
}
