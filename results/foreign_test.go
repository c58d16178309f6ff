package results_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

func TestUnknownFieldsAreNull(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(results.Phase{Name: "closed", SentBytes: 5, Unknown: []string{"sent_bytes"}, Rate: &results.RateReport{Unknown: []string{"censored"}}})
	if err != nil || !strings.Contains(string(text), `"sent_bytes":null`) || !strings.Contains(string(text), `"censored":null`) || !strings.Contains(string(text), `"received_bytes":0`) {
		t.Errorf("written as %s, %v", text, err)
	}
	if _, err := json.Marshal(results.Phase{Unknown: []string{"snet_bytes"}}); err == nil || !strings.Contains(err.Error(), `no field "snet_bytes"`) {
		t.Errorf("a field that there is not: %v", err)
	}
	if text, err := json.Marshal(results.Report{}); err != nil || strings.Contains(string(text), "null,") && strings.Contains(string(text), "unknown") {
		t.Errorf("joust's own report is written as %s, %v", text, err)
	}
}

func TestPercentilesAreNotInterpolated(t *testing.T) {
	t.Parallel()
	p := &results.Percentiles{Points: []results.Percentile{{0.5, 10}, {0.990625, 20}}}
	for q, want := range map[float64]bool{0.5: true, 0.990625: true, 0.75: false, 0.99: false} {
		if _, ok := p.At(q); ok != want {
			t.Errorf("p%g is there: %t", q*100, ok)
		}
	}
}
