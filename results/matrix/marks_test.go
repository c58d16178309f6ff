package matrix_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/matrix"
)

// markedRuns returns runs whose pages have every mark together.
func markedRuns(t *testing.T) map[string]results.Run {
	full := fullRun(t)
	for i := range full.Trials {
		tr := &full.Trials[i]
		if tr.Server == "node" && tr.Scenario == "hello" {
			tr.Phases[4].Verdict.Bottleneck = results.LimitConnections
		}
	}
	partial := fullRun(t)
	partial.State, partial.Trials = results.RunRunning, partial.Trials[:4]
	partial.Trials[3].State = results.TrialInterrupted
	against := race(t, 1, server("a", 6, 10e3), server("b", 6, 20e3), server("c", 6, 10e3), racer{"d", 6, 10e3, results.LimitBalanced, 0, 0.99})
	against.Plan.Baseline = "a"
	for i := range against.Trials {
		if p := &against.Trials[i].Phases[0]; p.Verdict.Bottleneck == results.LimitBalanced {
			p.Verdict.ServerShare = nil
		}
	}
	swept := sweepRun(t)
	unclear, pending := &swept.Servers[1], &swept.Servers[2]
	for i := range swept.Trials {
		tr := &swept.Trials[i]
		switch {
		case tr.Search == nil:
		case tr.Server == unclear.Name:
			tr.Search.Steps = nil
		case tr.Server == pending.Name && tr.Kind == results.TrialConfirm:
			tr.State = results.TrialRepeated
		case tr.Server == "nethttp" && tr.Kind == results.TrialConfirm && tr.Repetition == 1:
			tr.Search.KeptRPS = nil
		}
	}
	return map[string]results.Run{
		"full": full, "partial": partial, "against one": against, "swept": sweepRun(t), "unclear": swept, "foreign": foreignRun(),
	}
}

// legendOf returns the signs that a page explains.
func legendOf(page string) map[string]bool {
	out := map[string]bool{}
	_, text, _ := strings.Cut(page, "## How to read these tables\n")
	text, _, _ = strings.Cut(text, "</details>")
	for _, m := range regexp.MustCompile("(?m)^- `([^`]+)`: ").FindAllStringSubmatch(text, -1) {
		out[m[1]] = true
	}
	return out
}

// seen maps the sign of each legend to what a cell with the mark looks like.
func seen() map[string]string {
	const number = `[0-9][0-9.\x{202f} ]*k?`
	return map[string]string{
		"≥ x": `^≥ ` + number, "(≈ y)": `\(≈ `, "x … y": number + ` … [0-9]`, "x …": number + ` …$|` + number + ` … [\[(,;]`, "x at N clients": ` at .* clients`,
		"x †": ` †`, "x ?": ` \?`, "← knee": `← knee`, "← best": `(←|,) best`,
		"≥ rate": `^≥ ` + number, "; 1 found none, unclear, not confirmed, void": `; \d+ (found none|unclear|not confirmed|void)`,
		"— none": `^— none`, "— unclear": `^— unclear`, "— not confirmed": `^— not confirmed$`, "— not confirmed yet": `^— not confirmed yet`,
		"(sat)": `\(sat`, "(connections)": `\(connections\)`, "of ≥ x": ` of ≥ `, "≥ before a latency": `^≥ `, "~": `^(≥ )?~ `,
		"— in a column of percentiles": `^—$|^— /|/ —$`, "— too few samples": `— too few samples`, "[low – high]": `\[.* – .*\]`, "(low – high)": `\([0-9].* – .*\)`,
		"rank 2–4": `, rank \d`, "rank by": `^rank by `, "baseline": `, baseline`, "+12 %": `, [+−]`, "≈": `, ≈`,
		"noise band": `^noise band$`, "detectable": `^detectable$`, "; 2 of 6 void": `; \d+ of \d+ void`, "; n = 4": `; n = \d`, "≤": `^≤ `,
		"loader work": `^loader work`, "— not measured": `— not measured`,
		"— unsupported": `^— unsupported`, "— not expressible": `^— not expressible`, "— no fixture": `^— no fixture`, "— not installed": `^— not installed`,
		"— void": `^— void`, "— not run": `^— not run`, "— beyond the loader": `^— beyond the loader`, "— interrupted": `^— interrupted`,
	}
}

// Every mark that a page draws has its legend there, and every legend explains a
// mark of the page. The pages together have all marks.
func TestLegendsExplainTheMarksThatOccur(t *testing.T) {
	t.Parallel()
	all := map[string]bool{}
	for name, run := range markedRuns(t) {
		set := cells.Of(run)
		for kind, page := range map[string]string{"bench": matrix.Bench(set), "open": matrix.OpenLoop(set)} {
			drawn, legend := "", legendOf(page)
			for line := range strings.Lines(page) {
				if strings.HasPrefix(line, "|") {
					for _, cell := range golden.Cells(line) {
						drawn += strings.TrimSpace(cell) + "\n"
					}
				} else if strings.Contains(line, ": — ") { // the list of what is missing
					_, why, _ := strings.Cut(line, ": — ")
					drawn += "— " + why
				}
			}
			for sign := range legend {
				all[sign] = true
				if pattern, ok := seen()[sign]; !ok {
					t.Errorf("the test does not know the sign %q", sign)
				} else if !regexp.MustCompile(`(?m)` + pattern).MatchString(drawn) {
					t.Errorf("%s, %s: the legend explains %q, and no cell has it:\n%s", name, kind, sign, drawn)
				}
			}
			for sign, pattern := range seen() {
				alike := map[string]string{"≥ x": "≥ before a latency", "≥ before a latency": "≥ rate", "≥ rate": "≥ x", "— in a column of percentiles": "noise band"}
				if regexp.MustCompile(`(?m)`+pattern).MatchString(drawn) && !legend[sign] && !legend[alike[sign]] && !legend[alike[alike[sign]]] {
					t.Errorf("%s, %s: a cell has %q without its legend", name, kind, sign)
				}
			}
		}
	}
	for sign := range seen() {
		if !all[sign] {
			t.Errorf("no page draws %q", sign)
		}
	}
}

// A flag that a page lists has its meaning there; so does the bookkeeping.
func TestFlagsAreExplained(t *testing.T) {
	t.Parallel()
	flags := []results.Flag{
		results.FlagSaturated, results.FlagThrottled, results.FlagNagle, results.FlagBacklog, results.FlagNotSteady,
		results.FlagDisturbed, results.FlagInterrupted, results.FlagExceeded, results.FlagBookkeeping,
	}
	run := race(t, 1, server("a", len(flags), 10e3))
	for i, f := range flags {
		run.Trials[i].Phases[0].Verdict.Flags = []results.Flag{f}
	}
	page := matrix.Bench(cells.Of(run))
	for _, f := range flags {
		if words := cells.FlagWords(f, results.DefaultThresholds()); words == "" || !strings.Contains(page, "- `"+string(f)+"`: "+words+".\n") {
			t.Errorf("%s is not explained", f)
		}
	}
	run.Trials = run.Trials[:1]
	if page := matrix.Bench(cells.Of(run)); strings.Contains(page, "`bookkeeping`") || !strings.Contains(page, "`saturated`") {
		t.Error("the page explains flags that do not occur, or not the one that does")
	}
}
