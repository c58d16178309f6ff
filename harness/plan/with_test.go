package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestPlansGiveParametersOtherValues(t *testing.T) {
	t.Parallel()
	cat := small(row("one_row", []scenarios.Protocol{scenarios.H1}, scenarios.Closed))
	cat.Servers[0].Parameters = []string{"gogc", "limit"}
	cat.Servers = append(cat.Servers, plan.ServerFacts{Name: "two", Protocols: []string{"h1"}, Scenarios: []string{"one_row"}})
	p, _, err := plan.Resolve("with.yaml", []byte(`servers:
  - one
  - {server: one, as: one-off, with: {gogc: "off", limit: 64MiB}}
  - {server: one, as: one-aa}
  - {server: one, as: off-aa, with: {limit: 64MiB, gogc: "off"}}
tables: [{scenarios: [one_row]}]
`), plan.Overrides{}, cat)
	if err != nil {
		t.Fatal(err)
	}
	off := map[string]string{"gogc": "off", "limit": "64MiB"}
	want := []results.PlanEntry{
		{Server: "one", As: "one"}, {Server: "one", As: "one-off", With: off}, {Server: "one", As: "one-aa"}, {Server: "one", As: "off-aa", With: off},
	}
	if diff := cmp.Diff(want, p.Entries); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for i, original := range []string{"", "", "one", "one-off"} {
		if got := plan.Placebo(p, i); got != original {
			t.Errorf("%s is a placebo of %q, want %q", p.Entries[i].As, got, original)
		}
	}
	_, _, err = plan.Resolve("bad.yaml", []byte(`servers:
  - {server: one, with: {gocg: "1", limit: 1}}
  - {server: two, with: {gogc: "1"}}
tables: [{scenarios: [one_row]}]
`), plan.Overrides{}, cat)
	wrong := `bad.yaml:2: servers[0].with.limit wants a text, not the number 1; put it in quotes
bad.yaml:2: with: unknown parameter "gocg", did you mean "gogc"?
bad.yaml:3: with: the server two has no parameters, so gogc cannot be set`
	if err == nil || err.Error() != wrong {
		t.Errorf("got %v\nwant %s", err, wrong)
	}
}
