package summary_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

// stepOf judges a step of so many users with the report.
func stepOf(t *testing.T, users int, stage results.CapacityStage, r results.Report, keep ...string) summary.CapacityStep {
	t.Helper()
	bounds, err := summary.ParseThresholds(keep)
	if err != nil {
		t.Fatal(err)
	}
	s, err := summary.NewCapacityStep(results.Level{Users: users}, stage, false, &r, bounds)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A step is kept where all conditions are, on the load that was asked for.
func TestOutcomesOfSteps(t *testing.T) {
	t.Parallel()
	full := func(r results.Report) results.Report {
		return edit(r, func(_ *results.Report, p *results.Phase) { p.Threads[0].Work = 0.97 })
	}
	for _, c := range []struct {
		name   string
		report results.Report
		keep   []string
		want   metric.Outcome
		why    string
	}{
		{"all are kept", report(t, closed(t)), []string{"p95<2ms", "error_rate<1%"}, metric.Kept, ""},
		{"one is broken", report(t, closed(t)), []string{"p95<1ms", "error_rate<1%"}, metric.Broken, "p95 was 1.91 ms"},
		{"several are broken", report(t, failing(t)), []string{"p95<1ms", "error_rate<1%"}, metric.Broken, "p95 was 1.91 ms; error_rate was 10.9 %"},
		{"no answer", report(t, silent(t)), []string{"errors<1"}, metric.NotTold, "errors was 0, but 64 requests had no answer"},
		{"the loader was the limit", full(report(t, closed(t))), []string{"p95<1ms"}, metric.NotTold, "p95 was 1.91 ms, but the loader was the limit"},
		{"a full loader fails nothing", full(report(t, failing(t))), []string{"error_rate<1%"}, metric.Broken, "error_rate was 10.9 %"},
		{"a full loader keeps it", full(report(t, closed(t))), []string{"p95<2ms"}, metric.Kept, ""},
		{"not every connection", edit(report(t, closed(t)), func(r *results.Report, _ *results.Phase) { r.ConnectionsOpen = 63 }), []string{"p95<2ms"}, metric.Broken, "63 of 64 connections could be made"},
		{"ended early", edit(report(t, closed(t)), func(r *results.Report, _ *results.Phase) { r.Aborted = &results.Abort{Rule: "errors > 5 for 1s"} }), []string{"p95<2ms"}, metric.Broken, "ended early by the rule errors > 5 for 1s"},
		{"an answer that nobody asked for", edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.SurplusAnswers = 1 }), []string{"p95<2ms"}, metric.NotMeasured, "the server sent 1 answer that no request asked for"},
		{"nothing measured", results.Report{}, []string{"p95<2ms"}, metric.NotMeasured, "p95 was not measured: nothing was measured"},
		{"of a group", grouped(t), []string{"POST /pay: p50<1ms", "GET /a: p50<1ms"}, metric.Broken, "POST /pay: p50 was 2.00 ms"},
	} {
		s := stepOf(t, 5, results.StageGrow, c.report, c.keep...)
		if s.Outcome != c.want || !strings.HasPrefix(s.Why, c.why) || (s.Why == "") != (c.why == "") {
			t.Errorf("%s: %s, %q; want %s, %q", c.name, s.Outcome, s.Why, c.want, c.why)
		}
	}
}

// searched is a search of 10, 20, 40 and 30 users, in which 40 broke the conditions.
func searched(t *testing.T) summary.Capacity {
	t.Helper()
	slow := edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.Total.Service = spread(t, 500_000, 100_000, 9_000_000) })
	c := summary.Capacity{
		Schema: results.Schema, Find: results.SoughtUsers, Keep: []string{"p95 < 3ms", "error_rate < 1%"}, From: results.Level{Users: 10},
		To: results.Level{Users: 10_000}, Factor: 2, StepNS: 10 * second, Loader: "joust evloop", Version: "0.1.0", Threads: 1, Seed: 7,
	}
	for _, s := range []struct {
		users  int
		stage  results.CapacityStage
		report results.Report
	}{
		{10, results.StageGrow, report(t, closed(t))}, {20, results.StageGrow, report(t, closed(t))}, {40, results.StageGrow, slow},
		{40, results.StageGrow, slow}, {30, results.StageBisect, report(t, closed(t))}, {30, results.StageConfirm, report(t, closed(t))},
	} {
		c.Steps = append(c.Steps, stepOf(t, s.users, s.stage, s.report, "p95<3ms", "error_rate<1%"))
	}
	c.Steps[3].Again = true
	return c
}

