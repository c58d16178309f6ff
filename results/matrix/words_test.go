package matrix

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

func TestDifferencesInWords(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]string{1.123: "+12 %", 1.0123: "+1.2 %", 0.88: "−12 %", 0.999: "−0.1 %", 2.8: "× 2.80", 0.25: "× 0.250", 1: "+0.0 %"} {
		if got := difference(ratio); got != want {
			t.Errorf("difference(%v) = %q, want %q", ratio, got, want)
		}
	}
	if got := differenceWithInterval(stats.Ratio{Value: 1.12, Low: 0.98, High: 1.2}); got != "+12 % [−2.0 – +20]" {
		t.Errorf("with its interval: %q", got)
	}
	for x, want := range map[float64]string{0.0123: "1.2 %", 0.0999: "10 %", 0.5: "50 %", math.Inf(1): "—"} {
		if got := percentage(x); got != want {
			t.Errorf("percentage(%v) = %q, want %q", x, got, want)
		}
	}
}

// For any values, the words claim the differences that the test calls, and a cell
// has a place if claims can be made about it.
func TestWordsAndPlacesAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		var entries []entry
		for i := range rapid.IntRange(2, 5).Draw(rt, "cells") {
			e := entry{sample: stats.CellValues{Name: fmt.Sprintf("s%d", i)}}
			centre := rapid.Float64Range(100, 120).Draw(rt, "centre")
			for range rapid.IntRange(0, 8).Draw(rt, "n") {
				e.sample.Values = append(e.sample.Values, centre*math.Exp(0.01*rng.NormFloat64()))
			}
			entries = append(entries, e)
		}
		v := newView(cells.Of(results.Run{}))
		c := v.contest("p99", rapid.Bool().Draw(rt, "low"), entries)
		words := c.words()
		called := 0
		for _, claim := range c.claims.Claims {
			if claim.Called {
				called++
			}
		}
		if got := strings.Count(words, " ["); got != called {
			rt.Fatalf("%d differences are called and %d printed: %s", called, got, words)
		}
		if !c.decidable && called > 0 {
			rt.Fatalf("a difference is called where none can be: %s", words)
		}
		for i := range entries {
			if (c.place(i) != "") != (c.decidable && c.ranks[i].Best > 0) {
				rt.Fatalf("s%d has the place %q: %s", i, c.place(i), words)
			}
		}
	})
}
