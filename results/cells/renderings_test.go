package cells_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/compare"
	"github.com/joust-bench/joust/results/matrix"
	"github.com/joust-bench/joust/results/metric"
	tables "github.com/joust-bench/joust/results/table"
)

// stagedServers returns servers whose cells have every mark, two trials each.
func stagedServers() map[string]func(i int, closed, open *results.Phase, t *results.Trial) {
	limit := func(of ...results.Bottleneck) func(int, *results.Phase, *results.Phase, *results.Trial) {
		return func(i int, _, _ *results.Phase, t *results.Trial) {
			t.Phases[0].Verdict.Bottleneck, t.Phases[0].Verdict.ServerShare = of[i], new(0.8)
		}
	}
	late := func(change func(*results.Phase)) func(int, *results.Phase, *results.Phase, *results.Trial) {
		return func(_ int, _, open *results.Phase, _ *results.Trial) { change(open) }
	}
	return map[string]func(int, *results.Phase, *results.Phase, *results.Trial){
		"plain":           func(int, *results.Phase, *results.Phase, *results.Trial) {},
		"by-loader":       limit("loader", "loader"),
		"half-by-loader":  limit("loader", "unknown"),
		"server-loader":   limit("server", "loader"),
		"server-balanced": limit("server", "balanced"),
		"stood-still": func(_ int, _, _ *results.Phase, t *results.Trial) {
			t.Phases[0].Verdict.Bottleneck, t.Phases[0].Verdict.Reasons = "unknown", []results.Reason{{Code: "stalled"}}
		},
		"censored": func(i int, _, open *results.Phase, _ *results.Trial) { open.Rate.CensoredFromNS = 1 },
		"sent":     late(func(p *results.Phase) { p.SendLagIdle = p.Total.Corrected }),
		"read":     late(func(p *results.Phase) { p.ReceiveLag = p.Total.Corrected }),
		"stopped":  late(func(p *results.Phase) { p.StallNS = new(second / 2) }),
		"a-little": late(func(p *results.Phase) { p.StallNS = new(second / 50) }), // in p99, not in p50
		"few":      late(func(p *results.Phase) { p.Total.Corrected = nil }),
		"processes": func(_ int, _, _ *results.Phase, t *results.Trial) {
			for i := range t.Phases {
				t.Phases[i].Server.Processes = 3
			}
		},
		"void": func(_ int, _, _ *results.Phase, t *results.Trial) {
			t.State, t.Reason = results.TrialVoid, "it crashed"
		},
		"half-void": func(i int, _, _ *results.Phase, t *results.Trial) {
			if i == 1 {
				t.Phases[0].Verdict = results.Verdict{Reasons: []results.Reason{{Voids: true, Text: "errors"}}}
			}
		},
	}
}

// stagedRun returns a run of the staged servers.
func stagedRun(t testing.TB, id string) results.Run {
	two := table
	two.Trials = 2
	run := results.Run{ID: id, State: results.RunComplete, Plan: results.Plan{Tables: []results.PlanTable{two}}}
	for name, change := range stagedServers() {
		run.Servers = append(run.Servers, results.Server{Name: name})
		for i := range 2 {
			trial := trialOf(closed(t, 3000+100*i, 1e6), open(t, 400e3+int64(i)*10e3))
			trial.Server = name
			for j := range trial.Phases {
				trial.Phases[j].Server = &results.Usage{ReadT1NS: second, CPUNS: second * 8 / 10, PeakMemoryBytes: new(uint64(20 << 20)), Processes: 1}
			}
			phases := trial.Loaders[0].Phases
			change(i, &phases[0], &phases[1], &trial)
			run.Trials = append(run.Trials, trial)
		}
	}
	return run
}

// shown returns the cell of a page's table below the heading, "" where there is
// none.
func shown(page, heading, row, column string) string {
	_, page, _ = strings.Cut(page, heading)
	var head []string
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case strings.HasPrefix(line, "#"):
			return ""
		case !strings.HasPrefix(line, "|"):
		case head == nil:
			head = cells
		case strings.HasPrefix(cells[0], row):
			for i, h := range head {
				if strings.HasPrefix(h, column) {
					return cells[i]
				}
			}
		}
	}
	return ""
}

