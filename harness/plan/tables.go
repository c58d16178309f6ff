package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// spec is one row of the plan, with the settings of its table.
type spec struct {
	row *scenarios.Scenario
	layer
	at place
	// named is true if the table or the flag names the row itself, not a wildcard.
	// byFlag is true for the flag.
	named, byFlag bool
}

// tables returns the rows × protocols with their ladders.
func (r *resolver) tables() []results.PlanTable {
	r.specs = r.fileSpecs()
	if scenariosSetting.in(r.flags).set {
		r.specs = r.flagSpecs(r.specs)
	} else if !r.doc.tablesGiven {
		r.problems.add(place{}, "the plan names no scenarios; add tables to the file or --scenarios NAME,NAME")
	}
	r.omitted = map[string][]string{}
	var list []results.PlanTable
	places := map[[2]string]place{}
	for _, s := range r.specs {
		loops := r.modes(s)
		if len(loops) == 0 {
			continue
		}
		for _, protocol := range r.protocols(s) {
			t, key := r.table(s, protocol, loops), [2]string{s.row.Name, protocol}
			if first, twice := places[key]; twice {
				r.problems.add(s.at, "%s (%s) is in two tables, first at %v; one table a scenario and protocol", t.Scenario, t.Protocol, first)
				continue
			}
			places[key] = s.at
			list = append(list, t)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(r.omitted)) {
		r.warn(text + ": " + strings.Join(r.omitted[text], ", "))
	}
	return list
}

// fileSpecs returns the rows of the file's tables. A wildcard does not stand for
// rows that another table names.
func (r *resolver) fileSpecs() []spec {
	seen := map[string]bool{}
	for _, t := range r.doc.tables {
		for _, n := range scenariosSetting.of(t.layer) {
			seen[n.text] = true
		}
	}
	var list []spec
	for _, t := range r.doc.tables {
		for _, n := range scenariosSetting.of(t.layer) {
			for _, row := range r.rows(n) {
				named := row.Name == n.text
				if named || !seen[row.Name] {
					seen[row.Name] = true
					list = append(list, spec{row: row, layer: t.layer, at: n.at, named: named})
				}
			}
		}
	}
	return list
}

// flagSpecs returns the rows that --scenarios names, with the settings of their
// tables in the file.
func (r *resolver) flagSpecs(fromFile []spec) []spec {
	var list []spec
	seen := map[string]bool{}
	for _, n := range scenariosSetting.of(r.flags) {
		for _, row := range r.rows(n) {
			if seen[row.Name] {
				continue
			}
			seen[row.Name] = true
			before, named := len(list), row.Name == n.text
			for _, s := range fromFile {
				if s.row == row {
					s.byFlag = named
					list = append(list, s)
				}
			}
			if len(list) == before {
				list = append(list, spec{row: row, at: n.at, named: named, byFlag: named})
			}
		}
	}
	return list
}

// rows returns the row of a name, or the rows of a wildcard.
func (r *resolver) rows(n name) []*scenarios.Scenario {
	var list []*scenarios.Scenario
	for i := range r.cat.Scenarios {
		row := &r.cat.Scenarios[i]
		if row.Name == n.text || n.text == all || n.text == headline && row.Headline {
			list = append(list, row)
		}
	}
	if len(list) == 0 {
		r.problems.add(n.at, "%s", suggest.Unknown("scenario", n.text, append([]string{all, headline}, r.cat.Scenarios.Names()...)))
	}
	return list
}

// layers returns the layers of a row's settings: flags, its table, the whole plan.
func (r *resolver) layers(s spec) []layer { return []layer{r.flags, s.layer, r.doc.layer} }

// clientsOf returns the clients of a row: those of the flag, of its table, of the
// row itself, or of the plan.
func (r *resolver) clientsOf(s spec) opt[clients] {
	own := opt[clients]{}
	if s.row.Clients > 0 {
		own = given(clients{Clients: []int{s.row.Clients}}, s.at)
	}
	return clientsSetting.in(r.flags, s.layer).or(own).or(clientsSetting.in(r.doc.layer)).or(clientsSetting.fallback)
}

func (r *resolver) table(s spec, protocol string, loops []string) results.PlanTable {
	m := r.layers(s)
	t := results.PlanTable{
		Scenario: s.row.Name,
		Protocol: protocol,
		Trials:   trialsSetting.of(m...),
		WarmupNS: warmupSetting.of(m...).Nanoseconds(),
	}
	r.clientsOf(s).val.into(&t, r.cat.Connections.Max, max(threadsSetting.of(m...), loadersSetting.of(m...)))
	if slices.Contains(loops, string(scenarios.Closed)) {
		t.Closed = true
		t.ClosedDurationNS = durationSetting.of(m...).Nanoseconds()
		if s.row.MinCompletions > 0 {
			t.MinCompletions = s.row.MinCompletions
			t.MaxDurationNS = max(MaxStretch, durationSetting.of(m...)).Nanoseconds()
		}
	}
	t.Objective = r.objective(s, t.Closed)
	open := slices.Contains(loops, string(scenarios.Open))
	if open || t.Objective != nil {
		t.OpenDurationNS = openDurationSetting.of(m...).Nanoseconds()
		scheduleSetting.of(m...).into(&t)
	}
	if open {
		for _, x := range ratesSetting.of(m...) {
			t.Rates = append(t.Rates, x.PlanRate)
		}
	}
	r.fitTool(&t, s)
	return t
}
