package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

func TestEveryMetricIsCompared(t *testing.T) {
	t.Parallel()
	c := compared(t, one(t, "a1", 6, 50000), one(t, "a2", 6, 40000))
	open := rate.PhaseName()
	for _, tt := range []struct {
		phase   string
		metric  metric.Name
		outcome Outcome
		ratio   float64
	}{
		{results.PhaseClosed, metric.Throughput, Lower, 0.8},
		{results.PhaseClosed, metric.CPU, Higher, 1.25},
		{open, metric.P50, NotCalled, 1},
		{open, metric.P99, NotCalled, 1},
		{open, metric.P999, NotCalled, 1},
		{open, metric.CPU, Higher, 1.25},
		{wholeLadder, metric.Memory, NotCalled, 1},
	} {
		f, r := find(t, &c, tt.phase, tt.metric, "nethttp")
		if r.Outcome != tt.outcome || math.Abs(r.Ratio.Value-tt.ratio) > 0.01 || f.Comparisons != 1 {
			t.Errorf("%s %s: %s, ratio %+v of %d, want %s, %v of 1", tt.phase, tt.metric, r.Outcome, r.Ratio, f.Comparisons, tt.outcome, tt.ratio)
		}
		if r.Ratio.Low > r.Ratio.Value || r.Ratio.High < r.Ratio.Value || r.Ratio.Coverage < 0.95 {
			t.Errorf("%s %s: the interval is %+v", tt.phase, tt.metric, r.Ratio)
		}
	}
	if len(c.Differences)+len(c.Partial)+len(c.NotCompared)+len(c.Problems) > 0 {
		t.Errorf("notes of two equal runs: %+v", c)
	}
}

// A change is called after Holm's correction over the servers of its table. Too few
// trials leave it undecided, not equal.
func TestFewTrialsDecideNothing(t *testing.T) {
	t.Parallel()
	c := compared(t, one(t, "a1", 3, 50000), one(t, "a2", 3, 40000))
	if _, r := find(t, &c, results.PhaseClosed, metric.Throughput, "nethttp"); r.Outcome != Undecided || !strings.Contains(r.Why, "4 trials") {
		t.Errorf("3 trials a side: %s, %s", r.Outcome, r.Why)
	}
	three := map[string]func(int) measured{"nethttp": steady(50000), "gin": steady(48000), "nginx": steady(47000)}
	c = compared(t, runOf(t, "b1", 4, three), runOf(t, "b2", 4, three))
	if _, r := find(t, &c, results.PhaseClosed, metric.Throughput, "gin"); r.Outcome != Undecided || !strings.Contains(r.Why, "5 trials") {
		t.Errorf("3 comparisons of 4 trials: %s, %s", r.Outcome, r.Why)
	}
}

