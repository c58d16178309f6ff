// Package matrix writes the tables of a run: bench_results.md (closed loop),
// wrk2_results.md (open loop) and the headline on the terminal. Each is a pure
// function of the run: the same run gives the same bytes, on any machine and
// at any time.
//
// What a cell is worth is decided in results/cells; this package draws it. A
// value that was not measured, or may not be believed, prints as "—" with the
// reason, or with a mark that the legend explains.
package matrix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
)

// view is a run as the tables look at it.
type view struct {
	*cells.Set
	// columns are the servers that tables show: the copy of an A/A pair is
	// none of them.
	columns []results.Server
	// problems are stored data that could not be read, told once each.
	problems []string
}

func newView(set *cells.Set) *view {
	v := &view{Set: set}
	for _, s := range v.Run.Servers {
		if s.PlaceboOf == "" {
			v.columns = append(v.columns, s)
		}
	}
	return v
}

// problem notes stored data that could not be read.
func (v *view) problem(text string) {
	if !slices.Contains(v.problems, text) {
		v.problems = append(v.problems, text)
	}
}

// protocols are those of the plan's tables, in the plan's order.
func (v *view) protocols() []string {
	var out []string
	for _, t := range v.Run.Plan.Tables {
		if !slices.Contains(out, t.Protocol) {
			out = append(out, t.Protocol)
		}
	}
	return out
}

// closedTables are the tables with a closed-loop phase on the protocol.
func (v *view) closedTables(protocol string, bandwidth bool) []results.PlanTable {
	var out []results.PlanTable
	for _, t := range v.Run.Plan.Tables {
		if t.Closed && t.Protocol == protocol && v.Bandwidth(t) == bandwidth {
			out = append(out, t)
		}
	}
	return out
}

// loader names the loaders that measured, with threads and idle strategy.
func (v *view) loader() string {
	used := v.threadsUsed()
	var names, buffered []string
	for i := range v.Run.Trials {
		for _, r := range v.Run.Trials[i].Loaders {
			name := strings.TrimSpace(r.Loader + " " + r.Version)
			name += ", " + plural(r.Threads, "thread") + used[r.Threads].words(r.Threads)
			if r.Foreign == nil {
				name += ", idle strategy " + cmp.Or(r.IdleStrategy, v.Run.Plan.IdleStrategy, "unknown")
				if r.SendBufferBytes > 0 {
					in := fmt.Sprintf("send buffers of %d KiB in %s", r.SendBufferBytes>>10, v.Run.Trials[i].Scenario)
					if !slices.Contains(buffered, in) {
						buffered = append(buffered, in)
					}
				}
			} else {
				name += " (its known defects stand below)"
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		p := v.Run.Plan
		if p.Loader != "" {
			return p.Loader + " (nothing measured yet)"
		}
		return fmt.Sprintf("joust %s, %s, idle strategy %s (nothing measured yet)", p.Engine, plural(p.LoaderThreads, "thread"), p.IdleStrategy)
	}
	return strings.Join(append(names, buffered...), "; ")
}

// threadRange is the fewest and the most threads that loads used.
type threadRange struct{ fewest, most int }

// threadsUsed is how many threads the loads of the run used, by the number of
// threads asked for.
func (v *view) threadsUsed() map[int]threadRange {
	used := map[int]threadRange{}
	for i := range v.Run.Trials {
		for _, r := range v.Run.Trials[i].Loaders {
			n := cmp.Or(r.ThreadsUsed, r.Threads)
			u, known := used[r.Threads]
			if !known {
				u = threadRange{n, n}
			}
			used[r.Threads] = threadRange{min(u.fewest, n), max(u.most, n)}
		}
	}
	return used
}

// words says where loads used fewer threads than were asked for; empty where
// none did.
func (u threadRange) words(asked int) string {
	switch {
	case u.fewest == asked:
		return ""
	case u.fewest == u.most:
		return fmt.Sprintf(", %d of them used (the warm-up showed that these carry the load)", u.most)
	}
	return fmt.Sprintf(", %d to %d of them used (each load's warm-up showed how many carry it)", u.fewest, u.most)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
