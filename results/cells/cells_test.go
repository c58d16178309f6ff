package cells_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

const second = int64(1e9)

// histogram returns n samples of one value.
func histogram(t testing.TB, n int, ns int64) *results.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, 100e9, 3)
	if err := h.RecordValues(ns, int64(n)); err != nil {
		t.Fatal(err)
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return &results.Histogram{Count: uint64(n), MinNS: ns, MaxNS: ns, MeanNS: float64(ns), HDRv2: string(text)}
}

var (
	rate   = results.PlanRate{Kind: results.RateAbsolute, RateRPS: 1000}
	table  = results.PlanTable{Scenario: "hello", Protocol: "h1", Trials: 5, Closed: true, Rates: []results.PlanRate{rate}}
	server = results.Server{Name: "a"}
)

// runOf returns a run of one server in one table.
func runOf(trials ...results.Trial) results.Run {
	return results.Run{Plan: results.Plan{Tables: []results.PlanTable{table}}, Servers: []results.Server{server}, Trials: trials}
}

// trialOf returns a valid trial of the phases, limited by the server.
func trialOf(phases ...results.Phase) results.Trial {
	out := results.Trial{
		Kind: results.TrialMeasured, State: results.TrialOK, Server: "a", Scenario: "hello", Protocol: "h1",
		Loaders: []results.Report{{Threads: 1, Phases: phases}},
	}
	for _, p := range phases {
		out.Phases = append(out.Phases, results.TrialPhase{Name: p.Name, Verdict: results.Verdict{Valid: true, Bottleneck: results.LimitServer}})
	}
	return out
}

// closed returns one second of a closed loop.
func closed(t testing.TB, rps int, ns int64) results.Phase {
	return results.Phase{
		Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T1NS: second,
		Total: results.Group{Completed: uint64(rps), Service: histogram(t, rps, ns)},
	}
}

// open returns one second of an open loop at 1000 req/s; service times are half
// of the corrected latency.
func open(t testing.TB, ns int64) results.Phase {
	return results.Phase{
		Name: rate.PhaseName(), Loop: results.OpenLoop, Measured: true, T1NS: second,
		Rate:  &results.RateReport{TargetRPS: 1000, Offered: 1000, Achieved: 1000},
		Total: results.Group{Completed: 1000, Corrected: histogram(t, 1000, ns), Service: histogram(t, 1000, ns/2)},
	}
}

func TestCensoredMedian(t *testing.T) {
	t.Parallel()
	// Five trials with one value each, 1 … 5 ms; censored values could be larger.
	for _, c := range []struct {
		censored []int
		want     bool
	}{
		// Above the median a greater value changes nothing.
		{nil, false}, {[]int{5}, false}, {[]int{4, 5}, false}, {[]int{3}, true}, {[]int{1}, true}, {[]int{3, 4, 5}, true},
	} {
		var trials []results.Trial
		for i := 1; i <= 5; i++ {
			p := open(t, int64(i)*1e6)
			if slices.Contains(c.censored, i) {
				p.Rate.CensoredFromNS = 1
			}
			trials = append(trials, trialOf(p))
		}
		cell := cells.Of(runOf(trials...)).Open(table, server, rate)
		if got := cell.Statistic(cells.Corrected, metric.P50); got.AtLeast != c.want || got.N != 5 {
			t.Errorf("trials %v censored: %+v, want ≥ %v", c.censored, got, c.want)
		}
		if cell.Statistic(cells.Service, metric.P50).AtLeast {
			t.Error("service times of an open loop hold answers alone, and are marked ≥")
		}
	}
}

// Each of the loader's lags makes a percentile rough, by the plan's thresholds;
// service time begins with the send.
func TestRough(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late               func(*results.Phase)
		corrected, service bool
	}{
		"in time":   {func(*results.Phase) {}, false, false},
		"sent late": {func(p *results.Phase) { p.SendLagIdle = histogram(t, 1000, 200e3) }, true, false},
		"read late": {func(p *results.Phase) { p.ReceiveLag = histogram(t, 1000, 200e3) }, true, true},
		"stopped":   {func(p *results.Phase) { p.StallNS = new(second * 6 / 10) }, true, true},
	} {
		p := open(t, 1e6)
		c.late(&p)
		run := runOf(trialOf(p))
		cell := cells.Of(run).Open(table, server, rate)
		if got := cell.Statistic(cells.Corrected, metric.P50).Rough; got != c.corrected {
			t.Errorf("%s: corrected is rough: %t", name, got)
		}
		if got := cell.Statistic(cells.Service, metric.P50).Rough; got != c.service {
			t.Errorf("%s: service is rough: %t", name, got)
		}
		limits := results.DefaultThresholds()
		limits.LagFloorNS = 2e6
		run.Plan.Thresholds = &limits
		cell = cells.Of(run).Open(table, server, rate)
		if cell.Statistic(cells.Corrected, metric.P50).Rough {
			t.Errorf("%s: rough beyond a plan's own floor of 2 ms", name)
		}
	}
}