// Two renderings of one run agree on every value and on its marks.
func TestRenderingsAgree(t *testing.T) {
	t.Parallel()
	run, again := stagedRun(t, "a"), stagedRun(t, "b")
	again.Started = again.Started.AddDate(0, 0, 1)
	set := cells.Of(run)
	c, err := compare.Compare([]*cells.Set{set}, []*cells.Set{cells.Of(again)}, compare.Filter{Metrics: cells.Comparable()})
	if err != nil {
		t.Fatal(err)
	}
	bench, atRate := matrix.Bench(set), matrix.OpenLoop(set)
	const corrected, moments, cost, resources = "### Corrected", "### Minimum", "### Cost at this rate", "### hello, h1"
	values := map[string]compare.Value{}
	for _, f := range c.Families {
		for _, r := range f.Changes {
			values[fmt.Sprint(r.Server, f.Phase, f.Metric)] = r.Old
		}
	}
	for name := range stagedServers() {
		for _, m := range []struct {
			phase  string
			metric metric.Name
			per    float64
			shown  string
		}{
			{results.PhaseClosed, metric.Throughput, 1, shown(bench, "## Throughput", name, "hello")},
			{results.PhaseClosed, metric.CPU, 1e3, shown(bench, resources, name, "server CPU")},
			{"whole ladder", metric.Memory, 1 << 20, shown(bench, resources, name, "server peak")},
			{rate.PhaseName(), metric.P50, 1e3, shown(atRate, corrected, name, "p50")},
			{rate.PhaseName(), metric.P99, 1e3, shown(atRate, corrected, name, "p99,")},
			{rate.PhaseName(), metric.P999, 1e3, shown(atRate, corrected, name, "p99.9,")},
			{rate.PhaseName(), metric.P95, 1e3, shown(atRate, corrected, name, "p95,")},
			{rate.PhaseName(), metric.Mean, 1e3, shown(atRate, moments, name, "corrected mean, µs")},
			{rate.PhaseName(), metric.Min, 1e3, shown(atRate, moments, name, "corrected min, µs")},
			{rate.PhaseName(), metric.CPU, 1e3, shown(atRate, cost, name, "server CPU")},
		} {
			v := values[fmt.Sprint(name, m.phase, m.metric)]
			want := ""
			for mark, has := range map[string]bool{"≥ ": v.AtLeast, "≤ ": v.AtMost} {
				if has {
					want += mark
				}
			}
			if v.Rough {
				want += "~ "
			}
			want += tables.Digits(v.Median / m.per)
			if v.N == 0 {
				want = "—"
			}
			got := m.shown
			if name == "void" && got == "" {
				got = "—" // the row says "— void" once
			}
			if !strings.HasPrefix(got, want) || got == "" {
				t.Errorf("%s, %s, %s: the tables show %q, the comparison %q", name, m.phase, m.metric, got, want)
			}
		}
	}
}

// A plan that changes a threshold changes every reader and every legend.
func TestThresholdsChangeReadersAndLegends(t *testing.T) {
	t.Parallel()
	limits := results.DefaultThresholds()
	limits.LagFloorNS, limits.LagShare, limits.EstimateFrom, limits.KeptRate = 2e6, 0.25, 0.85, 0.95
	run, again := stagedRun(t, "a"), stagedRun(t, "b")
	run.Plan.Thresholds, again.Plan.Thresholds = &limits, &limits
	run.Plan.Tables[0].Objective = &results.Objective{Percentile: "p99", Quantile: 0.99, BelowNS: 10e6}
	again.Started = again.Started.AddDate(0, 0, 1)
	set := cells.Of(run)
	bench, atRate := matrix.Bench(set), matrix.OpenLoop(set)
	for _, name := range []string{"sent", "read", "stopped"} {
		if got := shown(atRate, "### Corrected", name, "p50"); strings.Contains(got, "~") || got == "" {
			t.Errorf("%s: the lag is below the plan's floor, and the tables show %q", name, got)
		}
	}
	if got := shown(bench, "## Throughput", "by-loader", "hello"); !strings.HasPrefix(got, "≥ ") || strings.Contains(got, "≈") {
		t.Errorf("a server that is 80 %% busy has an estimate, and the plan wants 85 %%: %q", got)
	}
	c, err := compare.Compare([]*cells.Set{set}, []*cells.Set{cells.Of(again)}, compare.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Families {
		for _, r := range f.Changes {
			if r.Old.Rough {
				t.Errorf("%s %s of %s is rough in the comparison", f.Phase, f.Metric, r.Server)
			}
		}
	}
	limits.LagFloorNS, limits.LagShare, limits.EstimateFrom = 20e3, 0.05, 0.75 // the staged cells still have the marks
	run.Plan.Thresholds = &limits
	set = cells.Of(run)
	for page, legend := range map[string]string{
		matrix.Bench(set):    "no estimate where the server was less than 75 % busy, or full",
		matrix.OpenLoop(set): "by more than 20 µs and more than 5 % of the latency",
	} {
		if !strings.Contains(page, legend) {
			t.Errorf("no legend says %q", legend)
		}
	}
	if !strings.Contains(atRate, "95 % of what was offered is answered in the window") {
		t.Error("the legend of searches keeps its own rate")
	}
}
