package summary

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// The parts of a load that rows of CSV are about.
const (
	wholeWindow   = "window"
	segmentOfTime = "segment"
	groupOfAll    = "group"
)

// CSV writes the result as a table: a row for the whole window, one for each group of
// requests where there are several, those with the most requests first, and, where the
// window was measured over time, one for each segment. The columns are the same for every load;
// percentiles that were asked for stand behind all others. A cell without a value is
// empty. A damaged histogram is an error.
func CSV(w io.Writer, title string, r *results.Report, o Options) error {
	l, err := read(r, o)
	if err != nil {
		return err
	}
	own := l.ownColumns()
	rows := [][]string{csvHead(own)}
	if l.phase != nil {
		rows = append(rows, l.windowRow(own).cells(title))
		groups, err := l.byGroup()
		if err != nil {
			return err
		}
		for _, name := range l.groupNames() {
			rows = append(rows, l.groupRow(name, groups[name], own).cells(title))
		}
		segments, err := l.stretches(max(1, len(l.phaseSegments())))
		if err != nil {
			return err
		}
		for i := range segments {
			rows = append(rows, l.segmentRow(&segments[i], own).cells(title))
		}
	}
	out := csv.NewWriter(w)
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("writing the result as CSV: %w", err)
	}
	return nil
}

// ownColumns returns the percentiles that were asked for and have no column.
func (l *load) ownColumns() []metric.Name {
	return slices.DeleteFunc(metric.Rising(l.options.Percentiles), func(n metric.Name) bool { return slices.Contains(metric.Latencies(), n) })
}

func csvHead(own []metric.Name) []string {
	head := []string{
		"load", "part", "group", "from_s", "to_s", "requests", "failed", "error_rate", "throughput_rps", "received_bytes_per_s", "offered", "users", "latency", "samples",
	}
	for _, n := range metric.Latencies() {
		head = append(head, string(n)+"_ms")
	}
	head = append(head, "at_least", "rough", "few_samples")
	for _, n := range own {
		head = append(head, string(n)+"_ms")
	}
	return head
}

// csvRow is a row before it is written. A nil pointer is a cell without a value.
type csvRow struct {
	part, group      string
	fromNS, toNS     int64
	requests, failed uint64
	errorRate        *float64
	rps              float64
	bytes            *float64
	offered          *uint64
	users            *int
	// latency is nil where nothing was answered.
	latency *Latency
	atLeast []metric.Name
	own     []metric.Name
}

func (l *load) windowRow(own []metric.Name) *csvRow {
	p := l.phase
	row := &csvRow{
		part: wholeWindow, toNS: p.WindowNS(), requests: p.Total.Completed, failed: p.Failures(),
		rps: p.ThroughputRPS(), bytes: new(perSecond(p.ReceivedBytes, p.WindowNS())), own: own,
	}
	if rate, _ := l.value(metric.ErrorRate); rate != nil {
		row.errorRate = &rate.value
	}
	if p.Rate != nil {
		row.offered = &p.Rate.Offered
	}
	if l.report.Users > 0 {
		row.users = &l.report.Users
	}
	if main := l.headline(); main != nil {
		row.latency = new(l.plain(main))
	}
	if l.limitedByLoader() {
		row.atLeast = []metric.Name{metric.Throughput}
	}
	return row
}

// groupRow returns the row of a group. What is counted for all requests together has no
// value there.
func (l *load) groupRow(name string, g Group, own []metric.Name) *csvRow {
	row := &csvRow{
		part: groupOfAll, group: name, toNS: l.phase.WindowNS(), requests: g.Requests, failed: g.Failed,
		rps: g.ThroughputRPS, latency: g.Latency, own: own,
	}
	if rate, _ := l.of(name).errorRate(); rate != nil {
		row.errorRate = &rate.value
	}
	if l.limitedByLoader() {
		row.atLeast = []metric.Name{metric.Throughput}
	}
	return row
}

func (l *load) segmentRow(s *stretch, own []metric.Name) *csvRow {
	length := s.ToNS - s.FromNS
	return &csvRow{
		part: segmentOfTime, fromNS: s.FromNS - l.phase.T0NS, toNS: s.ToNS - l.phase.T0NS, requests: s.Completed, failed: s.Failed,
		rps: perSecond(s.Completed, length), bytes: new(perSecond(s.Bytes, length)), offered: s.Offered, users: s.Users,
		latency: l.latencyOf(s), own: own,
	}
}

// cells returns the row's cells in the order of csvHead.
func (r *csvRow) cells(title string) []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	milliseconds := func(ns float64) string { return number(math.Round(ns) / 1e6) }
	whole := func(n uint64) string { return strconv.FormatUint(n, 10) }
	out := []string{
		harmless(title), r.part, harmless(r.group), number(float64(r.fromNS) / 1e9), number(float64(r.toNS) / 1e9), whole(r.requests), whole(r.failed),
		optional(r.errorRate, number), number(r.rps), optional(r.bytes, number), optional(r.offered, whole), optional(r.users, strconv.Itoa),
	}
	if r.latency == nil {
		out = append(out, make([]string, 2+len(metric.Latencies()))...)
		out = append(out, names(r.atLeast), "", "")
		return append(out, make([]string, len(r.own))...)
	}
	d := r.latency
	value := func(n metric.Name) string {
		switch n {
		case metric.Min:
			return milliseconds(float64(d.MinNS))
		case metric.Max:
			return milliseconds(float64(d.MaxNS))
		case metric.Mean:
			return milliseconds(d.MeanNS)
		case metric.Stdev:
			return optional(d.StdevNS, milliseconds)
		}
		return milliseconds(float64(d.PercentilesNS[n]))
	}
	out = append(out, d.Of, whole(d.Samples))
	for _, n := range metric.Latencies() {
		out = append(out, value(n))
	}
	out = append(out, names(slices.Concat(r.atLeast, d.AtLeast)), names(d.Rough), names(d.Few))
	for _, n := range r.own {
		out = append(out, value(n))
	}
	return out
}

// optional prints a value that may be absent.
func optional[T any](v *T, print func(T) string) string {
	if v == nil {
		return ""
	}
	return print(*v)
}

// names returns the names of figures with spaces between them.
func names(list []metric.Name) string {
	var words []string
	for _, n := range list {
		words = append(words, string(n))
	}
	return strings.Join(words, " ")
}

// harmless returns a text that no spreadsheet takes for a formula.
func harmless(text string) string {
	if strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "@") {
		return "'" + text
	}
	return text
}
