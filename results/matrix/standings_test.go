package matrix_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/matrix"
)

// sentences returns the list under the title of a page.
func sentences(t *testing.T, page string) string {
	t.Helper()
	_, text, _ := strings.Cut(page, "\n\n")
	text, _, ok := strings.Cut(text, "\n\nMeasured ")
	if !ok {
		t.Fatalf("no origin below the sentences:\n%s", page)
	}
	return strings.NewReplacer("\u202f", " ", `\<`, "<").Replace(text)
}

// Each situation of a closed loop has its sentence.
func TestWhoIsAhead(t *testing.T) {
	t.Parallel()
	bound := func(name string, rps float64) racer { return racer{name, 6, rps, results.LimitLoader, 0.6, 0.99} }
	waiting := func(name string, rps float64) racer { return racer{name, 6, rps, results.LimitConnections, 0.5, 0.3} }
	for name, tt := range map[string]struct {
		racers []racer
		change func(*results.Run)
		want   string
	}{
		"one":          {[]racer{server("a", 6, 10e3)}, nil, "- hello: a (10.1 k req/s): nothing to compare with."},
		"one, bounded": {[]racer{bound("a", 10e3)}, nil, "- hello: a did at least 10.1 k req/s: the loader could not push it further."},
		"two":          {[]racer{server("a", 6, 10e3), server("b", 6, 20e3)}, nil, "- hello: b is faster than a (19.9 k req/s, 98 % above a's 10.1 k req/s)."},
		"far apart":    {[]racer{server("a", 6, 10e3), server("b", 6, 40e3)}, nil, "- hello: b is faster than a (39.8 k req/s, 3.96 times a's 10.1 k req/s)."},
		"a winner":     {[]racer{server("a", 9, 10e3), server("b", 9, 10e3), server("c", 9, 16e3)}, nil, "- hello: c is fastest of three (16.2 k req/s, 60 to 61 % above the rest, which could not be told apart)."},
		"a winner and one that could not be pushed": {
			[]racer{server("a", 9, 10e3), server("b", 9, 10e3), server("c", 9, 16e3), bound("d", 20e3)}, nil,
			"- hello: c is fastest of the three that could be ranked (16.2 k req/s, 60 to 61 % above the rest, which could not be told apart); d did at least 20.0 k req/s: the loader could not push it further.",
		},
		"an order": {
			[]racer{server("a", 9, 10e3), server("b", 9, 13e3), server("c", 9, 16e3)}, nil,
			"- hello: c is fastest of three (16.2 k req/s, 24 to 60 % above the rest); then b (13.0 k req/s) in place 2, a (10.0 k req/s) in place 3.",
		},
		"two winners":    {[]racer{server("a", 9, 16e3), server("b", 9, 16e3), server("c", 9, 10e3)}, nil, "- hello: a (16.1 k req/s) and b (16.0 k req/s) are fastest of three and could not be told apart: 59 to 60 % above c."},
		"all tied":       {[]racer{server("a", 9, 10e3), server("b", 9, 10e3), server("c", 9, 10e3)}, nil, "- hello: c (10.1 k req/s), a (10.0 k req/s) and b (9.99 k req/s) could not be told apart (a difference of 3.1 % would have been found)."},
		"none rankable":  {[]racer{bound("a", 10e3), bound("b", 20e3)}, nil, "- hello: a did at least 10.1 k req/s and b did at least 19.9 k req/s: the loader could not push them further."},
		"one rankable":   {[]racer{server("a", 6, 10e3), bound("b", 20e3)}, nil, "- hello: a (10.1 k req/s): the only one that could be ranked; b did at least 19.9 k req/s: the loader could not push it further."},
		"waiting":        {[]racer{waiting("a", 10e3), server("b", 6, 20e3)}, nil, "- hello: b is faster than a (19.9 k req/s, 98 % above a's 10.1 k req/s at 64 clients)."},
		"too few trials": {[]racer{server("a", 2, 10e3), server("b", 2, 20e3)}, nil, "- hello: too few trials to say who is ahead (2 each; one comparison needs 4): b (20.1 k req/s) and a (10.2 k req/s)."},
		"one trial":      {[]racer{server("a", 1, 10e3), server("b", 1, 20e3)}, nil, "- hello: a (10.1 k req/s) and b (20.7 k req/s): too few trials to compare."},
		"against one":    {[]racer{server("a", 6, 10e3), server("b", 6, 20e3), server("c", 6, 10e3)}, func(r *results.Run) { r.Plan.Baseline = "a" }, "- hello: compared with a (10.1 k req/s): b +98 %; could not be told apart from it: c."},
		"the same twice": {[]racer{server("a", 6, 10e3), server("a-aa", 6, 10e3)}, func(r *results.Run) { r.Servers[1].PlaceboOf = "a" }, "- hello: a (10.1 k req/s): nothing to compare with."},
		"in both ways":   {[]racer{server("a", 6, 10e3), server("a-container", 6, 8e3)}, func(r *results.Run) { r.Servers[1].Isolation = results.IsolationContainer }, "- hello: a is faster than a-container (10.1 k req/s, 26 % above a-container's 7.97 k req/s)."},
		"several rows": {[]racer{server("a", 6, 10e3)}, func(r *results.Run) {
			r.Plan.Tables = append(r.Plan.Tables, results.PlanTable{Scenario: "hello", Protocol: "h2c", Trials: 6, Closed: true})
		}, "- hello, h1: a (10.1 k req/s): nothing to compare with.\n- hello, h2c: no server has a result (not run)."},
		"all void":         {[]racer{server("a", 6, 10e3), server("b", 6, 10e3)}, voidAll, "- hello: no server has a result (void)."},
		"nothing yet":      {nil, func(r *results.Run) { r.State = results.RunRunning }, "**Not complete: no block of 6 is measured yet.**\n\n- Nothing is measured yet."},
		"nothing believed": {nil, nil, "- Nothing was measured that may be believed."},
		"a duel": {
			[]racer{server("a", 6, 10e3), server("b", 6, 20e3)},
			func(r *results.Run) {
				r.Duel = &results.Duel{A: "a", B: "b", Metric: "throughput", Phase: "closed", Margin: 0.02, Pairs: 6, Ratio: new(1.99), Low: new(1.9), High: new(2.1), Answer: results.DuelHigher}
			},
			"- A is a\n- B is b\n- DECIDED: throughput of B is higher than of A by more than 2 %\n- B/A +99.0 % [+90.0 … +110.0], margin ±2 %, after 6 pairs",
		},
	} {
		run := race(t, 1, tt.racers...)
		if tt.change != nil {
			tt.change(&run)
		}
		set := cells.Of(run)
		if got := sentences(t, matrix.Bench(set)); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, tt.want)
		}
		// The terminal says the same.
		head := strings.ReplaceAll(matrix.Headline(set, 0), "\u202f", " ")
		for want := range strings.Lines(strings.ReplaceAll(tt.want, "**", "")) {
			if want = strings.TrimSuffix(strings.TrimPrefix(want, "- "), "\n"); !strings.Contains(head, want+"\n") {
				t.Errorf("%s: the headline does not say %q:\n%s", name, want, head)
			}
		}
	}
}