func TestPooledRunsAreMoreTrials(t *testing.T) {
	t.Parallel()
	c, err := Compare(
		sets(one(t, "a1", 3, 50000), one(t, "a2", 3, 50000)),
		sets(one(t, "a3", 3, 40000), one(t, "a4", 3, 40000)), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if _, r := find(t, &c, results.PhaseClosed, metric.Throughput, "nethttp"); r.Outcome != Lower || r.Old.N != 6 || r.New.N != 6 {
		t.Errorf("%s with n %d and %d", r.Outcome, r.Old.N, r.New.N)
	}
}

func TestLowerBoundsAreNotCalledLower(t *testing.T) {
	t.Parallel()
	bound := func(run results.Run) results.Run {
		for i := range run.Trials {
			run.Trials[i].Phases[0].Verdict.Bottleneck = results.LimitLoader
		}
		return run
	}
	for name, tt := range map[string]struct {
		old, now results.Run
		want     Outcome
	}{
		"the new one is a bound that lies lower":  {one(t, "a1", 6, 50000), bound(one(t, "a2", 6, 40000)), Undecided},
		"the new one is a bound that lies higher": {one(t, "a1", 6, 40000), bound(one(t, "a2", 6, 50000)), Higher},
		"the old one is a bound that lies higher": {bound(one(t, "a1", 6, 50000)), one(t, "a2", 6, 40000), Lower},
		"both are bounds":                         {bound(one(t, "a1", 6, 50000)), bound(one(t, "a2", 6, 40000)), Undecided},
	} {
		c := compared(t, tt.old, tt.now)
		if _, r := find(t, &c, results.PhaseClosed, metric.Throughput, "nethttp"); r.Outcome != tt.want {
			t.Errorf("%s: %s (%s), want %s", name, r.Outcome, r.Why, tt.want)
		}
	}
}

func TestIncomparableRuns(t *testing.T) {
	t.Parallel()
	old := one(t, "a1", 6, 50000)
	change := func(edit func(*results.Run)) results.Run {
		run := one(t, "a2", 6, 50000)
		edit(&run)
		return run
	}
	for name, tt := range map[string]struct {
		now  results.Run
		says string
	}{
		"itself":        {old, "is on both sides: a run does not differ from itself"},
		"another row":   {change(func(r *results.Run) { r.Plan.Tables[0].Scenario = "json" }), "no measured cell in common"},
		"another name":  {change(func(r *results.Run) { r.Servers[0].Name = "gin" }), "nethttp: only in OLD: closed, open 10000/s"},
		"nothing there": {change(func(r *results.Run) { r.Trials = nil; r.Plan.Tables = nil }), "no measured cell in common"},
	} {
		if _, err := Compare(sets(old), sets(tt.now), Filter{}); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", name, err, tt.says)
		}
	}
	closed, open := one(t, "c1", 6, 50000), one(t, "c2", 6, 50000)
	closed.Plan.Tables[0].Rates = nil
	open.Plan.Tables[0].Closed = false
	if _, err := Compare(sets(closed), sets(open), Filter{}); err == nil || !strings.Contains(err.Error(), "a peak is not comparable with a fixed rate") {
		t.Errorf("closed with open: %v", err)
	}
	if _, err := Compare(sets(old, old), sets(one(t, "a2", 6, 50000)), Filter{}); err == nil || !strings.Contains(err.Error(), "twice in OLD") {
		t.Errorf("twice on a side: %v", err)
	}
	c := compared(t, old, change(func(r *results.Run) {
		for i := range r.Trials {
			r.Trials[i].Loaders[0].IdleStrategy = "wait"
		}
	}))
	if _, r := find(t, &c, results.PhaseClosed, metric.Throughput, "nethttp"); r.Outcome != NotMeasured || !strings.Contains(strings.Join(c.NotCompared, "\n"), "idle strategy wait") {
		t.Errorf("another idle strategy: %s, %q", r.Outcome, c.NotCompared)
	}
}

func TestDifferencesAreNamed(t *testing.T) {
	t.Parallel()
	old, now := one(t, "a1", 6, 50000), one(t, "a2", 6, 50000)
	now.Host.Kernel = "6.13.0"
	now.CPUs.Loader = []int{1, 2}
	now.Plan.Tables[0].WarmupNS = 2 * second
	now.Plan.Tables[0].Trials = 9
	now.Plan.Seed = 77
	now.Joust.Revision = "def5678"
	now.Servers[0].Versions["go"] = "1.27.0"
	now.Servers[0].Manifest = json.RawMessage(`{"dir":"/elsewhere","env":{"GOGC":"400"}}`)
	got := strings.Join(differences([]results.Run{old}, []results.Run{now}), "\n")
	want := strings.Join([]string{
		"host, CPU split: server [0], loader [1], pinned true, shared false → server [0], loader [1 2], pinned true, shared false",
		"host, kernel: 6.12.0 → 6.13.0",
		"joust: 0.1.0 abc1234 → 0.1.0 def5678",
		"plan, hello h1: 64 clients, warm-up 1s, closed 1s, open 1s constant at 10000/s → 64 clients, warm-up 2s, closed 1s, open 1s constant at 10000/s",
		`server nethttp, manifest: none → {"env":{"GOGC":"400"}}`,
		"server nethttp, version of go: 1.26.8 → 1.27.0",
	}, "\n")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := differences([]results.Run{old, now}, []results.Run{old}); len(got) != 6 {
		t.Errorf("within a side: %q", got)
	}
}

