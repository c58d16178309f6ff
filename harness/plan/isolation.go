package plan

import (
	"cmp"
	"strings"

	"github.com/joust-bench/joust/results"
)

// isolationNames are the ways in which a server can run.
func isolationNames() []string {
	return []string{results.IsolationProcess, results.IsolationContainer}
}

// isolationOf is how the entry runs, in words that are never empty.
func isolationOf(e results.PlanEntry) string {
	return cmp.Or(e.Isolation, results.IsolationProcess)
}

// Unavailable says why the entry cannot run here in its isolation; empty when
// it can.
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
	case c.NoContainers == nil:
		return "nothing here runs containers"
	}
	return c.NoContainers()
}

// isolate gives every entry its isolation: that of the flag, else the file's,
// else the server's own. A flag with both makes two entries of one, the second
// with its isolation behind its name.
func (r *resolver) isolate(list []results.PlanEntry) []results.PlanEntry {
	var out []results.PlanEntry
	for _, e := range list {
		if !isolationSetting.in(r.flags).set {
			if e.Isolation == "" {
				e.Isolation = r.cat.Server(e.Server).Isolation
			}
			out = append(out, stored(e))
			continue
		}
		out = append(out, r.spread(e)...)
	}
	seen := map[string]bool{}
	for _, e := range out {
		if seen[e.As] {
			r.problems.add(place{flag: "--isolation"}, "would make a second entry %s; the plan has one already", e.As)
		}
		seen[e.As] = true
	}
	return out
}

// stored is the entry as plans keep it: a process is not spelled out.
func stored(e results.PlanEntry) results.PlanEntry {
	if e.Isolation == results.IsolationProcess {
		e.Isolation = ""
	}
	return e
}

// spread makes an entry for each isolation of the flag that the server can
// have; where it can have none, one that cannot run.
func (r *resolver) spread(e results.PlanEntry) []results.PlanEntry {
	var out []results.PlanEntry
	asked := isolationSetting.of(r.flags)
	var left []string
	for _, isolation := range asked {
		if why := r.cat.Server(e.Server).CannotBe[isolation.text]; why != "" && len(asked) > 1 {
			left = append(left, why)
			continue
		}
		more := e
		more.Isolation = isolation.text
		if len(out) > 0 {
			more.As += "-" + isolation.text
		}
		out = append(out, stored(more))
	}
	if len(left) > 0 && len(out) > 0 {
		r.warn(e.As + " runs in one isolation only: " + strings.Join(left, "; "))
	}
	return out
}
