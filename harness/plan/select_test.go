package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

func scenariosOf(p results.Plan) string {
	var names []string
	for _, t := range p.Tables {
		names = append(names, t.Scenario)
	}
	return strings.Join(names, " ")
}

func serversOf(p results.Plan) string {
	var names []string
	for _, e := range p.Entries {
		names = append(names, e.As)
	}
	return strings.Join(names, " ")
}

func TestSelectionOfRows(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	everything := len(c.Scenarios)
	for words, want := range map[string]string{
		"[hello, json]":            "hello json",
		"[json*, -json]":           "",
		"[json, json*]":            "json",
		"['*ello', echo, -echo]":   "hello",
		"[core, -headline, hello]": "",
		"[-json, '-upload*']":      "all but 2",
	} {
		p, _, err := plan.Resolve("test.yaml", []byte("servers: [gin]\ntables: [{scenarios: "+words+", modes: [closed]}]"), plan.Overrides{}, c)
		switch got := scenariosOf(p); {
		case want == "":
			if err == nil || !strings.Contains(err.Error(), "test.yaml:2: the exclusions leave no scenario") {
				t.Errorf("%s: %s, %v", words, got, err)
			}
		case err != nil:
			t.Errorf("%s: %v", words, err)
		case want == "all but 2":
			if len(p.Tables) != everything-countOf(c, "json")-countPrefix(c, "upload") || strings.Contains(got, "upload") || slices.Contains(strings.Fields(got), "json") {
				t.Errorf("%s: %s", words, got)
			}
		case got != want:
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
}

func countOf(c plan.Catalogue, name string) int {
	if c.Scenario(name) == nil {
		return 0
	}
	return 1
}

func countPrefix(c plan.Catalogue, prefix string) (n int) {
	for i := range c.Scenarios {
		if strings.HasPrefix(c.Scenarios[i].Name, prefix) {
			n++
		}
	}
	return n
}

// A row that one table names is in no group or pattern of another.
func TestPatternsLeaveNamedRowsToTheirTable(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, `
servers: [gin]
trials: 2
tables:
  - {scenarios: ['h*', json], modes: [closed]}
  - {scenarios: [hello], trials: 5}
`, plan.Overrides{}, catalogue(t))
	if hello := table(t, p, "hello"); hello.Trials != 5 || strings.Count(scenariosOf(p), "hello") != 1 {
		t.Errorf("hello has %d trials; tables %s", hello.Trials, scenariosOf(p))
	}
}

func TestSelectionOfServers(t *testing.T) {
	t.Parallel()
	const file = "servers: [nethttp, gin, {server: nethttp, as: nethttp-aa}]\ntables: [{scenarios: [hello]}]"
	for flags, want := range map[string]string{
		"":                                "nethttp gin nethttp-aa",
		"--servers=net*":                  "nethttp nethttp-aa",
		"--servers=-gin":                  "nethttp nethttp-aa",
		"--servers=!*-aa":                 "nethttp gin",
		"--servers=fast*,gin":             "fasthttp gin",
		"--servers=all,-[a-m]*,-p*,-net*": "",
	} {
		o := plan.Overrides{}
		if flags != "" {
			o = withFlags(flags)
		}
		p, _ := resolve(t, file, o, catalogue(t))
		got := serversOf(p)
		if want == "" {
			if strings.Contains(got, "gin ") || !strings.Contains(got, "nginx") {
				t.Errorf("%s: %s", flags, got)
			}
			continue
		}
		if got != want {
			t.Errorf("%s: %s, want %s", flags, got, want)
		}
	}
	p, _ := resolve(t, "servers: [all, -python, '-n*']\ntables: [{scenarios: [hello]}]", plan.Overrides{}, catalogue(t))
	for _, e := range p.Entries {
		if e.As == "python" || strings.HasPrefix(e.As, "n") {
			t.Errorf("%s is among %s", e.As, serversOf(p))
		}
	}
}

func TestBadSelections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, want string }{
		{"servers: [gin]\ntables: [{scenarios: [cor]}]", `test.yaml:2: unknown scenario "cor", did you mean "core"?`},
		{"servers: [gin]\ntables: [{scenarios: [all, -jsn]}]", `test.yaml:2: unknown scenario "jsn", did you mean "json"?`},
		{"servers: [gin]\ntables: [{scenarios: [x*]}]", "test.yaml:2: no scenario matches x*; joust list scenarios shows all"},
		{"servers: [x*]\ntables: [{scenarios: [hello]}]", "test.yaml:1: no server matches x*; joust list servers shows all"},
		{"servers: [all, -nginy]\ntables: [{scenarios: [hello]}]", `test.yaml:1: unknown server "nginy", did you mean "nginx"?`},
	} {
		if got := refused(t, c.file, plan.Overrides{}, catalogue(t)); !strings.Contains(got, c.want) {
			t.Errorf("%s:\n%s\nlacks %s", c.file, got, c.want)
		}
	}
}
