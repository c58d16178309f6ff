package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// modes are the loops of a row's ladder: those asked for that have a meaning
// for it.
func (r *resolver) modes(s spec) []string {
	asked, flagged, own := modesSetting.in(r.layers(s)...), modesSetting.in(r.flags).set, modesSetting.in(s.layer)
	if !asked.set {
		return r.loopOfTool(r.defaultModes(s), asked)
	}
	if rates := ratesSetting.in(s.layer); own.set && rates.set && !flagged && !hasName(own.val, string(scenarios.Open)) {
		r.problems.add(rates.at, "rates have no meaning in a table without an open loop; add open to its modes or take the rates out")
	}
	return r.loopOfTool(r.meaningful(s, asked, flagged, own.set, func(mode string) bool {
		return s.row.Allows(scenarios.Mode(mode))
	}, "loop"), asked)
}

// defaultModes are the closed loop, and the open loop where rates are given;
// a row that has only one of them takes that one.
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

// protocols are those asked for on which the row has a meaning.
func (r *resolver) protocols(s spec) []string {
	asked := protocolsSetting.in(r.layers(s)...).or(protocolsSetting.fallback)
	return r.meaningful(s, asked, protocolsSetting.in(r.flags).set, protocolsSetting.in(s.layer).set, func(p string) bool {
		return s.row.Supports(scenarios.Protocol(p))
	}, "protocol")
}

// meaningful keeps what has a meaning for the row. What was asked for this very
// row and has none is a problem; what came along with a wider wish is left out
// with a warning.
func (r *resolver) meaningful(s spec, asked opt[[]name], byFlag, byTable bool, allowed func(string) bool, what string) []string {
	explicit := byFlag && s.byFlag || !byFlag && byTable && s.named
	var kept, lost []string
	at := asked.at
	for _, n := range asked.val {
		if allowed(n.text) {
			kept = append(kept, n.text)
			continue
		}
		lost = append(lost, n.text)
		at = n.at
	}
	slices.Sort(lost)
	for _, text := range lost {
		if explicit {
			r.problems.add(at, "%s has no meaning for %s, whose row allows %s", describe(what, text), s.row.Name, r.allows(s.row, what))
			continue
		}
		r.left[describe(what, text)+" is left out where it has no meaning"] = append(r.left[describe(what, text)+" is left out where it has no meaning"], s.row.Name)
	}
	return kept
}

func describe(what, text string) string {
	if what == "loop" {
		return "the " + text + " loop"
	}
	return "the protocol " + text
}

// allows lists what the row allows, in words.
func (r *resolver) allows(row *scenarios.Scenario, what string) string {
	if what == "loop" {
		return listed(row.Modes) + " only"
	}
	return listed(row.Protocols) + " only"
}

// listed joins the items of a list.
func listed(list any) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ", ")
}
