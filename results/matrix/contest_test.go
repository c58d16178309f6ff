package matrix_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/matrix"
)

// racer is one server of a race: n trials around a throughput.
type racer struct {
	name   string
	n      int
	rps    float64
	limit  results.Bottleneck
	us, ul float64
}

// race returns a run of one closed-loop table, hello, with 2 % of noise.
func race(t testing.TB, seed uint64, racers ...racer) results.Run {
	run := emptyRun()
	run.Plan.Tables = run.Plan.Tables[:1]
	run.Plan.Tables[0].Rates = nil
	run.Servers = nil
	rng := rand.New(rand.NewPCG(seed, 3))
	// Encoding and decoding histograms is slow, and all may have the same one.
	service := histogram(t, 1000, 1e6)
	for _, r := range racers {
		run.Servers = append(run.Servers, results.Server{Name: r.name})
		for rep := 1; rep <= r.n; rep++ {
			n := uint64(1.5 * r.rps * math.Exp(0.02*rng.NormFloat64()))
			p := results.Phase{
				Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T0NS: second, T1NS: second + second*3/2,
				Total: results.Group{Completed: n, Service: service},
			}
			run.Trials = append(run.Trials, trialOf(r.name, "hello", rep, []results.Phase{p}, []results.TrialPhase{harnessPhase(p, r.limit, r.us, r.ul)}))
		}
		run.Plan.Tables[0].Trials = max(run.Plan.Tables[0].Trials, r.n)
	}
	return run
}

func server(name string, n int, rps float64) racer {
	return racer{name, n, rps, results.LimitServer, 0.99, 0.5}
}

// row returns the first line of a table that begins with the scenario.
func row(t *testing.T, text, scenario string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| "+scenario) {
			return line
		}
	}
	t.Fatalf("no row %s in:\n%s", scenario, text)
	return ""
}