func TestSurroundingsAreCompared(t *testing.T) {
	t.Parallel()
	old, now := one(t, "a1", 6, 50000), one(t, "a2", 6, 50000)
	started := func(gogc string) *results.Surroundings {
		return &results.Surroundings{
			Environment: map[string]string{"HOME": "/nowhere", "PATH": "/bin", "GOGC": gogc}, WorkingDirectory: "{{.Dir}}",
			Umask: "0022", Niceness: ptr(0), Limits: map[string]string{"nofile soft": "1024", "core soft": "0"},
		}
	}
	old.Servers[0].Surroundings, now.Servers[0].Surroundings = started("100"), started("100")
	if got := differences([]results.Run{old}, []results.Run{now}); len(got) > 0 {
		t.Errorf("between equals: %q", got)
	}
	now.Servers[0].Surroundings = started("off")
	// The digests are the first bytes of: printf %s /nowhere | sha256sum
	const rest = ", HOME=(digest 00147101), PATH=(digest 808dd192), working directory {{.Dir}}, umask 0022, niceness 0, core soft 0, nofile soft 1024"
	want := []string{"server nethttp, environment, umask and limits: GOGC=100" + rest + " → GOGC=off" + rest}
	if d := cmp.Diff(want, differences([]results.Run{old}, []results.Run{now})); d != "" {
		t.Error(d)
	}
	old.Servers[0].Surroundings = nil
	if got := differences([]results.Run{old}, []results.Run{now}); len(got) != 1 || !strings.Contains(got[0], ": not recorded → GOGC=off, ") {
		t.Errorf("with a run of before: %q", got)
	}
}

func TestThresholdsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Threshold{
		"throughput<-5%":    {Metric: metric.Throughput, Op: "<", Limit: -0.05, Relative: true},
		"rps<=-5%":          {Metric: metric.Throughput, Op: "<=", Limit: -0.05, Relative: true},
		" p99 > +10 % ":     {Metric: metric.P99, Op: ">", Limit: 0.1, Relative: true},
		"p99>=5%":           {Metric: metric.P99, Op: ">=", Limit: 0.05, Relative: true},
		"p99.9>10%":         {Metric: metric.P999, Op: ">", Limit: 0.1, Relative: true},
		"p98.5>10%":         {Metric: "p98.5", Op: ">", Limit: 0.1, Relative: true},
		"avg>10%":           {Metric: metric.Mean, Op: ">", Limit: 0.1, Relative: true},
		"cpu>0%":            {Metric: metric.CPU, Op: ">", Relative: true},
		"throughput<-0%":    {Metric: metric.Throughput, Op: "<", Limit: math.Copysign(0, -1), Relative: true},
		"p99<20ms":          {Metric: metric.P99, Op: "<", Limit: 20e6},
		"p95>=20ms":         {Metric: metric.P95, Op: ">=", Limit: 20e6},
		"stdev>0.02":        {Metric: metric.Stdev, Op: ">", Limit: 20e6},
		"p99>20":            {Metric: metric.P99, Op: ">", Limit: 20e9},
		"cpu>12.5us":        {Metric: metric.CPU, Op: ">", Limit: 12500},
		"throughput<50k/s":  {Metric: metric.Throughput, Op: "<", Limit: 50000},
		"throughput<50.5/s": {Metric: metric.Throughput, Op: "<", Limit: 50.5},
		"throughput<50000":  {Metric: metric.Throughput, Op: "<", Limit: 50000},
		"memory>100MiB":     {Metric: metric.Memory, Op: ">", Limit: 100 << 20},
		"memory>1 GB":       {Metric: metric.Memory, Op: ">", Limit: 1e9},
	} {
		want.Text = text
		got, err := ParseThreshold(text)
		if err != nil || got != want {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"p99>0":           "a limit must be above 0",
		"p99>20MiB":       "is no duration",
		"throughput<50ms": `"50ms" is no rate; write requests a second, such as 50000, 50k or 50k/s, or a change in percent, such as +10%`,
		"memory>100":      `"100" is no size; write it with its unit`,
		"memory>MiB":      "is no size",
		"p998>10%":        "beyond 100 percent",
		"errors>10%":      "the metrics are throughput, p50, p75, p90, p95, p99, p99.9, p99.99, min, max, mean, stdev, cpu, memory",
		"throughputs>1%":  `did you mean "throughput"?`,
		"p99":             "is no condition",
		"":                "is no condition",
		"p99<5%":          "no change at all would fail it",
		"p99<0%":          "no change at all would fail it",
		"p99>=0%":         "no change at all would fail it",
		"throughput>-5%":  "no change at all would fail it",
		"p99>x%":          "no change in percent",
		"p99>NaN%":        "no change in percent",
		"p99>>5%":         "more than one sign",
	} {
		if got, err := ParseThreshold(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, says)
		}
	}
}

