package summary_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/summary"
)

// broken is the breakdown of the answers of closed: 64 connections were there.
func broken(t testing.TB) *results.Breakdown {
	t.Helper()
	const n = 500_000
	return &results.Breakdown{
		Lookup: spread(t, 64, 200_000, 9_000_000), Connect: spread(t, 64, 30_000, 90_000), TLSHandshake: spread(t, 64, 700_000, 1_400_000),
		Write: spread(t, n, 3_000, 40_000), Wait: spread(t, n, 90_000, 1_900_000), Transfer: spread(t, n, 1, 900), Total: spread(t, n, 100_000, 2_000_000),
		ReusedConnections: n,
	}
}

// JSON has the steps in plain numbers, without those that no connection had.
func TestBreakdownAsJSON(t *testing.T) {
	t.Parallel()
	b := broken(t)
	b.Lookup, b.TLSHandshake, b.NewConnections = nil, nil, 7
	r := report(t, closed(t))
	r.Phases[1].Breakdown = b
	var out bytes.Buffer
	if err := summary.JSON(&out, r, summary.Options{}); err != nil {
		t.Fatal(err)
	}
	var d summary.Document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Breakdown == nil {
		t.Fatal(err, d.Breakdown)
	}
	var names []string
	for _, s := range d.Breakdown.Steps {
		names = append(names, s.Of)
	}
	if diff := cmp.Diff([]string{"connect", "write", "wait", "transfer", "total"}, names); diff != "" {
		t.Errorf("steps (-want +got)\n%s", diff)
	}
	if d.Breakdown.NewConnections != 7 || d.Breakdown.ReusedConnections != 500_000 || d.Breakdown.Steps[0].MinNS != 30_000 || d.Breakdown.Steps[0].Samples != 64 {
		t.Errorf("%+v", d.Breakdown)
	}
	out.Reset()
	if err := summary.JSON(&out, report(t, closed(t)), summary.Options{}); err != nil || bytes.Contains(out.Bytes(), []byte("breakdown")) {
		t.Errorf("a breakdown that nobody asked for: %v", err)
	}
	b.Wait.HDRv2 = "?"
	if summary.JSON(&out, r, summary.Options{}) == nil || summary.Text(&out, "", &r, summary.Options{}) == nil {
		t.Error("a damaged histogram is no error")
	}
}

// Documents have the table of the text.
func TestBreakdownInDocuments(t *testing.T) {
	t.Parallel()
	r := report(t, closed(t))
	for name, write := range map[string]func(io.Writer, string, *results.Report, summary.Options) error{"Markdown": summary.Markdown, "HTML": summary.HTML} {
		for _, b := range []*results.Breakdown{nil, broken(t)} {
			r.Phases[1].Breakdown = b
			var out bytes.Buffer
			if err := write(&out, "", &r, summary.Options{}); err != nil {
				t.Fatal(err)
			}
			if has := strings.Contains(out.String(), "TLS handshake ms"); has != (b != nil) {
				t.Errorf("%s with a breakdown %v has one: %v", name, b != nil, has)
			}
		}
	}
}
