package summary_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

// outcome judges one condition of a report and returns the outcome in a sentence.
func outcome(t *testing.T, r results.Report, condition string) string {
	t.Helper()
	conditions, err := summary.ParseThresholds([]string{condition})
	if err != nil {
		t.Fatal(err)
	}
	all, err := summary.Judge(&r, summary.Options{Thresholds: conditions})
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	return strings.TrimPrefix(all[0].String(), "threshold ")
}

// The values are those of the fixtures: 10 000 samples from 110 to 900 µs, and so on.
func TestThresholds(t *testing.T) {
	t.Parallel()
	late := edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.SendLagIdle = spread(t, 9_990, 400_000, 400_000) })
	stopped := edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.StallNS = ptr(second) })
	slow := edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.Threads[0].Work = 0.97 })
	unpaced := edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.Rate.Achieved, p.Threads[0].Work = 9_000, 0.9 })
	for _, c := range []struct {
		name      string
		report    results.Report
		condition string
		want      string
	}{
		{"a percentile", report(t, open(t)), "p95<1ms", "p95 < 1ms: kept, 861 µs"},
		{"a percentile beyond it", report(t, open(t)), "p95<0.5ms", "p95 < 500µs: broken, 861 µs"},
		{"one's own percentile", report(t, open(t)), "p99.95 <= 0.001", "p99.95 <= 1ms: kept, 900 µs"},
		{"of a closed loop", report(t, closed(t)), "max<2ms", "max < 2ms: broken, 2.00 ms"},
		{"at its bound", report(t, closed(t)), "max<=2ms", "max <= 2ms: kept, 2.00 ms"},
		{"the other way", report(t, closed(t)), "min>50us", "min > 50µs: kept, 100 µs"},
		{"the mean by its other name", report(t, open(t)), "avg<1ms", "mean < 1ms: kept, 505 µs"},
		{"the standard deviation", report(t, open(t)), "stdev<1us", "stdev < 1µs: broken, 228 µs"},
		{"the loader's own lag reaches the bound", late, "p95<500us", "p95 < 500µs: not told, 861 µs (up to 400 µs of it may be the loader's own)"},
		{"a lag only adds", late, "p95<900us", "p95 < 900µs: kept, 861 µs"},
		{"beyond the bound without the lag too", late, "p95<400us", "p95 < 400µs: broken, 861 µs"},
		{"a stop of the loader", stopped, "p99<800us", "p99 < 800µs: not told, 892 µs (all of it may be the loader's own)"},
		{"requests without an answer reach it", report(t, saturated(t)), "p99<10s", "p99 < 10s: not told, 3.96 s (requests without an answer reach it)"},
		{"beyond the bound whatever they took", report(t, saturated(t)), "p99<1s", "p99 < 1s: broken, 3.96 s"},
		{"failures", report(t, failing(t)), "errors<=110", "errors <= 110: kept, 110"},
		{"their share", report(t, failing(t)), "error_rate<1%", "error_rate < 1%: broken, 10.9 %"},
		{"their share as a number", report(t, failing(t)), "error_rate<0.2", "error_rate < 20%: kept, 10.9 %"},
		{"no answer may be a failure", report(t, silent(t)), "errors<1", "errors < 1: not told, 0 (64 requests had no answer)"},
		{"a status", report(t, failing(t)), "status_503<80", "status_503 < 80: broken, 80"},
		{"a status that nothing had", report(t, failing(t)), "status_404<1", "status_404 < 1: kept, 0"},
		{"throughput", report(t, closed(t)), "rps>=50k", "throughput >= 50000/s: kept, 50 000 req/s"},
		{"throughput of a full loader", slow, "rps>60k", "throughput > 60000/s: not told, 50 000 req/s (the loader was the limit)"},
		{"enough of it", slow, "rps>40k", "throughput > 40000/s: kept, 50 000 req/s"},
		{"throughput of a loader that stood still", stopped, "rps>1.05k", "throughput > 1050/s: not told, 1 000 req/s (the loader stood still for 10.0 % of the window)"},
		{"more than its stop explains", stopped, "rps>2k", "throughput > 2000/s: broken, 1 000 req/s"},
		{"a rate kept", report(t, open(t)), "achieved>=99%", "achieved >= 99%: kept, 100.0 %"},
		{"a rate that the server did not keep", report(t, saturated(t)), "achieved>=99%", "achieved >= 99%: broken, 60.0 %"},
		{"a rate that the loader did not keep", unpaced, "achieved>=99%", "achieved >= 99%: not told, 90.0 % (the loader did not keep the rate)"},
		{"a rate of a closed loop", report(t, closed(t)), "achieved>=99%", "achieved >= 99%: not measured (only an open loop (-R) has a rate to achieve)"},
		{"bytes", report(t, closed(t)), "bytes/s>8MB/s", "bytes/s > 8000000B/s: kept, 8.10 MB/s"},
		{"nothing right", edit(report(t, failing(t)), func(_ *results.Report, p *results.Phase) { p.Total.Service = nil }), "p50<1s", "p50 < 1s: not measured (no request was answered rightly)"},
		{"nothing measured", results.Report{}, "rps>1", "throughput > 1/s: not measured (nothing was measured)"},
	} {
		if got := outcome(t, c.report, c.condition); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestFailedAndUndecidedThresholds(t *testing.T) {
	t.Parallel()
	for o, want := range map[metric.Outcome][2]bool{
		metric.Kept: {}, metric.Broken: {true, false}, metric.NotMeasured: {true, false}, metric.NotTold: {false, true},
	} {
		list := []summary.Threshold{{Outcome: metric.Kept}, {Outcome: o}}
		if got := [2]bool{summary.Failed(list), summary.Undecided(list)}; got != want {
			t.Errorf("%s: failed and undecided are %v, want %v", o, got, want)
		}
	}
}

func TestOptionsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	_, err := summary.ParseThresholds([]string{"p95<fast", "rps>1k", "latency<1s"})
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), `"p95<fast"`) || !strings.Contains(err.Error(), `no metric "latency"`) {
		t.Errorf("thresholds: %v", err)
	}
	_, err = summary.ParsePercentiles([]string{"50", "101", "x"})
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "beyond 100") || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("percentiles: %v", err)
	}
}
