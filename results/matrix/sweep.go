package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/table"
)

// sweepTables writes throughput over clients of each table that was swept.
func (v *view) sweepTables(p *page) {
	for _, t := range v.Run.Plan.Tables {
		if t.Sweep == nil {
			continue
		}
		w := v.sweepOf(t)
		p.section("## Throughput over clients, "+title(t),
			fmt.Sprintf("Closed loop, each number of clients met by a loader of its own on one server process; window %s; median over trials.",
				duration(t.ClosedDurationNS)), w.table(v))
		w.notes(p)
	}
}

// sweep is a table's throughput over clients.
type sweep struct {
	results.PlanTable
	// clients are the numbers of the plan, or those that doubling reached,
	// ascending.
	clients []int
	// cells are by server, then by number of clients.
	cells [][]*cells.Cell
	in    scale
}

func (v *view) sweepOf(t results.PlanTable) *sweep {
	w := &sweep{PlanTable: t, clients: t.Sweep.Clients}
	if t.Sweep.Auto {
		w.clients = nil
		for _, s := range v.servers {
			for _, trial := range v.Trials(s.Name, t) {
				for _, point := range trial.Sweep {
					w.clients = appendNew(w.clients, point.Clients)
				}
			}
		}
		slices.Sort(w.clients)
	}
	w.cells = each(v.servers, func(s results.Server) []*cells.Cell {
		return each(w.clients, func(n int) *cells.Cell { return new(v.Point(t, s, n)) })
	})
	w.in = v.peakScale(t, slices.Concat(w.cells...))
	return w
}

// knee returns the index of the fewest clients with nearly the best throughput
// of the server, and that of the best; -1 where nothing was measured.
func (w *sweep) knee(server int) (knee, best int) {
	// A point that was not measured has the median 0.
	peaks := each(w.cells[server], func(c *cells.Cell) float64 { return c.Median(c.Work).Value })
	most := top(peaks)
	if most == 0 {
		return -1, -1
	}
	return slices.IndexFunc(peaks, func(x float64) bool { return x >= cells.KneeShare*most }), slices.Index(peaks, most)
}

// table returns one line a number of clients, one column a server.
func (w *sweep) table(v *view) *table.Table {
	out := &table.Table{Head: v.names("clients, " + w.in.unit), Left: 1}
	for i, n := range w.clients {
		line := []string{strconv.Itoa(n)}
		for s := range w.cells {
			line = append(line, w.text(v, s, i))
		}
		out.Add(line...)
	}
	return out
}

func (w *sweep) text(v *view, server, i int) string {
	c := w.cells[server][i]
	if c.Absent != "" {
		return v.drawing.Absent(c.Absent)
	}
	e := c.Median(c.Work)
	text := w.in.text(e.Value)
	if c.Bottleneck() != results.LimitConnections { // the line says how many
		text = v.verdict(c, e, w.in, w.clients[i])
	}
	text += v.spread(w.in, e) + v.remarks(c)
	knee, best := w.knee(server)
	var marks []string
	if i == knee {
		marks = append(marks, v.mark(cells.KneeOfClients))
	}
	if i == best {
		marks = append(marks, v.mark(cells.BestOfClients))
	}
	return text + enclose(" ← ", strings.Join(marks, ", "), "")
}

// notes explains numbers of clients that were not tried, and names the void ones.
func (w *sweep) notes(p *page) {
	var items []string
	if w.Sweep.Auto {
		items = append(items, "Clients were doubled until throughput stopped growing: `— not run` had been given up in every trial by then.")
	}
	for _, points := range w.cells {
		for i, c := range points {
			if len(c.Voids) > 0 {
				items = append(items, escape(fmt.Sprintf("%s, %d clients: %s: %s", c.Server.Name, w.clients[i], voidShare(c), c.Voids[0])))
			}
		}
	}
	if len(items) > 0 {
		p.line("")
		p.items(items)
	}
}

// sweepColumn returns the knee of each server for the headline.
func (v *view) sweepColumn(t results.PlanTable, name string) headlineColumn {
	out, w := headlineColumn{title: name + " knee (best), clients"}, v.sweepOf(t)
	for s := range w.cells {
		text := ""
		if knee, best := w.knee(s); best >= 0 {
			text = fmt.Sprintf("%d (%d)", w.clients[knee], w.clients[best])
		}
		out.cells = append(out.cells, text)
	}
	return out
}

// clientsOf returns the numbers of clients of a table's plan.
func clientsOf(t results.PlanTable) string {
	if t.Sweep == nil {
		return strconv.Itoa(t.Clients)
	}
	if t.Sweep.Auto {
		return fmt.Sprintf("auto, from %d", t.Sweep.Clients[0])
	}
	return strings.Join(each(t.Sweep.Clients, strconv.Itoa), ", ")
}

// loadInWords names the clients and the arrivals of the table's open loops.
func loadInWords(t results.PlanTable) string {
	clients := "each trial's best of " + clientsOf(t) + " clients"
	switch {
	case t.Sweep == nil:
		clients = results.Counted(t.Clients, "client")
	case t.Sweep.Auto:
		clients = "each trial's best number of clients"
	}
	return clients + ", " + escape(cmp.Or(t.Arrivals(), "constant")) + " arrivals" + enclose(" (scaled to this machine: ", escape(scaling(t)), ")")
}

// clientsUsed returns the range of clients of the cell's ladders: a sweep chooses
// a number for each. The plan's number stands in for reports without one.
func clientsUsed(c *cells.Cell, planned int) string {
	var used []int
	for _, s := range c.Valid {
		for i := range s.Trial.Loaders {
			used = append(used, cmp.Or(s.Trial.Loaders[i].ConnectionsAsked, planned))
		}
	}
	if len(used) == 0 {
		return strconv.Itoa(planned)
	}
	return span(strconv.Itoa(slices.Min(used)), strconv.Itoa(slices.Max(used)))
}