func users(n int) *results.Level { return &results.Level{Users: n} }

func TestCapacityText(t *testing.T) {
	t.Parallel()
	c := searched(t)
	c.Conclude(results.CapacityAnswer{Kept: users(30), Missed: users(40), Confirmed: true, End: results.EndBracketed})
	var out bytes.Buffer
	if err := c.WriteText(&out, "GET http://127.0.0.1:8080/", 0); err != nil {
		t.Fatal(err)
	}
	golden.Hold(t, "testdata/capacity.txt", out.String())
}

func TestSentencesOfCapacities(t *testing.T) {
	t.Parallel()
	unsure := func(c *summary.Capacity) {
		for i := 2; i < 4; i++ {
			c.Steps[i].Outcome, c.Steps[i].Why = metric.NotTold, "p95 was 8.55 ms, but the loader was the limit"
			c.Steps[i].Verdict.Bottleneck = results.LimitLoader
		}
	}
	cut := func(n int) func(*summary.Capacity) { return func(c *summary.Capacity) { c.Steps = c.Steps[:n] } }
	gone := func(c *summary.Capacity) {
		c.Steps = append(c.Steps[:1], summary.CapacityStep{Level: *users(20), Outcome: metric.NotMeasured, Why: "nothing listens there"})
	}
	for name, c := range map[string]struct {
		change func(*summary.Capacity)
		answer results.CapacityAnswer
		want   string
		notes  []string
	}{
		"found":     {cut(6), results.CapacityAnswer{Kept: users(30), Missed: users(40), Confirmed: true, End: results.EndBracketed}, "30 users keep it, 40 users do not: p95 was 8.56 ms", nil},
		"one user":  {cut(6), results.CapacityAnswer{Kept: users(1), Missed: users(40), Confirmed: true, End: results.EndBracketed}, "1 user keeps it, 40 users do not: p95 was 8.56 ms", nil},
		"all":       {cut(2), results.CapacityAnswer{Kept: users(20), Confirmed: true, AtLeast: true, End: results.EndCeiling}, "≥ 20 users keep it, the most that may be asked for: --find-to allows more", nil},
		"not told":  {unsure, results.CapacityAnswer{Kept: users(30), Missed: users(40), Confirmed: true, AtLeast: true, End: results.EndBracketed}, "≥ 30 users keep it, and of 40 users it cannot be told: p95 was 8.55 ms, but the loader was the limit", []string{"the loader was the limit at 40 users"}},
		"none":      {func(c *summary.Capacity) { c.Steps = c.Steps[2:4] }, results.CapacityAnswer{Missed: users(40), End: results.EndFirst}, "not even 40 users keep it: p95 was 8.56 ms; begin lower with --find-from", nil},
		"first":     {func(c *summary.Capacity) { unsure(c); c.Steps = c.Steps[2:4] }, results.CapacityAnswer{Missed: users(40), End: results.EndFirst}, "of 40 users, the first step, it cannot be told: p95 was 8.55 ms, but the loader was the limit", []string{"the loader was the limit at 40 users"}},
		"lucky":     {cut(4), results.CapacityAnswer{Kept: users(20), Missed: users(40), End: results.EndUnconfirmed}, "20 users kept the conditions in one step only: no load near it was kept once more, not even 40 users: p95 was 8.56 ms", nil},
		"stopped":   {cut(2), results.CapacityAnswer{Kept: users(20), End: results.EndInterrupted}, "20 users kept the conditions in one step only: the search was interrupted", nil},
		"at once":   {cut(0), results.CapacityAnswer{End: results.EndInterrupted}, "no load is known to keep the conditions: the search was interrupted", nil},
		"gone":      {gone, results.CapacityAnswer{Kept: users(10), End: results.EndGone}, "10 users kept the conditions in one step only: the target was gone in the step of 20 users: nothing listens there", nil},
		"too many":  {cut(6), results.CapacityAnswer{Kept: users(30), End: results.EndSteps}, "30 users kept the conditions in one step only: the search ended after 6 steps", nil},
		"unsteady":  {cut(6), results.CapacityAnswer{Kept: users(30), Missed: users(40), Confirmed: true, End: results.EndBracketed, BrokenBelow: users(20), KeptAbove: users(30)}, "30 users keep it, 40 users do not: p95 was 8.56 ms", []string{"the result is not monotonic: 20 users broke the conditions in one step, and 30 users kept them in another"}},
		"both ways": {cut(6), results.CapacityAnswer{Kept: users(30), Missed: users(40), Confirmed: true, End: results.EndBracketed, BrokenBelow: users(30), KeptAbove: users(30)}, "30 users keep it, 40 users do not: p95 was 8.56 ms", []string{"the result is not monotonic: 30 users broke the conditions in one step and kept them in another: steps of 10 s are disturbed"}},
	} {
		got := searched(t)
		c.change(&got)
		got.Conclude(c.answer)
		if got.Text != c.want || len(got.Notes) != len(c.notes) {
			t.Errorf("%s: %q\nwant %q, notes %q", name, got.Text, c.want, got.Notes)
			continue
		}
		for i, want := range c.notes {
			if !strings.HasPrefix(got.Notes[i], want) {
				t.Errorf("%s: note %q, want %q", name, got.Notes[i], want)
			}
		}
	}
}

