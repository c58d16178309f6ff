package run

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/results"
)

// startedIn is the handle of a program that knows its surroundings.
type startedIn struct {
	host.Handle
	surroundings results.Surroundings
}

var _ host.Surrounded = startedIn{}

func (s startedIn) Surroundings() results.Surroundings {
	s.surroundings.Environment = maps.Clone(s.surroundings.Environment)
	return s.surroundings
}

func TestStoredSurroundingsAreThoseOfEveryStart(t *testing.T) {
	t.Parallel()
	f := Fixture{
		Manifest: catalog.Manifest{Env: map[string]string{"AT": "{{.Port}}", "MINE": "{{.Port}}", "FIXED": "1"}},
		Env:      map[string]string{"MINE": "{{literally}}", "OURS": "/tmp/joust/x/y"},
	}
	h := startedIn{surroundings: results.Surroundings{
		Environment: map[string]string{
			"AT": "8080", "MINE": "{{literally}}", "FIXED": "1", "OURS": "/tmp/joust/x/y", "TMPDIR": "/tmp/joust/x", "TZ": "UTC",
		},
		WorkingDirectory: "/tmp/joust/x", Umask: "0022",
	}}
	want := &results.Surroundings{
		Environment: map[string]string{
			"AT": "{{.Port}}", "MINE": "{{literally}}", "FIXED": "1", "OURS": "{{.Dir}}/y", "TMPDIR": "{{.Dir}}", "TZ": "UTC",
		},
		Added: []string{"AT", "FIXED", "MINE", "OURS"}, WorkingDirectory: "{{.Dir}}", Umask: "0022",
	}
	if d := cmp.Diff(want, surroundingsOf(h, f, "/tmp/joust/x")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if s := surroundingsOf(struct{ host.Handle }{}, f, "/tmp"); s != nil {
		t.Errorf("of a handle that knows none: %+v", s)
	}
}

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
