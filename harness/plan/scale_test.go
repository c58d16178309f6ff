package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// many is a catalogue with rows of many clients and high rates, on a machine that
// holds 1500 connections.
func many(t *testing.T) plan.Catalogue {
	t.Helper()
	c := catalogue(t)
	c.Connections = plan.ConnectionLimit{Max: 1550, Reason: "a process may open 1600 files, and joust keeps 50 for itself; raise it with: prlimit"}
	crowd, fast := row("crowd", []scenarios.Protocol{scenarios.H1}, scenarios.Closed, scenarios.Open), row("fast", []scenarios.Protocol{scenarios.H1}, scenarios.Open)
	crowd.Clients, fast.Rates = 32000, []float64{10_000, 1e6}
	c.Scenarios = append(c.Scenarios, crowd, fast)
	for i := range c.Servers {
		c.Servers[i].Scenarios = append(c.Servers[i].Scenarios, "crowd", "fast")
	}
	return c
}

func TestRowsAreScaledToTheMachine(t *testing.T) {
	t.Parallel()
	p, warnings := resolve(t, "servers: [gin]\ntables: [{scenarios: [crowd, fast]}]", plan.Overrides{}, many(t))
	crowd, fast := table(t, p, "crowd"), table(t, p, "fast")
	files := results.Scaling{Of: "clients", Asked: 32000, Used: 1500, Why: "a process may open 1600 files, and joust keeps 50 for itself"}
	if d := cmp.Diff([]results.Scaling{files}, crowd.Scaled); crowd.Clients != 1500 || d != "" {
		t.Errorf("%d clients; (-want +got)\n%s", crowd.Clients, d)
	}
	rates := []results.PlanRate{{Kind: results.RateAbsolute, RateRPS: 10_000}, {Kind: results.RateAbsolute, RateRPS: 50_000}}
	if d := cmp.Diff(rates, fast.Rates); d != "" || fast.Closed || len(fast.Scaled) != 1 {
		t.Errorf("fast is %+v; rates (-want +got)\n%s", fast, d)
	}
	want := []string{
		"crowd is scaled to this machine, with 1500 of 32000 clients: a process may open 1600 files, and joust keeps 50 for itself",
		"fast is scaled to this machine, with 50000 of 1000000 req/s: the loader has 1 thread, and 50000 a second each is what it surely paces",
	}
	if d := cmp.Diff(want, warnings); d != "" {
		t.Errorf("warnings (-want +got)\n%s", d)
	}
}

func TestMemoryBoundsTheClientsOfARow(t *testing.T) {
	t.Parallel()
	c := many(t)
	c.Connections, c.MemoryBytes = plan.ConnectionLimit{}, 1<<30
	p, _ := resolve(t, "servers: [gin]\ntables: [{scenarios: [crowd], modes: [closed]}]", plan.Overrides{}, c)
	if crowd := table(t, p, "crowd"); crowd.Clients != 8100 || !strings.Contains(crowd.Scaled[0].Why, "half of the 1024 MB of memory") {
		t.Errorf("%d clients, scaled %+v", crowd.Clients, crowd.Scaled)
	}
}

func TestNumbersOfTheUserAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, flags string }{
		{"servers: [gin]\ntables: [{scenarios: [crowd], clients: 4096}]", ""},
		{"servers: [gin]\ntables: [{scenarios: [hello], clients: [512, 4096]}]", ""},
		{"servers: [gin]\nclients: 4096\ntables: [{scenarios: [hello]}]", ""},
		{"servers: [gin]\ntables: [{scenarios: [crowd]}]", "--clients=4096"},
	} {
		o := plan.Overrides{}
		if c.flags != "" {
			o = withFlags(c.flags)
		}
		got := refused(t, c.file, o, many(t))
		if !strings.Contains(got, "4096 clients are more than the 1550 connections possible here: a process may open") || !strings.Contains(got, "raise it with: prlimit") {
			t.Errorf("%s %s: %s", c.file, c.flags, got)
		}
	}
}

// A plan may ask for the scaling of its own numbers.
func TestPlansThatScale(t *testing.T) {
	t.Parallel()
	p, warnings := resolve(t, "servers: [gin]\nscale: true\ntables: [{scenarios: [hello], clients: [512, 4096, 16k], rates: [200k, 75%]}]", plan.Overrides{}, many(t))
	hello := table(t, p, "hello")
	if d := cmp.Diff([]int{512, 1500}, hello.Sweep.Clients); d != "" || len(hello.Scaled) != 3 || len(warnings) != 3 {
		t.Errorf("(-want +got)\n%s\nscaled %+v, warnings %q", d, hello.Scaled, warnings)
	}
	if got := hello.Rates[0].RateRPS; got != 50_000 || hello.Rates[1].Kind != results.RateFraction {
		t.Errorf("rates are %+v", hello.Rates)
	}
	two, _ := resolve(t, "servers: [gin]\nscale: true\nthreads: 2\ntables: [{scenarios: [hello], rates: [200k, 75%]}]", plan.Overrides{}, many(t))
	if got := table(t, two, "hello").Rates[0].RateRPS; got != 100_000 {
		t.Errorf("two threads pace %v", got)
	}
}

// A row's rates give way to those of its table and of the flag, not to the plan's.
func TestRatesOfARow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, flags string
		want        float64
	}{
		{"servers: [gin]\nrates: [7]\ntables: [{scenarios: [fast]}]", "", 10_000},
		{"servers: [gin]\nrates: [7]\ntables: [{scenarios: [fast], rates: [8]}]", "", 8},
		{"servers: [gin]\nrates: [7]\ntables: [{scenarios: [fast], rates: [8]}]", "--rates=9", 9},
	} {
		o := plan.Overrides{}
		if c.flags != "" {
			o = withFlags(c.flags)
		}
		p, _ := resolve(t, c.file, o, many(t))
		if got := table(t, p, "fast").Rates[0].RateRPS; got != c.want {
			t.Errorf("%s %s: %v, want %v", c.file, c.flags, got, c.want)
		}
	}
}

func TestOpenWindowsOfLargeTransfers(t *testing.T) {
	t.Parallel()
	large := results.PlanTable{OpenDurationNS: 1e9, MaxDurationNS: 10e9, MinCompletions: 50}
	small := results.PlanTable{OpenDurationNS: 1e9}
	for _, c := range []struct {
		table results.PlanTable
		rps   float64
		want  time.Duration
	}{
		{large, 100, time.Second}, {large, 20, 2500 * time.Millisecond}, {large, 1, 10 * time.Second}, {large, 1e-9, 10 * time.Second},
		{large, 0, time.Second}, {small, 1, time.Second},
	} {
		if got := plan.OpenWindow(c.table, c.rps); got != c.want {
			t.Errorf("%d completions at %v a second: %v, want %v", c.table.MinCompletions, c.rps, got, c.want)
		}
	}
}
