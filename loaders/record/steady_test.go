package record

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// trendOf returns the trend of a throughput, in bytes per second, after some seconds.
func trendOf(seconds float64, rate func(t float64) float64) trend {
	var tr trend
	moved := 0.0
	step := steadyStep.Seconds()
	for t := 0.0; t <= seconds+step/2; t += step {
		tr.add(progress{at: int64(math.Round(t * 1e9)), moved: uint64(moved)})
		moved += rate(t+step/2) * step
	}
	return tr
}

func TestSlopeOfThroughput(t *testing.T) {
	t.Parallel()
	flat := func(float64) float64 { return 1e6 }
	for name, c := range map[string]struct {
		seconds float64
		rate    func(float64) float64
		want    float64
		ok      bool
	}{
		"flat":                       {1, flat, 0, true},
		"too short":                  {0.9, flat, 0, false},
		"nothing moves":              {2, func(float64) float64 { return 0 }, 0, false},
		"5 % more a second":          {1, func(t float64) float64 { return 1e6 * (1 + 0.05*(t-0.5)) }, 0.05, true},
		"10 % less a second":         {1, func(t float64) float64 { return 1e6 * (1 - 0.1*(t-0.5)) }, -0.1, true},
		"only the last second count": {3, func(t float64) float64 { return 1e6 * min(1, t/2) }, 0, true},
		// A stall of two steps and the burst behind it are no trend.
		"a stall": {1, func(t float64) float64 {
			switch {
			case t > 0.8 && t < 0.9:
				return 0
			case t > 0.9 && t < 0.95:
				return 3e6
			}
			return 1e6
		}, 0, true},
	} {
		got, ok := trendOf(c.seconds, c.rate).slope()
		if ok != c.ok || math.Abs(got-c.want) > 0.002 {
			t.Errorf("%s: slope %.4f (%t), want %.4f (%t)", name, got, ok, c.want, c.ok)
		}
	}
}

// A noise of 3 % from step to step, more than a quiet machine has, is seldom
// taken for a trend of three times the limit, which a cold server has.
func TestSlopeOfNoisyThroughput(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	wrong, runs := 0, 500
	for range runs {
		s, _ := trendOf(1, func(t float64) float64 { return 1e6 * (1 + 0.1*(t-0.5)) * (1 + 0.03*random.NormFloat64()) }).slope()
		if math.Abs(s) <= 0.02 {
			wrong++
		}
	}
	if wrong > runs/20 {
		t.Errorf("a server that becomes 10 %% faster a second passed for steady %d times of %d", wrong, runs)
	}
}

func TestHalves(t *testing.T) {
	t.Parallel()
	for want, rate := range map[float64]func(float64) float64{
		0:    func(float64) float64 { return 1e6 },
		0.05: func(t float64) float64 { return 1e6 * (1 + 0.1*(t-0.5)) },
		0.4:  func(t float64) float64 { return 1e6 * (1 + 0.5*math.Floor(2*t)) },
	} {
		if got := trendOf(1, rate).halves(); math.Abs(got-want) > 0.01 {
			t.Errorf("halves differ by %.3f instead of %.3f", got, want)
		}
	}
}

func TestTrendForgets(t *testing.T) {
	t.Parallel()
	tr := trendOf(30, func(float64) float64 { return 1e6 })
	if n := len(tr); n > int(time.Second/steadyStep)+2 {
		t.Errorf("%d progresses are kept", n)
	}
}

// A phase of a fixed length has no watch and no outcome.
func TestFixedPhasesAreNotWatched(t *testing.T) {
	t.Parallel()
	settled := UntilSteady(&loaders.Phase{Duration: time.Hour}, 0, func() results.Interval { panic("looked at") }, func(int64) { panic("ended") })
	if got := settled(); got != nil {
		t.Errorf("got %+v", got)
	}
}

// watch runs UntilSteady over a throughput until it ends the phase, or the longest
// duration has passed.
func watch(t *testing.T, rate func(seconds float64) float64) (outcome *results.Steadiness, after time.Duration) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		p := loaders.Phase{Duration: 2 * time.Second, MaxDuration: 5 * time.Second, SteadyWithin: 0.02, HalvesWithin: 0.03}
		opens := clock.Now()
		last, moved := opens, 0.0
		live := func() results.Interval {
			now := clock.Now()
			moved += rate(float64(now-opens)/1e9) * float64(now-last) / 1e9
			last = now
			return results.Interval{AtNS: now, Bytes: uint64(moved)}
		}
		ended := make(chan int64, 1)
		settled := UntilSteady(&p, opens, live, func(at int64) { ended <- at })
		select {
		case at := <-ended:
			after = time.Duration(at - opens)
		case <-time.After(p.MaxDuration):
			after = p.MaxDuration
		}
		outcome = settled()
	})
	return outcome, after
}

func TestUntilSteady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate   func(seconds float64) float64
		steady bool
		after  time.Duration
	}{
		"steady at once":        {func(float64) float64 { return 1e6 }, true, 2 * time.Second},
		"steady from the third": {func(s float64) float64 { return 1e6 * min(1, s/3) }, true, 3 * time.Second},
		"ever faster":           {func(s float64) float64 { return 1e6 * (1 + s) }, false, 5 * time.Second},
		"nothing moves":         {func(float64) float64 { return 0 }, false, 5 * time.Second},
	} {
		got, after := watch(t, c.rate)
		if got == nil || got.Reached != c.steady || after < c.after || c.steady && after > c.after+time.Second {
			t.Errorf("%s: %+v after %v, want steady %t after %v", name, got, after, c.steady, c.after)
		}
	}
}
