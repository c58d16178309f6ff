package matrix

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/table"
)

// evidence returns the table of each closed-loop cell's limit and its witnesses.
func (v *view) evidence() *table.Table {
	out := &table.Table{Head: []string{"scenario", "protocol", "server", "limited by", "U_S", "U_L", "elasticity", "stalls", "trials", "why"}, Left: 4, WordsLast: true}
	for _, t := range v.closed {
		for _, c := range t.cells {
			if c.Absent == "" {
				limit := c.Bottleneck()
				out.Add(t.Scenario, t.Protocol, c.Server.Name, fmt.Sprintf("%s (%d of %d)", limit, c.Limited(limit), len(c.Valid)),
					v.share(c.Median(cells.ServerShare)), v.share(c.Median(cells.LoaderShare)), elasticity(c), v.stalls(c), strconv.Itoa(len(c.Valid)), reason(c, limit))
			}
		}
	}
	return out
}

// elasticity returns the result of the cell's experiment: how the throughput
// answers to a slower loader, near 1 where the loader limits; or, with its
// number of clients, what more clients brought. "none" is no experiment.
func elasticity(c *cells.Cell) string {
	for _, s := range c.Valid {
		for _, p := range s.Phase.Probes {
			switch {
			case p.Reading == nil:
				return "failed"
			case p.Kind == results.ProbeClients:
				return fmt.Sprintf("%s at %d clients", signed(1+*p.Reading)+" %", p.Clients)
			case p.Low != nil && p.High != nil:
				return fmt.Sprintf("%s (%s – %s)", share(*p.Reading), share(*p.Low), share(*p.High))
			default:
				return share(*p.Reading)
			}
		}
	}
	return "none"
}

// reason returns the evidence of the first trial with the cell's bottleneck.
func reason(c *cells.Cell, limit results.Bottleneck) string {
	for _, s := range c.Valid {
		if reasons := s.Phase.Verdict.Reasons; s.Limit() == limit && len(reasons) > 0 {
			return reasons[0].Text
		}
	}
	return ""
}

// witnesses writes failed requests by cause, and the flags, of the phases that
// the page is about.
func (v *view) witnesses(p *page, about scope) {
	p.section("## Failed requests", "All trials, void ones included; inside windows unless it says otherwise.", v.failures(about))
	p.list("## Known signatures", "Patterns that have a name, with the first evidence of each.", v.signatures(about))
	flags, seen := v.flags(about)
	if p.list("## Flags", "Circumstances of phases that were measured nevertheless, with the number of trials.", flags); len(seen) > 0 {
		p.line("")
		p.items(each(seen, func(f results.Flag) string {
			return "`" + string(f) + "`: " + cells.FlagWords(f, v.Run.Plan.Limits()) + "."
		}))
	}
}

// failures counts failed requests by cell, side and cause.
func (v *view) failures(about scope) *table.Table {
	out := &table.Table{Head: []string{"scenario", "protocol", "server", "phase", "side", "cause", "requests", "first failure of the phase"}, Left: 6, WordsLast: true}
	v.eachServer(func(t results.PlanTable, server string, trials []*results.Trial) {
		for _, f := range failuresOf(trials) {
			if about(f.phase) {
				out.Add(t.Scenario, t.Protocol, server, f.phase, f.side, f.cause, strconv.FormatUint(f.count, 10), f.first)
			}
		}
	})
	return out
}

type failures struct {
	phase, side, cause, first string
	count                     uint64
}

// failuresOf adds up one server's failures over its trials, in the order in
// which phases were first seen, then by cause.
func failuresOf(trials []*results.Trial) []failures {
	var out []failures
	add := func(f failures) {
		same := func(g failures) bool { return g.phase == f.phase && g.cause == f.cause }
		if i := slices.IndexFunc(out, same); i >= 0 {
			out[i].count += f.count
		} else if f.count > 0 {
			out = append(out, f)
		}
	}
	for _, p := range loadsOf(trials) {
		byCause := func(causes map[results.Cause]uint64, suffix, first string) {
			for _, cause := range slices.Sorted(maps.Keys(causes)) {
				add(failures{p.Name, sideOf(cause), string(cause) + suffix, first, causes[cause]})
			}
		}
		byCause(p.Total.Errors, "", p.Total.FirstError)
		add(failures{p.Name, "either", "any, outside the window", "", p.FailedOutside})
		add(failures{p.Name, "server", "no answer", "", p.Unanswered})
		add(failures{p.Name, "server", string(results.CauseSurplus), p.FirstSurplus, p.SurplusAnswers})
		byCause(p.ConnectionErrors, ", a connection", p.FirstConnectionError)
	}
	return out
}

