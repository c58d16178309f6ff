package matrix_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/matrix"
)

// sweepRun returns a run of two tables with sweeps, one of them automatic, and
// searches for a rate that end in every way.
func sweepRun(t testing.TB) results.Run {
	run := emptyRun()
	for i := range run.Servers {
		run.Servers[i].CheckFailed = nil
	}
	objective := &results.Objective{Percentile: "p99", Quantile: 0.99, BelowNS: 10e6}
	run.Plan.Tables = []results.PlanTable{
		{
			Scenario: "hello", Protocol: "h1", Clients: 64, Trials: 6, WarmupNS: second, Closed: true, ClosedDurationNS: second * 3 / 2,
			OpenDurationNS: second, Schedule: "constant", Objective: objective,
			Sweep: &results.PlanSweep{Clients: []int{1, 8, 64, 512}},
		},
		{
			Scenario: "json", Protocol: "h1", Clients: 64, Trials: 2, WarmupNS: second, Closed: true, ClosedDurationNS: second * 3 / 2,
			Sweep: &results.PlanSweep{Clients: []int{1, 2, 4, 8, 16, 32, 64, 128, 256}, Auto: true},
		},
	}
	for rep := 1; rep <= 6; rep++ {
		for _, s := range []struct {
			name  string
			rps   []float64
			limit results.Bottleneck
			found float64
		}{
			{"nethttp", []float64{9e3, 40e3, 60e3, 59e3}, results.LimitServer, 40e3},
			{"gin", []float64{8e3, 24.5e3, 25e3, 24e3}, results.LimitConnections, 0},
			{"nginx", []float64{11e3, 65e3, 70e3, 72e3}, results.LimitLoader, 50e3},
			{"node", []float64{3e3, 8e3, 9e3, 9e3}, results.LimitServer, 2e3},
		} {
			run.Trials = append(run.Trials, sweepTrial(t, s.name, "hello", rep, s.rps, []int{1, 8, 64, 512}, s.limit))
			run.Trials = append(run.Trials, addSearch(&run.Trials[len(run.Trials)-1], rep, s.found)...)
		}
		if rep <= 2 {
			run.Trials = append(run.Trials,
				sweepTrial(t, "nethttp", "json", rep, []float64{5e3, 9e3, 9.2e3, 9.1e3}, []int{1, 2, 4, 8}, results.LimitServer),
				sweepTrial(t, "gin", "json", rep, []float64{4e3, 4.1e3, 4.1e3}[:4-rep], []int{1, 2, 4}, results.LimitServer))
		}
	}
	for i := range run.Trials {
		run.Trials[i].Index = i
	}
	return run
}

// sweepTrial returns a trial with a sweep; 512 clients of node are void.
func sweepTrial(t testing.TB, server, scenario string, rep int, rps []float64, clients []int, limit results.Bottleneck) results.Trial {
	closed := closedOf(t, slices.Max(rps)*(1+0.01*float64(rep)), 1e6)
	trial := trialOf(server, scenario, rep, []results.Phase{closed}, []results.TrialPhase{harnessPhase(closed, limit, 0.97, 0.8)})
	trial.Loaders[0].ConnectionsAsked = clients[slices.Index(rps, slices.Max(rps))]
	for i, x := range rps {
		p := closedOf(t, x*(1+0.01*float64(rep)), 1e6)
		point := results.SweepPoint{
			Clients: clients[i], Report: &results.Report{Phases: []results.Phase{p}}, Seen: harnessPhase(p, limit, 0.97, 0.8),
		}
		if server == "node" && clients[i] == 512 {
			point.Report = nil
			point.Seen.Verdict = results.Verdict{Reasons: []results.Reason{{Code: "no-load", Voids: true, Text: "connect refused | 512"}}}
		}
		trial.Sweep = append(trial.Sweep, point)
	}
	return trial
}

