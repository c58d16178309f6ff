package summary

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/draw"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/results/table"
)

const (
	// mostBins is the largest number of bins of a histogram.
	mostBins = 15
	// mostColumns is the largest width of a bar, and the largest number of bars in a row.
	mostColumns = 40
	// fewestColumns is the width that bars have on a terminal too narrow for them.
	fewestColumns = 5
)

// bin is the number of requests whose latency lies above FromNS and at most at ToNS.
type bin struct {
	fromNS, toNS float64
	count        uint64
	// share is that of all requests, 0 to 1.
	share float64
	// atLeast is true where requests without an answer stand in the bin.
	atLeast bool
}

// samples returns the histogram of what the load is about; nil without answers, and for
// a foreign loader that printed a table.
func (l *load) samples() *results.Histogram {
	switch main := l.headline(); {
	case main == nil:
		return nil
	case main == l.named("corrected"):
		return l.phase.Total.Corrected
	}
	return l.phase.Total.Service
}

// bins returns the histogram of what the load is about, in bins with round edges.
func (l *load) bins() ([]bin, error) {
	all, err := stats.Decode(l.samples())
	if err != nil || all.Count() == 0 {
		return nil, err
	}
	main := l.headline()
	open := 0.0
	if main.at(metric.Max).AtLeast {
		open = float64(l.phase.LowerBoundsFromNS())
	}
	edges := draw.Edges(max(1, main.at(metric.Min).NS), max(1, main.at(metric.Max).NS), mostBins)
	values := make([]int64, len(edges))
	for i, e := range edges {
		values[i] = int64(e)
	}
	within := all.Within(values)
	// The first edge may be the smallest value itself.
	within[0] = 0
	bins := make([]bin, len(edges)-1)
	for i := range bins {
		n := within[i+1] - within[i]
		bins[i] = bin{edges[i], edges[i+1], n, float64(n) / float64(all.Count()), n > 0 && open > 0 && edges[i+1] >= open}
	}
	return bins, nil
}

// pictures prints the parts that can be left out.
func (t *summary) pictures() error {
	for _, part := range []struct {
		name  Part
		print func() error
	}{{Histogram, t.histogram}, {Within, t.within}, {Time, t.overTime}} {
		if !t.options.shows(part.name) {
			continue
		}
		if err := part.print(); err != nil {
			return err
		}
	}
	return nil
}

func (t *summary) signs() draw.Signs { return draw.Signs{ASCII: t.options.ASCII} }

// histogram prints the number of requests by latency.
func (t *summary) histogram() error {
	bins, err := t.bins()
	if err != nil || len(bins) == 0 {
		return err
	}
	t.line("")
	t.line("  histogram: requests by %s latency", t.headline().name)
	most := 0.0
	var numbers strings.Builder
	w := tabwriter.NewWriter(&numbers, 0, 8, 3, ' ', tabwriter.AlignRight)
	for _, b := range bins {
		most = max(most, b.share)
		mark := ""
		if b.atLeast {
			mark, t.marked[markAtLeast] = markAtLeast, true
		}
		// Writing to a strings.Builder does not fail.
		_, _ = fmt.Fprintf(w, "%s\t%s%s\t%s\t%s\t\n", edge(b.fromNS), mark, edge(b.toNS), count(b.count), smallPercent(b.share))
	}
	_ = w.Flush()
	columns := t.barColumns(table.Widest(numbers.String()) + 2)
	for i, line := range strings.Split(strings.TrimRight(numbers.String(), "\n"), "\n") {
		t.line("%s", strings.TrimRight(line+"  "+t.signs().Bar(bins[i].share/most, columns), " "))
	}
	t.legend()
	return nil
}

// edge prints an edge of a bin, a round number of nanoseconds, with all its digits.
func edge(ns float64) string {
	s := table.ScaleOf(table.Durations(), ns)
	return strconv.FormatFloat(ns/s.Per, 'g', 6, 64) + " " + s.Unit
}

// barColumns returns the columns of bars behind so many others.
func (t *summary) barColumns(behind int) int {
	if t.options.Width == 0 {
		return mostColumns
	}
	return max(fewestColumns, min(mostColumns, t.options.Width-behind))
}

// smallPercent prints a share of 0 to 1, and leaves no share above 0 without a digit.
func smallPercent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "< 0.1 %"
	}
	return percent(share)
}
