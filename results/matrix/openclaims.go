package matrix

import (
	"fmt"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
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

func (v *view) openContests(row []cells.Cell) openContests {
	out := openContests{cost: v.costContest(row)}
	for _, place := range []int{cells.P99, cells.P50, cells.P999} {
		out.tails = append(out.tails, v.latencyContest(row, cells.Corrected, place))
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

// openEvidence is the table of what limited the open-loop cells that fell
// behind.
func (v *view) openEvidence() *table {
	out := &table{head: []string{"scenario", "protocol", "server", "rate", "limited by", "U_S", "U_L", "why"}, left: 5, wordsLast: true}
	for _, t := range v.Run.Plan.Tables {
		for _, st := range v.openSteps(t) {
			for _, s := range v.columns {
				c := st.cell(s)
				limit, n := c.HeldBack()
				if n == 0 {
					continue
				}
				out.add(t.Scenario, t.Protocol, s.Name, strings.TrimPrefix(st.name, "open "), fmt.Sprintf("%s (%d of %d)", limit, n, len(c.Valid)),
					shareOf(c.Median(cells.ServerShare)), shareOf(c.Median(cells.LoaderShare)), reason(&c, limit))
			}
		}
	}
	return out
}

// costTable is what each server cost at the rate, and how late the loader
// itself was.
func (v *view) costTable(row []cells.Cell, cost contest, ranked bool) *table {
	out := &table{head: []string{"server", "server CPU µs/request"}, left: 1}
	if ranked {
		out.head = append(out.head, cost.placeHead())
	}
	out.head = append(out.head, "loader work µs/request", "send lag p50 / p99, µs", "receive lag p50 / p99, µs", "window lost to stalls")
	for i := range row {
		c := &row[i]
		if c.Absent != "" {
			out.absent(c)
			continue
		}
		line := []string{c.Server.Name, microseconds(c.Median(c.ServerCost))}
		if ranked {
			line = append(line, cost.place(i))
		}
		out.add(append(line, microseconds(c.Median(c.LoaderCost)), v.lag(c, cells.SendLag), v.lag(c, cells.ReceiveLag), stalled(c))...)
	}
	return out
}

// microseconds prints a median of nanoseconds, or "—" where nothing was
// measured.
func microseconds(e stats.Estimate) string {
	e.Value /= 1e3
	return figure(e)
}

// lag is p50 / p99 of one of the loader's own lags, in µs.
func (v *view) lag(c *cells.Cell, of cells.Latency) string {
	in := scale{per: 1e3}
	if !c.Measured(of) {
		return "— not measured"
	}
	return marked(v.percentile(c, of, cells.P50), in) + " / " + marked(v.percentile(c, of, cells.P99), in)
}

// stalled is the share of the cell's median window that the loader lost to
// stalls.
func stalled(c *cells.Cell) string {
	e := c.Median(cells.Stalled)
	if e.Kind == stats.None {
		return "— not measured"
	}
	return percentage(e.Value)
}
