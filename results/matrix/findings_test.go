package matrix_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
)

func TestExamined(t *testing.T) {
	t.Parallel()
	fine := results.Finding{Check: "ports", State: results.StateOK, Fact: "28232"}
	none := results.Finding{Check: "turbo", State: results.StateUnknown}
	bad := results.Finding{Check: "load now", State: results.StateFail, Fact: "2.0 of 2 CPUs are busy", Why: "they take time"}
	for name, tt := range map[string]struct {
		findings []results.Finding
		want     []string
	}{
		"not examined":  {nil, nil},
		"nothing known": {[]results.Finding{none}, nil},
		"all is well":   {[]results.Finding{fine, none, fine}, []string{"Examined: all of 2 facts are ok"}},
		"one is not":    {[]results.Finding{fine, bad}, []string{"Examined, fail: load now: 2.0 of 2 CPUs are busy; they take time"}},
	} {
		run := emptyRun()
		run.Findings = tt.findings
		var got []string
		for _, item := range listUnder(t, matrix.Bench(cells.Of(run)), "## Machine") {
			if strings.HasPrefix(item, "Examined") {
				got = append(got, item)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
