package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// modes returns the loops of a row's ladder: the requested loops that have a
// meaning for the row.
func (r *resolver) modes(s spec) []string {
	asked, flagged, own := modesSetting.in(r.layers(s)...), modesSetting.in(r.flags).set, modesSetting.in(s.layer)
	if !asked.set {
		return r.loopOfTool(r.defaultModes(s), asked)
	}
	rates := ratesSetting.in(s.layer)
	r.problems.when(own.set && rates.set && !flagged && !hasName(own.val, string(scenarios.Open)), rates.at,
		"rates have no meaning in a table without an open loop; add open to its modes or take the rates out")
	return r.loopOfTool(r.meaningful(s, asked, flagged, own.set, "the %s loop", suggest.Texts(s.row.Modes...)), asked)
}

// defaultModes returns the closed loop, and the open loop if there are rates. A row
// that allows only one loop has that one.
func (r *resolver) defaultModes(s spec) []string {
	rates := ratesSetting.in(r.layers(s)...)
	var list []string
	for _, m := range s.row.Modes {
		if m == scenarios.Closed || rates.set || !s.row.Allows(scenarios.Closed) {
			list = append(list, string(m))
		}
	}
	return list
}

// protocols returns the requested protocols on which the row has a meaning.
func (r *resolver) protocols(s spec) []string {
	asked := protocolsSetting.in(r.layers(s)...).or(protocolsSetting.fallback)
	byFlag, byTable := protocolsSetting.in(r.flags).set, protocolsSetting.in(s.layer).set
	return r.meaningful(s, asked, byFlag, byTable, "the protocol %s", suggest.Texts(s.row.Protocols...))
}

// meaningful returns the names that the row allows. Another name is a problem if the
// user gave it for this very row, and else a warning. The format describes a name.
func (r *resolver) meaningful(s spec, asked opt[[]name], byFlag, byTable bool, format string, allowed []string) []string {
	explicit := byFlag && s.byFlag || !byFlag && byTable && s.named
	var list []string
	for _, n := range asked.val {
		what := fmt.Sprintf(format, n.text)
		switch {
		case slices.Contains(allowed, n.text):
			list = append(list, n.text)
		case explicit:
			r.problems.add(n.at, "%s has no meaning for %s, whose row allows %s only", what, s.row.Name, listed(allowed))
		default:
			r.omit(what+" is left out where it has no meaning", s.row)
		}
	}
	return list
}

// omit adds the row to the warning of that text.
func (r *resolver) omit(text string, row *scenarios.Scenario) {
	r.omitted[text] = append(r.omitted[text], row.Name)
}

// listed joins the items of a list.
func listed(list any) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ", ")
}
