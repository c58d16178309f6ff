package plan_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// Not parallel: with -update it rewrites what another test reads.
func TestReadmeShowsTheSettings(t *testing.T) {
	const file = scripts + "/README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "-update`) -->\n", "<!-- settings: end -->"
	head, rest, _ := strings.Cut(string(text), begin)
	_, tail, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatal("README.md has no marks where the settings begin and end")
	}
	golden.Hold(t, file, head+begin+settingsTable(t)+end+tail)
}

// settingsTable returns the table of settings and the table of thresholds.
func settingsTable(t *testing.T) string {
	var b strings.Builder
	code := func(text string) string {
		if text == "" {
			return ""
		}
		return "`" + text + "`"
	}
	b.WriteString("| key | flag | in | default | meaning |\n|---|---|---|---|---|\n")
	var onResume []string
	for _, s := range plan.Settings() {
		if s.OnResume {
			onResume = append(onResume, code("--"+s.Flag))
		}
		var in []string
		if s.Where&plan.InPlan != 0 {
			in = append(in, "plan")
		}
		if s.Where&plan.InTables != 0 {
			in = append(in, "table")
		}
		flag := s.Flag
		if flag != "" {
			flag = "--" + flag
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", code(s.Key), code(flag), strings.Join(in, ", "), s.Default, s.Help)
	}
	limits, err := plan.Limits()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "\nA run that goes on (`--resume`) has its own plan; of these flags it takes %s.\n", results.Listed(onResume, "and"))
	b.WriteString("\nThe thresholds; shares are 0 to 1:\n\n| limit | default | meaning |\n|---|---|---|\n")
	for i, l := range limits {
		if i > 0 && l.Meaning == limits[i-1].Meaning {
			l.Meaning = "see above"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", code(l.Key), l.Default, l.Meaning)
	}
	return b.String()
}

// Editors check plans with the schema. Not parallel: with -update it is rewritten.
func TestSchemaOfPlans(t *testing.T) {
	s, err := plan.FileSchema()
	if err != nil {
		t.Fatal(err)
	}
	schema.Published{
		Schema: s, File: scripts + "/plan.schema.json",
		Fit: []string{scripts + "/[^f]*.yaml", scripts + "/full.yaml", "testdata/*.good.yaml"}, // but flow.yaml
		Refused: map[string]string{
			"an unknown key":            "srevers: [gin]",
			"an unknown key of a table": "tables: [{scenarios: [hello], engine: evloop}]",
			"a table without scenarios": "tables: [{trials: 2}]",
			"a time that is none":       "duration: soon",
			"a negative time":           "duration: -5",
			"an unknown mode":           "modes: [open, closd]",
			"a rate that is none":       "rates: [fast]",
			"no schedule":               "schedule: ramp",
			"a limit that is a text":    "thresholds: {slack: 2%}",
		},
	}.Hold(t)
}
