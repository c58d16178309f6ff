package stats

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// Extremes and mean are those of the samples; percentiles and the standard
// deviation agree with them to three significant digits of a value.
func TestFiguresAgainstTheSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(1, 5e6), 1, 60).Draw(rt, "values")
		h := encode(t, 1e7, values...)
		var sum, squares float64
		for _, v := range values {
			sum += float64(v)
		}
		h.MeanNS = sum / float64(len(values))
		for _, v := range values {
			squares += (float64(v) - h.MeanNS) * (float64(v) - h.MeanNS)
		}
		d := decode(t, h)
		slices.Sort(values)
		resolution := float64(values[len(values)-1])/1000 + 1
		for n, want := range map[metric.Name]float64{
			metric.Min: float64(values[0]), metric.Max: float64(values[len(values)-1]), metric.Mean: h.MeanNS,
			metric.Stdev: math.Sqrt(squares / float64(len(values))), metric.P50: float64(d.Quantile(0.5)), "p99.95": float64(d.Quantile(0.9995)),
		} {
			exact := n != metric.Stdev
			if got := d.Figure(n); exact && got != want || math.Abs(got-want) > resolution {
				rt.Errorf("%s of %v is %v, want %v", n, values, got, want)
			}
		}
	})
}

func TestFiguresNeedSamples(t *testing.T) {
	t.Parallel()
	for n, needed := range map[metric.Name]int{
		metric.P50: 20, metric.P75: 40, metric.P95: 200, metric.P99: 1000, "p5": 200, "p0.1": 10_000, metric.P999: 10_000,
		metric.Min: 1, metric.Max: 1, metric.Mean: 1, metric.Stdev: 2,
	} {
		for _, count := range []int{needed - 1, needed} {
			var d Dist
			if count > 0 {
				d = *decode(t, encode(t, 1e9, slices.Repeat([]int64{1000}, count)...))
			}
			if got, want := d.Enough(n), count >= needed; got != want {
				t.Errorf("%d samples are enough for %s: %t", count, n, got)
			}
			if d.count == 0 && d.Figure(n) != 0 {
				t.Errorf("%s of nothing is %v", n, d.Figure(n))
			}
		}
	}
}

func TestPrintedFigures(t *testing.T) {
	t.Parallel()
	table := &results.Percentiles{
		Samples: 1000, MeanNS: ptr(2.5), StdevNS: ptr(1.5), MinNS: ptr(int64(1)),
		Points: []results.Percentile{{Quantile: 0.5, ValueNS: 2}, {Quantile: 0.999, ValueNS: 8}, {Quantile: 1, ValueNS: 9}},
	}
	for n, want := range map[metric.Name]float64{metric.Mean: 2.5, metric.Stdev: 1.5, metric.Min: 1, metric.P50: 2, metric.Max: 9} {
		if got, ok := Printed(table, n); !ok || got != want {
			t.Errorf("%s is %v, %t, want %v", n, got, ok, want)
		}
	}
	for _, n := range []metric.Name{metric.P99, metric.P999, metric.Throughput} {
		if got, ok := Printed(table, n); ok {
			t.Errorf("%s is %v", n, got)
		}
	}
	if got, ok := Printed(&results.Percentiles{Samples: 5, MaxNS: ptr(int64(7))}, metric.Max); !ok || got != 7 {
		t.Errorf("the largest is %v, %t", got, ok)
	}
	if _, ok := Printed(&results.Percentiles{Samples: 5}, metric.Mean); ok {
		t.Error("a mean that was not printed is there")
	}
}

// A mean holds the mean lag and that of stalls; a standard deviation holds that of
// the lag, and a lag that is always the same does not move it.
func TestReachOfTheLag(t *testing.T) {
	t.Parallel()
	const us = time.Microsecond
	lagged := func(late int, lag time.Duration) *results.Histogram {
		h := spread(t, late, lag)
		h.MeanNS = (float64(late)*float64(lag) + float64(1000-late)*1000) / 1000
		return h
	}
	for name, tt := range map[string]struct {
		edit    func(*results.Phase)
		n       metric.Name
		latency time.Duration
		exceeds bool
	}{
		"every send late":               {func(p *results.Phase) { p.SendLagIdle = lagged(1000, 60*us) }, metric.Mean, 100 * us, true},
		"every send late alike":         {func(p *results.Phase) { p.SendLagIdle = lagged(1000, 60*us) }, metric.Stdev, 100 * us, false},
		"every send late, and the min":  {func(p *results.Phase) { p.SendLagIdle = lagged(1000, 60*us) }, metric.Min, 100 * us, true},
		"one in ten, and the min":       {func(p *results.Phase) { p.SendLagIdle = lagged(100, 900*us) }, metric.Min, 100 * us, false},
		"one in ten":                    {func(p *results.Phase) { p.ReceiveLag = lagged(100, 900*us) }, metric.Mean, 100 * us, true},
		"one in ten spreads":            {func(p *results.Phase) { p.ReceiveLag = lagged(100, 900*us) }, metric.Stdev, 100 * us, true},
		"one in ten of a long latency":  {func(p *results.Phase) { p.ReceiveLag = lagged(100, 900*us) }, metric.Mean, 1000 * us, false},
		"one in a hundred":              {func(p *results.Phase) { p.ReceiveLag = lagged(10, 900*us) }, metric.Mean, 100 * us, false},
		"stalls of 4 %":                 {func(p *results.Phase) { p.StallNS = ptr(int64(40e6)) }, metric.Mean, 100 * us, false},
		"stalls of 6 %":                 {func(p *results.Phase) { p.StallNS = ptr(int64(60e6)) }, metric.Mean, 100 * us, true},
		"stalls of 1 % spread":          {func(p *results.Phase) { p.StallNS = ptr(int64(10e6)) }, metric.Stdev, 100 * us, true},
		"percentiles as ever":           {func(p *results.Phase) { p.SendLagIdle = lagged(1000, 60*us) }, metric.P50, 100 * us, true},
		"too few samples for any claim": {func(p *results.Phase) { p.ReceiveLag = encode(t, 1e10, 1e9) }, metric.Stdev, 100 * us, false},
	} {
		p := &results.Phase{Name: "open 50%", Loop: results.OpenLoop, T1NS: 1e9}
		tt.edit(p)
		bars, err := Bars(results.DefaultThresholds(), p)
		if err != nil {
			t.Fatal(err)
		}
		if lag := bars.Reach(tt.n, float64(tt.latency)); lag.Exceeds() != tt.exceeds {
			t.Errorf("%s: %s has the lag %+v, exceeds %t", name, tt.n, lag, lag.Exceeds())
		}
	}
}
