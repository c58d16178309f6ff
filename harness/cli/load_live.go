package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/draw"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

const (
	// drawEvery is the time between two drawings of a load, in nanoseconds: a terminal
	// that is drawn more often takes CPU time from the load.
	drawEvery = int64(250 * time.Millisecond)
	// readEvery is the time between two readings of the last second's percentiles, which
	// take most of the time of a drawing.
	readEvery = int64(time.Second)
	// mostRates is the number of seconds whose rates are drawn.
	mostRates = 30
	// progressColumns is the width of the bar of progress.
	progressColumns = 30
)

// loadView holds what is drawn of a load in addition to its plain line. It draws no
// terminal and reads no clock.
type loadView struct {
	signs draw.Signs
	// rates are the requests a second of the last seconds, rated when the last of them
	// ended, after done requests.
	rates []float64
	rated int64
	done  uint64
	// segments ended within the last second; latency is what was read of them at the
	// instant read.
	segments []*results.Segment
	latency  string
	read     int64
}

// begin forgets the phase before.
func (v *loadView) begin(w loaders.Window) {
	*v = loadView{signs: v.signs, rated: w.T0NS, read: w.T0NS}
}

// add takes an interval of the phase.
func (v *loadView) add(i *loaders.Interval) {
	if passed := i.AtNS - v.rated; passed >= rateSpan {
		v.rates = append(v.rates, float64(i.Completed-v.done)*1e9/float64(passed))
		v.rates = v.rates[max(0, len(v.rates)-mostRates):]
		v.rated, v.done = i.AtNS, i.Completed
	}
	if i.Segment == nil {
		return
	}
	v.segments = append(v.segments, i.Segment)
	for len(v.segments) > 1 && i.Segment.ToNS-v.segments[0].FromNS > rateSpan {
		v.segments = v.segments[1:]
	}
	if i.AtNS-v.read >= readEvery {
		v.read, v.latency = i.AtNS, v.percentiles()
	}
}

// percentiles reads the latency of the last second.
func (v *loadView) percentiles() string {
	var histograms []*results.Histogram
	for _, s := range v.segments {
		histograms = append(histograms, s.Latency)
	}
	length := time.Duration(v.segments[len(v.segments)-1].ToNS - v.segments[0].FromNS)
	name := fmt.Sprintf("%-10s ", fmt.Sprintf("last %v", length.Round(time.Millisecond)))
	d := cells.Together(histograms)
	if d == nil || d.Damaged != nil {
		return name + "no right answers"
	}
	var words []string
	for _, n := range []metric.Name{metric.P50, metric.P90, metric.P99, metric.Max} {
		p := d.At(n)
		scale := table.ScaleOf(table.Durations(), p.NS)
		mark := ""
		if _, percentile := n.Quantile(); percentile && !p.Printable {
			mark = "* "
		}
		words = append(words, fmt.Sprintf("%s %s%s %s", n, mark, scale.Digits(p.NS), scale.Unit))
	}
	return name + strings.Join(words, ", ")
}

// frameOf returns the lines that show a load.
func (p *loadProgress) frameOf(i *loaders.Interval) []string {
	v := &p.view
	kind, share := "warm-up", float64(i.AtNS-p.phase.T0NS)/float64(max(1, p.phase.T1NS-p.phase.T0NS))
	if p.phase.Measured {
		kind = "measuring"
	}
	if n := p.counts[p.phase.Phase]; n > 0 {
		share = float64(i.Completed+i.Failed) / float64(n)
	}
	rate := table.Digits(p.rate(i)) + " req/s"
	if p.phase.RateRPS > 0 {
		rate += " of " + table.Digits(p.phase.RateRPS)
	}
	highest := 0.0
	for _, r := range v.rates {
		highest = max(highest, r)
	}
	lines := []string{
		fmt.Sprintf("%-10s %s  %s", kind, v.signs.Progress(share, progressColumns), p.extent(*i)),
		fmt.Sprintf("%-10s %-22s %s", "rate", rate, v.signs.Row(v.rates, highest)),
	}
	if v.latency != "" {
		lines = append(lines, v.latency)
	}
	last := fmt.Sprintf("%-10s %d failed, %d open", "requests", i.Failed, i.Open)
	if i.Users != nil {
		last += ", " + results.Counted(*i.Users, "user")
	}
	lines = append(lines, last)
	for at, line := range lines {
		line = strings.ReplaceAll(strings.TrimRight(line, " "), table.Thin, " ")
		if v.signs.ASCII {
			line = strings.ReplaceAll(line, "µ", "u")
		}
		lines[at] = line
	}
	return lines
}

// frame replaces the lines that are redrawn. Each is cut to the terminal, and the first
// stands alone where the terminal is low. The cursor stays below them, where an echo of
// Ctrl-C or a shell's prompt does no harm. It does nothing elsewhere than on a terminal.
func (d *display) frame(lines []string) {
	if !d.live {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	wide, high := size(d.out)
	if high > 0 && high < len(lines)+2 {
		lines = lines[:1]
	}
	d.lines = d.lines[:0]
	for _, line := range lines {
		if runes := []rune(line); wide > 1 && len(runes) > wide-1 {
			line = string(runes[:wide-1]) // a line that wraps could not be replaced
		}
		d.lines = append(d.lines, line)
	}
	d.paint(wide)
}

// The beginning and end of what a terminal shows at once, and nothing in between.
const (
	atOnce = "\x1b[?2026h"
	shown  = "\x1b[?2026l"
)

// paint draws the lines over those drawn before, whose cursor stands below them.
func (d *display) paint(wide int) {
	text := atOnce + d.back(wide)
	d.widths = d.widths[:0]
	for _, line := range d.lines {
		text += line + "\x1b[K\n"
		d.widths = append(d.widths, utf8.RuneCountInString(line))
	}
	_, _ = io.WriteString(d.out, text+"\x1b[J"+shown)
}

// back returns the code that moves the cursor to the begin of the lines drawn before. A
// terminal that became narrower has broken them.
func (d *display) back(wide int) string {
	rows := 0
	for _, w := range d.widths {
		rows++
		if wide > 0 {
			rows += max(0, w-1) / wide
		}
	}
	if rows == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", rows)
}

// Write prints lines that stay above those that are redrawn.
func (d *display) Write(text []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	n, err := d.out.Write(text)
	if len(d.lines) > 0 {
		wide, _ := size(d.out)
		d.paint(wide)
	}
	return n, err
}

// messages writes above what a load draws, and to standard error where none is drawn.
type messages struct{ *app }

func (m messages) Write(text []byte) (int, error) {
	if d := m.drawing.Load(); d != nil {
		return d.Write(text)
	}
	return m.stderr.Write(text)
}
