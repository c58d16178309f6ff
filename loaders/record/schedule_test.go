package record

import (
	"slices"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
)

// Lead and window belong to a ramp; bursts keep the mean rate.
func TestSchedules(t *testing.T) {
	t.Parallel()
	at := Timing{Begin: 1e9, T0: 2e9, T1: 5e9, End: 6e9}
	for _, c := range []struct {
		phase loaders.Phase
		rate  float64
		want  []int64
	}{
		{loaders.Phase{Schedule: loaders.Constant}, 2, []int64{0, 0.5e9, 1e9}},
		{loaders.Phase{Schedule: loaders.Burst, BurstSize: 2}, 1, []int64{0, 0, 2e9, 2e9, 4e9}},
		// Rising by 2/s² over 4 s, arrival k is at √k seconds.
		{loaders.Phase{Schedule: loaders.Ramp, RampToRPS: 8}, 0, []int64{0, 1e9, 1_414_213_562, 1_732_050_807, 2e9}},
	} {
		schedule, err := NewSchedule(&c.phase, at, c.rate)
		if err != nil {
			t.Fatal(err)
		}
		cursor, got := schedule.Cursor(0, 1, 0), []int64(nil)
		for range c.want {
			next, _ := cursor.Next()
			got = append(got, next)
		}
		// Ramps are solved in floating point, to the nanosecond.
		if !slices.EqualFunc(got, c.want, func(a, b int64) bool { return a == b || a == b-1 }) {
			t.Errorf("%s: %v, want %v", c.phase.Schedule, got, c.want)
		}
	}
	if _, err := NewSchedule(&loaders.Phase{Schedule: "sometimes"}, at, 1); err == nil {
		t.Error("an unknown schedule was accepted")
	}
	p := loaders.Phase{Schedule: loaders.Burst, BurstSize: 1, Duration: time.Second}
	for _, rate := range []float64{1e12, 1e-300} {
		if _, err := NewSchedule(&p, at, rate); err == nil {
			t.Errorf("bursts at a mean of %v per second were accepted", rate)
		}
	}
}
