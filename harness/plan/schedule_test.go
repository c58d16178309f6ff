package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	const file = `
servers: [gin]
rates: [50%, 1000]
schedule: poisson
tables:
  - {scenarios: [hello], schedule: ramp to 20k}
  - {scenarios: [echo], schedule: bursts of 50, find_rate: p99<10ms}
  - {scenarios: [json]}
  - {scenarios: [headers_heavy], schedule: ramp to 90%}
`
	type law struct {
		Schedule       string
		RampToRPS      float64
		RampToFraction float64
		BurstSize      int
	}
	laws := map[string]law{"hello": {Schedule: "ramp", RampToRPS: 20000}, "echo": {Schedule: "burst", BurstSize: 50}, "json": {Schedule: "poisson"}, "headers_heavy": {Schedule: "ramp", RampToFraction: 0.9}}
	p, _ := resolve(t, file, plan.Overrides{}, catalogue(t))
	for name, want := range laws {
		own := table(t, p, name)
		if d := cmp.Diff(want, law{own.Schedule, own.RampToRPS, own.RampToFraction, own.BurstSize}); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		opened := 0
		for _, x := range plan.Phases(plan.Trial{Table: own}, p) {
			if x.Loop != results.OpenLoop {
				continue
			}
			opened++
			if d := cmp.Diff(want, law{string(x.Schedule), x.RampToRPS, own.RampToFraction, x.BurstSize}); d != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, x.Name, d)
			}
		}
		if opened < 2 {
			t.Errorf("%s has %d phases of an open loop", name, opened)
		}
	}
	if p, _ = resolve(t, strings.ReplaceAll(file, ", find_rate: p99<10ms", ""), withFlags("--schedule=constant"), catalogue(t)); table(t, p, "hello").Schedule != "constant" {
		t.Errorf("the flag lost: %+v", table(t, p, "hello"))
	}
}

func TestBadSchedules(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string]string{
		"constnt":        `test.yaml:1: unknown schedule "constnt", did you mean "constant"?`,
		"stairs":         `test.yaml:1: unknown schedule "stairs"; known are constant, poisson, ramp to RATE, bursts of N`,
		"ramp to common": `test.yaml:1: "ramp to common": a ramp ends with a rate in requests per second, or with a share of the peak; write one such as ramp to 20k or ramp to 90%`,
		"ramp to 200%":   `test.yaml:1: "ramp to 200%": a ramp ends with a rate in requests per second, or with a share of the peak; write one such as ramp to 20k or ramp to 90%`,
		"bursts of 0":    `test.yaml:1: the size of bursts must be at least 1, not 0`,
		"bursts of few":  `test.yaml:1: "bursts of few": a burst has a whole number of requests; write one such as bursts of 50`,
	} {
		if got := refused(t, "schedule: "+schedule+"\n"+minimal, plan.Overrides{}, catalogue(t)); got != want {
			t.Errorf("%s: %s", schedule, got)
		}
	}
	const open = "servers: [gin]\ntables: [{scenarios: [hello], modes: [open], rates: [1000], schedule: ramp to 90%}]"
	if got := refused(t, open, plan.Overrides{}, catalogue(t)); !strings.Contains(got, "ramp to 90% are shares of a peak that no closed loop finds") {
		t.Error(got)
	}
	const searched = "servers: [gin]\ntables: [{scenarios: [hello], find_rate: p99<10ms, schedule: ramp to 20k}]"
	if got := refused(t, searched, plan.Overrides{}, catalogue(t)); !strings.Contains(got, "the search for a rate of hello needs one that stays the same, and its schedule is a ramp") {
		t.Error(got)
	}
	flags := plan.Flags{"schedule": {"bursts of 5"}, "loader": {"wrk2"}, "rates": {"1000"}}
	if got := refused(t, minimal, plan.Overrides{Flags: flags}, catalogue(t)); got != "--schedule: wrk2 keeps a constant rate, and no schedule of bursts of 5; leave it out, or take joust's own loader" {
		t.Error(got)
	}
}