func voidAll(r *results.Run) {
	for i := range r.Trials {
		r.Trials[i].Phases[0].Verdict = results.Verdict{Reasons: []results.Reason{{Voids: true, Text: "17 wrong answers"}}}
	}
}

// The middle one of three servers differs from neither of the others: the sentence
// leaves its place open.
func TestNotDistinguishedIsNotTransitive(t *testing.T) {
	t.Parallel()
	run := race(t, 1, server("a", 6, 10e3), server("b", 6, 10.25e3), server("c", 6, 10.45e3))
	const want = "- hello: c (10.5 k req/s) and b (10.2 k req/s) are fastest of three and could not be told apart; then a (10.1 k req/s) in place 2–3."
	if got := sentences(t, matrix.Bench(cells.Of(run))); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// At a rate that all servers have, sentences name the lowest p99 and the lowest
// cost; at shares of their own peaks, those that fell behind.
func TestWhoIsAheadAtARate(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	for i := range run.Trials {
		tr := &run.Trials[i]
		if tr.Kind != results.TrialMeasured || tr.Scenario != "hello" {
			continue
		}
		load := tr.Loaders[0].Phase("open common")
		switch tr.Server {
		case "nethttp":
			load.Total.Corrected = histogram(t, 12000, 40e3+int64(tr.Repetition)*100)
		case "gin":
			load.SendLagIdle = load.Total.Corrected
		case "node":
			for j := range tr.Phases {
				tr.Phases[j].Verdict.Flags = []results.Flag{results.FlagSaturated}
			}
		}
	}
	got := sentences(t, matrix.OpenLoop(cells.Of(run)))
	for _, want := range []string{
		"- hello at 12.0 k req/s each, p99: nethttp has a lower p99 than nginx (428 µs, nginx's 886 µs is 2.07 times as high); the loader's own lag reaches into the p99 of gin; node could not keep the rate.",
		"- hello at 12.0 k req/s each, CPU: nethttp costs least of the three that could be ranked (35.4 µs a request, 7.6 to 14 % below the rest); then nginx (38.3 µs a request) in place 2, gin (41.2 µs a request) in place 3.",
		"- hello, at shares of each server's own peak, where servers do different work and are not ranked: gin (in 1 of 6 trials) and node could not keep 50%; gin and node could not keep 95%.",
	} {
		if !strings.Contains(got+"\n", want+"\n") {
			t.Errorf("not said: %s\nin\n%s", want, got)
		}
	}
}

func TestHighestRatesInWords(t *testing.T) {
	t.Parallel()
	const want = "- hello: the highest rate that keeps p99 < 10ms: nginx at least 51.8 k req/s and nethttp 40.6 k req/s; gin missed it even at the lowest rate; node held no rate on a fresh process. No test compares these rates."
	if got := sentences(t, matrix.OpenLoop(cells.Of(sweepRun(t)))); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A void cell is named once with its reason; elsewhere its table says "— void", and
// tables of details have no line of it.
func TestAVoidCellIsToldOnce(t *testing.T) {
	t.Parallel()
	page := matrix.Bench(cells.Of(fullRun(t)))
	const reason = "the server exited with status 2"
	if n := strings.Count(page, reason); n != 1 {
		t.Errorf("the reason stands %d times on the page", n)
	}
	for _, heading := range []string{"## Service time p50 / p99, h1\n", "### upload\\_20mb, h1\n", "### upload_20mb, h1\n"} {
		_, part, _ := strings.Cut(page, heading)
		if part, _, _ = strings.Cut(part, "\n#"); strings.Contains(part, "void") {
			t.Errorf("under %q:\n%s", heading, part)
		}
	}
	if line := golden.Cells(row(t, page, "upload_20mb")); strings.TrimSpace(line[3]) != "— void" {
		t.Errorf("the table of peaks says %q", line[3])
	}
}

// An open loop's result stands on the terminal, with or without a closed loop: a
// line a rate and server, in one unit of time.
func TestOpenLoopOnTheTerminal(t *testing.T) {
	t.Parallel()
	run := fullRun(t)
	for i := range run.Plan.Tables {
		run.Plan.Tables[i].Closed = false
	}
	_, got, _ := strings.Cut(strings.ReplaceAll(matrix.Headline(cells.Of(run), 80), "\u202f", " "), "\n\n")
	got, _, _ = strings.Cut(got, " 50%")
	const want = `hello, open loop: rates in req/s, corrected latencies and p99 of send lag in µs
 rate    server   target             achieved    p50    p99  p99.9  send lag
─────────────────────────────────────────────────────────────────────────────
 common  nethttp  12.0 k               12.0 k    284    886    902      21.2
 common  gin      12.0 k               12.0 k    284    886    902      21.2
 common  nginx    12.0 k               12.0 k    284    886    902      21.2
 common  node     12.0 k        12.0 k; n = 4    281    875    891      21.2
 2000/s  nethttp          — beyond the loader
 2000/s  gin      2.00 k               2.00 k    284    886      —      21.2
 2000/s  nginx    2.00 k               2.00 k    284    886      —      21.2
 2000/s  node     2.00 k        2.00 k; n = 4    281    875      —      21.2
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
