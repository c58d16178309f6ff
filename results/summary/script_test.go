package summary_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/summary"
)

// What a script printed at its end stands behind the text as it is, and in documents; its
// error is a reason, and its time a line.
func TestScript(t *testing.T) {
	t.Parallel()
	r := results.Report{
		ConnectionsAsked: 1, Threads: 1,
		Script: &results.ScriptUse{File: "x.lua", Output: "  a very long line of the script  \n", Error: "x.lua:3: wrong", Ended: true},
		Phases: []results.Phase{{
			Name: "closed", Loop: results.ClosedLoop, Measured: true, T0NS: 1, T1NS: 1e9 + 1, Total: results.Group{Completed: 1000},
			Threads: []results.ThreadUse{{Work: 0.5, Script: &results.ScriptTime{RequestNS: 2e6, ResponseNS: 1e6}}},
		}},
	}
	for format, wants := range map[summary.Format][]string{
		summary.TextFormat:     {"\n  a very long line of the script  \n", "the script failed: x.lua:3: wrong: this is a partial result", "x.lua took 3.00 µs a request"},
		summary.MarkdownFormat: {"a very long line of the script", "x.lua:3: wrong"},
		summary.HTMLFormat:     {"a very long line of the script", "x.lua:3: wrong"},
		summary.JSONFormat:     {`"script-failed"`, `"response_ns": 1000000`},
	} {
		var out bytes.Buffer
		if err := summary.Write(&out, format, "title", &r, summary.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is missing in\n%s", format, want, out.String())
			}
		}
	}
}
