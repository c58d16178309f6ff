package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// evidence is the table of what limited each closed-loop cell.
func (v *view) evidence() *table {
	out := &table{head: []string{"scenario", "protocol", "server", "limited by", "U_S", "U_L", "elasticity", "stalls", "trials", "why"}, left: 4, wordsLast: true}
	for _, t := range v.Run.Plan.Tables {
		if !t.Closed {
			continue
		}
		row := v.closedCells(t)
		for i := range row {
			c := &row[i]
			if c.Absent != "" {
				continue
			}
			limit := c.Bottleneck()
			out.add(t.Scenario, t.Protocol, c.Server.Name, fmt.Sprintf("%s (%d of %d)", limit, c.Limited(limit), len(c.Valid)),
				shareOf(c.Median(cells.ServerShare)), shareOf(c.Median(cells.LoaderShare)), elasticity(c), stalled(c), strconv.Itoa(len(c.Valid)), reason(c, limit))
		}
	}
	return out
}

// elasticity is what the cell's experiment read: how the throughput answers to
// a slower loader, near 1 where the loader limits; or, with its number of
// clients, what more clients brought. "—" where none was made.
func elasticity(c *cells.Cell) string {
	for _, s := range c.Valid {
		for _, p := range s.Seen.Probes {
			switch {
			case p.Reading == nil:
				return "— failed"
			case p.Kind == results.ProbeClients:
				return fmt.Sprintf("%s at %d clients", signed(1+*p.Reading)+" %", p.Clients)
			case p.Low != nil && p.High != nil:
				return fmt.Sprintf("%s (%s – %s)", share(*p.Reading), share(*p.Low), share(*p.High))
			default:
				return share(*p.Reading)
			}
		}
	}
	return "—"
}

func shareOf(e stats.Estimate) string {
	if e.Kind == stats.None {
		return "—"
	}
	return share(e.Value)
}

// reason is the evidence of the first trial with the cell's bottleneck.
func reason(c *cells.Cell, limit results.Bottleneck) string {
	for _, s := range c.Valid {
		if reasons := s.Seen.Verdict.Reasons; s.Limit() == limit && len(reasons) > 0 {
			return reasons[0].Text
		}
	}
	return ""
}

// witnesses writes failed requests by cause, and the flags, of the phases that
// the page is about.
func (v *view) witnesses(p *page, about func(phase string) bool) {
	p.section("## Failed requests", "All trials, void ones included; inside windows unless it says otherwise.", v.failures(about))
	p.list("## Known signatures", "Patterns that have a name, with the first evidence of each.", v.signatures(about))
	p.list("## Flags", "Circumstances of phases that were measured nevertheless, with the number of trials.", v.flags(about))
}

// isOpen tells a phase at a rate from a closed loop and its warm-up.
func isOpen(phase string) bool {
	kind, _, _ := strings.Cut(phase, " ")
	return slices.Contains([]string{"open", "search", "confirm"}, kind)
}

func isClosed(phase string) bool { return !isOpen(phase) }

// failures counts failed requests by cell, side and cause.
func (v *view) failures(about func(phase string) bool) *table {
	out := &table{head: []string{"scenario", "protocol", "server", "phase", "side", "cause", "requests", "first failure of the phase"}, left: 6, wordsLast: true}
	v.eachServer(func(t results.PlanTable, s results.Server, trials []*results.Trial) {
		for _, f := range failuresOf(trials) {
			if !about(f.phase) {
				continue
			}
			out.add(t.Scenario, t.Protocol, s.Name, f.phase, f.side, f.cause, strconv.FormatUint(f.count, 10), f.first)
		}
	})
	return out
}

type failure struct {
	phase, side, cause, first string
	count                     uint64
}

