package cells_test

import (
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

func TestLifeOfAServer(t *testing.T) {
	t.Parallel()
	trial := func(scenario string, readyMS, idle, after int, warmup int64, reached bool) results.Trial {
		return results.Trial{
			Kind: results.TrialMeasured, State: results.TrialOK, Server: "a", Scenario: scenario, Protocol: "h1",
			ReadyNS: int64(readyMS) * 1e6, IdleMemoryBytes: new(uint64(idle)), AfterMemoryBytes: new(uint64(after)),
			Loaders: []results.Report{{Phases: []results.Phase{{
				Name: results.PhaseWarmup, T1NS: warmup, Steadiness: &results.Steadiness{Reached: reached},
			}}}},
		}
	}
	void := trial("hello", 9000, 9000, 9000, 9000, true)
	void.State = results.TrialVoid
	scout := trial("hello", 9000, 9000, 9000, 9000, true)
	scout.Kind = results.TrialScout
	run := results.Run{
		Plan: results.Plan{Tables: []results.PlanTable{{Scenario: "hello", Protocol: "h1"}, {Scenario: "upload", Protocol: "h1"}}},
		Trials: []results.Trial{
			trial("hello", 10, 100, 200, 1500, true), trial("hello", 30, 120, 240, 4000, false), void, scout,
			trial("upload", 20, 110, 900, 2500, true),
		},
	}
	set := cells.Of(run)
	life := set.Life("a")
	for name, figure := range map[string]struct {
		got  stats.Estimate
		want float64
	}{
		"start": {life.Start, 20e6}, "idle": {life.Idle, 110}, "after": {life.After, 900}, "steady": {life.Steady, 2000},
	} {
		if figure.got.Value != figure.want {
			t.Errorf("%s: %v, want %v", name, figure.got.Value, figure.want)
		}
	}
	if life.AfterScenario != "upload" || life.Unsteady != 1 {
		t.Errorf("after %q, %d unsteady; want upload and 1", life.AfterScenario, life.Unsteady)
	}
	if other := set.Life("b"); other.Start.Kind != stats.None || other.AfterScenario != "" {
		t.Errorf("a server without trials has a life: %+v", other)
	}
}
