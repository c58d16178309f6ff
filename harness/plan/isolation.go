package plan

import (
	"cmp"
	"strings"

	"github.com/joust-bench/joust/results"
)

// isolationNames returns the isolations that a server can have.
func isolationNames() []string {
	return []string{results.IsolationProcess, results.IsolationContainer}
}

// isolationOf returns the entry's isolation, which is never "".
func isolationOf(e results.PlanEntry) string {
	return cmp.Or(e.Isolation, results.IsolationProcess)
}

// Unavailable returns the reason why the entry cannot run here in its isolation,
// or "".
func (c *Catalogue) Unavailable(e results.PlanEntry) string {
	s := c.Server(e.Server)
	switch {
	case s == nil:
		return "no such server"
	case s.Unavailable != "":
		return s.Unavailable
	case s.CannotBe[isolationOf(e)] != "":
		return s.CannotBe[isolationOf(e)]
	case isolationOf(e) != results.IsolationContainer:
		return ""
	}
	return c.NoContainers()
}

// isolate gives every entry its isolation: that of the flag, else of the file,
// else of the server. A flag with both makes two entries of one; the second has
// its isolation behind its name.
func (r *resolver) isolate(list []results.PlanEntry) []results.PlanEntry {
	var out []results.PlanEntry
	for _, e := range list {
		if isolationSetting.in(r.flags).set {
			out = append(out, r.spread(e)...)
			continue
		}
		e.Isolation = cmp.Or(e.Isolation, r.cat.Server(e.Server).Isolation)
		out = append(out, stored(e))
	}
	for i, e := range out {
		r.problems.when(indexOf(out[:i], e.As) >= 0, flagPlace("isolation"), "would make a second entry %s; the plan has one already", e.As)
	}
	return out
}

// stored returns the entry in the form of stored plans, in which a process has no
// isolation.
func stored(e results.PlanEntry) results.PlanEntry {
	if e.Isolation == results.IsolationProcess {
		e.Isolation = ""
	}
	return e
}

// spread returns an entry for each isolation of the flag that the server can have,
// or one that cannot run.
func (r *resolver) spread(e results.PlanEntry) []results.PlanEntry {
	var out []results.PlanEntry
	asked := isolationSetting.of(r.flags)
	var reasons []string
	for _, isolation := range asked {
		if why := r.cat.Server(e.Server).CannotBe[isolation.text]; why != "" && len(asked) > 1 {
			reasons = append(reasons, why)
			continue
		}
		more := e
		more.Isolation = isolation.text
		if len(out) > 0 {
			more.As += "-" + isolation.text
		}
		out = append(out, stored(more))
	}
	if len(reasons) > 0 && len(out) > 0 {
		r.warn(e.As + " runs in one isolation only: " + strings.Join(reasons, "; "))
	}
	return out
}
