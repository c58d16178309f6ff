package run

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

func TestResumedInOtherSurroundings(t *testing.T) {
	t.Parallel()
	r := &Runner{Run: results.Run{Servers: []results.Server{{Name: "a"}}}}
	started := func(umask string) *results.Surroundings { return &results.Surroundings{Umask: umask} }
	for _, c := range []struct {
		umask    string
		warnings int
	}{{"0022", 0}, {"0022", 0}, {"0077", 1}, {"0022", 1}} {
		r.noteSurroundings("a", started(c.umask))
		r.noteSurroundings("a", nil) // of a start that failed
		if got := r.Run.Servers[0].Surroundings.Umask; got != c.umask || len(r.Run.Warnings) != c.warnings {
			t.Errorf("umask %s: stored %s with the warnings %q", c.umask, got, r.Run.Warnings)
		}
	}
	r.noteSurroundings("unknown", started("0022"))
}