func TestGates(t *testing.T) {
	t.Parallel()
	old := one(t, "a1", 6, 50000)
	voided := one(t, "a2", 6, 50000)
	for i := range voided.Trials {
		voided.Trials[i].State, voided.Trials[i].Reason = results.TrialVoid, "it crashed"
	}
	unmeasured := one(t, "a2", 6, 50000)
	for i := range unmeasured.Trials {
		for p := range unmeasured.Trials[i].Phases {
			unmeasured.Trials[i].Phases[p].Server = nil
		}
	}
	partial := one(t, "a2", 6, 40000)
	partial.State = results.RunInterrupted
	noisy := one(t, "a2", 6, 50000)
	for i := range noisy.Trials {
		noisy.Trials[i].Loaders[0].Phases[0].Total.Completed = uint64(30000 + 9000*i)
	}
	slower := one(t, "a2", 6, 40000)
	for name, tt := range map[string]struct {
		old, now results.Run
		gate     string
		want     GateOutcome
		says     string
	}{
		"slower beyond the limit":         {old, slower, "throughput<-5%", GateFailed, "−20.0 % [−2"},
		"slower within the limit":         {old, slower, "throughput<-30%", GatePassed, ""},
		"faster":                          {slower, old, "throughput<-5%", GatePassed, ""},
		"nothing changed":                 {old, one(t, "a2", 6, 50000), "throughput<-5%", GatePassed, ""},
		"dearer at its rate":              {old, slower, "cpu>+10%", GateFailed, "+25.0 %"},
		"beyond, and not significant":     {old, noisy, "throughput<-1%", GatePassed, "would often have been missed"},
		"too few trials":                  {one(t, "a1", 3, 50000), one(t, "a2", 3, 40000), "throughput<-5%", GateUndecided, "needs 4 trials"},
		"too few trials, nothing changed": {one(t, "a1", 3, 50000), one(t, "a2", 3, 50000), "throughput<-5%", GateUndecided, "needs 4 trials"},
		"interrupted":                     {old, partial, "throughput<-5%", GateUndecided, "is interrupted"},
		"void now":                        {old, voided, "throughput<-5%", GateNotMeasured, "NEW: void: it crashed"},
		"not sampled":                     {unmeasured, unmeasuredToo(unmeasured), "memory>+5%", GateNotMeasured, "no cell of both sides has memory"},
		"sampled before":                  {old, unmeasured, "cpu>+5%", GateNotMeasured, "NEW: not measured"},
		"latency above its bound":         {old, slower, "p99>5ms", GateFailed, "10.6 ms"},
		"latency below its bound":         {old, slower, "p99>20ms", GatePassed, ""},
		"latency below, asked the other":  {old, slower, "p99<20ms", GateFailed, "10.6 ms"},
		"a bound with few trials":         {one(t, "a1", 5, 1), one(t, "a2", 5, 1), "p99>20ms", GateUndecided, "needs 6 trials"},
		"throughput above its bound":      {old, slower, "throughput<30k/s", GatePassed, ""},
		"memory above its bound":          {old, slower, "memory>10MiB", GateFailed, "MiB"},
	} {
		c := compared(t, tt.old, tt.now)
		limit, err := ParseThreshold(tt.gate)
		if err != nil {
			t.Fatal(err)
		}
		g := c.Evaluate([]Threshold{limit})[0]
		if reasons := strings.Join(g.Reasons, "\n"); g.Outcome != tt.want || !strings.Contains(reasons, tt.says) {
			t.Errorf("%s: %s because of %q, want %s and %q", name, g.Outcome, reasons, tt.want, tt.says)
		}
	}
}

