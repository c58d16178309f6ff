package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/gate"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

func TestGatesAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]gate.Gate{
		"p99<5ms":                       {Condition: metric.Condition{Metric: "p99", Op: "<", Limit: 5e6}, Unit: metric.Duration},
		"hello p99 <= 5ms":              {Scenario: "hello", Condition: metric.Condition{Metric: "p99", Op: "<=", Limit: 5e6}, Unit: metric.Duration},
		"hello/nethttp p99.95<5ms":      {Scenario: "hello", Server: "nethttp", Condition: metric.Condition{Metric: "p99.95", Op: "<", Limit: 5e6}, Unit: metric.Duration},
		"*/net*/open 90% mean<1":        {Scenario: "*", Server: "net*", Phase: "open 90%", Condition: metric.Condition{Metric: "mean", Op: "<", Limit: 1e9}, Unit: metric.Duration},
		"json throughput>50k":           {Scenario: "json", Condition: metric.Condition{Metric: "throughput", Op: ">", Limit: 5e4}, Unit: metric.Rate},
		"upload_20mb throughput≥2GB/s":  {Scenario: "upload_20mb", Condition: metric.Condition{Metric: "throughput", Op: ">=", Limit: 2e9}, Unit: metric.Bandwidth},
		"hello/nginx memory < 100MiB":   {Scenario: "hello", Server: "nginx", Condition: metric.Condition{Metric: "memory", Op: "<", Limit: 100 << 20}, Unit: metric.Size},
		" hello/*/closed  cpu < 20us  ": {Scenario: "hello", Server: "*", Phase: "closed", Condition: metric.Condition{Metric: "cpu", Op: "<", Limit: 2e4}, Unit: metric.Duration},
	} {
		want.Text = strings.TrimSpace(text)
		if got, err := gate.Parse(text); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"":                        "is no bound",
		"hello/nethttp":           "is no bound",
		"hello/nethttp p98x<5ms":  "there is no metric",
		"hello/nethttp p99<5xs":   "no duration",
		"hello/ p99<5ms":          "is empty",
		"//closed cpu<5ms":        "is empty",
		"hello throughput>fast":   "no rate",
		"hello/nethttp meen<5ms":  `did you mean "mean"?`,
		"hello/nethttp p99<5ms<6": "more than one sign",
		"hello/nethttp p99=5ms":   "one exact value",
	} {
		if got, err := gate.Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is read as %+v, %v; want %q", text, got, err, says)
		}
	}
}

// stored returns the cells of a stored run; change may change it before.
func stored(t *testing.T, change func(*results.Run)) *cells.Set {
	t.Helper()
	run, err := journal.Open("../journal/testdata/full")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&run)
	}
	return cells.Of(run)
}

// judge judges one gate.
func judge(t *testing.T, set *cells.Set, text string) []gate.Result {
	t.Helper()
	g, err := gate.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return gate.Judge(set, []gate.Gate{g})
}

// Limits on either side of the whole interval of a cell, and within it, have the outcomes
// that they should.
func TestLimitsAroundEachFigure(t *testing.T) {
	t.Parallel()
	set := stored(t, nil)
	judged := 0
	for p := range set.Places() {
		if p.Phase == cells.WholeLadder || p.Phase == results.PhaseClosed || p.Absent != "" {
			continue
		}
		f := p.Figure(metric.P50)
		if f.Kind == stats.None || f.AtLeast || f.Rough {
			continue
		}
		judged++
		name := fmt.Sprintf("%s/%s/%s", p.Table.Scenario, p.Server.Name, p.Phase)
		for limit, want := range map[float64]metric.Outcome{
			f.High * 2: metric.Kept, f.Low / 2: metric.Broken, (f.Low + f.High) / 2: metric.NotTold,
		} {
			if want == metric.NotTold && f.High-f.Low < 10 {
				continue // no limit lies within
			}
			list := judge(t, set, name+" p50<"+time.Duration(limit).String())
			if len(list) != 1 || list[0].Outcome != want || list[0].Cell != name || *list[0].Value != f.Value || (want == metric.NotTold) != (list[0].Why != "") {
				t.Errorf("%s below %v: %+v", name, limit, list)
			}
			if failed := gate.Failed(list, false); failed != (want == metric.Broken) || gate.Failed(list, true) != (want != metric.Kept) {
				t.Errorf("%s below %v: failed %t", name, limit, failed)
			}
		}
	}
	if judged < 5 {
		t.Errorf("%d cells were judged", judged)
	}
}

// A metric has the phases that have it.
func TestPhasesOfMetrics(t *testing.T) {
	t.Parallel()
	set := stored(t, nil)
	phases := func(text string) []string {
		var list []string
		for _, r := range judge(t, set, text) {
			parts := strings.SplitN(r.Cell, "/", 3)
			list = append(list, parts[len(parts)-1])
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	if got := phases("throughput>1"); !slices.Equal(got, []string{results.PhaseClosed}) {
		t.Errorf("throughput is judged in %q", got)
	}
	if got := phases("memory<1GB"); !slices.Equal(got, []string{cells.WholeLadder}) {
		t.Errorf("memory is judged in %q", got)
	}
	latency := phases("p99<1s")
	if len(latency) == 0 || slices.Contains(latency, results.PhaseClosed) || slices.Contains(latency, cells.WholeLadder) {
		t.Errorf("p99 is judged in %q", latency)
	}
	if got := phases("cpu<1s"); !slices.Equal(got, slices.Sorted(slices.Values(append(latency, results.PhaseClosed)))) {
		t.Errorf("cpu is judged in %q", got)
	}
}

// What was not measured breaks a gate, unless the server has no such row.
func TestNotMeasured(t *testing.T) {
	t.Parallel()
	var voided string
	set := stored(t, func(run *results.Run) {
		voided = run.Trials[0].Server
		for i := range run.Trials {
			if run.Trials[i].Server == voided {
				run.Trials[i].State, run.Trials[i].Reason = results.TrialVoid, "wrong answers"
			}
		}
		run.Servers = append(run.Servers, results.Server{Name: "absent", Unavailable: "it is not installed"})
	})
	for text, why := range map[string]string{
		"*/" + voided + " throughput>1":              "wrong answers",
		"nowhere/nobody p99<1s":                      "no cell has these names: the run has the scenarios hello, json and the servers",
		"*/absent throughput>1":                      "no cell of these names has a figure",
		"hello/*/closed p99<1s":                      "those of open loops",
		"hello/node throughput>1GB/s":                "it is in rps",
		"*/" + voided + "/closed throughput>1000000": "wrong answers",
	} {
		list := judge(t, set, text)
		if len(list) == 0 || !gate.Failed(list, false) {
			t.Errorf("%s: %+v", text, list)
		}
		for _, r := range list {
			if r.Outcome != metric.NotMeasured || !strings.Contains(r.Why, why) || r.Value != nil {
				t.Errorf("%s: %+v", text, r)
			}
		}
	}
	if list := judge(t, set, "*/node throughput>1"); gate.Table(list) == nil || gate.Table(nil) != nil {
		t.Error("the outcomes have no table")
	}
}

// Every gate that is read names its parts as the text has them.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"hello/nethttp p99<5ms", "*/a/open 90% mean<=1s", "p50>1", "a/b/c/d cpu<1us", "≤", "x y z<1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := gate.Parse(text)
		if err == nil && (g.Limit < 0 || !strings.Contains(text, g.Scenario) || !strings.Contains(text, g.Server) || !strings.Contains(text, g.Phase)) {
			t.Fatalf("%q is read as %+v", text, g)
		}
	})
}
