package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// spec is one row that is to be measured, with the settings of its table.
type spec struct {
	row *scenarios.Scenario
	layer
	at place
	// named is true when the table, or the flag, names the row itself and no
	// wildcard; byFlag when it was the flag.
	named, byFlag bool
}

// tables are the rows × protocols with their ladders.
func (r *resolver) tables() []results.PlanTable {
	r.specs = r.fileSpecs()
	if scenariosSetting.in(r.flags).set {
		r.specs = r.flagSpecs(r.specs)
	} else if !r.doc.tablesGiven {
		r.problems.add(place{}, "the plan names no scenarios; add tables to the file or --scenarios NAME,NAME")
	}
	r.left = map[string][]string{}
	var list []results.PlanTable
	taken := map[[2]string]place{}
	for _, s := range r.specs {
		for _, t := range r.specTables(s) {
			key := [2]string{t.Scenario, t.Protocol}
			if first, twice := taken[key]; twice {
				r.problems.add(s.at, "%s (%s) is in two tables, first at %v; one table a scenario and protocol", t.Scenario, t.Protocol, first)
				continue
			}
			taken[key] = s.at
			list = append(list, t)
			r.clients = append(r.clients, r.clientsOf(s))
		}
	}
	for _, what := range slices.Sorted(maps.Keys(r.left)) {
		r.warn(what + ": " + strings.Join(r.left[what], ", "))
	}
	return list
}

// fileSpecs spells out the tables of the file. A wildcard leaves rows alone
// that another table names.
func (r *resolver) fileSpecs() []spec {
	taken := map[string]bool{}
	for _, t := range r.doc.tables {
		for _, n := range scenariosSetting.of(t.layer) {
			taken[n.text] = true
		}
	}
	var list []spec
	for _, t := range r.doc.tables {
		for _, n := range scenariosSetting.of(t.layer) {
			for _, row := range r.rows(n) {
				named := row.Name == n.text
				if !named && taken[row.Name] {
					continue
				}
				taken[row.Name] = true
				list = append(list, spec{row: row, layer: t.layer, at: n.at, named: named})
			}
		}
	}
	return list
}

// flagSpecs are the rows that --scenarios names: with the settings of their
// tables where the file has some.
func (r *resolver) flagSpecs(fromFile []spec) []spec {
	var list []spec
	taken := map[string]bool{}
	for _, n := range scenariosSetting.of(r.flags) {
		for _, row := range r.rows(n) {
			if taken[row.Name] {
				continue
			}
			taken[row.Name] = true
			before := len(list)
			for _, s := range fromFile {
				if s.row.Name == row.Name {
					s.byFlag = row.Name == n.text
					list = append(list, s)
				}
			}
			if len(list) == before {
				list = append(list, spec{row: row, at: n.at, named: row.Name == n.text, byFlag: row.Name == n.text})
			}
		}
	}
	return list
}

// rows are those that a name or a wildcard stands for.
func (r *resolver) rows(n name) []*scenarios.Scenario {
	var list []*scenarios.Scenario
	for i := range r.cat.Scenarios {
		row := &r.cat.Scenarios[i]
		if row.Name == n.text || n.text == all || n.text == headline && row.Headline {
			list = append(list, row)
		}
	}
	if len(list) == 0 {
		r.problems.add(n.at, "%s", unknown("scenario", n.text, append([]string{all, headline}, r.cat.Scenarios.Names()...)))
	}
	return list
}

// layers are what speaks of a row: flags, then its table, then the whole plan.
func (r *resolver) layers(s spec) []layer { return []layer{r.flags, s.layer, r.doc.layer} }

// clientsOf finds the number of clients: a row's own wins over the plan's, and
// loses to its table's and the flag's.
func (r *resolver) clientsOf(s spec) opt[clients] {
	own := opt[clients]{}
	if s.row.Clients > 0 {
		own = given(clients{list: []int{s.row.Clients}}, s.at)
	}
	return clientsSetting.in(r.flags, s.layer).or(own).or(clientsSetting.in(r.doc.layer)).or(clientsSetting.fallback)
}

// specTables are the tables of one row: one a protocol.
func (r *resolver) specTables(s spec) []results.PlanTable {
	loops := r.modes(s)
	if len(loops) == 0 {
		return nil
	}
	var list []results.PlanTable
	for _, protocol := range r.protocols(s) {
		list = append(list, r.table(s, protocol, loops))
	}
	return list
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