// failuresOf adds up one server's failures over its trials, in the order in
// which phases were first seen, then by cause.
func failuresOf(trials []*results.Trial) []failure {
	var out []failure
	add := func(f failure) {
		if f.count == 0 {
			return
		}
		for i := range out {
			if out[i].phase == f.phase && out[i].cause == f.cause {
				out[i].count += f.count
				return
			}
		}
		out = append(out, f)
	}
	for _, trial := range trials {
		for i := range trial.Loaders {
			for j := range trial.Loaders[i].Phases {
				p := &trial.Loaders[i].Phases[j]
				for _, cause := range slices.Sorted(maps.Keys(p.Total.Errors)) {
					add(failure{p.Name, sideOf(cause), string(cause), p.Total.FirstError, p.Total.Errors[cause]})
				}
				add(failure{p.Name, "either", "any, outside the window", "", p.FailedOutside})
				add(failure{p.Name, "server", "no answer", "", p.Unanswered})
				add(failure{p.Name, "server", string(results.CauseSurplus), p.FirstSurplus, p.SurplusAnswers})
				for _, cause := range slices.Sorted(maps.Keys(p.ConnectionErrors)) {
					add(failure{p.Name, sideOf(cause), string(cause) + ", a connection", p.FirstConnectionError, p.ConnectionErrors[cause]})
				}
			}
		}
	}
	return out
}

func sideOf(c results.Cause) string {
	if c.HarnessSide() {
		return "harness"
	}
	return "server"
}

// flags tells which cells carry which flag in how many trials, one line a
// server and scenario.
func (v *view) flags(about func(phase string) bool) []string {
	var items []string
	v.eachServer(func(t results.PlanTable, s results.Server, trials []*results.Trial) {
		count, phases := map[string]map[results.Flag]int{}, map[string]int{}
		for _, trial := range trials {
			for _, p := range trial.Phases {
				if !about(p.Name) {
					continue
				}
				phases[p.Name]++
				if count[p.Name] == nil {
					count[p.Name] = map[results.Flag]int{}
				}
				for _, f := range p.Verdict.Flags {
					count[p.Name][f]++
				}
			}
		}
		var list []string
		for _, name := range slices.Sorted(maps.Keys(count)) {
			var flags []string
			for _, f := range slices.Sorted(maps.Keys(count[name])) {
				flags = append(flags, fmt.Sprintf("%s %d of %d", f, count[name][f], phases[name]))
			}
			if len(flags) > 0 {
				list = append(list, name+": "+strings.Join(flags, ", "))
			}
		}
		if len(list) > 0 {
			items = append(items, escape(fmt.Sprintf("%s, %s, %s: %s", t.Scenario, t.Protocol, s.Name, strings.Join(list, "; "))))
		}
	})
	return items
}

// signatures names the cells that show a known pattern, with what was seen
// first.
func (v *view) signatures(about func(phase string) bool) []string {
	var items []string
	v.eachServer(func(t results.PlanTable, s results.Server, trials []*results.Trial) {
		for _, f := range []results.Flag{results.FlagNagle, results.FlagBacklog, results.FlagThrottled} {
			n, phase, why := 0, "", ""
			for _, trial := range trials {
				for _, p := range trial.Phases {
					if !about(p.Name) || !p.Verdict.Has(f) {
						continue
					}
					if n++; n == 1 {
						phase, why = p.Name, reasonOf(p.Verdict, string(f))
					}
				}
			}
			if n > 0 {
				items = append(items, escape(fmt.Sprintf("%s, %s, %s: %s in %s, first in %q: %s", t.Scenario, t.Protocol, s.Name, f, plural(n, "phase"), phase, why)))
			}
		}
	})
	return items
}

// reasonOf is the text of the reason with the code, or else of the first.
func reasonOf(verdict results.Verdict, code string) string {
	for _, r := range verdict.Reasons {
		if r.Code == code {
			return r.Text
		}
	}
	if len(verdict.Reasons) > 0 {
		return verdict.Reasons[0].Text
	}
	return "no evidence was stored"
}

// eachServer goes through the measured trials of each table and server.
func (v *view) eachServer(do func(t results.PlanTable, s results.Server, trials []*results.Trial)) {
	for _, t := range v.Run.Plan.Tables {
		for _, s := range v.Run.Servers {
			do(t, s, v.Trials(s.Name, t))
		}
	}
}
