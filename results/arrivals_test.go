package results_test

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

func TestArrivals(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]results.Phase{
		"":                {},
		"poisson":         {Schedule: "poisson"},
		"ramp to 20000/s": {Schedule: "ramp", RampToRPS: 20000},
		"ramp to 0/s":     {Schedule: "ramp"},
		"bursts of 50":    {Schedule: "burst", BurstSize: 50},
	} {
		if got := p.Arrivals(); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
		table := results.PlanTable{Schedule: p.Schedule, RampToRPS: p.RampToRPS, BurstSize: p.BurstSize}
		if got := table.Arrivals(); got != want {
			t.Errorf("of a table: %q, want %q", got, want)
		}
	}
	if got := (&results.Phase{Schedule: "profile", Profile: "sine:cycles=2,min=0.1"}).Arrivals(); got != "profile sine:cycles=2,min=0.1" {
		t.Errorf("of a profile: %q", got)
	}
	share := results.PlanTable{Schedule: "ramp", RampToFraction: 0.333}
	if got := share.Arrivals(); got != "ramp to 33.3%" {
		t.Errorf("to a share of the peak: %q", got)
	}
}
