package agree

import (
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func some(x float64) *float64 { return &x }

// closed compares joust and another loader by one trial of each.
func closed(other string, ours, theirs Figures) *Match {
	return compared(Contender{Loader: other}, ours, theirs)
}

func compared(other Contender, ours, theirs Figures) *Match {
	other.Valid, other.trials = 1, []trialFigures{{Figures: theirs}}
	c := &Match{Server: "one", Scenario: "hello", Loop: results.ClosedLoop, Clients: 64, Depth: 1, limits: results.DefaultThresholds(), Contenders: []Contender{
		{Loader: external.Joust, Valid: 1, trials: []trialFigures{{Figures: ours}}}, other,
	}}
	c.conclude()
	return c
}

// Another idle strategy of joust's own that finds more contradicts the default.
func TestOtherIdleStrategies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(r *Figures)
		says   string
	}{
		"as much":                {func(r *Figures) { r.ThroughputRPS = some(10300) }, "joust, gather and joust agree within 5 %"},
		"more":                   {func(r *Figures) { r.ThroughputRPS = some(10301) }, "1.03 × by joust, gather, more than 3 % above the default: the default's peak is not the server's"},
		"less, and a dearer one": {func(r *Figures) { r.ThroughputRPS, r.ServerCPUNS = some(8000), some(112500) }, "a request costs the server 1.25 × under joust, gather: a loader that asks in other bursts"},
	} {
		ours, theirs := plainFigures(), plainFigures()
		c.change(&theirs)
		match := compared(Contender{Loader: ownName(loaders.Gather), Idle: loaders.Gather}, ours, theirs)
		if why := strings.Join(match.Why, "\n"); !strings.Contains(why, c.says) {
			t.Errorf("%s: no %q in\n%s", name, c.says, why)
		}
	}
}

// plainFigures is 10 000 req/s over 64 connections.
func plainFigures() Figures {
	return Figures{
		ThroughputRPS: some(10000), MeanNS: some(6.4e6), P50NS: some(6e6), P99NS: some(9e6), LoaderCPUNS: some(5000), ServerCPUNS: some(90000),
		LoaderShare: some(0.1), ServerShare: some(0.97), OthersShare: some(0.02),
	}
}

func TestExplanations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		loader string
		change func(ours, theirs *Figures)
		says   []string
		not    string
	}{
		"agreement":     {"wrk", func(_, r *Figures) { r.ThroughputRPS = some(10200) }, []string{"wrk and joust agree within 5 %"}, "throughput"},
		"back-filling":  {"wrk", func(_, r *Figures) { r.MeanNS, r.P99NS = some(12e6), some(40e6) }, []string{"back-fills", "its mean of 12 000 µs cannot be, since 64 connections at 10 000 req/s leave a request 6 400 µs"}, "throughput"},
		"a full loader": {"ab", func(_, r *Figures) { r.ThroughputRPS, r.LoaderShare, r.ServerShare = some(5000), some(0.99), some(0.6) }, []string{"throughput: 0.50 × by ab, which ran 99 % of its CPU", "its own ceiling"}, "explains it"},
		"joust is full": {"wrk", func(o, r *Figures) {
			r.ThroughputRPS, o.LoaderShare, o.ServerShare = some(12000), some(0.99), some(0.6)
		}, []string{"its figure is a lower bound"}, ""},
		"the server's":     {"ab", func(_, r *Figures) { r.ThroughputRPS, r.ServerCPUNS, r.MeanNS = some(8000), some(112500), nil }, []string{"since a request costs the server 1.25 ×", "HTTP/1.0"}, ""},
		"nobody knows":     {"h2load", func(_, r *Figures) { r.ThroughputRPS, r.MeanNS = some(8000), some(8e6) }, []string{"neither loader's CPU nor the server's cost", "the mean is connections ÷ throughput"}, ""},
		"crowded":          {"h2load", func(_, r *Figures) { r.OthersShare = some(0.6) }, []string{"60 % of the server's CPUs went to something else"}, ""},
		"a costly loader":  {"wrk", func(_, r *Figures) { r.LoaderCPUNS = some(6000) }, []string{"wrk needs 1.20 × joust's for a request: it arms and disarms"}, ""},
		"a frugal one":     {"ab", func(_, r *Figures) { r.LoaderCPUNS = some(4000) }, []string{"ab needs 0.80 × joust's for a request; joust compares every body"}, ""},
		"no percentiles":   {"h2load", func(_, r *Figures) { r.P50NS, r.P99NS = nil, nil }, []string{"agree within 5 %"}, "latency"},
		"another schedule": {"wrk", func(_, r *Figures) { r.ServerCPUNS = some(100000) }, []string{"the bytes are the same, but a loader that asks in other bursts"}, ""},
	} {
		ours, theirs := plainFigures(), plainFigures()
		c.change(&ours, &theirs)
		why := strings.Join(closed(c.loader, ours, theirs).Why, "\n")
		for _, want := range c.says {
			if !strings.Contains(strings.ReplaceAll(why, "\u202f", " "), want) {
				t.Errorf("%s: no %q in\n%s", name, want, why)
			}
		}
		if c.not != "" && strings.Contains(why, c.not) {
			t.Errorf("%s: %q in\n%s", name, c.not, why)
		}
	}
}

