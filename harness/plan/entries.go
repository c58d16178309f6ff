package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/selection"
	"github.com/joust-bench/joust/results/suggest"
)

// all stands for every server or every row.
const all = selection.All

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
		list = append(list, results.PlanEntry{Server: server, As: as, Isolation: e.Isolation, With: e.With})
		r.checkParameters(e, server)
	}
	// A pattern adds no server that has an entry of its own without a name.
	named := map[string]bool{}
	fromFile := serversSetting.of(r.doc.layer)
	for _, e := range fromFile {
		named[e.Server] = named[e.Server] || e.As == ""
	}
	for _, e := range fromFile {
		word := e.word()
		switch {
		case e.Server == "", word.Except: // reported already; left out below
		case r.cat.Server(e.Server) != nil:
			if e.As == "" || r.goodName(e) {
				add(e, e.Server, cmp.Or(e.As, e.Server))
			}
		case e.As == "" && (e.Server == all || word.IsPattern()):
			for _, s := range r.matching(word, e.at) {
				if !named[s] && !seen[s] {
					add(e, s, s)
				}
			}
		default:
			r.problems.add(e.at, "%s", r.unknown(e.Server, append([]string{all}, r.cat.serverNames()...)))
		}
	}
	return r.withoutExcluded(list, fromFile)
}

// checkParameters reports values of parameters that the server does not have.
func (r *resolver) checkParameters(e entry, server string) {
	known := r.cat.Server(server).Parameters
	for _, name := range slices.Sorted(maps.Keys(e.With)) {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			r.problems.add(e.at, "with: the server %s has no parameters, so %s cannot be set", server, name)
		default:
			r.problems.add(e.at, "with: %s", suggest.Unknown("parameter", name, known))
		}
	}
}

// word returns the entry's server as a word of a selection. An entry with a name of
// its own is no exclusion.
func (e entry) word() selection.Word {
	if e.As != "" {
		return selection.Word{Text: e.Server}
	}
	return selection.Parse(e.Server)
}

// matching returns the names of the servers for which a group or a pattern stands. It
// warns of those that are broken.
func (r *resolver) matching(w selection.Word, at place) []string {
	names := r.cat.serverNames()
	list := slices.DeleteFunc(slices.Clone(names), func(s string) bool { return !w.Matches(s) })
	for _, name := range slices.Sorted(maps.Keys(r.cat.Broken)) {
		if w.Matches(name) {
			r.warn(fmt.Sprintf("server %s is broken and left out: %s", name, r.cat.Broken[name]))
		}
	}
	r.problems.when(len(list) == 0, at, "no server matches %s; joust list servers shows all", w.Text)
	return list
}

// withoutExcluded returns the entries that no exclusion among the words stands for. An
// exclusion that stands for nothing known is a problem.
func (r *resolver) withoutExcluded(list []results.PlanEntry, words []entry) []results.PlanEntry {
	for _, e := range words {
		word := e.word()
		if !word.Except {
			continue
		}
		known := append(r.cat.serverNames(), slices.Collect(maps.Keys(r.cat.Broken))...)
		for _, x := range list {
			known = append(known, x.As)
		}
		r.problems.when(!slices.ContainsFunc(known, func(name string) bool { return word.Matches(name) }), e.at,
			"%s", suggest.Unknown("server", word.Text, known))
		list = slices.DeleteFunc(list, func(x results.PlanEntry) bool { return word.Matches(x.As) })
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
// servers. Exclusions alone leave the others of the file, or all others without a file.
func (r *resolver) flagEntries(asked []entry, fromFile []results.PlanEntry) []results.PlanEntry {
	var list []results.PlanEntry
	add := func(e results.PlanEntry) {
		if indexOf(list, e.As) < 0 {
			list = append(list, e)
		}
	}
	words := make([]selection.Word, len(asked))
	for i, n := range asked {
		words[i] = n.word()
	}
	switch {
	case !selection.OnlyExcludes(words):
	case len(fromFile) > 0:
		list = slices.Clone(fromFile)
	default:
		words, asked = append(words, selection.Word{Text: all}), append(asked, entry{serverYAML{Server: all}, asked[0].at})
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
		case words[i].Except: // left out below
		case own >= 0:
			add(fromFile[own])
		case r.cat.Server(n.Server) != nil:
			add(results.PlanEntry{Server: n.Server, As: n.Server})
		case n.Server == all || words[i].IsPattern():
			for _, e := range fromFile {
				if n.Server != all && words[i].Matches(e.As) {
					add(e)
				}
			}
			for _, s := range r.matching(words[i], n.at) {
				add(results.PlanEntry{Server: s, As: s})
			}
		default:
			r.problems.add(n.at, "%s", r.unknown(n.Server, known))
		}
	}
	return r.withoutExcluded(list, asked)
}

// indexOf returns the index of the entry of that name, or -1.
func indexOf(entries []results.PlanEntry, as string) int {
	return slices.IndexFunc(entries, func(e results.PlanEntry) bool { return e.As == as })
}

// Placebo returns the name of the entry that the i-th entry repeats: the earlier
// one of the same server in the same isolation. It is "" for the first of a server.
func Placebo(p results.Plan, i int) string {
	for _, e := range p.Entries[:i] {
		if e.Key() == p.Entries[i].Key() {
			return e.As
		}
	}
	return ""
}