func sideOf(c results.Cause) string {
	if c.HarnessSide() {
		return "harness"
	}
	return "server"
}

// flags counts the trials of each cell by flag, one line a server and scenario, and
// returns the flags that occur.
func (v *view) flags(about scope) (items []string, seen []results.Flag) {
	v.eachServer(func(t results.PlanTable, server string, trials []*results.Trial) {
		phases, counts := map[string]int{}, map[string]map[results.Flag]int{}
		for _, p := range phasesOf(trials, about) {
			phases[p.Name]++
			for _, f := range p.Verdict.Flags {
				seen = appendNew(seen, f)
				if counts[p.Name] == nil {
					counts[p.Name] = map[results.Flag]int{}
				}
				counts[p.Name][f]++
			}
		}
		list := each(slices.Sorted(maps.Keys(counts)), func(phase string) string {
			flags := each(slices.Sorted(maps.Keys(counts[phase])), func(f results.Flag) string {
				return fmt.Sprintf("%s %d of %d", f, counts[phase][f], phases[phase])
			})
			return phase + ": " + strings.Join(flags, ", ")
		})
		if len(list) > 0 {
			items = append(items, fmt.Sprintf("%s, %s: %s", title(t), server, strings.Join(list, "; ")))
		}
	})
	slices.Sort(seen)
	return items, seen
}

// signatures names the cells that show a known pattern, with the first
// evidence.
func (v *view) signatures(about scope) []string {
	var items []string
	v.eachServer(func(t results.PlanTable, server string, trials []*results.Trial) {
		for _, f := range []results.Flag{results.FlagNagle, results.FlagBacklog, results.FlagThrottled} {
			list := slices.DeleteFunc(phasesOf(trials, about), func(p *results.TrialPhase) bool { return !p.Verdict.Has(f) })
			if len(list) > 0 {
				items = append(items, fmt.Sprintf("%s, %s: %s in %s, first in %q: %s", title(t), server, f, results.Counted(len(list), "phase"), list[0].Name, reasonOf(list[0].Verdict, string(f))))
			}
		}
	})
	return items
}

// reasonOf returns the text of the reason with the code, or else of the first.
func reasonOf(verdict results.Verdict, code string) string {
	text := ""
	for _, r := range verdict.Reasons {
		if r.Code == code {
			return r.Text
		}
		text = cmp.Or(text, r.Text)
	}
	return cmp.Or(text, "no evidence was stored")
}

// loadsOf returns the trials' phases as their loaders reported them.
func loadsOf(trials []*results.Trial) []*results.Phase {
	var out []*results.Phase
	for _, t := range trials {
		for i := range t.Loaders {
			phases := t.Loaders[i].Phases
			for j := range phases {
				out = append(out, &phases[j])
			}
		}
	}
	return out
}

// phasesOf returns the trials' phases that the page is about, as the harness
// measured them.
func phasesOf(trials []*results.Trial, about scope) []*results.TrialPhase {
	var out []*results.TrialPhase
	for _, t := range trials {
		for i := range t.Phases {
			if about(t.Phases[i].Name) {
				out = append(out, &t.Phases[i])
			}
		}
	}
	return out
}

// eachServer goes through the measured trials of each table and server.
func (v *view) eachServer(do func(t results.PlanTable, server string, trials []*results.Trial)) {
	for _, t := range v.Run.Plan.Tables {
		for _, s := range v.Run.Servers {
			do(t, s.Name, v.Trials(s.Name, t))
		}
	}
}
