package cells_test

import (
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// ramp returns the samples 1, 2, … n µs.
func ramp(t *testing.T, n int) *results.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, 100e9, 3)
	for i := range int64(n) {
		if err := h.RecordValue((i + 1) * 1000); err != nil {
			t.Fatal(err)
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return &results.Histogram{Count: uint64(n), MinNS: 1000, MaxNS: int64(n) * 1000, MeanNS: float64(n+1) * 500, HDRv2: string(text)}
}

// A plan's own percentiles are read from the samples, and stand among the usual
// ones in rising order.
func TestOwnPercentiles(t *testing.T) {
	t.Parallel()
	p := open(t, 1e6)
	p.Total.Corrected = ramp(t, 2000)
	run := runOf(trialOf(p))
	run.Plan.Percentiles = []string{"p99.5", "p50", "p10", "p99.95"}
	set := cells.Of(run)
	want := []metric.Name{"p10", "p50", "p75", "p90", "p95", "p99", "p99.5", "p99.9", "p99.95", "p99.99"}
	if got := set.Percentiles(); !slices.Equal(got, want) {
		t.Errorf("tables show %v, want %v", got, want)
	}
	cell := set.Open(table, server, rate)
	for n, us := range map[metric.Name]float64{"p10": 200, "p99.5": 1990, "p50": 1000, metric.Min: 1, metric.Max: 2000, metric.Mean: 1000.5, metric.Stdev: 577.35} {
		got := cell.Statistic(cells.Corrected, n)
		if got.Kind == stats.None || got.Value < us*995 || got.Value > us*1005 {
			t.Errorf("%s is %+v, want %v µs", n, got, us)
		}
		if f := cell.Figure(n); f.Value != got.Value || cell.Unit(n) != metric.Duration {
			t.Errorf("the figure %s is %+v, the statistic %+v", n, f, got)
		}
	}
	for _, n := range []metric.Name{"p99.95", "p98"} {
		if got := cell.Statistic(cells.Corrected, n); got.Kind != stats.None {
			t.Errorf("%s of 2000 samples, or not read, is %+v", n, got)
		}
	}
}

func TestOrderOfMetrics(t *testing.T) {
	t.Parallel()
	list := []metric.Name{metric.Memory, metric.P99, metric.Throughput, "p99.95", metric.Mean, "p10", metric.CPU, metric.Max, metric.P99, metric.Min}
	want := []metric.Name{metric.Throughput, "p10", metric.P99, "p99.95", metric.Min, metric.Max, metric.Mean, metric.CPU, metric.Memory}
	if got := cells.InOrder(list); !slices.Equal(got, want) || list[0] != metric.Memory {
		t.Errorf("%v, want %v", got, want)
	}
	if got := cells.InOrder(cells.Comparable()); !slices.Equal(got, cells.Comparable()) {
		t.Errorf("all metrics are %v", got)
	}
}

// Requests without an answer are lower bounds: they raise the mean, the standard
// deviation where they lie beyond the mean, and no minimum below them.
func TestLowerBoundsOfFigures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		censoredFrom int64
		mean, stdev  bool
		known        bool
	}{
		"none": {0, false, false, true}, "beyond the mean": {900e3, true, true, true}, "below it": {100e3, true, false, false},
	} {
		p := open(t, 1e6)
		p.Total.Corrected = ramp(t, 1000)
		p.Rate.CensoredFromNS = c.censoredFrom
		cell := cells.Of(runOf(trialOf(p))).Open(table, server, rate)
		mean, stdev := cell.Statistic(cells.Corrected, metric.Mean), cell.Statistic(cells.Corrected, metric.Stdev)
		if mean.AtLeast != c.mean || stdev.AtLeast != c.stdev || (stdev.Kind != stats.None) != c.known {
			t.Errorf("%s: mean %+v, standard deviation %+v", name, mean, stdev)
		}
		if cell.Statistic(cells.Corrected, metric.Min).AtLeast || cell.Statistic(cells.Corrected, metric.Max).AtLeast != (c.censoredFrom > 0) {
			t.Errorf("%s: extremes have the wrong marks", name)
		}
	}
}
