package record_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
)

// Lead and window belong to a ramp; bursts keep the mean rate.
func TestSchedules(t *testing.T) {
	t.Parallel()
	at := record.Timing{Begin: 1e9, T0: 2e9, T1: 5e9, End: 6e9}
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
		schedule, err := record.NewSchedule(&c.phase, at, c.rate)
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
	if _, err := record.NewSchedule(&loaders.Phase{Schedule: "sometimes"}, at, 1); err == nil {
		t.Error("an unknown schedule was accepted")
	}
	p := loaders.Phase{Schedule: loaders.Burst, BurstSize: 1, Duration: time.Second}
	for _, rate := range []float64{1e12, 1e-300} {
		if _, err := record.NewSchedule(&p, at, rate); err == nil {
			t.Errorf("bursts at a mean of %v per second were accepted", rate)
		}
	}
}

func TestTimePhase(t *testing.T) {
	t.Parallel()
	const ms = int64(time.Millisecond)
	const drain = 7 * ms
	for _, c := range []struct {
		name          string
		phase         loaders.Phase
		earliest, now int64
		lastRPS       float64
		want          record.Timing
	}{
		{"warm-up at once", loaders.Phase{Duration: 100e6}, 0, 1000 * ms, 0, record.Timing{1000 * ms, 1000 * ms, 1100 * ms, 1107 * ms}},
		{"warm-up until steady gets its bound", loaders.Phase{Duration: 100e6, MaxDuration: 400e6, SteadyWithin: 0.02}, 0, 1000 * ms, 0, record.Timing{1000 * ms, 1000 * ms, 1400 * ms, 1407 * ms}},
		{"warm-up at the start", loaders.Phase{Duration: 100e6}, 1500 * ms, 1000 * ms, 0, record.Timing{1500 * ms, 1500 * ms, 1600 * ms, 1607 * ms}},
		{"measured without lead is announced ahead", loaders.Phase{Measured: true, Duration: 100e6}, 0, 1000 * ms, 0, record.Timing{1055 * ms, 1055 * ms, 1155 * ms, 1162 * ms}},
		{"a short lead begins later", loaders.Phase{Measured: true, Duration: 100e6, Lead: 20e6}, 0, 1000 * ms, 0, record.Timing{1035 * ms, 1055 * ms, 1155 * ms, 1162 * ms}},
		{"a long lead begins now", loaders.Phase{Measured: true, Duration: 100e6, Lead: 200e6}, 0, 1000 * ms, 0, record.Timing{1000 * ms, 1200 * ms, 1300 * ms, 1307 * ms}},
		{"a far start needs no more", loaders.Phase{Measured: true, Duration: 100e6, Lead: 20e6}, 2000 * ms, 1000 * ms, 0, record.Timing{2000 * ms, 2020 * ms, 2120 * ms, 2127 * ms}},
		{"completions fit", loaders.Phase{Duration: 100e6, MinCompletions: 50, MaxDuration: 10e9}, 0, 0, 1000, record.Timing{0, 0, 100 * ms, 107 * ms}},
		{"completions stretch", loaders.Phase{Duration: 100e6, MinCompletions: 50, MaxDuration: 10e9}, 0, 0, 10, record.Timing{0, 0, 5000 * ms, 5007 * ms}},
		{"completions are bounded", loaders.Phase{Duration: 100e6, MinCompletions: 50, MaxDuration: 10e9}, 0, 0, 1, record.Timing{0, 0, 10_000 * ms, 10_007 * ms}},
		{"completions at no rate", loaders.Phase{Duration: 100e6, MinCompletions: 50, MaxDuration: 10e9}, 0, 0, 0, record.Timing{0, 0, 10_000 * ms, 10_007 * ms}},
		{"completions at next to no rate", loaders.Phase{Duration: 100e6, MinCompletions: 50, MaxDuration: 10e9}, 0, 0, 1e-300, record.Timing{0, 0, 10_000 * ms, 10_007 * ms}},
	} {
		if got := record.TimePhase(&c.phase, c.earliest, c.now, drain, c.lastRPS); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Whatever is asked, load begins neither in the past nor before the start, a
// measured window is announced ahead, and its lead is whole.
func TestTimePhaseLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		span := rapid.Int64Range(0, 10e9)
		p := loaders.Phase{
			Measured: rapid.Bool().Draw(rt, "measured"), Lead: time.Duration(span.Draw(rt, "lead")),
			Duration: time.Duration(1 + span.Draw(rt, "duration")), MinCompletions: rapid.IntRange(0, 100).Draw(rt, "completions"),
		}
		p.MaxDuration = p.Duration + time.Duration(span.Draw(rt, "more"))
		earliest, now, drain := span.Draw(rt, "earliest"), span.Draw(rt, "now"), span.Draw(rt, "drain")
		got := record.TimePhase(&p, earliest, now, drain, rapid.Float64Range(0, 1e6).Draw(rt, "rate"))
		length := got.T1 - got.T0
		switch {
		case got.Begin < now || got.Begin < earliest:
			rt.Errorf("%+v begins before now %d or the start %d", got, now, earliest)
		case got.T0-got.Begin != int64(p.Lead):
			rt.Errorf("%+v has a lead of %d, want %d", got, got.T0-got.Begin, p.Lead)
		case p.Measured && got.T0 < now+record.AnnounceAhead:
			rt.Errorf("%+v is announced %d ns ahead", got, got.T0-now)
		case length < int64(p.Duration) || length > int64(p.MaxDuration) || p.MinCompletions == 0 && length != int64(p.Duration):
			rt.Errorf("%+v is %d ns long, asked were %d to %d", got, length, p.Duration, p.MaxDuration)
		case got.End != got.T1+drain:
			rt.Errorf("%+v drains until %d, want %d", got, got.End, got.T1+drain)
		}
	})
}
