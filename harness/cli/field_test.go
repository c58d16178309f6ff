package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestOutcomeOfACheckInAFile(t *testing.T) {
	t.Parallel()
	c := checker{app: &app{stderr: &strings.Builder{}}, rows: []scenarios.Scenario{{Name: "hello"}, {Name: "json"}, {Name: "echo"}}}
	c.DurationNS = 61e9
	c.Servers = []checkedServer{
		{
			Name: "a", Rows: []checkedRow{{"hello", rowOK, ""}, {"json", rowUnsupported, "no | handlers"}, {"echo", rowUnsupported, "no | handlers"}},
			Conformance: &results.Conformance{Points: []results.ConformancePoint{
				{Name: "fresh date", Outcome: results.ConformancePassed}, {Name: "unknown path", Outcome: results.ConformanceFailed},
			}},
		},
		{Name: "b", Rows: []checkedRow{{"hello", rowWrong, "the body differs\nin full"}, {"json", rowNotClaimed, ""}, {"echo", rowOK, ""}}},
		{Name: "c", NotHere: "c cannot run here: x is not on PATH"},
	}
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte("before\n"+fieldBegin+"old\n"+fieldEnd+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := checkInto(file); err != nil {
		t.Fatal(err)
	}
	if err := c.writeField(file); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "before\n" + fieldBegin + `3 servers and 3 rows, checked in 1m1s: ✓ right, ✗ wrong, — unsupported, · not claimed, ? not installed where this was made.

| row              |      a | b | c |
|:-----------------|-------:|--:|--:|
| hello            |      ✓ | ✗ | ? |
| json             |      — | · | ? |
| echo             |      — | ✓ | ? |
| HTTP/1.1 battery | 1 of 2 | — | — |

- a without json and echo: no \| handlers
- a, HTTP/1.1, not in: unknown path
- b answers hello wrongly: the body differs
- c cannot run here: x is not on PATH
` + fieldEnd + "after\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := os.WriteFile(file, []byte("no marks\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := checkInto(file); err == nil || !strings.Contains(err.Error(), "between which the table could stand") {
		t.Errorf("a file without marks: %v", err)
	}
}
