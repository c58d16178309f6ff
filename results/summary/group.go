package summary

import (
	"fmt"
	"maps"
	"slices"

	"github.com/joust-bench/joust/results/metric"
)

// readGroups reads the groups that thresholds are about. A damaged histogram is an error.
func (l *load) readGroups() error {
	for _, b := range l.options.Thresholds {
		for name := range l.phase.Groups {
			if b.Group == "" || !b.Matches(name) || l.groups[name] != nil {
				continue
			}
			if l.groups == nil {
				l.groups = map[string]*load{}
			}
			l.groups[name] = l.of(name)
			if err := l.groups[name].distributions(); err != nil {
				return fmt.Errorf("group %q: %w", name, err)
			}
		}
	}
	return nil
}

// of returns the load of one group: the requests of that name, with the loader's lags of
// the whole load. What its phase counts for all requests together is not known of it.
func (l *load) of(name string) *load {
	p := *l.phase
	p.Total, p.Groups = p.Groups[name], nil
	p.Asked, p.FailedOutside = 0, 0
	return &load{report: l.report, options: l.options, phase: &p, verdict: l.verdict, group: name}
}

// loadsOf returns the loads that a bound is about: the whole one, or those of the groups
// that it names, in the order of their names.
func (l *load) loadsOf(b metric.Bound) []*load {
	if b.Group == "" || l.phase != nil && len(l.phase.Groups) == 0 {
		// A load with one group has no groups: all of it is that one.
		return []*load{l}
	}
	var out []*load
	for _, name := range slices.Sorted(maps.Keys(l.groups)) {
		if b.Matches(name) {
			out = append(out, l.groups[name])
		}
	}
	if len(out) == 0 {
		out = []*load{{report: l.report, options: l.options, group: b.Group}}
	}
	return out
}

// missing says why a load without a phase has no figures.
func (l *load) missing() string {
	if l.group != "" && l.report.Measured() != nil {
		return "no request of the group was asked"
	}
	return "nothing was measured"
}