// A set stores trials without histograms, and does not change its argument.
func TestSetStoresNoHistograms(t *testing.T) {
	t.Parallel()
	trial := trialOf(closed(t, 2000, 1e6), open(t, 1e6))
	trial.Sweep = []results.SweepPoint{{Clients: 8, Report: &results.Report{Phases: []results.Phase{closed(t, 2000, 1e6)}}, Seen: trial.Phases[0]}}
	trial.Phases[0].Server = &results.Usage{Timeline: []results.UsageSample{{AtNS: 1}, {AtNS: 2}}}
	before, err := json.Marshal(trial)
	if err != nil {
		t.Fatal(err)
	}
	set := cells.New(runOf())
	set.Add(&trial)
	after, err := json.Marshal(trial)
	if err != nil || string(before) != string(after) {
		t.Errorf("the trial was changed (%v)", err)
	}
	stored, err := json.Marshal(set.Run.Trials)
	if err != nil || strings.Contains(string(stored), "hdr_v2") || len(set.Run.Trials[0].Phases[0].Server.Timeline) != 1 {
		t.Errorf("stored: %s (%v)", stored, err)
	}
	damaged := errors.New("line 2 is damaged")
	if _, err := cells.Stream(runOf(), func(yield func(results.Trial, error) bool) { yield(results.Trial{}, damaged) }); !errors.Is(err, damaged) {
		t.Errorf("a damaged journal: %v", err)
	}
	whole, err := cells.Stream(runOf(), func(yield func(results.Trial, error) bool) { yield(trial, nil) })
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range [][2]cells.Cell{
		{set.Closed(table, server), whole.Closed(table, server)}, {set.Open(table, server, rate), whole.Open(table, server, rate)}, {set.Point(table, server, 8), whole.Point(table, server, 8)},
	} {
		for _, m := range cells.Comparable() {
			if d := cmp.Diff(cell[0].Figure(m), cell[1].Figure(m)); d != "" || len(cell[0].Valid) != 1 {
				t.Errorf("trial by trial %s differs:\n%s", m, d)
			}
		}
	}
}

func TestBottleneckOfACell(t *testing.T) {
	t.Parallel()
	type limits = []results.Bottleneck
	for _, c := range []struct {
		of      limits
		want    results.Bottleneck
		atLeast bool
	}{
		{limits{"server"}, results.LimitServer, false},
		{limits{"server", "server", "loader"}, results.LimitServer, false},
		{limits{"server", "loader"}, results.LimitLoader, true},
		{limits{"server", "balanced"}, results.LimitLoader, true},
		{limits{"loader", "loader", "unknown", "unknown"}, results.LimitUnknown, false},
		{limits{"of a later joust"}, results.LimitUnknown, false},
	} {
		var trials []results.Trial
		for _, limit := range c.of {
			trial := trialOf(closed(t, 2000, 1e6))
			trial.Phases[0].Verdict.Bottleneck = limit
			trials = append(trials, trial)
		}
		cell := cells.Of(runOf(trials...)).Closed(table, server)
		if got := cell.Bottleneck(); got != c.want || cell.AtLeast() != c.atLeast || cell.Figure(metric.Throughput).AtLeast != c.atLeast {
			t.Errorf("%v: %s, ≥ %t; want %s, ≥ %t", c.of, got, cell.AtLeast(), c.want, c.atLeast)
		}
	}
}

// A lower bound has an estimate between the plan's two thresholds.
func TestUpperByThePlansThresholds(t *testing.T) {
	t.Parallel()
	limits := results.DefaultThresholds()
	limits.EstimateFrom, limits.FullShare = 0.5, 0.9
	for _, c := range []struct {
		share      float64
		thresholds *results.Thresholds
		want       bool
	}{{0.6, nil, false}, {0.7, nil, true}, {0.94, nil, true}, {0.95, nil, false}, {0.6, &limits, true}, {0.9, &limits, false}} {
		trial := trialOf(closed(t, 2000, 1e6))
		trial.Phases[0].Verdict = results.Verdict{Valid: true, Bottleneck: results.LimitLoader, ServerShare: &c.share}
		run := runOf(trial)
		run.Plan.Thresholds = c.thresholds
		cell := cells.Of(run).Closed(table, server)
		if x, ok := cell.Upper(2000); ok != c.want || ok && x != 2000/c.share {
			t.Errorf("U_S %v, %+v: %v, %t", c.share, c.thresholds, x, ok)
		}
	}
}

