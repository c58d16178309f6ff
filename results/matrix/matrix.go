// Package matrix writes the tables of a run: bench_results.md (closed loop),
// wrk2_results.md (open loop) and the headline on the terminal. Each is a pure
// function of the run: the same run gives the same bytes, on any machine and
// at any time.
//
// Package cells decides what a cell is worth; this package draws it. A value
// that was not measured, or may not be believed, prints as "—" with the reason,
// or with a mark that the legend explains.
package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// view is a run in the form that tables need.
type view struct {
	*cells.Set
	// drawing draws the marks of the page.
	drawing *cells.Drawing
	// servers have a column each; the copies of A/A pairs have none.
	servers []results.Server
	closed  []closedTable
}

// closedTable is a table of the plan with the closed loops of its servers.
type closedTable struct {
	results.PlanTable
	cells []*cells.Cell
	// in is the common scale of the cells' peaks.
	in    scale
	peaks contest
	// ceiling says why the best cells seem to share a limit; empty where they do
	// not.
	ceiling string
}

func newView(set *cells.Set) *view {
	v := &view{Set: set, drawing: cells.NewDrawing(set.Run.Plan.Limits())}
	for _, s := range v.Run.Servers {
		if s.PlaceboOf == "" {
			v.servers = append(v.servers, s)
		}
	}
	for _, t := range v.Run.Plan.Tables {
		if t.Closed {
			list := v.columns(func(s results.Server) cells.Cell { return v.Closed(t, s) })
			v.closed = append(v.closed, closedTable{t, list, v.peakScale(t, list), v.peakContest(t, list), ceiling(list)})
		}
	}
	return v
}

// columns returns the cell of each server that has a column.
func (v *view) columns(of func(results.Server) cells.Cell) []*cells.Cell {
	return each(v.servers, func(s results.Server) *cells.Cell { return new(of(s)) })
}

// phaseCell is a cell with its place in the plan.
type phaseCell struct {
	*cells.Cell
	table results.PlanTable
	phase string
}

// all returns the cells of every table and server, copies included: the closed
// loop, then the open loops in the order of the page.
func (v *view) all(about scope) []phaseCell {
	var out []phaseCell
	add := func(t results.PlanTable, phase string, c cells.Cell) {
		if about(phase) {
			out = append(out, phaseCell{&c, t, phase})
		}
	}
	for _, t := range v.Run.Plan.Tables {
		for _, s := range v.Run.Servers {
			if t.Closed {
				add(t, results.PhaseClosed, v.Closed(t, s))
			}
			for _, r := range rateOrder(t.Rates) {
				add(t, r.PhaseName(), v.Open(t, s, r))
			}
		}
	}
	return out
}

// scope reports whether a page is about the phase.
type scope func(phase string) bool

// isOpen reports whether the phase has a rate.
func isOpen(phase string) bool {
	kind, _, _ := strings.Cut(phase, " ")
	return slices.Contains([]string{"open", "search", "confirm"}, kind)
}

// isClosed reports whether the phase is a closed loop or its warm-up.
func isClosed(phase string) bool { return !isOpen(phase) }

// isAny accepts every phase.
func isAny(string) bool { return true }

// counted returns the measured trials that count.
func (v *view) counted() []*results.Trial {
	var out []*results.Trial
	for i := range v.Run.Trials {
		if t := &v.Run.Trials[i]; t.State == results.TrialOK && t.Kind == results.TrialMeasured {
			out = append(out, t)
		}
	}
	return out
}

// protocols returns the protocols of the plan's tables, in the plan's order.
func (v *view) protocols() []string {
	var out []string
	for _, t := range v.Run.Plan.Tables {
		out = appendNew(out, t.Protocol)
	}
	return out
}

// loader names the loaders that measured, with threads and idle strategy.
func (v *view) loader() string {
	used := map[int][]int{} // numbers of threads by the number in the plan
	for i := range v.Run.Trials {
		for _, r := range v.Run.Trials[i].Loaders {
			used[r.Threads] = append(used[r.Threads], cmp.Or(r.ThreadsUsed, r.Threads))
		}
	}
	var names, buffers []string
	for i := range v.Run.Trials {
		t := &v.Run.Trials[i]
		for _, r := range t.Loaders {
			name := strings.TrimSpace(r.Loader+" "+r.Version) + ", " + threadsIn(r.Threads, len(t.Parts))
			name += threadsUsed(r.Threads, slices.Min(used[r.Threads]), slices.Max(used[r.Threads]))
			if r.Foreign != nil {
				name += " (its known defects stand below)"
			} else {
				name += ", idle strategy " + cmp.Or(r.IdleStrategy, v.Run.Plan.IdleStrategy, "unknown")
				if r.SendBufferBytes > 0 {
					buffers = appendNew(buffers, fmt.Sprintf("send buffers of %d KiB in %s", r.SendBufferBytes>>10, t.Scenario))
				}
			}
			names = appendNew(names, name)
		}
	}
	if len(names) > 0 {
		return strings.Join(append(names, buffers...), "; ")
	}
	p := v.Run.Plan
	if p.Loader != "" {
		return p.Loader + " (nothing measured yet)"
	}
	return fmt.Sprintf("joust %s, %s, idle strategy %s (nothing measured yet)", p.Engine, threadsIn(p.LoaderThreads, p.Loaders), p.IdleStrategy)
}

// threadsIn counts the threads, and the loaders where there are several.
func threadsIn(threads, loaders int) string {
	if loaders < 2 {
		return results.Counted(threads, "thread")
	}
	return results.Counted(threads, "thread") + " in " + results.Counted(loaders, "loader")
}

// threadsUsed says where loads used fewer threads than planned; empty where none
// did.
func threadsUsed(planned, fewest, most int) string {
	switch fewest {
	case planned:
		return ""
	case most:
		return fmt.Sprintf(", %d of them used (the warm-up showed that these carry the load)", most)
	}
	return fmt.Sprintf(", %d to %d of them used (each load's warm-up showed how many carry it)", fewest, most)
}

// title names a table of the plan.
func title(t results.PlanTable) string { return t.Scenario + ", " + t.Protocol }

// enclose returns the text between a beginning and an end; empty without text.
func enclose(begin, text, end string) string {
	if text == "" {
		return ""
	}
	return begin + text + end
}

// span prints a range, or one value where both ends read the same.
func span(low, high string) string {
	if low == high {
		return low
	}
	return low + " to " + high
}

// each returns the result of f for each item.
func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}

// appendNew appends x where the list does not have it.
func appendNew[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}

// present returns the texts that are not empty.
func present(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}
