package draw_test

import (
	"math"
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results/draw"
)

func TestStep(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]float64{
		0.3: 0.5, 1: 1, 1.01: 2, 2: 2, 4.2: 5, 7: 10, 0.1 * 3 / 3: 0.1, 99: 100, 1234: 2000, 0: 0, -1: 0, math.Inf(1): 0,
	} {
		if got := draw.Step(x); got != want {
			t.Errorf("Step(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		smallest, largest float64
		most              int
		want              []float64
	}{
		{100, 200, 12, []float64{100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200}},
		{105, 198, 6, []float64{100, 120, 140, 160, 180, 200}},
		{1, 10, 12, []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10}},
		{1.1, 95, 12, []float64{1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100}},
		{1.1, 900, 12, []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}},
		{1, 1e9, 4, []float64{1, 1e3, 1e6, 1e9}},
	} {
		if got := draw.Edges(c.smallest, c.largest, c.most); !slices.Equal(got, c.want) {
			t.Errorf("Edges(%v, %v, %d) = %v, want %v", c.smallest, c.largest, c.most, got, c.want)
		}
	}
}

// Edges rise, are few, and hold all values between them, without an empty step at an end.
func TestEdgesHoldTheValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		smallest := rapid.Float64Range(1, 1e12).Draw(rt, "smallest")
		largest := smallest * math.Pow(10, rapid.Float64Range(0, 11).Draw(rt, "decades"))
		most := rapid.IntRange(4, 20).Draw(rt, "most")
		edges := draw.Edges(smallest, largest, most)
		n := len(edges)
		if n < 2 || n > most+1 || edges[0] > smallest || edges[n-1] < largest {
			rt.Fatalf("edges of %v to %v, at most %d steps: %v", smallest, largest, most, edges)
		}
		for i := 1; i < n; i++ {
			if edges[i] <= edges[i-1] {
				rt.Fatalf("edges do not rise: %v", edges)
			}
		}
		if n > 2 && edges[n-2] >= largest {
			rt.Fatalf("the last step holds nothing of %v to %v: %v", smallest, largest, edges)
		}
	})
}

// Places rise with the values, and ticks lie within the axis.
func TestScales(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		low := rapid.Float64Range(1, 1e9).Draw(rt, "low")
		high := low * rapid.Float64Range(1.01, 1e6).Draw(rt, "ratio")
		for name, s := range map[string]draw.Scale{
			"linear": draw.Linear(high, 6), "between": draw.Between(low, high, 6), "log": draw.Log(low, high, 8),
			"tail": draw.Tail(1 - 1/high),
		} {
			ticks := s.Ticks()
			if len(ticks) < 1 || len(ticks) > 12 {
				rt.Fatalf("%s of %v to %v: %d ticks", name, low, high, len(ticks))
			}
			for i, tick := range ticks {
				if tick.At < 0 || tick.At > 1 || i > 0 && (tick.At <= ticks[i-1].At || tick.Value <= ticks[i-1].Value) {
					rt.Fatalf("%s of %v to %v: ticks %v", name, low, high, ticks)
				}
			}
			if name != "tail" && (s.At(low) > s.At(high) || s.At(high) == 0) {
				rt.Fatalf("%s: %v lies at %v, %v at %v", name, low, s.At(low), high, s.At(high))
			}
			few := draw.Labelled(ticks, 0.3)
			for i := 1; i < len(few); i++ {
				if few[i].At-few[i-1].At < 0.3 {
					rt.Fatalf("%s: labels at %v", name, few)
				}
			}
		}
	})
}

func TestAxisOfNothing(t *testing.T) {
	t.Parallel()
	if s := draw.Linear(0, 5); s.At(0) != 0 || s.At(1) != 1 {
		t.Errorf("0 lies at %v, 1 at %v", s.At(0), s.At(1))
	}
	if s := draw.Tail(0); s.At(0.9) != 1 || len(s.Ticks()) != 3 {
		t.Errorf("ticks %v", s.Ticks())
	}
}

func TestSigns(t *testing.T) {
	t.Parallel()
	blocks, ascii := draw.Signs{}, draw.Signs{ASCII: true}
	for _, c := range []struct{ got, want string }{
		{blocks.Bar(0, 10), ""}, {blocks.Bar(1, 3), "███"}, {blocks.Bar(0.5, 3), "█▌"}, {blocks.Bar(1e-9, 3), "▏"}, {blocks.Bar(2, 2), "██"}, {blocks.Bar(0.5, 0), ""},
		{ascii.Bar(0.5, 4), "##"}, {ascii.Bar(1e-9, 4), "#"}, {ascii.Bar(math.NaN(), 4), ""},
		{blocks.Row([]float64{0, 1, 4, 8, math.NaN(), 9}, 8), " ▁▄█ █"}, {ascii.Row([]float64{0, 1, 4, 8}, 8), " .=#"}, {blocks.Row([]float64{1}, 0), " "},
		{blocks.Progress(0.5, 4), "██░░"}, {ascii.Progress(2, 4), "####"}, {ascii.Progress(-1, 2), ".."},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// Bars never exceed their columns, and longer ones stand for larger shares.
func TestBarsFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		columns := rapid.IntRange(1, 60).Draw(rt, "columns")
		a, b := rapid.Float64Range(0, 1).Draw(rt, "a"), rapid.Float64Range(0, 1).Draw(rt, "b")
		for _, s := range []draw.Signs{{}, {ASCII: true}} {
			short, long := utf8.RuneCountInString(s.Bar(min(a, b), columns)), utf8.RuneCountInString(s.Bar(max(a, b), columns))
			if short > long || long > columns {
				rt.Fatalf("bars of %d and %d of %d columns for %v and %v", short, long, columns, min(a, b), max(a, b))
			}
			if n := utf8.RuneCountInString(s.Progress(a, columns)); n != columns {
				rt.Fatalf("progress of %d columns, want %d", n, columns)
			}
			if n := utf8.RuneCountInString(s.Row([]float64{a, b, 0}, 1)); n != 3 {
				rt.Fatalf("a row of %d signs for 3 values", n)
			}
		}
	})
}
