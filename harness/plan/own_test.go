package plan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

const (
	ownFile = "scenarios: [{name: filed, title: t, protocols: [h1], modes: [closed], requests: [{name: a, method: GET, path: /, expect: {status: 200}}]}]\n"
	ownPlan = `servers: [gin]
scenarios:
  - rows.yaml
  - name: mine
    title: mine
    protocols: [h1]
    modes: [closed, open]
    rates: [1000]
    requests: [{name: a, method: GET, path: /, expect: {status: 200}}]
tables:
  - scenarios: [filed, own]
`
)

// ownFolder writes a plan, and rows.yaml beside it.
func ownFolder(t *testing.T, text string) (file string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rows.yaml"), []byte(ownFile), 0o644); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "plan.yaml")
}

func TestOwnRows(t *testing.T) {
	t.Parallel()
	file := ownFolder(t, ownPlan)
	c := catalogue(t)
	rows, wrong := plan.OwnRows(c.Scenarios, file, []byte(ownPlan), nil)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	c.Scenarios = rows
	c.Server("gin").Scenarios = rows.Names()
	p, _, err := plan.Resolve(file, []byte(ownPlan), plan.Overrides{RowProblems: wrong}, c)
	if err != nil {
		t.Fatal(err)
	}
	mine := table(t, p, "mine")
	if got := scenariosOf(p); got != "filed mine" || len(mine.Rates) > 0 {
		t.Errorf("tables %s, mine %+v", got, mine)
	}
	p, _, err = plan.Resolve(file, []byte(ownPlan), withFlags("--scenarios=mine --mode=open"), c)
	if rate := (results.PlanRate{Kind: results.RateAbsolute, RateRPS: 1000}); err != nil || table(t, p, "mine").Rates[0] != rate {
		t.Errorf("%v; tables %+v", err, p.Tables)
	}
	// A file of the command line comes behind the plan.
	rows, wrong = plan.OwnRows(catalogue(t).Scenarios, "", nil, []string{filepath.Join(filepath.Dir(file), "rows.yaml")})
	if names := rows.Names(); len(wrong) > 0 || names[len(names)-1] != "filed" {
		t.Errorf("%v, problems %v", names, wrong)
	}
}

// All mistakes come at once, those of rows and of the plan, each once. A name that may
// be that of an unreadable row is none.
func TestMistakesInOwnRows(t *testing.T) {
	t.Parallel()
	const text = `servers: [gim]
scenarios:
  - lost.yaml
  - name: mine
    titel: mine
    protocols: [h9]
    modes: [closed]
    requests: [{name: a, method: GET, path: /, expect: {status: 200}}]
tables:
  - scenarios: [filed, mine]
    trials: 0
`
	file := ownFolder(t, text)
	c := catalogue(t)
	rows, wrong := plan.OwnRows(c.Scenarios, file, []byte(text), []string{filepath.Join(filepath.Dir(file), "gone.yaml")})
	c.Scenarios = rows
	_, _, err := plan.Resolve(file, []byte(text), plan.Overrides{RowProblems: wrong}, c)
	if err == nil {
		t.Fatal("accepted")
	}
	got := strings.Split(strings.ReplaceAll(err.Error(), filepath.Dir(file)+"/", ""), "\n")
	want := []string{
		`plan.yaml:1: unknown server "gim", did you mean "gin"?`,
		"plan.yaml:3: read scenario file: open lost.yaml: no such file or directory",
		`plan.yaml:5: unknown key "titel", did you mean "title"?`,
		`plan.yaml:6: mine: protocols[0]: unknown protocol "h9", did you mean "h1"?`,
		"plan.yaml:11: trials must be at least 1, not 0",
		"--scenario-file: read scenario file: open gone.yaml: no such file or directory",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