func says(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// listUnder returns the items of the list under a heading.
func listUnder(t *testing.T, text, heading string) []string {
	t.Helper()
	_, text, ok := strings.Cut(text, heading+"\n\n")
	if !ok {
		t.Fatalf("no heading %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n\n")
	var items []string
	for line := range strings.Lines(text) {
		items = append(items, strings.TrimSpace(strings.TrimPrefix(line, "- ")))
	}
	return items
}

func TestRanksAreRanges(t *testing.T) {
	t.Parallel()
	text := matrix.Bench(cells.Of(race(t, 1, server("a", 6, 10e3), server("b", 6, 10.05e3), server("c", 6, 20e3))))
	cells := golden.Cells(row(t, text, "hello"))
	for i, want := range []string{", rank 2–3", ", rank 2–3", ", rank 1"} {
		if got := strings.TrimSpace(cells[2+i]); !strings.HasSuffix(got, want) {
			t.Errorf("cell %d is %q, want %q at its end", i, got, want)
		}
	}
	says(t, text, "hello, h1: c above ", "b (+99 % [+95 – +103])", "Not distinguished: ", "every table has the trials that claims need")
}

func TestTooFewTrialsClaimNothing(t *testing.T) {
	t.Parallel()
	run := race(t, 1, server("a", 3, 10e3), server("b", 3, 20e3))
	text := matrix.Bench(cells.Of(run))
	if line := row(t, text, "hello"); strings.Contains(line, "rank") {
		t.Errorf("three trials are ranked: %s", line)
	}
	says(t, text, "hello, h1: too few trials, 3 each; one comparison needs 4.", "so nothing is ranked")
	says(t, matrix.Headline(cells.Of(run), 200), "hello: too few trials to say who is ahead (3 each; one comparison needs 4): b (20.1\u202fk req/s) and a (10.1\u202fk req/s).")
}

func TestLowerBoundsAreNotRanked(t *testing.T) {
	t.Parallel()
	text := matrix.Bench(cells.Of(race(t, 1, racer{"a", 6, 50e3, results.LimitLoader, 0.85, 0.99}, server("b", 6, 10e3), server("c", 6, 20e3))))
	cells := golden.Cells(row(t, text, "hello"))
	if strings.Contains(cells[2], "rank") || !strings.Contains(cells[3], "rank 2") || !strings.Contains(cells[4], "rank 1") {
		t.Errorf("the lower bound takes part: %q", cells[2:5])
	}
	says(t, text, "Unranked: a (a lower bound)", "1 limited by the loader (lower bounds, unranked)")
}

// A balanced server may be as fast as its upper end: it shares places with servers
// between its two ends.
func TestBalancedCellsAreRankedByTheirInterval(t *testing.T) {
	t.Parallel()
	text := matrix.Bench(cells.Of(race(t, 1, racer{"wide", 6, 10e3, results.LimitBalanced, 0.91, 0.99}, server("inside", 6, 10.5e3), server("below", 6, 9e3), server("above", 6, 12e3))))
	cells := golden.Cells(row(t, text, "hello"))
	for i, want := range []string{"rank 2–3", "rank 2–3", "rank 4", "rank 1"} {
		if !strings.Contains(cells[2+i], want) {
			t.Errorf("cell %d is %q, want %s", i, cells[2+i], want)
		}
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	run := race(t, 1, server("a", 4, 10e3), server("b", 4, 10.02e3), server("c", 4, 15e3))
	if line := row(t, matrix.Bench(cells.Of(run)), "hello"); strings.Contains(line, "rank") {
		t.Errorf("four trials decide three comparisons: %s", line)
	}
	run.Trials = append(run.Trials, race(t, 2, server("a", 1, 10e3), server("b", 1, 10e3), server("c", 1, 15e3)).Trials...)
	run.Plan.Baseline = "a"
	text := matrix.Bench(cells.Of(run))
	cells := golden.Cells(row(t, text, "hello"))
	for i, want := range []string{", baseline", ", ≈", " %"} {
		if !strings.Contains(cells[2+i], want) {
			t.Errorf("cell %d is %q, want %q", i, cells[2+i], want)
		}
	}
	if !strings.Contains(cells[4], ", +") {
		t.Errorf("c is no higher than the baseline: %q", cells[4])
	}
	says(t, text, "comparing each server with the baseline a", "c above a (+")
	if strings.Contains(text, "b from c") {
		t.Error("two servers are compared with each other, not with the baseline")
	}
}

// The copy of an A/A pair takes part in no comparison, however it differs.
func TestThePlaceboIsNotCompared(t *testing.T) {
	t.Parallel()
	run := race(t, 1, server("a", 4, 10e3), server("b", 4, 20e3), server("a-aa", 4, 13e3))
	run.Servers[2].PlaceboOf = "a"
	text := matrix.Bench(cells.Of(run))
	says(t, text, "b above a (", "a-aa ÷ a, the same server twice", "OUTSIDE the noise band")
	if line := row(t, text, "hello"); !strings.Contains(line, "rank 2") || strings.Contains(line, "rank 3") {
		t.Errorf("one comparison of four trials is not made: %s", line)
	}
}

func TestCommonCeiling(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]struct {
		racers []racer
		want   string
	}{
		"two waiting at the top":  {[]racer{{"a", 6, 10e3, results.LimitConnections, 0.5, 0.5}, {"b", 6, 10.01e3, results.LimitUnknown, 0.85, 0.5}, server("c", 6, 5e3)}, "within the noise band of each other at the top"},
		"all at the loader's own": {[]racer{{"a", 6, 10e3, results.LimitLoader, 0.8, 0.98}, {"b", 6, 14e3, results.LimitLoader, 0.8, 0.97}}, "each at 97 % or more of its own ceiling 1/D_L"},
		"a server at the top":     {[]racer{server("a", 6, 10e3), {"b", 6, 10e3, results.LimitUnknown, 0.85, 0.5}}, ""},
		"one far above":           {[]racer{{"a", 6, 20e3, results.LimitUnknown, 0.85, 0.5}, {"b", 6, 10e3, results.LimitUnknown, 0.85, 0.5}}, ""},
		"alone":                   {[]racer{{"a", 6, 20e3, results.LimitLoader, 0.85, 0.99}}, ""},
	} {
		run := race(t, 1, k.racers...)
		text := matrix.Bench(cells.Of(run))
		if !strings.Contains(text, k.want) {
			t.Errorf("%s: %q is not said", name, k.want)
		}
		if n := strings.Count(text, "Common ceiling suspected"); n > 1 || strings.Contains(text, "- Common ceiling suspected in hello, where ") != (k.want != "") {
			t.Errorf("%s: the page does not say what the table does", name)
		}
	}
}

func TestTrustIsThreeToSixSentences(t *testing.T) {
	t.Parallel()
	full := fullRun(t)
	for name, run := range map[string]results.Run{"full": full, "good": race(t, 1, server("a", 6, 10e3), server("b", 6, 12e3))} {
		got := listUnder(t, matrix.Bench(cells.Of(run)), "## What to trust here")
		if len(got) < 3 || len(got) > 6 {
			t.Errorf("%s: %d sentences: %q", name, len(got), got)
		}
	}
	open := fullRun(t)
	for i := range open.Plan.Tables {
		open.Plan.Tables[i].Closed = false
	}
	if got := listUnder(t, matrix.Bench(cells.Of(open)), "## What to trust here"); len(got) < 3 || len(got) > 6 || !strings.Contains(got[0], "no closed loop") {
		t.Errorf("without closed loops: %q", got)
	}
	good := matrix.Bench(cells.Of(race(t, 1, server("a", 6, 10e3), server("b", 6, 12e3))))
	says(t, good, "Noise: differences of peaks below ", "2 of 2 closed-loop cells show the server's own peak", "the busiest loader thread worked 50 % of the time", "- Void: nothing.", "Machine: 2 processors, 1 for the server and 1 for the loader")
	const opens = "# Closed loop: peak throughput, service time and cost\n\n- hello: b is faster than a (12.0\u202fk req/s, 19 % above a's 10.1\u202fk req/s).\n"
	if tables := strings.Index(good, "## Throughput"); !strings.HasPrefix(good, opens) || tables < 0 || tables > strings.Index(good, "## What to trust here") {
		t.Errorf("the page does not open with who is ahead, or has what to trust before the tables:\n%s", good)
	}
	says(t, row(t, good, "hello"), "10.1\u202fk [9.81 – 10.4], rank 2", "12.0\u202fk [11.8 – 12.3], rank 1")
}

func TestStallsAreReported(t *testing.T) {
	t.Parallel()
	run := race(t, 1, server("a", 2, 10e3))
	for i := range run.Trials {
		p := &run.Trials[i].Loaders[0].Phases[1]
		p.StallNS, p.Threads = new(int64(i+1)*p.WindowNS()/50), []results.ThreadUse{{}, {}}
	}
	says(t, matrix.Bench(cells.Of(run)), "stalls of the loader of 1 ms or more took 1.5 % of the median window and 2.0 % of the worst")
}

func TestSignaturesAreNamed(t *testing.T) {
	t.Parallel()
	run := race(t, 1, server("a", 2, 10e3))
	for i := range run.Trials {
		verdict := &run.Trials[i].Phases[0].Verdict
		verdict.Flags = []results.Flag{results.FlagNagle}
		verdict.Reasons = append(verdict.Reasons, results.Reason{Code: "nagle", Text: "a flat 40 ms"})
	}
	says(t, matrix.Bench(cells.Of(run)), "## Known signatures", `hello, h1, a: nagle in 2 phases, first in "closed": a flat 40 ms`, "- hello, h1, a: closed: nagle 2 of 2")
}

func TestExperimentsAreShown(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]results.Probe{
		"0.45 (0.40 – 0.50)":   {Kind: results.ProbeElasticity, Reading: new(0.45), Low: new(0.4), High: new(0.5)},
		"0.12":                 {Kind: results.ProbeElasticity, Reading: new(0.12)},
		"+31 % at 128 clients": {Kind: results.ProbeClients, Reading: new(0.31), Clients: 128},
		"failed":               {Kind: results.ProbeElasticity, Failed: "too few requests"},
	} {
		run := race(t, 1, server("a", 2, 10e3))
		run.Trials[1].Phases[0].Probes = []results.Probe{p}
		says(t, matrix.Bench(cells.Of(run)), " "+want+" |")
	}
}

// Latencies and costs are compared at one rate, and not at rates that differ
// between servers.
func TestOpenLoopPlaces(t *testing.T) {
	t.Parallel()
	text := matrix.OpenLoop(cells.Of(fullRun(t)))
	common, own, _ := strings.Cut(text, "## hello, h1: 50% of each")
	says(t, common, "rank by p99", "rank by CPU", "- CPU: node below nethttp (", "Noise band, and in parentheses the smallest difference that would be found: p99 ")
	if strings.Contains(strings.Split(own, "## How to read")[0], "rank by") {
		t.Error("servers at rates of their own are ranked")
	}
	says(t, own, "Noise band, and in parentheses")
}

// At one rate a cell is unranked if it is saturated, if the loader was late, or if
// answers are missing.
func TestOpenLoopUnranked(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	for i := range run.Trials {
		tr := &run.Trials[i]
		if tr.Kind != results.TrialMeasured || tr.Scenario != "hello" {
			continue
		}
		at := slices.IndexFunc(tr.Phases, func(p results.TrialPhase) bool { return p.Name == "open common" })
		load := tr.Loaders[0].Phase("open common")
		switch tr.Server {
		case "nethttp":
			load.SendLagIdle = load.Total.Corrected
		case "gin":
			tr.Phases[at].Verdict.Flags = []results.Flag{results.FlagSaturated}
		case "node":
			load.Rate.Censored, load.Rate.CensoredFromNS = 120, 1
		}
	}
	says(t, matrix.OpenLoop(cells.Of(run)), "- p99: nothing is compared. Unranked: nethttp (the loader's own lag reaches into it); gin (saturated); node (a lower bound).")
}

func TestFellBehindIsExplained(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	for i := range run.Trials {
		tr := &run.Trials[i]
		if tr.Server != "node" || tr.Scenario != "hello" {
			continue
		}
		at := slices.IndexFunc(tr.Phases, func(p results.TrialPhase) bool { return p.Name == "open common" })
		verdict := &tr.Phases[at].Verdict
		verdict.Bottleneck, verdict.Reasons = results.LimitConnections, []results.Reason{{Code: "fell-behind", Text: "about 90 connections are needed"}}
	}
	says(t, matrix.OpenLoop(cells.Of(run)), "12.0\u202fk (connections); n = 4", "## What limited the rates that were not kept", "| connections (4 of 4) |", "about 90 connections are needed")
}
