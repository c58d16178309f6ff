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

// surroundings says in what servers were started: one sentence for all that are
// alike, and one for each server with variables of its own. It is empty where
// nothing is stored of that.
func (v *view) surroundings() []string {
	var order, own []string
	alike := map[string][]string{}
	for _, s := range v.Run.Servers {
		if s.Surroundings == nil {
			continue
		}
		text := stated(s)
		if alike[text] == nil {
			order = append(order, text)
		}
		alike[text] = append(alike[text], s.Name)
		if added := variables(s.Surroundings, s.Surroundings.Added); len(added) > 0 {
			own = append(own, s.Name+" also has "+strings.Join(added, ", "))
		}
	}
	var items []string
	for _, text := range order {
		who := "Servers"
		if len(order) > 1 {
			who = strings.Join(alike[text], ", ")
		}
		items = append(items, who+" ran with "+text)
	}
	return append(items, own...)
}

// stated is what is the same for all servers that are started the same way.
func stated(server results.Server) string {
	s := server.Surroundings
	names := slices.DeleteFunc(slices.Collect(maps.Keys(s.Environment)), func(name string) bool { return slices.Contains(s.Added, name) })
	text := strings.Join(variables(s, names), ", ") + " and nothing else of the shell's environment"
	if server.Isolation == results.IsolationContainer {
		text = strings.Join(variables(s, names), ", ") + " and the variables of the image"
	}
	if s.Umask != "" {
		text += "; umask " + s.Umask
	}
	if s.Niceness != nil {
		text += fmt.Sprintf("; niceness %d", *s.Niceness)
	}
	if files := s.Limits["nofile soft"]; files != "" {
		text += "; at most " + files + " open files"
	}
	return text
}

// variables are NAME=VALUE, those with private values first and by name alone.
func variables(s *results.Surroundings, names []string) []string {
	var bare, whole []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		if private(name) {
			bare = append(bare, name)
		} else {
			whole = append(whole, name+"="+s.Environment[name])
		}
	}
	return append(bare, whole...)
}
