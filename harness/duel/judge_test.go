package duel_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/joust-bench/joust/harness/duel"
	"github.com/joust-bench/joust/results"
)

// duels is the number of duels in each law of the simulation.
var duels = flag.Int("duels", 1000, "simulated duels per law")

// machine draws the logarithm of a trial's noise: one generator a duel.
type machine func(rng *rand.Rand) func(trial int) float64

// machines are kinds of noise of some 4 % a trial.
func machines() map[string]machine {
	return map[string]machine{
		"normal": func(rng *rand.Rand) func(int) float64 {
			return func(int) float64 { return 0.04 * rng.NormFloat64() }
		},
		"heavy tails, t with 3 degrees": func(rng *rand.Rand) func(int) float64 {
			return func(int) float64 {
				chi := 0.0
				for range 3 {
					z := rng.NormFloat64()
					chi += z * z
				}
				return 0.025 * rng.NormFloat64() / math.Sqrt(chi/3)
			}
		},
		"one trial in ten stalls": func(rng *rand.Rand) func(int) float64 {
			return func(int) float64 {
				x := 0.02 * rng.NormFloat64()
				if rng.Float64() < 0.1 {
					x -= rng.ExpFloat64() * 0.15
				}
				return x
			}
		},
		"drift that remembers": func(rng *rand.Rand) func(int) float64 {
			speed := 0.0
			return func(int) float64 {
				speed = 0.95*speed + 0.015*rng.NormFloat64()
				return speed + 0.02*rng.NormFloat64()
			}
		},
		"slower and slower, and the second of a pair is slower": func(rng *rand.Rand) func(int) float64 {
			return func(trial int) float64 {
				return -0.002*float64(trial) - 0.02*float64(trial%2) + 0.03*rng.NormFloat64()
			}
		},
	}
}

// fought is a duel of at most that many pairs where log B/A is theta.
func fought(rng *rand.Rand, m machine, theta, margin float64, pairs int) results.Duel {
	noise := m(rng)
	d := results.Duel{Margin: margin}
	var logs []float64
	var pair [2]float64
	for trial := range 2 * pairs {
		i := []int{0, 1, 1, 0}[trial%4]
		pair[i] = theta*float64(i) + noise(trial)
		if trial%2 == 1 {
			logs = append(logs, pair[1]-pair[0])
		}
		if trial%4 != 3 {
			continue
		}
		if duel.Judge(&d, logs); d.Answer != results.DuelUndecided {
			break
		}
	}
	return d
}

// The law of the duel: judged after every A B, B A of 60 pairs, it decides wrongly
// in at most 5 % of duels, for any noise. Without a difference, any "differs" is
// wrong; so is any "does not differ by more" just beyond the margin, and any
// "differs by more" just within it. The test allows 3.3 standard deviations of the
// simulation.
func TestFalseDecisions(t *testing.T) {
	t.Parallel()
	const margin, pairs = 0.02, 60
	n := float64(*duels)
	most := 0.05 + 3.3*math.Sqrt(0.05*0.95/n)
	for name, m := range machines() {
		for law, c := range map[string]struct {
			theta, margin float64
			wrong         func(results.DuelAnswer) bool
		}{
			"no difference, margin 2 %": {0, margin, differs},
			"no difference, margin 0":   {0, 0, differs},
			"a hair within the margin":  {math.Log1p(margin) * 0.999, margin, differs},
			"a hair beyond the margin":  {math.Log1p(margin) * 1.001, margin, func(a results.DuelAnswer) bool { return a == results.DuelWithin }},
			"the other way round":       {-math.Log1p(margin) * 1.001, margin, func(a results.DuelAnswer) bool { return a == results.DuelWithin || a == results.DuelHigher }},
		} {
			rng := rand.New(rand.NewPCG(11, 13))
			wrong := 0.0
			for range *duels {
				if c.wrong(fought(rng, m, c.theta, c.margin, pairs).Answer) {
					wrong++
				}
			}
			if wrong/n > most {
				t.Errorf("%s, %s: %.1f %% of duels were decided wrongly, at most 5 %% may be", name, law, 100*wrong/n)
			}
			t.Logf("%s, %s: %.1f %% wrong", name, law, 100*wrong/n)
		}
	}
}

func differs(a results.DuelAnswer) bool {
	return a == results.DuelHigher || a == results.DuelLower
}

// The power of a duel with 4 % of normal noise a trial and a margin of 2 %. The
// test prints it with -v, and checks its ends.
func TestPower(t *testing.T) {
	t.Parallel()
	const margin = 0.02
	m := machines()["normal"]
	for _, c := range []struct {
		change float64
		pairs  int
		least  float64
	}{{0.5, 4, 0.98}, {0.2, 8, 0.9}, {0.1, 24, 0.9}, {0.1, 60, 0.99}, {0.05, 60, 0.3}, {0, 60, 0}, {0, 300, 0.9}} {
		rng := rand.New(rand.NewPCG(17, 19))
		right, used := 0.0, 0
		for range *duels {
			d := fought(rng, m, math.Log1p(c.change), margin, c.pairs)
			used += d.Pairs
			if c.change > margin && d.Answer == results.DuelHigher || c.change == 0 && d.Answer == results.DuelWithin {
				right++
			}
		}
		share := right / float64(*duels)
		t.Logf("B is %.0f %% higher, at most %d pairs: decided rightly in %.0f %%, after %.0f pairs in the mean", c.change*100, c.pairs, share*100, float64(used)/float64(*duels))
		if share < c.least {
			t.Errorf("B is %.0f %% higher: %d pairs decide %.2f of duels, want %.2f", c.change*100, c.pairs, share, c.least)
		}
	}
}
