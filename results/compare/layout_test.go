package compare

import (
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
)

// No line is wider than the terminal, whatever is compared, and a wide terminal
// shows intervals.
func TestTextFitsTheTerminal(t *testing.T) {
	t.Parallel()
	few, other := one(t, "a1", 3, 50000), one(t, "a2", 3, 40000)
	other.Host.Kernel = strings.Repeat("a long version ", 20)
	few.Trials[0].State, few.Trials[0].Reason = results.TrialVoid, strings.Repeat("it crashed, ", 20)
	for name, c := range map[string]Comparison{
		"few trials": compared(t, few, other), "all": compared(t, one(t, "a1", 6, 50000), one(t, "a2", 6, 40000)),
	} {
		gate, err := ParseThreshold("throughput<-5%")
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{80, 100, 160} {
			for line := range strings.Lines(c.Text(c.Evaluate([]Threshold{gate}), width)) {
				if widest(line) > width {
					t.Errorf("%s: %d columns for %d: %s", name, widest(line), width, line)
				}
			}
		}
		if wide, narrow := c.Text(nil, 160), c.Text(nil, 80); !strings.Contains(wide, "or (its range)") || strings.Contains(narrow, "or (its range)") {
			t.Errorf("%s: intervals stand in 160 columns alone:\n%s%s", name, wide, narrow)
		}
	}
}

// A narrow table leaves out why nothing could be decided; the reasons stand below.
func TestReasonsStandBelowNarrowTables(t *testing.T) {
	t.Parallel()
	c := compared(t, one(t, "a1", 3, 50000), one(t, "a2", 3, 40000))
	f, r := find(t, &c, "closed", metric.Throughput, "nethttp")
	if want := []string{"nethttp: undecided: " + r.Why}; r.Why == "" || !slices.Equal(f.reasons(), want) {
		t.Errorf("%q, want %q", f.reasons(), want)
	}
	if text := c.Text(nil, 80); !strings.Contains(strings.ReplaceAll(text, "\n    ", " "), f.reasons()[0]) {
		t.Errorf("no reason in\n%s", text)
	}
}

// A legend explains the marks that stand in the tables, and no others.
func TestLegendOfMarks(t *testing.T) {
	t.Parallel()
	marks := map[string]func(*Value){
		"≥ lower bound": func(v *Value) { v.AtLeast = true }, "≤ upper bound": func(v *Value) { v.AtMost = true },
		"~ the loader's own lag": func(v *Value) { v.Rough = true }, "(sat) the server": func(v *Value) { v.Saturated = true },
	}
	for drawn, mark := range marks {
		c := compared(t, one(t, "a1", 6, 50000), one(t, "a2", 6, 40000))
		mark(&c.Families[0].Changes[0].New)
		for legend := range marks {
			if got := strings.Contains(c.legend(look{}), legend); got != (legend == drawn) {
				t.Errorf("with the mark of %q the legend has %q: %t", drawn, legend, got)
			}
		}
		sign, _, _ := strings.Cut(drawn, " ")
		if table := c.Families[0].drawn(look{}).Terminal(); !strings.Contains(table, sign) {
			t.Errorf("no %q in\n%s", sign, table)
		}
	}
}

// A cost at one rate has it in its title; at different rates each value has its own.
func TestRateOfACost(t *testing.T) {
	t.Parallel()
	c := compared(t, one(t, "a1", 6, 50000), one(t, "a2", 6, 40000))
	f, r := find(t, &c, rate.PhaseName(), metric.CPU, "nethttp")
	if got := f.title(); !strings.HasPrefix(got, "CPU per request at 10\u202f000 req/s, ") || strings.Contains(f.drawn(look{}).Terminal(), " at ") {
		t.Errorf("%s\n%s", got, f.drawn(look{}).Terminal())
	}
	r.New.RateRPS = 8000
	if got := f.title(); strings.Contains(got, " at ") || !strings.Contains(f.drawn(look{}).Terminal(), " at 8\u202f000/s") {
		t.Errorf("%s\n%s", got, f.drawn(look{}).Terminal())
	}
}

// Any metric is compared where it is asked for, and only those.
func TestMetricsOfAComparison(t *testing.T) {
	t.Parallel()
	old, now := one(t, "a1", 6, 50000), one(t, "a2", 6, 40000)
	for _, run := range []*results.Run{&old, &now} {
		run.Plan.Percentiles = []string{"p99.95", "p42"}
	}
	want := []metric.Name{"p42", metric.P95, metric.Min, metric.Mean, metric.Stdev}
	c, err := Compare(sets(old), sets(now), Filter{Metrics: want})
	if err != nil {
		t.Fatal(err)
	}
	var got []metric.Name
	for _, f := range c.Families {
		if got = append(got, f.Metric); f.Unit != metric.Duration || f.Changes[0].Old.Median <= 0 || f.Changes[0].Ratio == nil {
			t.Errorf("%s in %s: %+v", f.Metric, f.Unit, f.Changes[0])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("compared are %v, want %v", got, want)
	}
}

// A row of sessions is no row of requests.
func TestRatesOfSessions(t *testing.T) {
	t.Parallel()
	run := func(id string) []*cells.Set {
		r := runOf(t, id, 6, map[string]func(int) measured{"gin": steady(48000)})
		r.Scenarios[0].Unit = "sessions"
		return sets(r)
	}
	c, err := Compare(run("a1"), run("a2"), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if text := c.Text(nil, 0); !strings.Contains(text, "throughput, sessions/s") || strings.Contains(text, "req/s") {
		t.Errorf("the unit of rates in\n%s", text)
	}
}
