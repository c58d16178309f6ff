package draw_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results/draw"
	"github.com/joust-bench/joust/results/golden"
)

func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func TestFigure(t *testing.T) {
	t.Parallel()
	f := draw.Figure{
		Title: "Latency over <time>", Desc: "Two lines and a bar.",
		X:    draw.Axis{Scale: draw.Between(0, 10, 10), Name: "seconds", Print: number},
		Y:    draw.Axis{Scale: draw.Log(1, 90, 8), Name: "ms, logarithmic", Print: number},
		Bars: []draw.Bar{{From: 1, To: 2, Value: 5, Tip: "5 & more"}},
		Lines: []draw.Line{
			{Name: "p50", Points: []draw.Point{{0, 2}, {4, 3}, {6, math.NaN()}, {8, 3}}},
			{Name: "≥ p50", Of: 1, Bound: true, Points: []draw.Point{{8, 3}, {10, 4}}},
			{Name: "nothing", Of: 2, Points: []draw.Point{{8, math.NaN()}}},
		},
	}
	golden.Hold(t, "testdata/figure.svg", f.SVG())
}

// Whatever it shows, a figure is XML, and everything lies within it.
func TestFiguresAreWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.OneOf(rapid.Float64Range(-1e12, 1e12), rapid.Just(math.NaN()))
		name := rapid.String().Draw(rt, "name")
		high := rapid.Float64Range(0, 1e9).Draw(rt, "high")
		f := draw.Figure{
			Title: name, Desc: name,
			X: draw.Axis{Scale: draw.Linear(high, 10), Name: name, Print: number}, Y: draw.Axis{Scale: draw.Log(1, 1+high, 8), Name: name, Print: number},
			Bars: []draw.Bar{{From: 0, To: high, Value: max(1, high), Tip: name}},
		}
		for i := range rapid.IntRange(0, 4).Draw(rt, "lines") {
			l := draw.Line{Name: name, Of: i, Bound: i%2 == 1}
			for range rapid.IntRange(0, 5).Draw(rt, "points") {
				l.Points = append(l.Points, draw.Point{X: rapid.Float64Range(0, 1e9).Draw(rt, "x"), Y: math.Abs(value.Draw(rt, "y"))})
			}
			f.Lines = append(f.Lines, l)
		}
		text := f.SVG()
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			rt.Fatalf("no number in\n%s", text)
		}
		d := xml.NewDecoder(strings.NewReader(text))
		d.Strict = true
		d.CharsetReader = nil
		for depth := 0; ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				rt.Fatalf("%v in\n%s", err, text)
			}
			switch token.(type) {
			case xml.StartElement:
				depth++
			case xml.EndElement:
				depth--
			}
		}
	})
}
