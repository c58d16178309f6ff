package matrix

import (
	"fmt"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// openContests are the comparisons of the cells of one rate.
type openContests struct {
	// tails are of corrected p99, p50 and p99.9.
	tails []contest
	// cost is of the server's CPU per request.
	cost contest
}

// equalWork tells whether all servers of a table are asked for the same rate:
// else they do different work, and nothing is ranked.
func equalWork(r results.PlanRate) bool { return r.Kind != results.RateFraction }

func (v *view) openContests(cells []cell) openContests {
	readings := make([][]reading, len(cells))
	for i := range cells {
		readings[i] = v.readings(&cells[i], corrected)
	}
	out := openContests{cost: v.costContest(cells)}
	for _, k := range []int{p99, p50, p999} {
		out.tails = append(out.tails, v.latencyContest(tail()[k].label, cells, readings, k))
	}
	return out
}

// words tells each comparison in words.
func (o openContests) words() []string {
	var items []string
	for _, c := range append(o.tails, o.cost) {
		if words := c.words(); words != "" {
			items = append(items, escape(fmt.Sprintf("%s: %s.", c.what, words)))
		}
	}
	return items
}

// heldBack is what limited most of the cell's trials that did not keep their
// rate, and how many it limited: 0 where all did.
func (c *cell) heldBack() (limit results.Bottleneck, most int) {
	for _, b := range caution() {
		n := 0
		for _, s := range c.valid {
			if s.phase.Verdict.Bottleneck == b {
				n++
			}
		}
		if n > most {
			limit, most = b, n
		}
	}
	return limit, most
}

// openEvidence is the table of what limited the open-loop cells that fell
// behind.
func (v *view) openEvidence() *table {
	out := &table{head: []string{"scenario", "protocol", "server", "rate", "limited by", "U_S", "U_L", "why"}, left: 5, wordsLast: true}
	for _, t := range v.run.Plan.Tables {
		for _, st := range v.openSteps(t) {
			for _, s := range v.columns {
				c := v.cell(t, s, st.name, st.find)
				limit, n := c.heldBack()
				if n == 0 {
					continue
				}
				out.add(t.Scenario, t.Protocol, s.Name, strings.TrimPrefix(st.name, "open "), fmt.Sprintf("%s (%d of %d)", limit, n, len(c.valid)),
					shareOf(c.median(serverShare)), shareOf(c.median(loaderShare)), c.reason(limit))
			}
		}
	}
	return out
}

// costTable is what each server cost at the rate, and how late the loader
// itself was.
func (v *view) costTable(cells []cell, cost contest, ranked bool) *table {
	out := &table{head: []string{"server", "server CPU µs/request"}, left: 1}
	if ranked {
		out.head = append(out.head, cost.placeHead())
	}
	out.head = append(out.head, "loader work µs/request", "send lag p50 / p99, µs", "receive lag p50 / p99, µs", "window lost to stalls")
	for i := range cells {
		c := &cells[i]
		if c.absent != "" {
			out.absent(c)
			continue
		}
		row := []string{c.server.Name, figure(medianCost(c, serverCores))}
		if ranked {
			row = append(row, cost.place(i))
		}
		out.add(append(row, figure(medianCost(c, loaderCores)), v.lag(c, sendLag), v.lag(c, receiveLag), stalled(c))...)
	}
	return out
}

// openCost is a side's CPU µs per completed request.
func openCost(s sample, cores func(sample) (float64, bool)) (float64, bool) {
	n, ok := cores(s)
	if done := s.throughput(); ok && done > 0 {
		return n / done * 1e6, true
	}
	return 0, false
}

// medianCost is the median of openCost over the cell's trials.
func medianCost(c *cell, cores func(sample) (float64, bool)) stats.Estimate {
	return c.median(func(s sample) (float64, bool) { return openCost(s, cores) })
}

// lag is p50 / p99 of one of the loader's own lags, in µs.
func (v *view) lag(c *cell, pick picked) string {
	in := scale{per: 1e3}
	readings := v.readings(c, pick)
	if readings == nil {
		return "— not measured"
	}
	return percentile(readings, p50).plain(in) + " / " + percentile(readings, p99).plain(in)
}

// stalled is the share of the cell's median window that the loader lost to
// stalls.
func stalled(c *cell) string {
	e := c.median(func(s sample) (float64, bool) {
		total, known := 0.0, false
		for _, p := range s.loads {
			if x, ok := p.StalledShare(); ok {
				total, known = max(total, x), true
			}
		}
		return total, known
	})
	if e.Kind == stats.None {
		return "— not measured"
	}
	return percentage(e.Value)
}

// plain is the value without marks: the loader's own figures carry none.
func (l latency) plain(in scale) string { return latency{Estimate: l.Estimate}.text(in) }