func TestOpenLoopsOfWrk2AreExplained(t *testing.T) {
	t.Parallel()
	ours, theirs := plainFigures(), plainFigures()
	ours.P50NS, theirs.P50NS, theirs.P99NS = some(2e5), some(1e6), some(2e6)
	c := closed("wrk2", ours, theirs)
	c.Loop, c.RateRPS = results.OpenLoop, 5000
	c.conclude()
	if why := strings.Join(c.Why, "\n"); !strings.Contains(why, "timer rounds up to a millisecond") || !strings.Contains(why, "start-up") {
		t.Errorf("explained as\n%s", why)
	}
	if text := Text([]Match{*c}, false); !strings.Contains(text, "half of joust's peak") || !strings.Contains(text, "corrected mean") {
		t.Errorf("printed as\n%s", text)
	}
}

// TestRatiosAreOfTheSameRound: a round in which one contender is void gives none.
func TestRatiosAreOfTheSameRound(t *testing.T) {
	t.Parallel()
	at := func(round int, rps float64) trialFigures { return trialFigures{round, Figures{ThroughputRPS: &rps}} }
	c := &Match{Loop: results.ClosedLoop, Clients: 1, Contenders: []Contender{
		{Loader: external.Joust, Valid: 2, trials: []trialFigures{at(0, 100), at(2, 400)}},
		{Loader: "ab", Valid: 2, Void: []string{"it failed"}, trials: []trialFigures{at(1, 1000), at(2, 200)}},
	}}
	c.conclude()
	if r := c.Contenders[1].Ratios; r == nil || *r.Throughput != 0.5 || r.P50 != nil {
		t.Errorf("ratios %+v", r)
	}
	if *c.Contenders[1].ThroughputRPS != 600 || c.Contenders[0].Ratios != nil {
		t.Errorf("contenders %+v", c.Contenders)
	}
	text := Text([]Match{*c}, true)
	for _, want := range []string{"### , : closed loop, 1 connections", "| 600 (0.50 ×) |", "2, 1 void", "- ab: 1 of 3 trials void: it failed"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestEmptyPollsAreNoWork: a loader that polls instead of sleeping fills its CPU,
// and half of that is not its cost.
func TestEmptyPollsAreNoWork(t *testing.T) {
	t.Parallel()
	usage := &results.Usage{ReadT1NS: 1e9, CPUNS: 1e9}
	trial := results.Trial{
		State: results.TrialOK,
		Loaders: []results.Report{{Phases: []results.Phase{{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, T1NS: 1e9, Total: results.Group{Completed: 1000},
			Threads: []results.ThreadUse{{CPUNS: 1e9, SpinNS: 5e8, Work: 0.5}},
		}}}},
		Phases: []results.TrialPhase{{Name: results.PhaseClosed, Verdict: results.Verdict{Valid: true, LoaderShare: some(0.5)}, Loader: usage}},
	}
	r, why := read(&trial, results.PhaseClosed, results.DefaultThresholds())
	if why != "" || *r.LoaderCPUNS != 5e5 || *r.LoaderShare != 0.5 {
		t.Errorf("%q: %v ns a request and %v busy, want 500 µs and half", why, *r.LoaderCPUNS, *r.LoaderShare)
	}
	trial.Loaders[0].Phases[0].Threads = nil
	if r, _ := read(&trial, results.PhaseClosed, results.DefaultThresholds()); *r.LoaderCPUNS != 1e6 {
		t.Errorf("a foreign loader: %v ns a request, want all CPU time of its process", *r.LoaderCPUNS)
	}
}

func TestReadOfPrintedTablesAndVoids(t *testing.T) {
	t.Parallel()
	table := &results.Percentiles{Samples: 999, Points: []results.Percentile{{Quantile: 0.5, ValueNS: 7}, {Quantile: 0.99, ValueNS: 9}}}
	trial := results.Trial{
		State: results.TrialOK,
		Loaders: []results.Report{{Phases: []results.Phase{{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, T1NS: 1e9, Total: results.Group{Completed: 999, ServiceTable: table},
		}}}},
		Phases: []results.TrialPhase{{
			Name: results.PhaseClosed, ServerCPUBusy: some(0.9), ServerCPUs: 2, Verdict: results.Verdict{Valid: true},
			Server: &results.Usage{ReadT1NS: 1e9, CPUNS: 999_000_000},
		}},
	}
	r, why := read(&trial, results.PhaseClosed, results.DefaultThresholds())
	if why != "" || *r.ThroughputRPS != 999 || *r.P50NS != 7 || r.P99NS != nil || r.MeanNS != nil || *r.ServerCPUNS != 1e6 || r.LoaderCPUNS != nil {
		t.Errorf("read %+v, %q: p99 of 999 samples is none, and a mean that was not printed neither", r, why)
	}
	if got := *r.OthersShare; got < 0.4 || got > 0.401 {
		t.Errorf("others had %f of two CPUs, want 0.9 − 0.4995", got)
	}
	trial.Phases[0].Verdict.Valid = false
	trial.Phases[0].Verdict.Reasons = []results.Reason{{Code: "shares", Text: "fine"}, {Code: "errors", Voids: true, Text: "5 requests failed"}}
	if _, why := read(&trial, results.PhaseClosed, results.DefaultThresholds()); why != "5 requests failed" {
		t.Errorf("void for %q", why)
	}
	trial.State, trial.Reason = results.TrialVoid, "no server"
	if _, why := read(&trial, results.PhaseClosed, results.DefaultThresholds()); why != "no server" {
		t.Errorf("void for %q", why)
	}
}

func TestPlannedCountsAllTrials(t *testing.T) {
	t.Parallel()
	modes := []scenarios.Mode{scenarios.Closed, scenarios.Open}
	get := []scenarios.Request{{Name: "a", Method: "GET", Path: "/"}}
	c := &Contest{Loops: []results.Loop{results.ClosedLoop, results.OpenLoop}, Servers: []string{"one", "two"}, Trials: 2, Warmup: time.Second, Duration: 2 * time.Second, Rows: []scenarios.Scenario{
		{Name: "hello", Modes: modes, Depth: 1, Requests: get}, {Name: "pipelined", Modes: modes[:1], Depth: 4, Requests: get},
	}, Claims: func(server, row string) bool { return server == "one" || row == "hello" }}
	for _, tool := range external.Tools() {
		c.Foreign = append(c.Foreign, external.Found{Tool: tool})
	}
	// hello: joust, wrk, h2load, ab closed and joust, wrk2 open; pipelined: joust, wrk, h2load.
	if got, want := c.trials(), 2*(6+6)+2*3; got != want {
		t.Errorf("%d trials, want %d", got, want)
	}
	if got := c.Planned(); got != 30*4200*time.Millisecond {
		t.Errorf("planned %v", got)
	}
}
