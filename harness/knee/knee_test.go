package knee_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/knee"
)

// search runs a search against a server; kept answers for one window at a rate.
func search(t interface{ Fatalf(string, ...any) }, b knee.Bounds, kept func(rate float64) bool) (s *knee.Bisection, asked []float64) {
	s = knee.NewBisection(b, knee.RateRules())
	for {
		rate, ok := s.Next()
		if !ok {
			return s, asked
		}
		if len(asked) == knee.MaxSteps {
			t.Fatalf("the search has not ended after %d steps: %v", knee.MaxSteps, asked)
		}
		asked = append(asked, rate)
		s.Note(kept(rate))
	}
}

// bounds draws those of a search around a peak.
func bounds(t *rapid.T) knee.Bounds {
	peak := math.Exp(rapid.Float64Range(0, 18).Draw(t, "log peak"))
	b, ok := knee.BoundsAround(peak*rapid.Float64Range(0.1, 1).Draw(t, "start"),
		peak*rapid.Float64Range(0, 0.5).Draw(t, "least"), peak*rapid.Float64Range(1, 1.5).Draw(t, "ceiling"))
	if !ok {
		t.Fatalf("no bounds around %v", peak)
	}
	return b
}

// A search of a server without noise ends within knee.MaxSteps and has the truth in
// its bracket, wherever that lies.
func TestSearchBracketsTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := bounds(t)
		truth := b.Ceiling * math.Exp(rapid.Float64Range(-7, 1).Draw(t, "log truth"))
		s, asked := search(t, b, func(rate float64) bool { return rate <= truth })
		kept, missed := s.Bracket()
		switch end := s.End(); {
		case truth >= b.Ceiling:
			if end != knee.Ceiling || kept != b.Ceiling || missed != 0 {
				t.Fatalf("truth %v at or above the ceiling %v: %s, [%v, %v]", truth, b.Ceiling, end, kept, missed)
			}
		case truth < b.Floor:
			if end != knee.Floor || kept != 0 || missed != b.Floor {
				t.Fatalf("truth %v below the floor %v: %s, [%v, %v]", truth, b.Floor, end, kept, missed)
			}
		default:
			if end != knee.Bracketed || kept > truth || missed <= truth || missed > kept*knee.Resolution {
				t.Fatalf("truth %v: %s, [%v, %v] after %v", truth, end, kept, missed, asked)
			}
		}
		for _, rate := range asked {
			if rate < b.Floor*(1-1e-12) || rate > b.Ceiling {
				t.Fatalf("asked for %v outside [%v, %v]", rate, b.Floor, b.Ceiling)
			}
		}
	})
}

// A better server never has a lower knee.
func TestSearchIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := bounds(t)
		low := b.Ceiling * rapid.Float64Range(0.01, 1.2).Draw(t, "truth")
		high := low * rapid.Float64Range(1, 3).Draw(t, "better by")
		kneeOf := func(truth float64) float64 {
			s, _ := search(t, b, func(rate float64) bool { return rate <= truth })
			kept, _ := s.Bracket()
			return kept
		}
		if a, c := kneeOf(low), kneeOf(high); c < a {
			t.Fatalf("%v req/s are found for the truth %v, %v for %v", a, low, c, high)
		}
	})
}

// Whatever a server answers, the search ends. Its bracket holds a kept rate, and
// one above it that missed every time.
func TestSearchEndsWithAnyAnswers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := bounds(t)
		kept, missed := map[float64]bool{}, map[float64]int{}
		s, _ := search(t, b, func(rate float64) bool {
			answer := rapid.Bool().Draw(t, "kept")
			if answer {
				kept[rate] = true
			} else {
				missed[rate]++
			}
			return answer
		})
		low, high := s.Bracket()
		if low > 0 && !kept[low] || high > 0 && (missed[high] != 2 || kept[high]) || high > 0 && low >= high {
			t.Fatalf("bracket [%v, %v] of kept %v and missed %v", low, high, kept, missed)
		}
	})
}

// One disturbed window in ten hardly moves the knee.
func TestSearchWithNoise(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	b, _ := knee.BoundsAround(250, 0, 1500)
	var ratios []float64
	for range 2000 {
		truth := 300 + 900*random.Float64()
		s, _ := search(t, b, func(rate float64) bool { return rate <= truth && random.Float64() >= 0.1 })
		kept, _ := s.Bracket()
		ratios = append(ratios, kept/truth)
	}
	slices.Sort(ratios)
	if median, tenth := ratios[1000], ratios[200]; median < 0.97 || tenth < 0.9 || ratios[1999] > 1 {
		t.Errorf("found/truth: median %.3f, lowest tenth %.3f, highest %.3f", median, tenth, ratios[1999])
	}
}

