package judge

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

// A void share voids the whole phase. A reason that all shares have stands once;
// circumstances of a single share do not stand at all.
func TestEachLoaderIsJudged(t *testing.T) {
	t.Parallel()
	failed := results.Reason{Code: "failures", Voids: true, Text: "2 of 10 requests failed"}
	late := results.Reason{Code: "send-lag", Voids: true, Text: "it sent late"}
	uneven := results.Reason{Code: "not-steady", Text: "the halves differ"}
	good := results.Verdict{Valid: true, Bottleneck: results.LimitServer}
	void := results.Verdict{Reasons: []results.Reason{failed}}
	for name, c := range map[string]struct {
		whole results.Verdict
		parts []results.Verdict
		want  results.Verdict
	}{
		"one loader":         {good, nil, good},
		"all are right":      {good, []results.Verdict{good, good}, good},
		"one is void":        {good, []results.Verdict{good, {Reasons: []results.Reason{late}}}, results.Verdict{Bottleneck: results.LimitServer, Reasons: []results.Reason{{Code: "send-lag", Voids: true, Text: "loader 2 of 2: it sent late"}}}},
		"void as the whole":  {void, []results.Verdict{void, good}, void},
		"one is uneven only": {good, []results.Verdict{{Valid: true, Reasons: []results.Reason{uneven}}, good}, good},
	} {
		if d := cmp.Diff(c.want, Each(c.whole, c.parts)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
