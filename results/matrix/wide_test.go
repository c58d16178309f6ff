package matrix_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/matrix"
)

// unitRows are rows of every unit: sessions with events, abandoned exchanges, waves,
// uploads in both loops, and rates and clients that were scaled.
func unitRows() []results.Scenario {
	return []results.Scenario{
		{Name: "hello", Unit: "requests", RankBy: "throughput"},
		{Name: "server_sent_events", Unit: "sessions", RankBy: "throughput"},
		{Name: "partial_body_drop", Unit: "requests", RankBy: "throughput"},
		{Name: "accept_storm_burst", Unit: "requests", RankBy: "throughput"},
		{Name: "upload_20mb", Unit: "requests", RankBy: "bandwidth", BodyBytes: 20 << 20},
		{Name: "httparena_upload", Unit: "requests", RankBy: "bandwidth", Sends: true},
		{Name: "httparena_async", Unit: "requests", RankBy: "throughput"},
	}
}

// wideRun returns a run of n servers with the rows, and trials of each cell.
func wideRun(t testing.TB, n, trials int, rows []results.Scenario) results.Run {
	t.Helper()
	run := emptyRun()
	run.Scenarios, run.CommonRates, run.Servers, run.Plan.Tables = rows, nil, nil, nil
	for i := range n {
		name := fmt.Sprintf("server-%02d", i+1)
		run.Servers = append(run.Servers, results.Server{Name: name, Folder: name, Title: name, Language: "Go"})
	}
	run.Servers[0].Unsupported = map[string]string{"server_sent_events": "it runs no handlers", "upload_20mb": "it runs no handlers", "httparena_upload": "it runs no handlers"}
	for _, row := range rows {
		table := results.PlanTable{Scenario: row.Name, Protocol: "h1", Clients: 64, Trials: trials, WarmupNS: second, Closed: true, ClosedDurationNS: second * 3 / 2}
		rate := results.PlanRate{Kind: results.RateCommon}
		if row.Name == "upload_20mb" || row.Name == "server_sent_events" {
			table.OpenDurationNS, table.Schedule, table.Rates = second, "constant", []results.PlanRate{rate}
			run.CommonRates = append(run.CommonRates, results.CommonRate{Scenario: row.Name, Protocol: "h1", RateRPS: 40, Basis: "half of the slowest peak"})
		}
		if row.Name == "httparena_async" {
			table.Clients, table.Scaled = 1500, []results.Scaling{{Of: results.ScaledClients, Asked: 32000, Used: 1500, Why: "a process may open 1600 files"}}
		}
		run.Plan.Tables = append(run.Plan.Tables, table)
		for i, s := range run.Servers {
			if s.Unsupported[row.Name] != "" {
				continue
			}
			for rep := 1; rep <= trials; rep++ {
				run.Trials = append(run.Trials, unitTrial(t, row, s.Name, rep, float64(n-i), len(table.Rates) > 0))
			}
		}
	}
	return run
}

// unitTrial returns a trial of a row; a larger strength makes more throughput.
func unitTrial(t testing.TB, row results.Scenario, server string, rep int, strength float64, open bool) results.Trial {
	closed := closedOf(t, 1000*strength+float64(rep), 2e6)
	if row.RankBy == "bandwidth" {
		closed = closedOf(t, 10*strength+float64(rep), 50e6)
		closed.SentBodyBytes = closed.Total.Completed * 20 << 20
	}
	switch row.Name {
	case "server_sent_events":
		closed.Total.Events = 100 * closed.Total.Completed
	case "partial_body_drop":
		closed.Total.Abandoned = closed.Total.Completed - 7
	case "accept_storm_burst":
		closed.Waves = closed.Total.Completed / 64
	}
	phases, seen := []results.Phase{closed}, []results.TrialPhase{harnessPhase(closed, results.LimitServer, 0.97, 0.5)}
	if open {
		p := openOf(t, results.PlanRate{Kind: results.RateCommon}, 40, 30e6, 2e3)
		p.SentBodyBytes, p.Total.Events = 40*20<<20, closed.Total.Events/50
		phases, seen = append(phases, p), append(seen, harnessPhase(p, "", 0.4, 0.2))
	}
	trial := trialOf(server, row.Name, rep, phases, seen)
	trial.Loaders[0].ConnectionsAsked = 64
	return trial
}

func TestUnitsAndManyServers(t *testing.T) {
	t.Parallel()
	for name, servers := range map[string]int{"units": 3, "wide": 10} {
		set := cells.Of(wideRun(t, servers, 3, unitRows()))
		golden.Hold(t, "testdata/"+name+"_bench.md", matrix.Bench(set))
		golden.Hold(t, "testdata/"+name+"_open.md", matrix.OpenLoop(set))
		golden.Hold(t, "testdata/"+name+"_headline.txt", matrix.Headline(set, 100))
	}
}

// No table of a large run is wider than people scroll, and the terminal's summary stays
// short enough to be read.
func TestManyRowsOnManyServers(t *testing.T) {
	t.Parallel()
	run := wideRun(t, 35, 1, []results.Scenario{{Name: "scenario_number_00", Unit: "requests", RankBy: "throughput"}})
	trials := run.Trials
	for i := range 39 {
		row, table := run.Scenarios[0], run.Plan.Tables[0]
		row.Name = fmt.Sprintf("scenario_number_%02d", i+1)
		table.Scenario = row.Name
		run.Scenarios, run.Plan.Tables = append(run.Scenarios, row), append(run.Plan.Tables, table)
		for _, trial := range trials {
			trial.Scenario = row.Name
			run.Trials = append(run.Trials, trial)
		}
	}
	set := cells.Of(run)
	for line := range strings.Lines(matrix.Bench(set)) {
		if width := displaywidth.String(line); strings.HasPrefix(line, "|") && width > 240 {
			t.Fatalf("a line of a table has %d columns: %s", width, line)
		}
	}
	if lines := strings.Count(matrix.Headline(set, 120), "\n"); lines > 200 {
		t.Errorf("the summary on the terminal has %d lines", lines)
	}
}
