package run

import (
	"reflect"
	"slices"

	"github.com/joust-bench/joust/results"
)

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
