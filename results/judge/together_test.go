package judge

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

// A void part voids the whole phase. A reason that all parts have stands once;
// circumstances of a single part do not stand at all.
func TestEachLoaderIsJudged(t *testing.T) {
	t.Parallel()
	const phase = results.PhaseClosed
	part := func(edit func(*results.Report, *results.Phase)) results.Report {
		e := closed(0.5, 0.5)
		if edit != nil {
			edit(e.Report, e.Loader)
		}
		e.Report.Phases = []results.Phase{*e.Loader}
		return *e.Report
	}
	good := part(nil)
	failed := part(func(_ *results.Report, p *results.Phase) { p.Total.Failed = 2 })
	lost := part(func(r *results.Report, _ *results.Phase) { r.ConnectionsOpen-- })
	uneven := part(func(_ *results.Report, p *results.Phase) { p.CompletedFirstHalf = 9000 })
	absent := part(func(_ *results.Report, p *results.Phase) { p.Name = "another" })
	whole := func(voids ...results.Reason) results.Verdict {
		v := Phase(closed(0.5, 0.5))
		v.Valid, v.Reasons = len(voids) == 0, append(voids, v.Reasons...)
		return v
	}
	for name, c := range map[string]struct {
		whole results.Report
		parts []results.Report
		want  results.Verdict
	}{
		"one loader":         {good, nil, whole()},
		"all are right":      {good, []results.Report{good, good}, whole()},
		"one is void":        {good, []results.Report{good, lost}, whole(results.Reason{Code: "connections", Voids: true, Text: "loader 2 of 2: 63 connections were open of the 64 asked for"})},
		"void as the whole":  {failed, []results.Report{failed, good}, whole(results.Reason{Code: "errors", Voids: true, Text: "2 of 10002 requests failed (outside the window): "})},
		"one is uneven only": {good, []results.Report{uneven, good}, whole()},
		"one began no phase": {good, []results.Report{absent, good}, whole()},
	} {
		e := closed(0.5, 0.5)
		e.Report, e.Loader = &c.whole, c.whole.Phase(phase)
		if d := cmp.Diff(c.want, Each(e, c.parts)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
