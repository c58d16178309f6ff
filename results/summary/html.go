package summary

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/draw"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

//go:embed page.html
var pageText string

// picture is a figure with its caption and its numbers.
type picture struct {
	// SVG holds no text of users that is not escaped: package draw escapes all texts.
	SVG     template.HTML
	Caption string
	// Numbers are those of the figure.
	Numbers *table.Table
}

// HTML writes the result as one page that needs nothing else: no network and no scripts.
// A damaged histogram is an error.
func HTML(w io.Writer, title string, r *results.Report, o Options) error {
	l, err := read(r, o)
	if err != nil {
		return err
	}
	p, err := l.page(title)
	if err != nil {
		return err
	}
	pictures, err := l.figurePictures()
	if err != nil {
		return err
	}
	var text strings.Builder
	form, err := template.New("page").Parse(pageText)
	if err == nil {
		err = form.Execute(&text, struct {
			*page
			Pictures []picture
		}{p, pictures})
	}
	if err != nil {
		return fmt.Errorf("making the page of the result: %w", err)
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("writing the result as HTML: %w", err)
	}
	return nil
}

// figurePictures returns the parts that are shown as pictures.
func (l *load) figurePictures() ([]picture, error) {
	var out []picture
	for _, part := range []struct {
		name Part
		draw func() ([]picture, error)
	}{{Histogram, l.distributionPictures}, {Within, l.servedPicture}, {Time, l.timePictures}} {
		if !l.options.shows(part.name) {
			continue
		}
		pictures, err := part.draw()
		if err != nil {
			return nil, err
		}
		out = append(out, pictures...)
	}
	return out, nil
}

// distributionPictures returns the histogram and the curve of percentiles.
func (l *load) distributionPictures() ([]picture, error) {
	bins, err := l.bins()
	if err != nil || len(bins) == 0 {
		return nil, err
	}
	curve, err := l.curvePicture()
	if err != nil {
		return nil, err
	}
	return append([]picture{l.histogramPicture(bins)}, curve...), nil
}

func (l *load) histogramPicture(bins []bin) picture {
	f := draw.Figure{Title: "Histogram of latency", Desc: "Requests by " + l.headline().name + " latency."}
	numbers := &table.Table{Head: []string{"above", "up to", "requests", "share"}}
	most := 0.0
	for i, b := range bins {
		most = max(most, b.share*100)
		mark := ""
		if b.atLeast {
			mark = markAtLeast
		}
		f.Bars = append(f.Bars, draw.Bar{From: float64(i), To: float64(i + 1), Value: b.share * 100, Tip: fmt.Sprintf(
			"%s to %s%s: %s requests, %s", edge(b.fromNS), mark, edge(b.toNS), count(b.count), smallPercent(b.share))})
		numbers.Add(edge(b.fromNS), mark+edge(b.toNS), count(b.count), smallPercent(b.share))
	}
	f.X = draw.Axis{Scale: draw.Places(len(bins)), Name: l.headline().name + " latency", Print: func(i float64) string {
		if int(i) == len(bins) {
			return edge(bins[len(bins)-1].toNS)
		}
		return edge(bins[int(i)].fromNS)
	}}
	f.Y = draw.Axis{Scale: draw.Linear(most, 5), Name: "share of requests, %", Print: plainNumber}
	return picture{
		SVG:     template.HTML(f.SVG()),
		Caption: fmt.Sprintf("Requests by %s latency: %s samples in bins with round edges, whose width grows where latencies lie far apart.", l.headline().name, count(l.headline().Count)),
		Numbers: numbers,
	}
}

// curvePoints is the number of points of a curve of percentiles.
const curvePoints = 120

// curvePicture returns the curve of percentiles, which ends where fewer than ten samples
// lie beyond; nothing where there are too few samples for any.
func (l *load) curvePicture() ([]picture, error) {
	f := draw.Figure{Title: "Percentiles of latency", Desc: "Latency within which each share of the requests was served."}
	smallest, largest, end := math.Inf(1), 0.0, 0.0
	of := map[string]*stats.Dist{}
	for name, h := range map[string]*results.Histogram{"corrected": l.phase.Total.Corrected, "service": l.phase.Total.Service} {
		d, err := stats.Decode(h)
		if err != nil {
			return nil, err
		}
		if l.named(name) != nil && d.Count() > 0 {
			of[name] = d
			end = max(end, 1-stats.SamplesBeyond/float64(max(d.Count(), 2*stats.SamplesBeyond)))
			smallest, largest = min(smallest, max(1, d.Figure(metric.Min))), max(largest, d.Figure(metric.Max))
		}
	}
	shares := draw.Tail(end)
	f.X = draw.Axis{Scale: shares, Name: "percentile; each further nine has the same width", Print: func(q float64) string { return plainNumber(q * 100) }}
	f.Y = draw.Axis{Scale: draw.Log(smallest, largest, 8), Name: "latency, logarithmic", Print: edge}
	for i, name := range []string{"corrected", "service"} {
		if d := of[name]; d != nil {
			f.Lines = append(f.Lines, l.percentileLines(name, i, d, shares.Evenly(curvePoints))...)
		}
	}
	if len(f.Lines) == 0 {
		return nil, nil
	}
	return []picture{{
		SVG:     template.HTML(f.SVG()),
		Caption: "Latency within which a share of the requests was served. The curve ends where fewer than ten samples lie beyond. Dots are lower bounds: requests without an answer reach them.",
	}}, nil
}

