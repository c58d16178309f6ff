package judge

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

// A script is named where the loader was full and spent its time there, and nowhere else.
func TestScriptedLoader(t *testing.T) {
	t.Parallel()
	const window = int64(1e9)
	for _, c := range []struct {
		work     float64
		response int64
		want     string
	}{
		{0.99, 6.1e8, "the script limited the loader: 61.0 % of thread 1 in response()"},
		{0.99, 1e8, ""},
		{0.50, 6.1e8, ""},
	} {
		p := results.Phase{
			Loop: results.ClosedLoop, Measured: true, T0NS: 1, T1NS: 1 + window, Total: results.Group{Completed: 1000},
			Threads: []results.ThreadUse{{Work: 0.4, Script: &results.ScriptTime{RequestNS: 1e7}}, {Work: c.work, Script: &results.ScriptTime{RequestNS: 1e7, ResponseNS: c.response}}},
		}
		v := Phase(Evidence{Loader: &p, Report: &results.Report{ConnectionsAsked: 2}, Alone: true, Limits: results.DefaultThresholds()})
		got := ""
		if r := find(v, "script"); r != nil {
			got = r.Text
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// Users who wait for a delay of their script leave connections idle, which is no loss.
func TestDelaysAreNoLoss(t *testing.T) {
	t.Parallel()
	p := results.Phase{
		Loop: results.ClosedLoop, Measured: true, T0NS: 1, T1NS: 1 + 1e9, MinConnectionsOpen: 20, RequestsPerUser: &results.PerUser{},
		Total:   results.Group{Completed: 100, Service: &results.Histogram{Count: 100, MeanNS: 1e5, MaxNS: 2e5}},
		Threads: []results.ThreadUse{{Loops: 5, Work: 0.1}},
	}
	e := Evidence{Loader: &p, Report: &results.Report{ConnectionsAsked: 20}, Alone: true, Limits: results.DefaultThresholds()}
	if r := find(Phase(e), "littles-law"); r != nil {
		t.Error(r.Text)
	}
	p.RequestsPerUser = nil
	if find(Phase(e), "littles-law") == nil {
		t.Error("idle connections without users pass")
	}
}
