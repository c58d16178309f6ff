package metric_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/metric"
)

func TestNamesAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]metric.Name{
		"p50": "p50", " P99 ": "p99", "p99.9": "p99.9", "p99.90": "p99.9", "p99.95": "p99.95", "p5": "p5", "p0.5": "p0.5", "p(95)": "p95",
		"p99.999999": "p99.999999",
		"max":        "max", "p100": "max", "min": "min", "p0": "min", "mean": "mean", "avg": "mean", "stdev": "stdev", "StdDev": "stdev", "med": "p50",
		"rps": "throughput", "throughput": "throughput", "error_rate": "error_rate", "errors": "errors", "failed": "errors",
		"status_503": "status_503", "achieved": "achieved", "bytes/s": "bytes/s",
	} {
		if got, err := metric.Find(text, metric.OfLoad()); err != nil || got != want {
			t.Errorf("Find(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"p999": "write the digits of a percentile after a point", "p099": "no percentile", "p9.9.9": "no percentile", "p.": "no percentile",
		"p99.9999999": "too many digits", "meen": `did you mean "mean"?`, "status_nnn": "status_503", "status_99": "three digits", "status_5xx": "three digits",
		"status_099": "three digits", "latency": "any other percentile, such as p99.95", "": "the metrics are", "p": "any other percentile", "cpu": "the metrics are",
	} {
		if got, err := metric.Find(text, metric.OfLoad()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Find(%q) = %q, %v; want %q", text, got, err, says)
		}
	}
	if _, err := metric.Find("p99", []metric.Name{metric.Throughput}); err == nil || strings.Contains(err.Error(), "percentile") {
		t.Errorf("where no percentile is known: %v", err)
	}
}

func TestPercentilesOfAList(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]metric.Name{"50": "p50", "99.95": "p99.95", "p99.9": "p99.9", " P1 ": "p1"} {
		if got, err := metric.Percentile(text); err != nil || got != want {
			t.Errorf("Percentile(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"0": "between 0 and 100", "100": "between 0 and 100", "101": "beyond 100", "-1": "no percentile", "1e1": "no percentile", "max": "no percentile", "": "no percentile", "pp9": "no percentile",
	} {
		if got, err := metric.Percentile(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Percentile(%q) = %q, %v; want %q", text, got, err, says)
		}
	}
}

// The quantile is the number nearest to the percentage: histograms are asked for
// exact shares.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	for n, want := range map[metric.Name]float64{
		"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "p99.99": 0.9999, "p99.95": 0.9995, "p0.5": 0.005, "p7": 0.07, "max": 1,
	} {
		if q, ok := n.Quantile(); !ok || q != want {
			t.Errorf("%s is the quantile %v, want %v", n, q, want)
		}
	}
	for _, n := range []metric.Name{metric.Min, metric.Mean, metric.Errors, "p", "p100", "p0", "", "status_503"} {
		if q, ok := n.Quantile(); ok {
			t.Errorf("%q has the quantile %v", n, q)
		}
	}
}

// Each name that a command may list has a unit that its values are read in, and
// every figure of latency is a duration.
func TestKnownMetrics(t *testing.T) {
	t.Parallel()
	for _, n := range metric.Latencies() {
		if !n.IsLatency() || n.Unit() != metric.Duration {
			t.Errorf("%s: latency %t, unit %s", n, n.IsLatency(), n.Unit())
		}
	}
	want := map[metric.Name]metric.Unit{
		metric.ErrorRate: metric.Share, metric.Errors: metric.Count, "status_500": metric.Count, metric.Throughput: metric.Rate,
		metric.Achieved: metric.Share, metric.BytesPerSecond: metric.Bandwidth, metric.CPU: metric.Duration, metric.Memory: metric.Size,
	}
	for n, unit := range want {
		if n.IsLatency() || n.Unit() != unit {
			t.Errorf("%s: latency %t, unit %s, want %s", n, n.IsLatency(), n.Unit(), unit)
		}
	}
	if code, ok := metric.Name("status_503").Status(); !ok || code != 503 {
		t.Errorf("status_503 has the code %d", code)
	}
}

func TestConditionsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]metric.Condition{
		"p95<300ms":          {"p95", "<", 300e6},
		" p99.95 <= 1.5 s ":  {"p99.95", "<=", 1.5e9},
		"p99<0.25":           {"p99", "<", 250e6},
		"avg<1m30s":          {"mean", "<", 90e9},
		"max ≤ 2":            {"max", "<=", 2e9},
		"p50<300µs":          {"p50", "<", 300e3},
		"error_rate<1%":      {"error_rate", "<", 0.01},
		"error_rate<=0.001":  {"error_rate", "<=", 0.001},
		"errors<=20k":        {"errors", "<=", 20_000},
		"errors<=0":          {"errors", "<=", 0},
		"status_500<1":       {"status_500", "<", 1},
		"rps>20K":            {"throughput", ">", 20e3},
		"throughput>=1.5M/s": {"throughput", ">=", 1.5e6},
		"rps >= 100 req/s":   {"throughput", ">=", 100},
		"achieved>=99.5%":    {"achieved", ">=", 0.995},
		"bytes/s>10MiB/s":    {"bytes/s", ">", 10 << 20},
	} {
		if got, err := metric.ParseCondition(text, metric.OfLoad()); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"":              "no condition",
		"p99":           "no condition",
		"<10ms":         "no condition",
		"p99<":          "no condition",
		"p99=10ms":      "one exact value",
		"p99==10ms":     "one exact value",
		"p99<10ms<20ms": "more than one sign",
		"p99<<10ms":     "more than one sign",
		"p99<=>10ms":    "more than one sign",
		"p98ms<10ms":    "there is no metric",
		"p99<ten ms":    `"ten ms" is no duration`,
		"p99<-1ms":      "no duration",
		"p99<-1":        "no duration",
		"p99<1e300":     "no duration",
		"p99<NaN":       "no duration",
		"p99<5%":        "no duration",
		"errors<1.5":    "no whole number",
		"errors<1%":     "no whole number",
		"error_rate<2":  "no share",
		"error_rate<1s": "no share",
		"achieved>101%": "no share",
		"rps>0x10":      "no rate",
		"rps>1e308M":    "no rate",
		"bytes/s>100":   "no rate of bytes",
		"bytes/s>10MB":  "no rate of bytes",
	} {
		if got, err := metric.ParseCondition(text, metric.OfLoad()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v; want %q", text, got, err, says)
		}
	}
}

func TestSizesAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"100MiB": 100 << 20, "1 GB": 1e9, "5B": 5, "1kB": 1e3, "1KiB": 1 << 10} {
		if got, err := metric.Size.Parse(text); err != nil || got != want {
			t.Errorf("%q is %v bytes, %v", text, got, err)
		}
	}
	for _, text := range []string{"100", "MiB", "-1MB", "1 MiBs"} {
		if got, err := metric.Size.Parse(text); err == nil {
			t.Errorf("%q is read as %v bytes", text, got)
		}
	}
}

func TestConditionsHold(t *testing.T) {
	t.Parallel()
	for op, want := range map[metric.Op][]bool{
		metric.Below: {true, false, false}, metric.AtMost: {true, true, false},
		metric.Above: {false, false, true}, metric.AtLeast: {false, true, true},
	} {
		c := metric.Condition{Metric: metric.P99, Op: op, Limit: 2}
		if got := []bool{c.Holds(1), c.Holds(2), c.Holds(3)}; !slices.Equal(got, want) {
			t.Errorf("1, 2 and 3 %s 2: %v, want %v", op, got, want)
		}
		if c.Op.Upper() != want[0] {
			t.Errorf("%s is an upper bound: %t", op, c.Op.Upper())
		}
	}
}

// Every condition that is read has a finite limit, and prints as one that is read
// alike.
func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{"p99<10ms", "p99.95 <= 1.5 s", "error_rate<1%", "rps>20k", "bytes/s>1MB/s", "status_503<1", "achieved>=99%", "max<2", "p(95)<1m30s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := metric.ParseCondition(text, metric.OfLoad())
		if err != nil {
			return
		}
		if math.IsNaN(c.Limit) || math.IsInf(c.Limit, 0) || c.Limit < 0 {
			t.Fatalf("%q has the limit %v", text, c.Limit)
		}
		again, err := metric.ParseCondition(c.String(), metric.OfLoad())
		if err != nil || again.String() != c.String() || again.Metric != c.Metric || again.Op != c.Op {
			t.Fatalf("%q is %+v, which prints as %q and is read as %+v, %v", text, c, c, again, err)
		}
	})
}