// A mark in the table has its explanation below.
func TestMarksOfCapacities(t *testing.T) {
	t.Parallel()
	few := edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.Total.Service = spread(t, 50, 100_000, 900_000) })
	c := searched(t)
	c.Steps = []summary.CapacityStep{stepOf(t, 10, results.StageGrow, few, "p95<3ms")}
	c.Conclude(results.CapacityAnswer{Kept: users(10), End: results.EndInterrupted})
	var out bytes.Buffer
	if err := c.WriteText(&out, "GET http://127.0.0.1:8080/", 0); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "  * ") || !strings.Contains(text, "\n  * fewer than ten samples lie beyond this percentile") {
		t.Error(text)
	}
}

// The JSON has the steps and the answer, with units in the names of fields.
func TestCapacityJSON(t *testing.T) {
	t.Parallel()
	c := searched(t)
	c.Conclude(results.CapacityAnswer{Kept: users(30), Missed: users(40), Confirmed: true, End: results.EndBracketed})
	var out bytes.Buffer
	if err := c.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Find  string
		Steps []struct {
			Users         int
			ThroughputRPS float64 `json:"throughput_rps"`
			ErrorRate     float64 `json:"error_rate"`
			Outcome       string
			Latency       struct {
				PercentilesNS map[string]int64 `json:"percentiles_ns"`
			}
			Conditions []struct{ Text, Outcome string }
		}
		Answer struct {
			Kept, Missed map[string]float64
			Confirmed    bool
		}
		Text string
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if s := got.Steps[2]; len(got.Steps) != 6 || s.Users != 40 || s.ThroughputRPS != 50_000 || s.Outcome != "broken" || s.Latency.PercentilesNS["p95"] < 8e6 || s.Conditions[0].Text != "p95 < 3ms" || s.Conditions[1].Outcome != "kept" {
		t.Errorf("%+v", s)
	}
	if got.Find != "users" || got.Answer.Kept["users"] != 30 || got.Answer.Missed["users"] != 40 || !got.Answer.Confirmed || !strings.HasPrefix(got.Text, "30 users keep it") {
		t.Errorf("%+v", got)
	}
}