// unmeasuredToo is the run under another name.
func unmeasuredToo(run results.Run) results.Run {
	run.ID = "a9"
	return run
}

func TestMarksOfValues(t *testing.T) {
	t.Parallel()
	now := one(t, "a2", 6, 50000)
	for i := range now.Trials {
		open := &now.Trials[i].Loaders[0].Phases[1]
		open.Rate.CensoredFromNS = 1e6
		open.SendLagIdle = histogram(t, 10000, 1e6)
		now.Trials[i].Phases[1].Verdict.Flags = []results.Flag{results.FlagSaturated}
	}
	c := compared(t, one(t, "a1", 6, 50000), now)
	_, r := find(t, &c, rate.PhaseName(), metric.P99, "nethttp")
	if !r.New.AtLeast || !r.New.Rough || !r.New.Saturated || r.Old.AtLeast || r.Old.Rough || r.Old.Saturated {
		t.Errorf("old %+v, new %+v", r.Old, r.New)
	}
}

func TestCommonRatesOfTwoRuns(t *testing.T) {
	t.Parallel()
	common := results.PlanRate{Kind: results.RateCommon}
	at := func(id string, rps float64) results.Run {
		run := one(t, id, 6, 50000)
		run.Plan.Tables[0].Rates = []results.PlanRate{common}
		for i := range run.Trials {
			run.Trials[i].Phases[1].Name = common.PhaseName()
			run.Trials[i].Loaders[0].Phases[1].Name = common.PhaseName()
			run.Trials[i].Loaders[0].Phases[1].Rate.TargetRPS = rps
		}
		return run
	}
	c := compared(t, at("a1", 10000), at("a2", 10300))
	find(t, &c, common.PhaseName(), metric.P99, "nethttp")
	c = compared(t, at("a1", 10000), at("a2", 12000))
	if len(c.NotCompared) != 1 || !strings.Contains(c.NotCompared[0], "10000 and 12000 req/s") {
		t.Errorf("left out: %q", c.NotCompared)
	}
}

