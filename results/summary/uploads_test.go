package summary_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/summary"
)

// The text has a line for early answers and one for missed 100s, and none without them.
func TestUploads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		early, missed uint64
		want          []string
	}{
		{0, 0, nil},
		{7, 0, []string{"  uploads     7 ended by an answer that refused them, or sent them elsewhere, before they were sent whole, and their connections with them"}},
		{0, 1234, []string{"  uploads     1 234 sent without the 100 that they awaited: it did not come in time, and the latencies hold that wait"}},
	} {
		p := closed(t)
		p.EarlyAnswers, p.MissedContinues = c.early, c.missed
		r := report(t, p)
		var out bytes.Buffer
		if err := summary.Text(&out, "x", &r, summary.Options{}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, "  uploads") {
				got = append(got, strings.TrimSuffix(line, "\n"))
			}
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
