package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// all stands for every server or every row, headline for the rows that a
// default matrix may show.
const (
	all      = "all"
	headline = "headline"
)

// entries returns the servers of the plan under their names in tables.
func (r *resolver) entries() []results.PlanEntry {
	fromFile, asked := r.fileEntries(), serversSetting.in(r.flags)
	list := fromFile
	switch {
	case asked.set:
		list = r.flagEntries(asked.val, fromFile)
	case !r.doc.serversGiven && len(r.attached) == 0:
		r.problems.add(place{}, "the plan names no servers; add servers: [%s] to the file or --servers NAME,NAME", all)
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
		case slices.ContainsFunc(asked.val, func(n entry) bool { return n.Server == e.As }):
			r.problems.add(asked.at, "%s cannot run here: %s", e.As, why)
		default:
			r.warn(e.As + " cannot run here and is only listed in the matrix: " + why)
		}
	}
	return list
}

// fileEntries returns the entries of the file that name a server, each name once.
func (r *resolver) fileEntries() []results.PlanEntry {
	var list []results.PlanEntry
	seen := map[string]bool{}
	add := func(e entry, server, as string) {
		if seen[as] {
			r.problems.add(e.at, "the name %s is used twice; give the second one a name of its own: {server: %s, as: %s-aa}", as, server, server)
			return
		}
		seen[as] = true
		list = append(list, results.PlanEntry{Server: server, As: as, Isolation: e.Isolation})
	}
	// A wildcard adds no server that has an entry of its own without a name.
	named := map[string]bool{}
	fromFile := serversSetting.of(r.doc.layer)
	for _, e := range fromFile {
		named[e.Server] = named[e.Server] || e.As == ""
	}
	for _, e := range fromFile {
		switch {
		case e.Server == "": // reported already
		case e.Server == all && e.As == "":
			r.warnBroken()
			for _, s := range r.cat.serverNames() {
				if !named[s] && !seen[s] {
					add(e, s, s)
				}
			}
		case r.cat.Server(e.Server) == nil:
			r.problems.add(e.at, "%s", r.unknown(e.Server, append([]string{all}, r.cat.serverNames()...)))
		case e.As == "" || r.goodName(e):
			add(e, e.Server, cmp.Or(e.As, e.Server))
		}
	}
	return list
}

// unknown says why there is no server of that name: it is broken, or none of the
// known ones.
func (r *resolver) unknown(name string, known []string) string {
	if why := r.cat.Broken[name]; why != "" {
		return fmt.Sprintf("server %s is broken: %s", name, why)
	}
	return suggest.Unknown("server", name, known)
}

// warnBroken names the servers that a wildcard leaves out since they are broken.
func (r *resolver) warnBroken() {
	for _, name := range slices.Sorted(maps.Keys(r.cat.Broken)) {
		r.warn(fmt.Sprintf("server %s is broken and left out: %s", name, r.cat.Broken[name]))
	}
}

// goodName checks a name given with "as". It stands in tables, file names and
// flags.
func (r *resolver) goodName(e entry) bool {
	if e.As != e.Server && (r.cat.Server(e.As) != nil || e.As == all) {
		r.problems.add(e.at, "%s under the name %s would be mistaken for another server; choose another name", e.Server, e.As)
		return false
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if strings.Trim(e.As, letters) != "" || strings.HasPrefix(e.As, "-") || len(e.As) > 64 {
		r.problems.add(e.at, "the name %q has other characters than letters, digits and . _ - or more than 64 of them", e.As)
		return false
	}
	return true
}

// flagEntries returns the entries that --servers names: entries of the file, or
// servers.
func (r *resolver) flagEntries(asked []entry, fromFile []results.PlanEntry) []results.PlanEntry {
	var list []results.PlanEntry
	add := func(e results.PlanEntry) {
		if indexOf(list, e.As) < 0 {
			list = append(list, e)
		}
	}
	known := append([]string{all}, r.cat.serverNames()...)
	for _, e := range fromFile {
		if !slices.Contains(known, e.As) {
			known = append(known, e.As)
		}
	}
	for i, n := range asked {
		own := indexOf(fromFile, n.Server)
		switch {
		case slices.ContainsFunc(asked[:i], func(before entry) bool { return before.Server == n.Server }):
			r.problems.add(n.at, "%s is listed twice", n.Server)
		case n.Server == all:
			r.warnBroken()
			for _, s := range r.cat.serverNames() {
				add(results.PlanEntry{Server: s, As: s})
			}
		case own >= 0:
			add(fromFile[own])
		case r.cat.Server(n.Server) != nil:
			add(results.PlanEntry{Server: n.Server, As: n.Server})
		default:
			r.problems.add(n.at, "%s", r.unknown(n.Server, known))
		}
	}
	return list
}

// indexOf returns the index of the entry of that name, or -1.
func indexOf(entries []results.PlanEntry, as string) int {
	return slices.IndexFunc(entries, func(e results.PlanEntry) bool { return e.As == as })
}

// Placebo returns the name of the entry that the i-th entry repeats: the earlier
// one of the same server in the same isolation. It is "" for the first of a server.
func Placebo(p results.Plan, i int) string {
	for _, e := range p.Entries[:i] {
		if e.Server == p.Entries[i].Server && e.Isolation == p.Entries[i].Isolation {
			return e.As
		}
	}
	return ""
}