func TestPlacebosAndRepeatedTrialsCountForNothing(t *testing.T) {
	t.Parallel()
	old, now := one(t, "a1", 6, 50000), one(t, "a2", 6, 50000)
	for _, run := range []*results.Run{&old, &now} {
		run.Servers = append(run.Servers, results.Server{Name: "nethttp-aa", Folder: "nethttp", PlaceboOf: "nethttp"})
		for i := range 3 {
			run.Trials = append(run.Trials, trialOf(t, "nethttp-aa", i, steady(1000)(i)))
			repeated := trialOf(t, "nethttp", i, steady(1000)(i))
			repeated.State = results.TrialRepeated
			run.Trials = append(run.Trials, repeated)
		}
	}
	c := compared(t, old, now)
	f, r := find(t, &c, results.PhaseClosed, metric.Throughput, "nethttp")
	if len(f.Changes) != 1 || r.Old.N != 6 || r.Old.Median < 49000 {
		t.Errorf("%d rows, old %+v", len(f.Changes), r.Old)
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	old := runOf(t, "2026-11-01T12-00-01Z", 6, map[string]func(int) measured{"gin": steady(48000), "nethttp": steady(50000), "nginx": steady(90000)})
	now := runOf(t, "2026-11-01T12-00-02Z", 6, map[string]func(int) measured{"gin": steady(48100), "nethttp": steady(41000), "fiber": steady(70000), "nginx": steady(90000)})
	now.Host.Kernel = "6.13.0|"
	for i := range now.Trials {
		if now.Trials[i].Server == "nginx" {
			now.Trials[i].State, now.Trials[i].Reason = results.TrialVoid, "exact pass: <b> differs"
		}
	}
	c := compared(t, old, now)
	var limits []Threshold
	for _, text := range []string{"throughput<-5%", "cpu>+80%", "p99>+10%", "p99>20ms"} {
		l, err := ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		limits = append(limits, l)
	}
	gates := c.Evaluate(limits)
	for name, got := range map[string]string{"compare.txt": c.Text(gates, 0), "compare_80.txt": c.Text(gates, 80), "compare.md": c.Markdown(gates), "comment.md": c.Comment(gates)} {
		golden.Hold(t, filepath.Join("testdata", name), got)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Errorf("as JSON: %v", err)
	}
}

func TestDriftOfAllServers(t *testing.T) {
	t.Parallel()
	f := Family{Scenario: "hello", Protocol: "h1", Phase: "closed", Metric: metric.Throughput}
	for _, ratio := range []float64{0.95, 0.9, 0.97, 0.96} {
		f.Changes = append(f.Changes, Change{Ratio: &stats.Ratio{Value: ratio}})
	}
	if got := f.drift(); got != "" {
		t.Errorf("4 servers: %q", got)
	}
	f.Changes = append(f.Changes, Change{Ratio: &stats.Ratio{Value: 0.94}})
	if got, want := f.drift(), "throughput of all 5 servers moved the same way (median −5.0 %)"; !strings.Contains(got, want) {
		t.Errorf("5 servers: %q, want %q", got, want)
	}
	f.Changes[0].Ratio.Value = 1.01
	if got := f.drift(); got != "" {
		t.Errorf("one moved the other way: %q", got)
	}
}

func TestFilterNarrows(t *testing.T) {
	t.Parallel()
	two := map[string]func(int) measured{"gin": steady(48000), "nethttp": steady(50000)}
	c, err := Compare(sets(runOf(t, "a1", 6, two)), sets(runOf(t, "a2", 6, two)), Filter{Servers: []string{"gin"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Families {
		if len(f.Changes) != 1 || f.Changes[0].Server != "gin" {
			t.Errorf("%s: %+v", f.Metric, f.Changes)
		}
	}
	if !slices.ContainsFunc(c.Families, func(f Family) bool { return f.Metric == metric.P999 }) {
		t.Error("p99.9 is missing")
	}
}

// A comment without gates says how many figures changed, holds what a comment may, and
// leaves whole tables out.
func TestCommentHoldsWhatFits(t *testing.T) {
	t.Parallel()
	old, now := one(t, "2026-11-01T12-00-01Z", 6, 50000), one(t, "2026-11-01T12-00-02Z", 6, 41000)
	c := compared(t, old, now)
	text := c.Comment(nil)
	for _, want := range []string{Marker + "\n", "comparisons worse, 0 better", "**Changed**", "**Could not be seen here**", "- throughput: changes below", "<details>"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if !strings.HasPrefix(text, Marker) {
		t.Errorf("it begins with %.40q", text)
	}
	same := compared(t, old, one(t, "2026-11-01T12-00-03Z", 6, 50000))
	if text := same.Comment(nil); !strings.Contains(text, "no change that could be told from noise") || strings.Contains(text, "**Changed**") {
		t.Errorf("two equal runs have the comment\n%s", text)
	}
	families := c.Families
	for i := range 400 {
		for _, f := range families {
			f.Scenario = fmt.Sprintf("row%d", i)
			c.Families = append(c.Families, f)
		}
	}
	long := c.Comment(nil)
	if opened, closed := strings.Count(long, "<details>"), strings.Count(long, "</details>"); len(long) > 65_536 || opened != closed || opened == 0 || !strings.Contains(long, "more tables do not fit here") {
		t.Errorf("%d bytes with %d and %d ends of tables", len(long), opened, closed)
	}
	if n := strings.Count(long, "WORSE\n"); n != mostCalls || !strings.Contains(long, "more, in the tables below") {
		t.Errorf("%d changes stand unfolded", n)
	}
}