func TestWhichTrialsCount(t *testing.T) {
	t.Parallel()
	good := trialOf(closed(t, 2000, 1e6))
	edit := func(change func(*results.Trial)) results.Trial {
		out := trialOf(closed(t, 2000, 1e6))
		change(&out)
		return out
	}
	for name, c := range map[string]struct {
		trial  results.Trial
		server results.Server
		valid  int
		voids  int
		absent cells.Absence
		why    string
	}{
		"valid":        {good, server, 1, 0, "", ""},
		"scouting":     {edit(func(t *results.Trial) { t.Kind = results.TrialScout }), server, 0, 0, cells.NotRun, "no trial of it was stored"},
		"repeated":     {edit(func(t *results.Trial) { t.State = results.TrialRepeated }), server, 0, 0, cells.NotRun, "no trial of it was stored"},
		"interrupted":  {edit(func(t *results.Trial) { t.State = results.TrialInterrupted }), server, 0, 0, cells.Interrupted, "the run was interrupted in this trial"},
		"a void trial": {edit(func(t *results.Trial) { t.State, t.Reason = results.TrialVoid, "it crashed" }), server, 0, 1, cells.Void, "it crashed"},
		"a void phase": {edit(func(t *results.Trial) {
			t.Phases[0].Verdict = results.Verdict{Reasons: []results.Reason{{Text: "a note"}, {Voids: true, Text: "errors"}}}
		}), server, 0, 1, cells.Void, "errors"},
		"no verdict": {edit(func(t *results.Trial) { t.Phases = nil }), server, 0, 1, cells.Void, "no verdict was stored"},
		"beyond the loader": {edit(func(t *results.Trial) {
			t.Phases[0].Verdict = results.Verdict{NotRun: true, Reasons: []results.Reason{{Code: results.CodeBeyondLoader, Text: "beyond the loader: too fast"}}}
		}), server, 0, 0, cells.BeyondLoader, "too fast"},
		"skipped":       {edit(func(t *results.Trial) { t.Loaders[0].Phases[0].Skipped, t.Phases = "no peak", nil }), server, 0, 0, cells.NotRun, "no peak"},
		"check failed":  {edit(func(t *results.Trial) { t.Server = "b" }), results.Server{Name: "a", CheckFailed: map[string]string{"hello": "byte 6"}}, 0, 0, cells.Void, "the full check failed: byte 6"},
		"unsupported":   {edit(func(t *results.Trial) { t.Server = "b" }), results.Server{Name: "a", Unsupported: map[string]string{"hello": "no"}}, 0, 0, cells.Unsupported, "no"},
		"not installed": {edit(func(t *results.Trial) { t.Server = "b" }), results.Server{Name: "a", Unavailable: "no node"}, 0, 0, cells.NotInstalled, "no node"},
		"no fixture":    {edit(func(t *results.Trial) { t.Server = "b" }), results.Server{Name: "a", Manifest: json.RawMessage(`{"scenarios":["json"]}`)}, 0, 0, cells.NoFixture, "its manifest does not claim hello on h1"},
	} {
		cell := cells.Of(runOf(c.trial)).Closed(table, c.server)
		if len(cell.Valid) != c.valid || len(cell.Voids) != c.voids || cell.Absent != c.absent || cell.Why != c.why {
			t.Errorf("%s: %d valid, voids %q, %q because of %q", name, len(cell.Valid), cell.Voids, cell.Absent, cell.Why)
		}
	}
}

func TestPooledCells(t *testing.T) {
	t.Parallel()
	good := cells.Of(runOf(trialOf(closed(t, 2000, 1e6)))).Closed(table, server)
	crashed := trialOf()
	crashed.State, crashed.Reason = results.TrialVoid, "it crashed"
	void := cells.Of(runOf(crashed)).Closed(table, server)
	none := cells.Of(runOf()).Closed(table, server)
	if c := cells.Pool(none, void); c.Absent != cells.Void || c.Why != "it crashed" {
		t.Errorf("nothing and a void: %q, %q", c.Absent, c.Why)
	}
	if c := cells.Pool(void, good, good); c.Absent != "" || len(c.Valid) != 2 || len(c.Voids) != 1 {
		t.Errorf("a void and two good ones: %q, %d valid", c.Absent, len(c.Valid))
	}
	if len(good.Valid) != 1 {
		t.Error("Pool changed its argument")
	}
}

