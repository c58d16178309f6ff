package matrix_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/clipperhouse/displaywidth"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/matrix"
)

// Names with markup and control characters do not break the page.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const evil = "e|v`il\\\n## <script>\x1b[2J"
	run := fullRun(t)
	run.Servers[1].Name, run.Servers[1].Title, run.Servers[4].Unavailable = evil, evil, evil
	run.Host.CPUModel, run.CommonRates[0].Basis, run.Joust.Revision = evil, evil, evil
	run.CommandLine, run.Warnings = []string{"joust", evil, "it's"}, []string{evil}
	run.Scenarios[0].Name, run.Plan.Tables[0].Scenario = evil, evil
	for i := range run.Trials {
		tr := &run.Trials[i]
		if tr.Server == "gin" {
			tr.Server, tr.Reason = evil, evil
		}
		if tr.Scenario == "hello" {
			tr.Scenario = evil
		}
	}
	set := cells.Of(run)
	for name, out := range map[string]string{"bench": matrix.Bench(set), "open": matrix.OpenLoop(set), "headline": matrix.Headline(set, 80)} {
		inCode := false
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			if line == "```" {
				inCode = !inCode
			}
			if strings.HasPrefix(line, "## <") || strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("%s: the name broke out: %q", name, line)
			}
			if name != "headline" && !inCode && strings.Contains(strings.ReplaceAll(line, `\<`, ""), "<script") {
				t.Errorf("%s: HTML in %q", name, line)
			}
		}
	}
}

// The tables depend on the run alone, neither on the order of its trials nor on
// the time of drawing.
func TestOrderOfTrialsDoesNotMatter(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	bench := matrix.Bench(cells.Of(run))
	rng := rand.New(rand.NewPCG(3, 5))
	// A cell shows the first reason of its trials: their order stays within the
	// cell, and the cells are shuffled.
	shuffled := run
	shuffled.Trials = nil
	groups := map[string][]results.Trial{}
	var keys []string
	for _, tr := range run.Trials {
		k := tr.Server + tr.Scenario
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], tr)
	}
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for _, k := range keys {
		shuffled.Trials = append(shuffled.Trials, groups[k]...)
	}
	if got := matrix.Bench(cells.Of(shuffled)); got != bench {
		t.Error("the order of the journal changed the tables")
	}
	if matrix.Bench(cells.Of(run)) != bench {
		t.Error("drawn twice, the tables differ")
	}
}

func TestHeadlineKeepsTheWidth(t *testing.T) {
	t.Parallel()
	set := cells.Of(fullRun(t))
	for _, width := range []int{20, 40, 80, 120, 200} {
		for line := range strings.Lines(matrix.Headline(set, width)) {
			if got := displaywidth.String(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("width %d: a line of %d: %q", width, got, line)
			}
		}
	}
	for _, s := range []string{"nethttp", "gin", "nginx", "node", "python"} {
		if !strings.Contains(matrix.Headline(set, 80), s) {
			t.Errorf("%s is not in the headline", s)
		}
	}
}

func TestDamagedHistogramIsReported(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	// A run whose first ladder has a histogram that cannot be decoded.
	broken := *run.Trials[1].Loaders[0].Phases[1].Total.Service
	broken.HDRv2 = "AAAA"
	run.Trials[1].Loaders[0].Phases[1].Total.Service = &broken
	out := matrix.Bench(cells.Of(run))
	if want := fmt.Sprintf("trial %d, closed: decode a histogram", run.Trials[1].Index); !strings.Contains(out, want) {
		t.Errorf("the page does not report the damage %q", want)
	}
}

func TestVerdictShapesTheCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limits []results.Bottleneck
		us     float64
		upper  *float64
		want   string
	}{
		{[]results.Bottleneck{"server"}, 0.99, nil, "307\u202fk"},
		{[]results.Bottleneck{"balanced"}, 0.92, nil, "307\u202fk … 334\u202fk"},
		{[]results.Bottleneck{"balanced"}, 0.92, new(330e3), "307\u202fk … 330\u202fk"},
		{[]results.Bottleneck{"loader"}, 0.8, nil, "≥ 307\u202fk (≈ 384\u202fk)"},
		{[]results.Bottleneck{"loader"}, 0.69, nil, "≥ 307\u202fk"},
		{[]results.Bottleneck{"connections"}, 0.5, nil, "307\u202fk at 64 clients"},
		{[]results.Bottleneck{"shared-cpu"}, 0.5, nil, "307\u202fk †"},
		{[]results.Bottleneck{"unknown"}, 0.5, nil, "307\u202fk ?"},
		{[]results.Bottleneck{""}, 0.5, nil, "307\u202fk ?"},
		{[]results.Bottleneck{"of a later joust"}, 0.5, nil, "307\u202fk ?"},
		{[]results.Bottleneck{"server", "loader"}, 0.8, nil, "≥ 307\u202fk (≈ 384\u202fk)"},
		{[]results.Bottleneck{"server", "server", "loader"}, 0.96, nil, "307\u202fk"},
		{[]results.Bottleneck{"server", "unknown", "loader", "loader", "unknown"}, 0.8, nil, "307\u202fk ?"},
		{[]results.Bottleneck{"server", "server", "loader", "connections"}, 0.8, nil, "307\u202fk ?"},
	} {
		var trials []results.Trial
		for _, limit := range c.limits {
			v := results.Verdict{Valid: true, Bottleneck: limit, ServerShare: new(c.us), UpperRPS: c.upper}
			load := results.Phase{Name: results.PhaseClosed, Loop: results.ClosedLoop, T1NS: second, Total: results.Group{Completed: 307e3}}
			trials = append(trials, trialOf("a", "hello", 1, []results.Phase{load}, []results.TrialPhase{{Name: results.PhaseClosed, Verdict: v}}))
		}
		run := emptyRun()
		run.Servers = []results.Server{{Name: "a"}}
		run.Plan.Tables = []results.PlanTable{{Scenario: "hello", Protocol: "h1", Clients: 64, Trials: len(trials), Closed: true}}
		run.Trials = trials
		want := c.want
		if len(trials) > 1 {
			want += " (307 – 307)"
		}
		if got := strings.TrimSpace(golden.Cells(row(t, matrix.Bench(cells.Of(run)), "hello"))[2]); got != want {
			t.Errorf("%v at U_S %v: %q, want %q", c.limits, c.us, got, want)
		}
	}
}

func TestCommandCanBePastedIntoAShell(t *testing.T) {
	t.Parallel()
	run := emptyRun()
	run.CommandLine = []string{"joust", "run", "a b.yaml", "it's", ""}
	says(t, matrix.Bench(cells.Of(run)), "\n"+`joust run 'a b.yaml' 'it'\''s' ''`+"\n")
}
