package results_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

// A sum has the counts of all and changes none of them.
func TestAddTargets(t *testing.T) {
	t.Parallel()
	refused := results.CauseConnectRefused
	part := func(n uint64, detail string) []results.TargetUse {
		return []results.TargetUse{
			{URL: "http://a", Address: "1", Connections: 2, ConnectionsOpen: 1, Right: n, Failed: 1},
			{URL: "http://b", Address: "2", ConnectionErrors: map[results.Cause]uint64{refused: n}, FirstConnectionError: detail},
		}
	}
	a, b := part(5, "first"), part(7, "second")
	sum := results.AddTargets(results.AddTargets(nil, a), b)
	want := []results.TargetUse{
		{URL: "http://a", Address: "1", Connections: 4, ConnectionsOpen: 2, Right: 12, Failed: 2},
		{URL: "http://b", Address: "2", ConnectionErrors: map[results.Cause]uint64{refused: 12}, FirstConnectionError: "first"},
	}
	if diff := cmp.Diff(want, sum) + cmp.Diff(part(5, "first"), a) + cmp.Diff(part(7, "second"), b); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
