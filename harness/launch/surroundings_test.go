package launch

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/results"
)

// startedIn is the handle of a program that knows its surroundings.
type startedIn struct {
	host.Handle
	surroundings *results.Surroundings
}

func (s startedIn) Surroundings() *results.Surroundings { return s.surroundings }

func TestStoredSurroundingsAreThoseOfEveryStart(t *testing.T) {
	t.Parallel()
	f := Fixture{
		Manifest: catalog.Manifest{Env: map[string]string{"AT": "{{.Port}}", "MINE": "{{.Port}}", "FIXED": "1"}},
		Env:      map[string]string{"MINE": "{{literally}}", "OURS": "/tmp/joust/x/y"},
	}
	h := startedIn{surroundings: &results.Surroundings{
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
	for range 2 { // the first does not change the handle's own
		if d := cmp.Diff(want, surroundingsOf(h, f, "/tmp/joust/x")); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
	if s := surroundingsOf(startedIn{}, f, "/tmp"); s != nil {
		t.Errorf("of a handle that knows none: %+v", s)
	}
}
