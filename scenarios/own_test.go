package scenarios_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// plan is a document with a list of rows of the user's own.
type plan struct {
	Name      string          `yaml:"name"`
	Scenarios []scenarios.Own `yaml:"scenarios"`
}

const minimalRow = "{name: NAME, title: t, protocols: [h1], modes: [closed], requests: [{name: a, method: GET, path: /, expect: {status: 200}}]}"

// withOwn reads a plan in the folder of rows.yaml, which has the row filed.
func withOwn(t *testing.T, text string) (names, problems string) {
	t.Helper()
	dir := t.TempDir()
	rows := "scenarios: [" + strings.Replace(minimalRow, "NAME", "filed", 1) + "]\n"
	if err := os.WriteFile(filepath.Join(dir, "rows.yaml"), []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte("scenarios: [{name: x}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "body.bin"), []byte("from a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "plan.yaml")
	var p plan
	doc := strictyaml.Decode(file, []byte(text), &p)
	base := load(t)
	all, wrong := base.WithOwn(file, doc, p.Scenarios)
	wrong = append(doc.Problems(), wrong...)
	return strings.Join(all[len(base):].Names(), " "), strings.ReplaceAll(wrong.Error(), dir+"/", "")
}

func TestWithOwn(t *testing.T) {
	t.Parallel()
	row := func(name string) string { return strings.Replace(minimalRow, "NAME", name, 1) }
	names, problems := withOwn(t, "scenarios:\n- rows.yaml\n- "+row("mine")+"\n- "+strings.Replace(row("filled"), "path: /,", "path: /echo, body: {file: body.bin},", 1)+"\n")
	if names != "filed mine filled" || problems != "" {
		t.Errorf("%q, problems:\n%s", names, problems)
	}
}

func TestBadOwnRows(t *testing.T) {
	t.Parallel()
	row := func(name string) string { return strings.Replace(minimalRow, "NAME", name, 1) }
	names, problems := withOwn(t, strings.Join([]string{
		"scenarios:", "- bad.yaml", "- none.yaml", "- " + row("hello"), "- " + strings.Replace(row("short"), "title: t, ", "", 1),
		"- " + strings.Replace(row("odd"), "title", "titel", 1), "- " + strings.Replace(row("lost"), "path: /,", "path: /, body: {file: lost.bin},", 1),
		"- " + row("good"), "- " + row("good"), "- " + row("httparena"),
	}, "\n")+"\n")
	if names != "good" {
		t.Errorf("rows %q", names)
	}
	for _, want := range []string{
		"plan.yaml:3: read scenario file: open none.yaml: no such file",
		"plan.yaml:4: scenario hello is there already, as a row of core",
		"plan.yaml:5: short: title: ",
		`plan.yaml:6: unknown key "titel", did you mean "title"?`,
		`plan.yaml:7: lost: requests[0].body.file: there is no file "lost.bin"`,
		"plan.yaml:9: scenario good is there already, as a row of own",
		"plan.yaml:10: the word httparena stands for a family of rows; choose another name",
		"bad.yaml:1: x: ",
	} {
		if !strings.Contains(problems, want) {
			t.Errorf("no problem %q in\n%s", want, problems)
		}
	}
}
