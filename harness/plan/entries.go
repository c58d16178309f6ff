package plan

import (
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
)

// all stands for every server or every row, headline for the rows that a
// default matrix may show.
const (
	all      = "all"
	headline = "headline"
)

// entries are the servers of the plan under their names in tables.
func (r *resolver) entries() []results.PlanEntry {
	fromFile, asked := r.fileEntries(), serversSetting.in(r.flags)
	var list []results.PlanEntry
	switch {
	case asked.set:
		list = r.flagEntries(asked.val, fromFile)
	case !r.doc.serversGiven && len(r.attached) == 0:
		r.problems.add(place{}, "the plan names no servers; add servers: [%s] to the file or --servers NAME,NAME", all)
	default:
		for _, e := range fromFile {
			list = append(list, results.PlanEntry{Server: e.server, As: e.as, Isolation: e.isolation})
		}
	}
	list = r.isolate(list)
	for _, name := range r.attached {
		if !slices.ContainsFunc(list, func(e results.PlanEntry) bool { return e.Server == name }) {
			list = append(list, results.PlanEntry{Server: name, As: name})
		}
	}
	for i, e := range list {
		list[i].WarmupCapNS = r.cat.Server(e.Server).WarmupCap.Nanoseconds()
		why := r.cat.Unavailable(e)
		switch {
		case why == "":
		case slices.ContainsFunc(asked.val, func(n entry) bool { return n.server == e.As }):
			r.problems.add(asked.at, "%s cannot run here: %s", e.As, why)
		default:
			r.warn(e.As + " cannot run here and is only listed in the matrix: " + why)
		}
	}
	return list
}

// fileEntries are the entries of the file that name a server, each name once.
func (r *resolver) fileEntries() []entry {
	var list []entry
	seen := map[string]bool{}
	keep := func(e entry) {
		if seen[e.as] {
			r.problems.add(e.at, "the name %s is used twice; give the second one a name of its own: {server: %s, as: %s-aa}", e.as, e.server, e.server)
			return
		}
		seen[e.as] = true
		list = append(list, e)
	}
	named := map[string]bool{}
	fromFile := serversSetting.of(r.doc.layer)
	for _, e := range fromFile {
		named[e.server] = named[e.server] || e.as == ""
	}
	for _, e := range fromFile {
		switch {
		case e.server == "": // reported already
		case e.server == all && e.as == "":
			for _, s := range r.cat.serverNames() {
				if !named[s] && !seen[s] {
					keep(entry{server: s, as: s, isolation: e.isolation, at: e.at})
				}
			}
		case r.cat.Server(e.server) == nil:
			r.problems.add(e.at, "%s", unknown("server", e.server, append([]string{all}, r.cat.serverNames()...)))
		case e.as == "":
			keep(entry{server: e.server, as: e.server, isolation: e.isolation, at: e.at})
		case r.goodName(e):
			keep(e)
		}
	}
	return list
}

// goodName checks a name given with "as". It stands in tables, file names and
// flags.
func (r *resolver) goodName(e entry) bool {
	if e.as != e.server && (r.cat.Server(e.as) != nil || e.as == all) {
		r.problems.add(e.at, "%s under the name %s would be mistaken for another server; choose another name", e.server, e.as)
		return false
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if strings.Trim(e.as, letters) != "" || strings.HasPrefix(e.as, "-") || len(e.as) > 64 {
		r.problems.add(e.at, "the name %q has other characters than letters, digits and . _ - or more than 64 of them", e.as)
		return false
	}
	return true
}

// flagEntries are what --servers names: entries of the file, or servers.
func (r *resolver) flagEntries(asked, fromFile []entry) []results.PlanEntry {
	var list []results.PlanEntry
	keep := func(e results.PlanEntry) {
		for _, have := range list {
			if have.As == e.As {
				return
			}
		}
		list = append(list, e)
	}
	for i, n := range asked {
		if slices.ContainsFunc(asked[:i], func(before entry) bool { return before.server == n.server }) {
			r.problems.add(n.at, "%s is listed twice", n.server)
			continue
		}
		if n.server == all {
			for _, s := range r.cat.serverNames() {
				keep(results.PlanEntry{Server: s, As: s})
			}
			continue
		}
		e, ok := r.flagEntry(n, fromFile)
		if ok {
			keep(e)
		}
	}
	return list
}

func (r *resolver) flagEntry(n entry, fromFile []entry) (results.PlanEntry, bool) {
	e := results.PlanEntry{Server: n.server, As: n.server}
	known := append([]string{all}, r.cat.serverNames()...)
	for _, have := range fromFile {
		if have.as == n.server {
			e.Server, e.Isolation = have.server, have.isolation
		}
		if !slices.Contains(known, have.as) {
			known = append(known, have.as)
		}
	}
	if r.cat.Server(e.Server) == nil {
		r.problems.add(n.at, "%s", unknown("server", n.server, known))
		return e, false
	}
	return e, true
}

// Placebo is the name of the entry that the i-th entry repeats: the earlier
// one of the same server in the same isolation. It is empty for the first of a server.
func Placebo(p results.Plan, i int) string {
	for _, e := range p.Entries[:i] {
		if e.Server == p.Entries[i].Server && e.Isolation == p.Entries[i].Isolation {
			return e.As
		}
	}
	return ""
}
