package summary

import (
	"maps"
	"math"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/table"
)

// offered names what the arrivals of an open loop begin.
func (t *summary) offered() string {
	if r := t.phase.Rate; r != nil && r.Of != "" {
		return r.Of
	}
	return "requests"
}

// per returns the unit of a rate of arrivals.
func per(p *results.Phase) string {
	if p.Rate != nil && p.Rate.Of != "" {
		return p.Rate.Of + "/s"
	}
	return "req/s"
}

// iterations prints how many walks through flows there were, and whether users were too few
// for the rate.
func (t *summary) iterations() {
	sum, ok := t.phase.Iterations()
	if !ok {
		return
	}
	t.item("iterations", "%s finished, %s continued behind a failed step, %s aborted: %s/s in all",
		count(sum.Finished), count(sum.Continued), count(sum.Aborted), digits(perSecond(sum.Ended(), t.phase.WindowNS())))
	if n := len(t.report.Iterations); n > 0 || t.report.IterationsDropped > 0 {
		t.item("", "%s kept one by one (--output FILE.jsonl, --format json), %s without room", count(uint64(n)), count(t.report.IterationsDropped))
	}
	if t.phase.Rate == nil || t.phase.Rate.Blocked == 0 {
		return
	}
	text := "%s arrivals blocked, since all users were busy (%s)"
	args := []any{count(t.phase.Rate.Blocked), plural(t.report.Users, "user")}
	if needed := math.Ceil(t.phase.UsersNeeded()); needed > 0 {
		text += "; by Little's law this rate keeps %s busy on average: ask for more with --users"
		args = append(args, plural(int(needed), "user"))
	}
	t.item("", text, args...)
}

// flows prints the iterations of each flow.
func (t *summary) flows() error {
	if len(t.phase.Flows) == 0 {
		return nil
	}
	percentiles := []metric.Name{metric.P50, metric.P95, metric.P99}
	names := slices.Sorted(maps.Keys(t.phase.Flows))
	all := make([]*distribution, len(names))
	scale := table.ScaleOf(table.Durations(), 1e6)
	for i, name := range names {
		use := t.phase.Flows[name]
		var err error
		if all[i], err = t.ofGroup(&results.Group{Service: use.Iteration, Corrected: use.Iteration}); err != nil {
			return err
		}
		if all[i] != nil {
			scale = table.ScaleOf(table.Durations(), all[i].at(metric.P50).NS)
		}
	}
	head := []string{"finished", "continued", "aborted"}
	for _, n := range percentiles {
		head = append(head, string(n)+" "+scale.Unit)
	}
	rows := [][]string{append(head, "iterations by flow, without pauses")}
	for i, name := range names[:min(len(names), mostNamed)] {
		use := t.phase.Flows[name]
		row := []string{count(use.Finished), count(use.Continued), count(use.Aborted)}
		for _, n := range percentiles {
			if all[i] == nil {
				row = append(row, "")
				continue
			}
			f := all[i].at(n)
			row = append(row, t.mark(f)+text(scale, f.NS))
		}
		rows = append(rows, append(row, name))
	}
	t.line("")
	t.rows(rows)
	return nil
}
