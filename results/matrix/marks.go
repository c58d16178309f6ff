package matrix

import (
	"strings"

	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

// mark draws a mark, which the legend then explains.
func (v *view) mark(m cells.Mark, values ...any) string { return v.drawing.Mark(m, values...) }

// median prints a median without its spread.
func (v *view) median(in scale, e stats.Estimate) string {
	if e.Kind == stats.None {
		return v.mark(cells.NotMeasured)
	}
	return in.text(e.Value)
}

// share prints the median of a share of 0 to 1 with two digits.
func (v *view) share(e stats.Estimate) string {
	if e.Kind == stats.None {
		return v.mark(cells.NotMeasured)
	}
	return share(e.Value)
}

// estimate prints a median with its interval or its range.
func (v *view) estimate(in scale, e stats.Estimate) string { return in.text(e.Value) + v.spread(in, e) }

// spread prints the interval or the range of a median; it is empty for one trial.
func (v *view) spread(in scale, e stats.Estimate) string {
	low, high := table.Digits(e.Low/in.per), table.Digits(e.High/in.per)
	switch e.Kind {
	case stats.Interval:
		return v.mark(cells.MedianInterval, low, high)
	case stats.Range:
		return v.mark(cells.TrialRange, low, high)
	}
	return ""
}

// statistic prints the value with its marks, or "—" by the sample rule.
func (v *view) statistic(in scale, p cells.Statistic) string {
	if p.Kind == stats.None {
		return v.mark(cells.NoPercentile)
	}
	text := in.text(p.Value)
	if p.Rough {
		text = v.mark(cells.RoughLatency, text)
	}
	if p.AtLeast {
		text = v.mark(cells.LowerLatency, text)
	}
	return text
}

// legend explains the marks that the page has drawn so far. The general sentences about
// its figures come first.
func (v *view) legend(p *page, general ...string) {
	items := general
	for _, l := range v.drawing.Legend() {
		items = append(items, "`"+l.Sign+"`: "+l.Words+".")
	}
	if len(items) > 0 {
		p.fold("How to read these tables", func(p *page) {
			p.heading("## How to read these tables", "")
			p.items(items)
		})
	}
}

// shortLegend explains the drawn marks on a terminal, in one line; it is empty
// where no mark needs words there.
func (v *view) shortLegend() string {
	var parts []string
	for _, l := range v.drawing.Legend() {
		if l.Short != "" {
			parts = append(parts, l.Sign+" "+l.Short)
		}
	}
	return enclose("", strings.Join(parts, "; "), ".")
}