// addSearch writes a search into a trial and returns the trial that confirms its
// rate: one step lower in every third trial, and never for node. The searches of
// nginx end beyond the loader.
func addSearch(trial *results.Trial, rep int, rps float64) []results.Trial {
	step := func(rate float64, kept bool) results.SearchStep {
		return results.SearchStep{RateRPS: rate, Kept: kept, LatencyNS: new(int64(rate * 100)), Achieved: 0.999}
	}
	if rps == 0 {
		trial.Search = &results.Search{Stop: "at 390 req/s p99 was 12ms ≥ 10ms", Steps: []results.SearchStep{step(390, false)}}
		return nil
	}
	rps *= 1 + 0.01*float64(rep)
	stop := fmt.Sprintf("at %.0f req/s p99 was 11.20ms ≥ 10ms", rps*1.03)
	beyond := trial.Server == "nginx"
	if beyond {
		stop = "beyond the loader, which can pace no more here"
	}
	trial.Search = &results.Search{KeptRPS: &rps, Stop: stop, AtLeast: beyond, Steps: []results.SearchStep{step(rps, true)}}
	confirm := results.Trial{
		Block: rep, Repetition: rep, Kind: results.TrialConfirm, State: results.TrialOK,
		Server: trial.Server, Scenario: trial.Scenario, Protocol: "h1",
		Search: &results.Search{KeptRPS: &rps, Stop: stop, AtLeast: beyond, Steps: []results.SearchStep{step(rps, true)}},
	}
	switch {
	case trial.Server == "node":
		confirm.Search = &results.Search{Stop: "at 1 650 req/s p99 was 80ms ≥ 10ms", Steps: []results.SearchStep{step(rps, false)}}
	case rep%3 == 0 && !beyond:
		lower := rps / 1.05
		confirm.Search = &results.Search{KeptRPS: &lower, Stop: stop, Steps: []results.SearchStep{step(rps, false), step(lower, true)}}
	}
	return []results.Trial{confirm}
}

func TestGoldenSweep(t *testing.T) {
	t.Parallel()
	set := cells.Of(sweepRun(t))
	golden.Hold(t, "testdata/swept_bench.md", matrix.Bench(set))
	golden.Hold(t, "testdata/swept_open.md", matrix.OpenLoop(set))
	golden.Hold(t, "testdata/swept_headline.txt", matrix.Headline(set, 160))
}

// The knee has nearly the throughput of the best point, with as many clients or
// fewer.
func TestKneeOfASweep(t *testing.T) {
	t.Parallel()
	run := sweepRun(t)
	_, text, _ := strings.Cut(matrix.Bench(cells.Of(run)), "## Throughput over clients, hello, h1")
	for server, want := range map[string][2]int{"nethttp": {64, 64}, "gin": {8, 64}, "nginx": {64, 512}, "node": {64, 64}, "python": {-1, -1}} {
		got := [2]int{-1, -1}
		for i, cell := range columnOf(t, text, server) {
			_, marks, _ := strings.Cut(cell, "←")
			for k, mark := range []string{"knee", "best"} {
				if strings.Contains(marks, mark) {
					got[k] = []int{1, 8, 64, 512}[i]
				}
			}
		}
		if got != want {
			t.Errorf("%s has its knee and its best at %v, want %v", server, got, want)
		}
	}
}

// A search that could not begin, or whose loader was late throughout, says
// nothing about the server.
func TestUnclearSearches(t *testing.T) {
	t.Parallel()
	run := sweepRun(t)
	for i := range run.Trials {
		if tr := &run.Trials[i]; tr.Server == "gin" && tr.Search != nil {
			tr.Search.Stop = "p99 takes 1127 requests a window"
			if tr.Search.AtLeast = tr.Repetition%2 == 0; !tr.Search.AtLeast {
				tr.Search.Steps = nil
			}
		}
	}
	line := golden.Cells(row(t, matrix.OpenLoop(cells.Of(run)), "gin"))
	if text, why := strings.TrimSpace(line[2]), strings.TrimSpace(line[len(line)-2]); text != "— unclear" || why != "p99 takes 1127 requests a window" {
		t.Errorf("%s: %s", text, why)
	}
}

// A search is a void cell if every trial that should confirm its rate is void, and
// not if it found no rate.
func TestVoidSearches(t *testing.T) {
	t.Parallel()
	run := sweepRun(t)
	if list := matrix.VoidCells(cells.Of(run)); len(list) > 0 {
		t.Errorf("void cells %q", list)
	}
	for i := range run.Trials {
		if tr := &run.Trials[i]; tr.Kind == results.TrialConfirm && tr.Server == "nethttp" {
			tr.State, tr.Reason, tr.Search = results.TrialVoid, "the server ended", nil
		}
	}
	if list := matrix.VoidCells(cells.Of(run)); len(list) != 1 || !strings.Contains(list[0], "nethttp hello highest rate: the server ended") {
		t.Errorf("void cells %q", list)
	}
}
