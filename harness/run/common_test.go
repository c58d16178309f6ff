package run

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
)

// scout is a scouting trial of hello with that peak in req/s.
func scout(server string, peak uint64) results.Trial {
	return results.Trial{
		Kind: results.TrialScout, State: results.TrialOK, Server: server, Scenario: "hello", Protocol: "h1", Repetition: 1,
		Loaders: []results.Report{{Phases: []results.Phase{
			{Name: results.PhaseWarmup, T1NS: 1e9, Total: results.Group{Completed: 1}},
			{Name: results.PhaseClosed, T1NS: 1e9, Total: results.Group{Completed: peak}},
		}}},
	}
}

func TestCommonRateIsHalfOfTheSlowestPeak(t *testing.T) {
	t.Parallel()
	hello := results.PlanTable{Scenario: "hello", Protocol: "h1"}
	void := scout("void", 10)
	void.State = results.TrialVoid
	measured := scout("measured", 10)
	measured.Kind = results.TrialMeasured
	other := scout("other", 10)
	other.Scenario = "json"
	got, ok := commonFrom([]results.Trial{scout("fast", 81000), void, measured, other, scout("slow", 24690), scout("idle", 0)}, hello)
	if !ok || got.RateRPS != 12300 || got.Scenario != "hello" || got.Protocol != "h1" {
		t.Errorf("got %+v, %t, want 12300 req/s of hello", got, ok)
	}
	if want := "fast 81000, slow 24690"; !strings.HasSuffix(got.Basis, want) {
		t.Errorf("the basis %q does not end in %q", got.Basis, want)
	}
	if got, ok := commonFrom([]results.Trial{void, measured}, hello); ok {
		t.Errorf("trials that do not count gave %+v", got)
	}
}

func TestCommonRateIsOfItsTable(t *testing.T) {
	t.Parallel()
	r := &Runner{Run: results.Run{CommonRates: []results.CommonRate{{Scenario: "hello", Protocol: "h1", RateRPS: 1234}}}}
	for scenario, want := range map[string]float64{"hello": 1234, "json": 0} {
		if got := r.commonRate(results.PlanTable{Scenario: scenario, Protocol: "h1"}); got != want {
			t.Errorf("%s: %v req/s, want %v", scenario, got, want)
		}
	}
}

func TestThreeDigits(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]float64{0: 0, -5: 0, 1: 1, 12345: 12300, 12350: 12400, 0.012349: 0.0123, 999.6: 1000} {
		if got := threeDigits(x); got < want*(1-1e-12) || got > want*(1+1e-12) {
			t.Errorf("threeDigits(%v) = %v, want %v", x, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(1e-3, 1e9).Draw(t, "x")
		if got := threeDigits(x); got < x*0.994 || got > x*1.006 {
			t.Fatalf("threeDigits(%v) = %v is further than half of its third digit", x, got)
		}
	})
}
