package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// evidence is the table of what limited each closed-loop cell.
func (v *view) evidence() *table {
	out := &table{head: []string{"scenario", "protocol", "server", "limited by", "U_S", "U_L", "trials", "why"}, left: 4, wordsLast: true}
	for _, t := range v.run.Plan.Tables {
		if !t.Closed {
			continue
		}
		cells := v.closedCells(t)
		for i := range cells {
			c := &cells[i]
			if c.absent != "" {
				continue
			}
			limit := c.bottleneck()
			out.add(t.Scenario, t.Protocol, c.server.Name, fmt.Sprintf("%s (%d of %d)", limit, c.count(limit), len(c.valid)),
				shareOf(c.median(serverShare)), shareOf(c.median(loaderShare)), strconv.Itoa(len(c.valid)), c.reason(limit))
		}
	}
	return out
}

func shareOf(e stats.Estimate) string {
	if e.Kind == stats.None {
		return "—"
	}
	return share(e.Value)
}

// count is how many valid trials have the bottleneck.
func (c *cell) count(limit results.Bottleneck) (n int) {
	for _, s := range c.valid {
		if known(s.phase.Verdict.Bottleneck) == limit {
			n++
		}
	}
	return n
}

// reason is the evidence of the first trial with the cell's bottleneck.
func (c *cell) reason(limit results.Bottleneck) string {
	for _, s := range c.valid {
		if known(s.phase.Verdict.Bottleneck) == limit && len(s.phase.Verdict.Reasons) > 0 {
			return s.phase.Verdict.Reasons[0].Text
		}
	}
	return ""
}

// witnesses writes failed requests by cause, and the flags.
func (v *view) witnesses(p *page) {
	p.section("## Failed requests", "All trials, void ones included; inside windows unless it says otherwise.", v.failures())
	p.list("## Flags", "Circumstances of phases that were measured nevertheless.", v.flags())
}

// failures counts failed requests by cell, side and cause.
func (v *view) failures() *table {
	out := &table{head: []string{"scenario", "protocol", "server", "phase", "side", "cause", "requests", "first failure of the phase"}, left: 6, wordsLast: true}
	for _, t := range v.run.Plan.Tables {
		for _, s := range v.run.Servers {
			for _, f := range v.failuresOf(cellKey{s.Name, t.Scenario, t.Protocol}) {
				out.add(t.Scenario, t.Protocol, s.Name, f.phase, f.side, f.cause, strconv.FormatUint(f.count, 10), f.first)
			}
		}
	}
	return out
}

type failure struct {
	phase, side, cause, first string
	count                     uint64
}

// failuresOf adds up one server's failures over its trials, in the order in
// which phases were first seen, then by cause.
func (v *view) failuresOf(k cellKey) []failure {
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
	for _, trial := range v.trials[k] {
		for i := range trial.Loaders {
			for j := range trial.Loaders[i].Phases {
				p := &trial.Loaders[i].Phases[j]
				for _, cause := range slices.Sorted(maps.Keys(p.Total.Errors)) {
					add(failure{p.Name, sideOf(cause), string(cause), p.Total.FirstError, p.Total.Errors[cause]})
				}
				add(failure{p.Name, "either", "any, outside the window", "", p.FailedOutside})
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

// flags tells which cells carry which flag in how many trials.
func (v *view) flags() []string {
	var items []string
	for _, t := range v.run.Plan.Tables {
		for _, s := range v.run.Servers {
			count, phases := map[string]int{}, map[string]int{}
			for _, trial := range v.trials[cellKey{s.Name, t.Scenario, t.Protocol}] {
				for _, p := range trial.Phases {
					phases[p.Name]++
					for _, f := range p.Verdict.Flags {
						count[p.Name+": "+string(f)]++
					}
				}
			}
			for _, key := range slices.Sorted(maps.Keys(count)) {
				name, _, _ := strings.Cut(key, ": ")
				items = append(items, escape(fmt.Sprintf("%s, %s, %s, %s (%d of %d trials)", t.Scenario, t.Protocol, s.Name, key, count[key], phases[name])))
			}
		}
	}
	return items
}
