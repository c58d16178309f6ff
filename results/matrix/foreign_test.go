package matrix_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
	"github.com/joust-bench/joust/results/metric"
)

// foreignRun returns a run of one trial by wrk, which printed four percentiles,
// and of a row that wrk cannot ask.
func foreignRun() results.Run {
	ns := func(us int64) int64 { return us * 1000 }
	share, largest := 0.99, ns(9000)
	table := &results.Percentiles{Samples: 5000, MaxNS: &largest, Points: []results.Percentile{
		{Quantile: 0.5, ValueNS: ns(120)}, {Quantile: 0.75, ValueNS: ns(150)}, {Quantile: 0.9, ValueNS: ns(300)}, {Quantile: 0.99, ValueNS: ns(2120)},
	}}
	return results.Run{
		State: results.RunComplete,
		Plan: results.Plan{Loader: "wrk", Tables: []results.PlanTable{
			{Scenario: "hello", Protocol: "h1", Clients: 8, Trials: 1, Closed: true},
			{Scenario: "sse", Protocol: "h1", Clients: 8, Trials: 1, Closed: true, NotExpressible: "wrk: a request that is sent in steps cannot be said to it"},
		}},
		Servers: []results.Server{{Name: "one"}},
		Trials: []results.Trial{{
			Block: 1, Kind: results.TrialMeasured, Server: "one", Scenario: "hello", Protocol: "h1", Repetition: 1, State: results.TrialOK,
			Loaders: []results.Report{{
				Loader: "wrk", Version: "4.1.0", Threads: 2, Warnings: []string{"closed: 2 threads instead of 3"},
				Foreign: &results.Foreign{Tool: "wrk", MarginNS: 1e8, Defects: []string{"latencies are back-filled"}},
				Phases: []results.Phase{{
					Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T1NS: 1e9,
					Total: results.Group{Completed: 5000, ServiceTable: table},
				}},
			}},
			Phases: []results.TrialPhase{{Name: results.PhaseClosed, Verdict: results.Verdict{Valid: true, Bottleneck: results.LimitServer, ServerShare: &share}}},
		}},
	}
}

func TestForeignLoaderInTables(t *testing.T) {
	t.Parallel()
	run := foreignRun()
	text := matrix.Bench(cells.Of(run))
	for _, want := range []string{
		"Loader: wrk 4.1.0, 2 threads (its known defects stand below).", "| scenario, ms", "0.120 / 2.12", "— not expressible",
		"## What this loader's figures are worth", "wrk: latencies are back-filled.", "from 100ms after its start to 100ms before its planned end",
		"one, hello, closed: 2 threads instead of 3.", "sse, h1, one, closed: — not expressible: wrk: a request that is sent in steps",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "idle strategy") {
		t.Error("a foreign loader has an idle strategy")
	}
	if head := matrix.Headline(cells.Of(run), 0); !strings.Contains(head, "Load by wrk: ") {
		t.Errorf("the headline names no loader:\n%s", head)
	}
}

// TestPrintedTableIsNoSample: a percentile that wrk did not print, or that has too
// few samples beyond it, is absent; nothing is interpolated.
func TestPrintedTableIsNoSample(t *testing.T) {
	t.Parallel()
	run := foreignRun()
	table := run.Trials[0].Loaders[0].Phases[0].Total.ServiceTable
	read := func() *cells.Distribution {
		return cells.Read(results.DefaultThresholds(), &run.Trials[0].Loaders[0].Phases[0])[cells.Service]
	}
	for n, want := range map[metric.Name]bool{
		metric.P50: true, metric.P75: true, metric.P90: true, metric.P99: true, metric.P95: false, metric.P999: false, metric.P9999: false,
		metric.Max: true, metric.Mean: false, metric.Min: false, metric.Stdev: false,
	} {
		if read().At(n).Printable != want {
			t.Errorf("%s is printed: %t", n, !want)
		}
	}
	table.Samples = 999
	if read().At(metric.P99).Printable {
		t.Error("p99 of 999 samples is printed")
	}
}
