package compare

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

// TestPrintedPercentilesAreCompared: those that a foreign loader printed and has
// the samples for.
func TestPrintedPercentilesAreCompared(t *testing.T) {
	t.Parallel()
	p := phase{loads: []*results.Phase{{Loop: results.OpenLoop, Total: results.Group{CorrectedTable: &results.Percentiles{
		Samples: 5000, Points: []results.Percentile{{Quantile: 0.5, ValueNS: 5}, {Quantile: 0.99, ValueNS: 7}, {Quantile: 0.999, ValueNS: 9}},
	}}}}}
	got, err := p.tail()
	if err != nil || got[P99].value != 7 {
		t.Errorf("read %v, %v", got, err)
	}
	for m := range got {
		if m.quantile() > 0.99 {
			t.Errorf("%s of 5000 samples is read", m)
		}
	}
}
