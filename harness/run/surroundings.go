package run

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results"
)

// dirTemplate stands for a server's temporary folder, as in manifests.
const dirTemplate = "{{.Dir}}"

// environment is what the fixture's program gets beyond the stated environment.
func (f Fixture) environment(c catalog.Command) []string {
	return slices.Concat(c.Env, surroundings.Pairs(f.Env))
}

// surroundingsOf returns what the fixture was started in, in the form in which
// runs store it; nil where the handle does not know. dir is the server's
// temporary folder.
func surroundingsOf(h host.Handle, f Fixture, dir string) *results.Surroundings {
	surrounded, ok := h.(host.Surrounded)
	if !ok {
		return nil
	}
	s := surrounded.Surroundings()
	added := surroundings.Merge(f.Manifest.Env, f.Env)
	s.Added = slices.Sorted(maps.Keys(added))
	for name, value := range s.Environment {
		_, ofUser := f.Env[name]
		if template := f.Manifest.Env[name]; !ofUser && strings.Contains(template, "{{") {
			value = template
		}
		s.Environment[name] = strings.ReplaceAll(value, dir, dirTemplate)
	}
	s.WorkingDirectory = strings.ReplaceAll(s.WorkingDirectory, dir, dirTemplate)
	return &s
}

// noteSurroundings stores what the entry's server was started in. A resumed run
// whose server starts in others than before gets a warning.
func (r *Runner) noteSurroundings(entry string, s *results.Surroundings) {
	server := r.Run.Server(entry)
	if server == nil || s == nil {
		return
	}
	warning := "resumed with another environment, umask, niceness or other limits of " + entry + ": run.json has the later ones"
	if before := server.Surroundings; before != nil && !reflect.DeepEqual(before, s) && !slices.Contains(r.Run.Warnings, warning) {
		r.Run.Warnings = append(r.Run.Warnings, warning)
	}
	server.Surroundings = s
}
