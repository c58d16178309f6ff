package external_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders/dialect"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// latencies returns a histogram of n values from 1 ms to 20 ms.
func latencies(t testing.TB, n int) *results.Histogram {
	t.Helper()
	var h record.Histogram
	for i := range n {
		h.Record(int64(time.Millisecond) + int64(19*time.Millisecond)*int64(i)/int64(n-1))
	}
	r, err := h.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What `joust as` prints, the parser of the tool reads to the same numbers.
func TestDialectsAreReadBack(t *testing.T) {
	t.Parallel()
	for tool, line := range map[string]string{"wrk": "--latency", "wrk2": "-R500 --u_latency", "ab": "-n 1000 -c 10 -k -r -e percentiles.csv"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			loop := lookup(t, tool).Loop
			load := results.Phase{
				Loop: loop, Measured: true, T0NS: 1e9, T1NS: 3e9, ReceivedBytes: 150_000, ReceivedBodyBytes: 7000,
				Total: results.Group{
					Completed: 1000, Failed: 7, Errors: map[results.Cause]uint64{results.CauseReset: 7}, Status: map[string]uint64{"200": 980, "503": 20},
					Service: latencies(t, 1000), Corrected: latencies(t, 990),
				},
			}
			got := readBack(t, tool, line, &results.Report{Threads: 2, ServerHeader: "tiny", Phases: []results.Phase{load}})
			p := &got.Phases[0]
			want := map[results.Cause]uint64{results.CauseRead: 7, results.CauseStatus: 20}
			if diff := cmp.Diff(want, p.Total.Errors); diff != "" || p.Total.Completed != 980 {
				t.Errorf("%d completed, errors %s", p.Total.Completed, diff)
			}
			if len(got.Warnings) > 0 {
				t.Errorf("warnings %q", got.Warnings)
			}
			if math.Abs(float64(p.ReceivedBytes)-150_000) > 150 || math.Abs(time.Duration(p.WindowNS()).Seconds()-2) > 0.006 {
				t.Errorf("%d bytes in %d ns", p.ReceivedBytes, p.WindowNS())
			}
			same(t, load.Total.Service, p.Total.ServiceTable)
			if loop == results.OpenLoop {
				same(t, load.Total.Corrected, p.Total.CorrectedTable)
			}
		})
	}
}

// readBack prints the report as the tool does and parses that.
func readBack(t *testing.T, tool, line string, r *results.Report) results.Report {
	t.Helper()
	d, _, ok := dialect.Find(tool)
	if !ok {
		t.Fatal(tool)
	}
	l, err := d.Read(append(strings.Fields(line), "http://127.0.0.1:80/"))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	l.Head(&text)
	out, err := l.Print(r)
	if err != nil {
		t.Fatal(err)
	}
	text.Write(out.Text)
	recorded := recording{tool: tool, output: external.Output{Stdout: text.String()}}
	for _, f := range out.Files {
		recorded.percentiles = string(f.Content)
	}
	got, err := recorded.report(t)
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	return got
}

// same compares the percentiles that both have, to the digits that the tools print.
func same(t *testing.T, want *results.Histogram, got *results.Percentiles) {
	t.Helper()
	dist, err := stats.Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	if got == nil {
		t.Fatal("no table was read")
	}
	seen := 0
	for _, q := range []float64{0.5, 0.75, 0.9, 0.99} {
		if ns, ok := got.At(q); ok {
			seen++
			if near := float64(dist.Quantile(q)); math.Abs(float64(ns)-near) > near/200 {
				t.Errorf("p%g is %d ns, want %.0f", q*100, ns, near)
			}
		}
	}
	if seen < 4 {
		t.Errorf("%d percentiles were read", seen)
	}
}
