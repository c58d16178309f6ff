package results_test

import (
	"encoding/json"
	"testing"

	"github.com/joust-bench/joust/results"
)

// A run that was stored before there was a limit is resumed with the default
// one, not with 0.
func TestStoredThresholdsFallBackToTheDefaultOnes(t *testing.T) {
	t.Parallel()
	var p results.Plan
	if err := json.Unmarshal([]byte(`{"thresholds": {"full_share": 0.9, "steal_limit": 0.5}}`), &p); err != nil {
		t.Fatal(err)
	}
	want := results.DefaultThresholds()
	want.FullShare, want.StealLimit = 0.9, 0.5
	if got := p.Limits(); got != want {
		t.Errorf("limits %+v, want %+v", got, want)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var again results.Thresholds
	if err := json.Unmarshal(text, &again); err != nil || again != want {
		t.Errorf("read back as %+v, %v", again, err)
	}
}
