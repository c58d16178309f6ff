package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
)

// private reports whether the values of a variable name folders of a person.
// Pages have its name, run.json its value.
func private(name string) bool { return name == "HOME" || name == "PATH" || name == "TMPDIR" }

// surroundings describes the conditions in which servers were started: one
// sentence for all that are alike, and one for each server with variables of its
// own.
func (v *view) surroundings() []string {
	var order, own []string
	alike := map[string][]string{}
	for _, s := range v.Run.Servers {
		if s.Surroundings == nil {
			continue
		}
		text := commonConditions(s)
		order = appendNew(order, text)
		alike[text] = append(alike[text], s.Name)
		own = append(own, enclose(s.Name+" also has ", variables(s.Surroundings, s.Surroundings.Added), ""))
	}
	items := each(order, func(text string) string {
		who := "Servers"
		if len(order) > 1 {
			who = strings.Join(alike[text], ", ")
		}
		return who + " ran with " + text
	})
	return append(items, present(own...)...)
}

// commonConditions describes the conditions that all servers share that are
// started in the same way.
func commonConditions(server results.Server) string {
	s := server.Surroundings
	names := slices.DeleteFunc(slices.Collect(maps.Keys(s.Environment)), func(name string) bool { return slices.Contains(s.Added, name) })
	text := variables(s, names)
	if server.Isolation == results.IsolationContainer {
		text += " and the variables of the image"
	} else {
		text += " and nothing else of the shell's environment"
	}
	text += enclose("; umask ", s.Umask, "")
	if s.Niceness != nil {
		text += fmt.Sprintf("; niceness %d", *s.Niceness)
	}
	return text + enclose("; at most ", s.Limits["nofile soft"], " open files")
}

// variables lists NAME=VALUE, after the bare names of those with private values.
func variables(s *results.Surroundings, names []string) string {
	var bare, whole []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		if private(name) {
			bare = append(bare, name)
		} else {
			whole = append(whole, name+"="+s.Environment[name])
		}
	}
	return strings.Join(append(bare, whole...), ", ")
}