// percentileLines returns the curve of one distribution, and behind it that of its lower
// bounds.
func (l *load) percentileLines(name string, of int, d *stats.Dist, shares []float64) []draw.Line {
	from := math.Inf(1)
	if l.named(name).at(metric.Max).AtLeast {
		from = float64(l.phase.LowerBoundsFromNS())
	}
	sure, bound := draw.Line{Name: name, Of: of}, draw.Line{Name: markAtLeast + name, Of: of, Bound: true}
	for _, q := range shares {
		if !d.Supports(max(q, 0.5)) {
			break
		}
		p := draw.Point{X: q, Y: max(1, float64(d.Quantile(q)))}
		if p.Y >= from {
			bound.Points = append(bound.Points, p)
		} else {
			sure.Points = append(sure.Points, p)
		}
	}
	var out []draw.Line
	for _, line := range []draw.Line{sure, bound} {
		if len(line.Points) > 0 {
			out = append(out, line)
		}
	}
	return out
}

// servedPicture returns the table of shares of the requests.
func (l *load) servedPicture() ([]picture, error) {
	t := newSummary(l)
	out := t.servedTable()
	if out == nil {
		return nil, nil
	}
	caption := "Shares of the requests and the latency within which they were served. " + strings.Join(t.explanations(), ". ")
	return []picture{{Caption: strings.TrimSpace(caption), Numbers: out}}, nil
}

// timePictures returns throughput and latency over the window.
func (l *load) timePictures() ([]picture, error) {
	all, err := l.stretches(max(1, len(l.phaseSegments())))
	if err != nil || len(all) < fewestStretches {
		return nil, err
	}
	rows := newSummary(l).tracks(all)
	numbers := &table.Table{Head: []string{"from s", "to s"}}
	var rates, latencies []track
	for _, row := range rows {
		numbers.Head = append(numbers.Head, row.name)
		switch {
		case row.latency:
			latencies = append(latencies, row)
		case row.rate:
			rates = append(rates, row)
		}
	}
	for i, s := range all {
		cells := []string{plainNumber(float64(s.FromNS-l.phase.T0NS) / 1e9), plainNumber(float64(s.ToNS-l.phase.T0NS) / 1e9)}
		for _, row := range rows {
			cells = append(cells, row.cell(i))
		}
		numbers.Add(cells...)
	}
	out := []picture{l.timePicture("Requests a second over time", "requests a second", all, rates)}
	if len(latencies) > 0 {
		out = append(out, l.timePicture("Latency over time", "latency, logarithmic", all, latencies))
	}
	out[len(out)-1].Numbers = numbers
	return out, nil
}

// timePicture returns figures over time, one line each.
func (l *load) timePicture(title, name string, all []stretch, rows []track) picture {
	from, to := float64(all[0].FromNS-l.phase.T0NS)/1e9, float64(all[len(all)-1].ToNS-l.phase.T0NS)/1e9
	f := draw.Figure{Title: title, Desc: title + ", in " + plural(len(all), "part") + " of the window."}
	f.X = draw.Axis{Scale: draw.Between(from, to, 10), Name: "seconds of the window", Print: plainNumber}
	lowest, highest := math.Inf(1), 0.0
	for i, row := range rows {
		line := draw.Line{Name: row.marks + row.short, Of: i}
		for at, v := range row.values {
			line.Points = append(line.Points, draw.Point{X: (float64(all[at].FromNS+all[at].ToNS)/2 - float64(l.phase.T0NS)) / 1e9, Y: v})
		}
		f.Lines = append(f.Lines, line)
		lowest, highest = min(lowest, row.lowest), max(highest, row.highest)
	}
	f.Y = draw.Axis{Scale: draw.Linear(highest, 5), Name: name, Print: digits}
	if rows[0].latency {
		f.Y.Scale, f.Y.Print = draw.Log(max(1, lowest), highest, 8), edge
	}
	return picture{SVG: template.HTML(f.SVG()), Caption: title + ": one point for " + span(all[0].ToNS-all[0].FromNS) + "."}
}

// plainNumber prints a number without needless digits.
func plainNumber(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
