package matrix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// kneeShare is the share of a server's best throughput over clients from which
// a point with fewer clients is its knee.
const kneeShare = 0.95

// sweepTables writes throughput over clients of each table that was swept.
func (v *view) sweepTables(p *page) {
	for _, t := range v.Run.Plan.Tables {
		if t.Sweep == nil {
			continue
		}
		w := v.swept(t)
		p.section(fmt.Sprintf("## Throughput over clients, %s, %s", escape(t.Scenario), escape(t.Protocol)),
			fmt.Sprintf("Loader: %s. Closed loop, each number of clients met by a loader of its own on one server process; window %s; median over trials.",
				escape(v.loader()), duration(t.ClosedDurationNS)), w.table(v))
		w.legend(p)
	}
}

// sweep is a table's throughput over clients.
type sweep struct {
	of results.PlanTable
	// clients are the numbers that were measured, or are to be, ascending.
	clients []int
	// cells are by server, then by number of clients.
	cells [][]cells.Cell
	in    scale
}

func (v *view) swept(t results.PlanTable) *sweep {
	w := &sweep{of: t, clients: v.sweptClients(t)}
	var all []cells.Cell
	for _, s := range v.columns {
		var points []cells.Cell
		for _, n := range w.clients {
			points = append(points, v.Point(t, s, n))
		}
		w.cells = append(w.cells, points)
		all = append(all, points...)
	}
	w.in = v.peakScale(t, all)
	return w
}

// sweptClients are the plan's numbers, or those to which doubling came.
func (v *view) sweptClients(t results.PlanTable) []int {
	if !t.Sweep.Auto {
		return t.Sweep.Clients
	}
	var out []int
	for _, s := range v.columns {
		for _, trial := range v.Trials(s.Name, t) {
			for i := range trial.Sweep {
				if n := trial.Sweep[i].Clients; !slices.Contains(out, n) {
					out = append(out, n)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// knee is the index of the fewest clients with nearly the best throughput of
// the server, and best that of the best; -1 where nothing was measured.
func (w *sweep) knee(server int) (knee, best int) {
	knee, best = -1, -1
	values := make([]float64, len(w.clients))
	for i := range w.cells[server] {
		if c := &w.cells[server][i]; len(c.Valid) > 0 {
			values[i] = c.Median(c.Work).Value
			if best < 0 || values[i] > values[best] {
				best = i
			}
		}
	}
	if best >= 0 {
		knee = slices.IndexFunc(values, func(x float64) bool { return x > 0 && x >= kneeShare*values[best] })
	}
	return knee, best
}

// table is one row a number of clients, one column a server.
func (w *sweep) table(v *view) *table {
	out := &table{head: append([]string{"clients, " + w.in.unit}, v.names()...), left: 1}
	for i, n := range w.clients {
		row := []string{strconv.Itoa(n)}
		for s := range w.cells {
			row = append(row, w.text(s, i))
		}
		out.add(row...)
	}
	return out
}

func (w *sweep) text(server, i int) string {
	c := &w.cells[server][i]
	if c.Absent != "" {
		return absent(c.Absent)
	}
	e := c.Median(c.Work)
	text := w.in.text(e.Value)
	if c.Bottleneck() != results.LimitConnections { // which the row says
		text = verdict(c, e, w.in, w.clients[i])
	}
	text += w.in.spread(e) + remarks(c)
	knee, best := w.knee(server)
	switch {
	case i == knee && i == best:
		text += " ← knee, best"
	case i == knee:
		text += " ← knee"
	case i == best:
		text += " ← best"
	}
	return text
}

// legend explains the marks and tells which points are void.
func (w *sweep) legend(p *page) {
	items := []string{
		fmt.Sprintf("`← knee`: the fewest clients with at least %.0f %% of the server's best; `← best`: the most throughput. The other tables of this row are about each trial's own best number of clients: the fewest within 2 %% of its highest throughput.", kneeShare*100),
	}
	if w.of.Sweep.Auto {
		items = append(items, "Clients were doubled until throughput stopped growing: `— not run` had been given up in every trial by then.")
	}
	for s := range w.cells {
		for i := range w.cells[s] {
			if c := &w.cells[s][i]; len(c.Voids) > 0 {
				items = append(items, escape(fmt.Sprintf("%s, %d clients: %d of %d void: %s", c.Server.Name, w.clients[i], len(c.Voids), len(c.Voids)+len(c.Valid), c.Voids[0])))
			}
		}
	}
	p.line("")
	for _, item := range items {
		p.line("- %s", item)
	}
}

// sweepColumn is the knee of each server for the headline.
func (v *view) sweepColumn(t results.PlanTable, name string) headlineColumn {
	out, w := headlineColumn{title: name + " knee (best), clients"}, v.swept(t)
	for s := range w.cells {
		text := "—"
		if knee, best := w.knee(s); best >= 0 {
			text = fmt.Sprintf("%d (%d)", w.clients[knee], w.clients[best])
		}
		out.cells = append(out.cells, text)
	}
	return out
}

// clientsOf is a table's clients in words.
func clientsOf(t results.PlanTable) string {
	if t.Sweep == nil {
		return strconv.Itoa(t.Clients)
	}
	if t.Sweep.Auto {
		return fmt.Sprintf("auto, from %d", t.Sweep.Clients[0])
	}
	var list []string
	for _, n := range t.Sweep.Clients {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ", ")
}

// whichClients says with how many clients the table's ladders ran.
func whichClients(t results.PlanTable) string {
	switch {
	case t.Sweep == nil:
		return plural(t.Clients, "client")
	case t.Sweep.Auto:
		return "each trial's best number of clients"
	}
	return "each trial's best of " + clientsOf(t) + " clients"
}

// clientsUsed is the range of clients of the cell's ladders: a sweep chooses a
// number for each. asked, the plan's number, stands in for reports without one.
func clientsUsed(c *cells.Cell, asked int) string {
	low, high := 0, 0
	for _, s := range c.Valid {
		for i := range s.Trial.Loaders {
			n := s.Trial.Loaders[i].ConnectionsAsked
			if high = max(high, n); low == 0 || n < low {
				low = n
			}
		}
	}
	switch {
	case high == 0:
		return strconv.Itoa(asked)
	case low == high:
		return strconv.Itoa(low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}
