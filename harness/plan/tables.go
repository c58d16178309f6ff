package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/selection"
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

// fileSpecs returns the rows of the file's tables. A group or a pattern does not stand
// for rows that another table names.
func (r *resolver) fileSpecs() []spec {
	seen := map[string]bool{}
	for _, t := range r.doc.tables {
		for _, n := range scenariosSetting.of(t.layer) {
			seen[n.text] = true
		}
	}
	var list []spec
	for _, t := range r.doc.tables {
		for _, c := range r.choices(scenariosSetting.of(t.layer)) {
			if named := c.named(); named || !seen[c.row.Name] {
				seen[c.row.Name] = true
				list = append(list, spec{row: c.row, layer: t.layer, at: c.by.at, named: named})
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
	for _, c := range r.choices(scenariosSetting.of(r.flags)) {
		if seen[c.row.Name] {
			continue
		}
		seen[c.row.Name] = true
		before, named := len(list), c.named()
		for _, s := range fromFile {
			if s.row == c.row {
				s.byFlag = named
				list = append(list, s)
			}
		}
		if len(list) == before {
			list = append(list, spec{row: c.row, at: c.by.at, named: named, byFlag: named})
		}
	}
	return list
}

// choice is a row with the word by which the user chose it.
type choice struct {
	row *scenarios.Scenario
	by  name
}

// named reports whether the word is the row's name, no group and no pattern.
func (c choice) named() bool { return c.row.Name == c.by.text }

// choices returns the rows for which the words stand, in the order of the words. A row
// is in the list once for each of its words. Unknown words are problems, and so are
// words that leave no row.
func (r *resolver) choices(texts []name) []choice {
	words := make([]selection.Word, len(texts))
	for i, n := range texts {
		words[i] = selection.Parse(n.text)
	}
	if selection.OnlyExcludes(words) {
		words, texts = append(words, selection.Word{Text: all}), append(texts, name{text: all, at: texts[0].at})
	}
	var list []choice
	excluded, unknown := map[*scenarios.Scenario]bool{}, false
	for i, w := range words {
		rows, wrong := r.cat.Scenarios.Matching(w)
		r.problems.when(wrong != "" && !r.rowsMissing, texts[i].at, "%s", wrong)
		unknown = unknown || wrong != ""
		for _, row := range rows {
			if w.Except {
				excluded[row] = true
			} else {
				list = append(list, choice{row, texts[i]})
			}
		}
	}
	left := slices.DeleteFunc(list, func(c choice) bool { return excluded[c.row] })
	if len(left) == 0 && len(texts) > 0 && !unknown {
		r.problems.add(texts[0].at, "the exclusions leave no scenario; take one out")
	}
	return left
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
	number, scaled := r.scaleClients(s, r.clientsOf(s).val)
	number.into(&t, r.cat.Connections.Max, max(threadsSetting.of(m...), loadersSetting.of(m...)))
	t.Scaled = scaled
	if s.row.MinCompletions > 0 {
		t.MinCompletions = s.row.MinCompletions
		t.MaxDurationNS = max(MaxStretch, durationSetting.of(m...), openDurationSetting.of(m...)).Nanoseconds()
	}
	if slices.Contains(loops, string(scenarios.Closed)) {
		t.Closed = true
		t.ClosedDurationNS = durationSetting.of(m...).Nanoseconds()
	}
	t.Objective = r.objective(s, t.Closed)
	open := slices.Contains(loops, string(scenarios.Open))
	if open || t.Objective != nil {
		t.OpenDurationNS = openDurationSetting.of(m...).Nanoseconds()
		scheduleSetting.of(m...).into(&t)
	}
	if open {
		r.addRates(&t, s)
	}
	r.fitTool(&t, s)
	r.warnScaled(&t)
	return t
}

// addRates adds the rates of the open loop: those of the flag, of the row's table, of
// the row itself, or of the plan.
func (r *resolver) addRates(t *results.PlanTable, s spec) {
	var list []results.PlanRate
	given := ratesSetting.in(r.flags, s.layer)
	own := !given.set && len(s.row.Rates) > 0
	if own {
		for _, rps := range s.row.Rates {
			list = append(list, results.PlanRate{Kind: results.RateAbsolute, RateRPS: rps})
		}
	} else {
		for _, x := range given.or(ratesSetting.in(r.doc.layer)).or(ratesSetting.fallback).val {
			list = append(list, x.PlanRate)
		}
	}
	rates, scaled := r.scaleRates(list, own, cmp.Or(threadsSetting.of(r.layers(s)...), max(1, r.cat.LoaderCPUs)))
	t.Rates, t.Scaled = rates, append(t.Scaled, scaled...)
}
