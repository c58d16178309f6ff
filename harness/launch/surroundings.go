package launch

import (
	"maps"
	"slices"
	"strings"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results"
)

// dirTemplate stands for a server's temporary folder, as in manifests.
const dirTemplate = "{{.Dir}}"

// surroundingsOf returns the fixture's surroundings in the form in which runs
// store them; nil where the handle does not know them. dir is the server's
// temporary folder.
func surroundingsOf(h host.Handle, f Fixture, dir string) *results.Surroundings {
	started := h.Surroundings()
	if started == nil {
		return nil
	}
	s := *started
	s.Environment = maps.Clone(s.Environment)
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