func TestMeasuredIsOneTrialsValue(t *testing.T) {
	t.Parallel()
	bound := trialOf(closed(t, 2000, 1e6))
	bound.Phases[0].Verdict.Bottleneck = results.LimitLoader
	few := open(t, 1e6)
	few.Total.Corrected = histogram(t, 999, 1e6)
	damaged := open(t, 1e6)
	damaged.Total.Corrected.HDRv2 = "AAAA"
	crashed := trialOf()
	crashed.State, crashed.Reason = results.TrialVoid, "it crashed"
	for name, c := range map[string]struct {
		trial   results.Trial
		phase   string
		metric  metric.Name
		value   float64
		atLeast bool
		missing string
	}{
		"a throughput":       {trialOf(closed(t, 2000, 1e6)), results.PhaseClosed, metric.Throughput, 2000, false, ""},
		"a lower bound":      {bound, results.PhaseClosed, metric.Throughput, 2000, true, ""},
		"no CPU":             {bound, results.PhaseClosed, metric.CPU, 0, false, "not measured"},
		"too few samples":    {trialOf(few), rate.PhaseName(), metric.P99, 0, false, "too few samples"},
		"damaged":            {trialOf(damaged), rate.PhaseName(), metric.P99, 0, false, "decode a histogram"},
		"a void trial":       {crashed, results.PhaseClosed, metric.Throughput, 0, false, "it crashed"},
		"a phase of no plan": {bound, "open 5/s", metric.P99, 0, false, "the plan has no such cell"},
	} {
		value, atLeast, missing := cells.Measured(runOf(), c.trial, c.phase, c.metric)
		if value != c.value || atLeast != c.atLeast || (c.missing == "") != (missing == "") || !strings.Contains(missing, c.missing) {
			t.Errorf("%s: %v, ≥ %t, missing %q", name, value, atLeast, missing)
		}
	}
}

// A percentile needs enough samples in all valid trials: those that have enough
// are the fast ones.
func TestPercentilesOfAllTrialsOrNone(t *testing.T) {
	t.Parallel()
	few := open(t, 1e6)
	few.Total.Corrected = histogram(t, 999, 1e6)
	cell := cells.Of(runOf(trialOf(open(t, 1e6)), trialOf(few))).Open(table, server, rate)
	if got := cell.Statistic(cells.Corrected, metric.P99); got.Kind != stats.None {
		t.Errorf("p99 of one of two trials: %+v", got)
	}
	if got := cell.Statistic(cells.Corrected, metric.P50); got.N != 2 {
		t.Errorf("p50: %+v", got)
	}
}

// Work is bytes of bodies in the closed loop of a row about bandwidth, and CPU
// is per request at a rate.
func TestBandwidth(t *testing.T) {
	t.Parallel()
	peak, at := closed(t, 2000, 1e6), open(t, 1e6)
	peak.SentBodyBytes, peak.ReceivedBodyBytes = 8e9, 5
	trial := trialOf(peak, at)
	for i := range trial.Phases {
		trial.Phases[i].Server = &results.Usage{ReadT1NS: second, CPUNS: second / 2}
	}
	run := runOf(trial)
	run.Scenarios = []results.Scenario{{Name: "hello", RankBy: "bandwidth", BodyBytes: 4e6}}
	set := cells.Of(run)
	bytes, requests := set.Closed(table, server), set.Open(table, server, rate)
	if got := bytes.Figure(metric.Throughput).Value; got != 8e9 || bytes.Unit(metric.Throughput) != metric.Bandwidth {
		t.Errorf("%v %s", got, bytes.Unit(metric.Throughput))
	}
	if got := bytes.Figure(metric.CPU).Value; got != 0.0625 || bytes.Unit(metric.CPU) != metric.DurationPerByte {
		t.Errorf("%v %s", got, bytes.Unit(metric.CPU))
	}
	if got := requests.Figure(metric.CPU).Value; got != 5e5 || requests.Unit(metric.CPU) != metric.Duration {
		t.Errorf("%v %s", got, requests.Unit(metric.CPU))
	}
}
