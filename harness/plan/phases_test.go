package plan_test

import (
	"testing"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

// The plan's thresholds end warm-ups.
func TestWarmUpsEndByThePlansThresholds(t *testing.T) {
	t.Parallel()
	limits := results.DefaultThresholds()
	limits.SteadySlope, limits.SteadyHalves = 0.05, 0.1
	trial := plan.Trial{Entry: results.PlanEntry{WarmupCapNS: 5e9}, Table: results.PlanTable{WarmupNS: 1e9, Closed: true, ClosedDurationNS: 1e9}}
	if w := plan.Phases(trial, results.Plan{Thresholds: &limits})[0]; w.SteadyWithin != 0.05 || w.HalvesWithin != 0.1 {
		t.Errorf("%+v", w)
	}
	if w := plan.Phases(trial, results.Plan{})[0]; w.SteadyWithin != 0.02 || w.HalvesWithin != 0.03 {
		t.Errorf("without thresholds of its own: %+v", w)
	}
}
