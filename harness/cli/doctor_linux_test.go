package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

// TestDoctor holds both forms to the same facts and the exit code to the worst
// of them, whatever this machine is like.
func TestDoctor(t *testing.T) {
	t.Parallel()
	e := joust(t, "doctor", "--format", "json")
	var report doctorReport
	if err := json.Unmarshal([]byte(e.out), &report); err != nil {
		t.Fatalf("%v in %q", err, e.out)
	}
	if want := map[bool]int{false: ExitOK, true: ExitWrong}[report.Worst == results.StateFail]; e.code != want || e.errors != "" {
		t.Errorf("exit code %d for the worst state %s, want %d; %s", e.code, report.Worst, want, e.errors)
	}
	text := joust(t, "doctor").out
	for _, f := range report.Findings {
		if !strings.Contains(text, "  "+f.Check+" ") || f.Why == "" {
			t.Errorf("%+v is not in\n%s", f, text)
		}
	}
}
