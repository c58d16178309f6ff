package draw

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// The size of a figure and of the room beside its axes, in pixels.
const (
	width, height                = 760.0, 280.0
	left, right, top, bottom     = 76.0, 96.0, 14.0, 48.0
	plotWidth, plotHeight        = width - left - right, height - top - bottom
	labelHeight, labelEveryShare = 15.0, 0.075
)

// palette are the colours of lines for a light page, by their order. A page may set
// others by the classes line0, line1 and so on.
var palette = []string{"#1b5fa8", "#a8480a", "#3b7a3b"}

// dashes tell lines apart without colours.
var dashes = []string{"", "7 3", "2 3"}

// Axis is one side of a figure.
type Axis struct {
	Scale
	// Name says what lies on the axis, with its unit.
	Name string
	// Print returns the label of a tick.
	Print func(float64) string
}

// Point is a place in a figure, in the values of its axes. A Y of NaN is a gap.
type Point struct{ X, Y float64 }

// Line connects points. Its name stands at its end.
type Line struct {
	Name   string
	Points []Point
	// Bound is true for a line of lower bounds, which is drawn as a row of dots.
	Bound bool
	// Of is the place of the line's colour in the palette.
	Of int
}

// Bar is a bar from the bottom of a figure. Tip says what it stands for.
type Bar struct {
	From, To, Value float64
	Tip             string
}

// Figure is a picture of lines and bars over two axes.
type Figure struct {
	// Title names the figure, Desc says in words what it shows.
	Title, Desc string
	X, Y        Axis
	Bars        []Bar
	Lines       []Line
}

// SVG returns the figure as an svg element. It needs neither scripts nor style sheets:
// attributes draw it for a light page, and its classes (line0, bar, grid) let a page set
// other colours. Text has the colour of the page's text. Equal figures are equal texts.
func (f *Figure) SVG() string {
	d := &drawing{Figure: f}
	d.tag(`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" viewBox="0 0 %s %s" width="%s" height="%s" font-family="system-ui, sans-serif" font-size="12">`,
		words(f.Title), place(width), place(height), place(width), place(height))
	d.tag(`<title>%s</title>`, words(f.Title))
	d.tag(`<desc>%s</desc>`, words(f.Desc))
	d.axes()
	for _, b := range f.Bars {
		d.bar(b)
	}
	for _, l := range f.Lines {
		d.line(l)
	}
	d.labels()
	d.tag(`</svg>`)
	return d.String()
}

// drawing is a figure in the making.
type drawing struct {
	strings.Builder
	*Figure
}

func (d *drawing) tag(format string, args ...any) { fmt.Fprintf(d, format+"\n", args...) }

// words returns a text of any origin as text of an SVG: escaped, without what XML cannot
// hold.
func words(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}

// place prints a number of pixels.
func place(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

func (d *drawing) x(v float64) float64 { return left + plotWidth*d.X.At(v) }
func (d *drawing) y(v float64) float64 { return top + plotHeight*(1-d.Y.At(v)) }

func (d *drawing) text(x, y float64, anchor, more, label string) {
	d.tag(`<text x="%s" y="%s" text-anchor="%s" fill="currentColor"%s>%s</text>`, place(x), place(y), anchor, more, words(label))
}

// axes draws both axes with their grid, ticks and names.
func (d *drawing) axes() {
	const grid = ` class="grid" stroke="#8a8a8a" stroke-opacity="0.35"`
	for _, t := range d.Y.Ticks() {
		y := top + plotHeight*(1-t.At)
		d.tag(`<line x1="%s" y1="%s" x2="%s" y2="%s"%s/>`, place(left), place(y), place(left+plotWidth), place(y), grid)
	}
	for _, t := range Labelled(d.Y.Ticks(), labelEveryShare) {
		d.text(left-8, top+plotHeight*(1-t.At)+4, "end", "", d.Y.Print(t.Value))
	}
	for _, t := range d.X.Ticks() {
		x := left + plotWidth*t.At
		d.tag(`<line x1="%s" y1="%s" x2="%s" y2="%s"%s/>`, place(x), place(top+plotHeight), place(x), place(top+plotHeight+5), ` class="axis" stroke="currentColor"`)
	}
	for _, t := range Labelled(d.X.Ticks(), labelEveryShare) {
		d.text(left+plotWidth*t.At, top+plotHeight+19, "middle", "", d.X.Print(t.Value))
	}
	d.tag(`<line x1="%s" y1="%s" x2="%s" y2="%s" class="axis" stroke="currentColor"/>`, place(left), place(top+plotHeight), place(left+plotWidth), place(top+plotHeight))
	d.text(left+plotWidth/2, height-8, "middle", "", d.X.Name)
	middle := top + plotHeight/2
	d.text(14, middle, "middle", fmt.Sprintf(` transform="rotate(-90 14 %s)"`, place(middle)), d.Y.Name)
}

// bar draws a bar with a pixel between it and the next.
func (d *drawing) bar(b Bar) {
	x, y := d.x(b.From), d.y(b.Value)
	d.tag(`<rect class="bar" x="%s" y="%s" width="%s" height="%s" fill="%s"><title>%s</title></rect>`,
		place(x+0.5), place(y), place(max(d.x(b.To)-x-1, 0.5)), place(top+plotHeight-y), palette[0], words(b.Tip))
}

// line draws a line, with a gap where a point has no value and a dot where a point has
// no neighbours.
func (d *drawing) line(l Line) {
	of := l.Of % len(palette)
	dash := dashes[of]
	if l.Bound {
		dash = "1 4"
	}
	var path strings.Builder
	drawn := false
	for i, p := range l.Points {
		if math.IsNaN(p.Y) {
			drawn = false
			continue
		}
		command := "L"
		if !drawn {
			command = "M"
		}
		drawn = true
		fmt.Fprintf(&path, "%s%s %s", command, place(d.x(p.X)), place(d.y(p.Y)))
		if alone := command == "M" && (i+1 == len(l.Points) || math.IsNaN(l.Points[i+1].Y)); alone {
			path.WriteString("h0.1")
		}
	}
	d.tag(`<path class="line%d" d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round" stroke-linecap="round" stroke-dasharray="%s"><title>%s</title></path>`,
		of, path.String(), palette[of], dash, words(l.Name))
}

// labels writes the names of lines at their ends, none over another.
func (d *drawing) labels() {
	var taken []float64
	for _, l := range d.Lines {
		end := len(l.Points) - 1
		for end >= 0 && math.IsNaN(l.Points[end].Y) {
			end--
		}
		if end < 0 {
			continue
		}
		y := d.y(l.Points[end].Y) + 4
		for moved := true; moved; {
			moved = false
			for _, t := range taken {
				if math.Abs(y-t) < labelHeight-1e-9 {
					y, moved = t-labelHeight, true
				}
			}
		}
		taken = append(taken, y)
		d.text(d.x(l.Points[end].X)+8, y, "start", "", l.Name)
	}
}
