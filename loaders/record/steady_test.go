package record

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// seen is a trend after readings of a throughput, in bytes per second, of
// elapsed seconds.
func seen(seconds float64, rate func(t float64) float64) *trend {
	var tr trend
	moved := 0.0
	step := steadyStep.Seconds()
	for t := 0.0; t <= seconds+step/2; t += step {
		tr.add(reading{at: int64(math.Round(t * 1e9)), moved: uint64(moved)})
		moved += rate(t+step/2) * step
	}
	return &tr
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
		got, ok := seen(c.seconds, c.rate).slope()
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
		s, _ := seen(1, func(t float64) float64 { return 1e6 * (1 + 0.1*(t-0.5)) * (1 + 0.03*random.NormFloat64()) }).slope()
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
		if got := seen(1, rate).halves(); math.Abs(got-want) > 0.01 {
			t.Errorf("halves differ by %.3f instead of %.3f", got, want)
		}
	}
}

func TestTrendForgets(t *testing.T) {
	t.Parallel()
	tr := seen(30, func(float64) float64 { return 1e6 })
	if n := len(tr.readings); n > int(time.Second/steadyStep)+2 {
		t.Errorf("%d readings are kept", n)
	}
}

// A phase without the wish has no watch and no outcome.
func TestFixedPhasesAreNotWatched(t *testing.T) {
	t.Parallel()
	settled := UntilSteady(&loaders.Phase{Duration: time.Hour}, 0, func() results.Interval { panic("looked at") }, func(int64) { panic("ended") })
	if got := settled(); got != nil {
		t.Errorf("got %+v", got)
	}
}
