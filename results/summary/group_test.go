package summary_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/summary"
)

// grouped is a load of two groups: 9 000 right answers from 110 to 900 µs, and 1 000
// answers of which a tenth failed and the others took from 1 to 3 ms.
func grouped(t *testing.T) results.Report {
	t.Helper()
	r := report(t, closed(t))
	p := &r.Phases[1]
	p.Groups = map[string]results.Group{
		"GET /a":    {Completed: 9_000, Status: map[string]uint64{"200": 9_000}, Service: spread(t, 9_000, 110_000, 900_000)},
		"POST /pay": {Completed: 900, Failed: 100, Status: map[string]uint64{"200": 900, "503": 100}, Service: spread(t, 900, 1_000_000, 3_000_000)},
	}
	return r
}

func TestThresholdsOfGroups(t *testing.T) {
	t.Parallel()
	silent := edit(grouped(t), func(_ *results.Report, p *results.Phase) { p.Unanswered = 100 })
	for _, c := range []struct {
		name      string
		report    results.Report
		condition string
		want      string
	}{
		{"a percentile", grouped(t), "POST /pay: p50<2.5ms", "POST /pay: p50 < 2.5ms: kept, 2.00 ms"},
		{"a percentile beyond it", grouped(t), "POST /pay: p50<1ms", "POST /pay: p50 < 1ms: broken, 2.00 ms"},
		{"the mean by its other name", grouped(t), "GET /a: avg<1ms", "GET /a: mean < 1ms: kept, 505 µs"},
		{"extremes", grouped(t), "GET /a: max<=0.9ms", "GET /a: max <= 900µs: kept, 900 µs"},
		{"the standard deviation", grouped(t), "GET /a: stdev<1us", "GET /a: stdev < 1µs: broken, 228 µs"},
		{"failures", grouped(t), "POST /pay: errors<=100", "POST /pay: errors <= 100: kept, 100"},
		{"their share", grouped(t), "POST /pay: error_rate<5%", "POST /pay: error_rate < 5%: broken, 10.0 %"},
		{"no failures", grouped(t), "GET /a: error_rate<5%", "GET /a: error_rate < 5%: kept, 0.0 %"},
		{"no answer may be a failure", silent, "POST /pay: error_rate<15%", "POST /pay: error_rate < 15%: not told, 10.0 % (100 requests had no answer)"},
		{"no answer may be right", silent, "POST /pay: error_rate>9.5%", "POST /pay: error_rate > 9.5%: not told, 10.0 % (100 requests had no answer)"},
		{"beyond the bound whatever they were", silent, "POST /pay: error_rate<5%", "POST /pay: error_rate < 5%: broken, 10.0 %"},
		{"a status", grouped(t), "POST /pay: status_503<1", "POST /pay: status_503 < 1: broken, 100"},
		{"throughput", grouped(t), "GET /a: rps>800", "GET /a: throughput > 800/s: kept, 900 req/s"},
		{"bytes", grouped(t), "GET /a: bytes/s>1MB/s", "GET /a: bytes/s > 1000000B/s: not measured (bytes/s is known of the whole load only, not of its groups)"},
		{"a rate to keep", grouped(t), "GET /a: achieved>99%", "GET /a: achieved > 99%: not measured (achieved is known of the whole load only, not of its groups)"},
		{"a group that asked nothing", grouped(t), "GET /b: p99<1s", "GET /b: p99 < 1s: not measured (no request of the group was asked)"},
		{"one that ended nothing", edit(grouped(t), func(_ *results.Report, p *results.Phase) { p.Groups["GET /b"] = results.Group{} }), "GET /b: error_rate<1%", "GET /b: error_rate < 1%: not measured (nothing was asked)"},
		{"the only group", report(t, open(t)), "GET /: p95<1ms", "p95 < 1ms: kept, 861 µs"},
		{"nothing measured", results.Report{}, "GET /: p95<1ms", "GET /: p95 < 1ms: not measured (nothing was measured)"},
	} {
		if got := outcome(t, c.report, c.condition); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A pattern is a bound of each group that it matches, and the text lists them.
func TestThresholdsOfPatterns(t *testing.T) {
	t.Parallel()
	bounds, err := summary.ParseThresholds([]string{"*: p50<1ms", "error_rate<50%"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	r := grouped(t)
	if err := summary.Text(&out, "GET http://127.0.0.1:8080/", &r, summary.Options{Thresholds: bounds}); err != nil {
		t.Fatal(err)
	}
	want := `  thresholds  bound                  value     outcome
              GET /a: p50 < 1ms      505 µs    kept
              POST /pay: p50 < 1ms   2.00 ms   broken
              error_rate < 50%       0.0 %     kept
`
	if !strings.Contains(out.String(), "\n\n"+want) {
		t.Errorf("no\n%s in\n%s", want, out.String())
	}
}