func TestBoundsAround(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		start, least, ceiling float64
		want                  knee.Bounds
		ok                    bool
	}{
		"plain":                       {64, 0, 300, knee.Bounds{64, 4, 300}, true},
		"too few samples low down":    {64, 10, 300, knee.Bounds{64, 10, 300}, true},
		"a start below the least":     {64, 100, 300, knee.Bounds{100, 100, 300}, true},
		"a start above the ceiling":   {640, 0, 320, knee.Bounds{320, 20, 320}, true},
		"nothing can be known at all": {64, 400, 300, knee.Bounds{}, false},
		"no peak":                     {0, 0, 0, knee.Bounds{}, false},
		"no number":                   {math.NaN(), 0, 1, knee.Bounds{}, false},
		"a loader that can pace none": {64, 0, 0, knee.Bounds{}, false},
	} {
		got, ok := knee.BoundsAround(tt.start, tt.least, tt.ceiling)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%s: %+v, %t, want %+v, %t", name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestConfirmation(t *testing.T) {
	t.Parallel()
	for _, truth := range []float64{1000, 960, 900, 720, 1} {
		c := knee.NewConfirmation(1000, 0, false)
		steps := 0
		for rate, ok := c.Next(); ok; rate, ok = c.Next() {
			steps++
			c.Note(rate <= truth)
		}
		kept, missed := c.Bracket()
		if missed > 0 && missed <= truth {
			t.Errorf("truth %v: %v is said to have missed", truth, missed)
		}
		if lowest := 1000 / math.Pow(knee.StepDown, knee.MaxConfirms-1); truth >= lowest && (kept <= truth/knee.StepDown || kept > truth) || truth < lowest && (kept != 0 || steps != knee.MaxConfirms) {
			t.Errorf("truth %v: confirmed %v in %d steps", truth, kept, steps)
		}
	}
}

// Whole numbers are asked for where the rules say so, and the search ends between two that
// follow each other.
func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := knee.Rules{Growth: rapid.Float64Range(1.05, 8).Draw(t, "growth"), Resolution: 1.03, Misses: 1, Whole: true}
		from := float64(rapid.IntRange(1, 50).Draw(t, "from"))
		b := knee.Bounds{Start: from, Floor: 1, Ceiling: from + float64(rapid.IntRange(0, 5000).Draw(t, "reach"))}
		truth := float64(rapid.IntRange(0, int(b.Ceiling)+1).Draw(t, "truth"))
		s := knee.NewBisection(b, rules)
		for rate, ok := s.Next(); ok; rate, ok = s.Next() {
			if rate != math.Trunc(rate) || rate < b.Floor || rate > b.Ceiling {
				t.Fatalf("%v is asked for within %+v", rate, b)
			}
			s.Note(rate <= truth)
		}
		kept, missed := s.Bracket()
		if s.End() == knee.Bracketed && (kept > truth || missed <= truth || missed > kept+1 && missed > kept*1.03) || s.End() == knee.Floor && truth >= 1 || s.End() == knee.Ceiling && truth < b.Ceiling {
			t.Fatalf("truth %v: %s, [%v, %v]", truth, s.End(), kept, missed)
		}
	})
}

func TestWholeConfirmation(t *testing.T) {
	t.Parallel()
	c := knee.NewConfirmation(5, 3, true)
	var asked []float64
	for n, ok := c.Next(); ok; n, ok = c.Next() {
		asked = append(asked, n)
		c.Note(false)
	}
	if !slices.Equal(asked, []float64{5, 4, 3}) {
		t.Errorf("%v are asked for", asked)
	}
}

func TestGrows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rps  []float64
		want bool
	}{
		{nil, true},
		{[]float64{100}, true},
		{[]float64{100, 200, 400}, true},
		{[]float64{100, 200, 205}, true},            // once may be noise
		{[]float64{100, 200, 205, 208}, false},      // twice is not
		{[]float64{100, 200, 190, 260}, true},       // growth after a dip
		{[]float64{100, 200, 190, 260, 270}, true},  // and once without
		{[]float64{100, 200, 190, 180, 170}, false}, // decline
		{[]float64{100, 0, 0}, false},               // points that do not count
		{[]float64{100, 0, 101}, true},              // say nothing of growth
	} {
		if got := knee.Grows(tt.rps); got != tt.want {
			t.Errorf("Grows(%v) = %t", tt.rps, got)
		}
	}
}

func TestBest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rps  []float64
		want int
	}{
		{nil, -1}, {[]float64{0, 0}, -1}, {[]float64{5}, 0}, {[]float64{100, 300, 200}, 1},
		{[]float64{100, 990, 1000}, 1}, {[]float64{100, 970, 1000}, 2}, {[]float64{0, 1000, 1010}, 1},
	} {
		if got := knee.Best(tt.rps); got != tt.want {
			t.Errorf("Best(%v) = %d, want %d", tt.rps, got, tt.want)
		}
	}
}
