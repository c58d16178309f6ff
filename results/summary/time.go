package summary

import (
	"fmt"
	"math"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// fewestStretches is the number of stretches below which nothing is seen to change over
// time.
const fewestStretches = 3

// stretch is a part of the window: one segment, or several that follow each other.
type stretch struct {
	results.Segment
	// latency is that of the right answers in it; nil without any.
	latency *cells.Distribution
}

// phaseSegments returns the segments of the measured phase.
func (l *load) phaseSegments() []results.Segment {
	if l.phase == nil {
		return nil
	}
	return l.phase.Segments
}

// stretches returns the window in at most so many parts.
func (l *load) stretches(most int) ([]stretch, error) {
	all := l.phaseSegments()
	each := max(1, (len(all)+most-1)/most)
	var out []stretch
	for part := range slices.Chunk(all, each) {
		s := stretch{Segment: part[0]}
		histograms := []*results.Histogram{part[0].Latency}
		for _, next := range part[1:] {
			s.Segment = joined(s.Segment, next)
			histograms = append(histograms, next.Latency)
		}
		if s.latency = cells.Together(histograms, l.options.own()...); s.latency != nil && s.latency.Damaged != nil {
			return nil, fmt.Errorf("the window's part from %s on: %w", span(s.FromNS-l.phase.T0NS), s.latency.Damaged)
		}
		out = append(out, s)
	}
	return out, nil
}

// segments returns the parts of the window in plain numbers.
func (l *load) segments() ([]Segment, error) {
	all, err := l.stretches(max(1, len(l.phaseSegments())))
	var out []Segment
	for i := range all {
		s := &all[i]
		out = append(out, Segment{
			FromNS: s.FromNS - l.phase.T0NS, ToNS: s.ToNS - l.phase.T0NS, Requests: s.Completed, Errors: s.Failed,
			ThroughputRPS: perSecond(s.Completed, s.ToNS-s.FromNS), Offered: s.Offered, Users: s.Users, Latency: l.latencyOf(s),
		})
	}
	return out, err
}

// latencyOf returns a part's latency in plain numbers, nil where it has none.
func (l *load) latencyOf(s *stretch) *Latency {
	main := l.headline()
	if s.latency == nil || main == nil {
		return nil
	}
	return new(l.plain(&distribution{name: main.name, Distribution: s.latency}))
}

// joined returns a segment with the one that follows it, without its latency.
func joined(a, b results.Segment) results.Segment {
	out := results.Segment{
		FromNS: a.FromNS, ToNS: b.ToNS, Completed: a.Completed + b.Completed, Failed: a.Failed + b.Failed, Bytes: a.Bytes + b.Bytes, Users: b.Users,
	}
	if a.Offered != nil && b.Offered != nil {
		out.Offered = new(*a.Offered + *b.Offered)
	}
	return out
}

// track is one figure over time.
type track struct {
	// name has the unit, short has none.
	name, short string
	// rate is true for requests a second, latency for nanoseconds.
	rate, latency bool
	// values are NaN where the stretch has none; lowest and highest are among them.
	values          []float64
	lowest, highest float64
	// top is the value of the longest bar.
	top   float64
	print func(float64) string
	// marks stand before the values.
	marks string
}

// cell returns the text of one value; empty for none.
func (r *track) cell(at int) string {
	if math.IsNaN(r.values[at]) {
		return ""
	}
	return r.print(r.values[at])
}

// tracks returns the figures of the stretches, without those that say nothing.
func (t *summary) tracks(all []stretch) []track {
	of := func(name string, print func(float64) string, value func(*stretch) float64) track {
		row := track{name: name, short: name, print: print, lowest: math.Inf(1)}
		for i := range all {
			v := value(&all[i])
			row.values = append(row.values, v)
			if !math.IsNaN(v) {
				row.lowest, row.highest = min(row.lowest, v), max(row.highest, v)
			}
		}
		row.top = row.highest
		return row
	}
	rate := func(n uint64, s *stretch) float64 { return perSecond(n, s.ToNS-s.FromNS) }
	achieved := of("req/s", digits, func(s *stretch) float64 { return rate(s.Completed, s) })
	achieved.rate, achieved.marks = true, t.bound()
	rows := []track{achieved}
	if all[0].Offered != nil {
		due := of("due/s", digits, func(s *stretch) float64 {
			if s.Offered == nil {
				return math.NaN()
			}
			return rate(*s.Offered, s)
		})
		due.rate, due.top = true, max(due.highest, achieved.highest)
		rows[0].top = due.top
		rows = append(rows, due)
	}
	for _, n := range []metric.Name{metric.P50, metric.P99} {
		rows = append(rows, t.latencyTrack(all, n, of))
	}
	if failed := of("failed", whole, func(s *stretch) float64 { return float64(s.Failed) }); failed.highest > 0 {
		rows = append(rows, failed)
	}
	if all[0].Users != nil {
		rows = append(rows, of("users", whole, func(s *stretch) float64 {
			if s.Users == nil {
				return math.NaN()
			}
			return float64(*s.Users)
		}))
	}
	return slices.DeleteFunc(rows, func(r track) bool { return r.highest == 0 && r.name != "req/s" })
}

// whole prints a whole number.
func whole(v float64) string { return count(uint64(v)) }

// latencyTrack returns one figure of latency of the stretches.
func (t *summary) latencyTrack(all []stretch, n metric.Name, of func(string, func(float64) string, func(*stretch) float64) track) track {
	few := false
	row := of("", nil, func(s *stretch) float64 {
		if s.latency == nil {
			return math.NaN()
		}
		p := s.latency.At(n)
		few = few || !p.Printable
		return p.NS
	})
	scale := table.ScaleOf(table.Durations(), row.highest)
	row.latency, row.short, row.name = true, string(n), string(n)+" "+scale.Unit
	row.print = func(v float64) string { return text(scale, v) }
	row.marks = t.mark(figure{few: few && row.highest > 0})
	return row
}

// overTime prints throughput and latency over the window.
func (t *summary) overTime() error {
	all, err := t.stretches(t.rowColumns())
	if err != nil || len(all) < fewestStretches {
		return err
	}
	t.line("")
	t.line("  over time: %s, one sign for %s; rows begin at 0 and end at their highest value",
		span(all[len(all)-1].ToNS-all[0].FromNS), span(all[0].ToNS-all[0].FromNS))
	for _, row := range t.tracks(all) {
		t.line("%10s   %s  %s%s to %s", row.name, t.signs().Row(row.values, row.top), row.marks, row.print(row.lowest), row.print(row.highest))
	}
	if p := t.phase; p.Unanswered > 0 || p.Rate != nil && p.Rate.NeverSent+p.Rate.Censored > 0 {
		t.line("  latency over time is that of right answers: requests without an answer are not in it")
	}
	t.legend()
	return nil
}

// besideRow is the number of columns beside a row over time.
const besideRow = 34

// rowColumns returns the largest number of stretches in a row.
func (t *summary) rowColumns() int { return t.barColumns(besideRow) }
