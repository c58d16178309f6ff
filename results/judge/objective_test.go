package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

func TestObjective(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit    func(*testing.T, *Evidence)
		atLeast uint64
		// why is a part of the reason, empty for a rate that was kept.
		why    string
		loader bool
	}{
		"kept":                             {nil, 1000, "", false},
		"99 % in time":                     {func(_ *testing.T, e *Evidence) { e.Loader.Rate.Achieved = 990 }, 1000, "", false},
		"one sample short":                 {nil, 1001, "too few samples: p99 needs 1001, the window had 1000", false},
		"no sample at all":                 {func(_ *testing.T, e *Evidence) { e.Loader.Total.Corrected = nil }, 1000, "too few samples", false},
		"the percentile just at its bound": {func(t *testing.T, e *Evidence) { e.Loader.Total.Corrected = histogram(t, 1000, 10*time.Millisecond) }, 1000, "≥ 10ms", false},
		"a lagging loader": {func(t *testing.T, e *Evidence) {
			e.Loader.Total.Corrected = histogram(t, 1000, 12*time.Millisecond)
			e.Loader.SendLagIdle = withTail(t, 2*time.Millisecond)
		}, 1000, "p99 was 12ms ≥ 10ms, ", true},
		"a loader whose lag hides the median, far below the bound": {func(t *testing.T, e *Evidence) {
			e.Loader.SendLagIdle = histogram(t, 1000, 200*time.Microsecond)
		}, 1000, "", false},
		"one failed request": {func(_ *testing.T, e *Evidence) {
			e.Loader.Total.Failed, e.Loader.Total.Errors = 1, map[results.Cause]uint64{results.CauseTimeout: 1}
			e.Tolerance = 0.5
		}, 1000, "1 requests failed (timeout)", false},
		"one that failed outside the window": {func(_ *testing.T, e *Evidence) { e.Loader.FailedOutside, e.Tolerance = 1, 0.5 }, 1000, "1 requests failed (outside the window)", false},
		"a full server that fell behind":     {func(t *testing.T, e *Evidence) { slow(t, e, 1, 0.5) }, 500, "the rate was not kept: 50.0 % of what was offered", false},
		"a loader that fell behind":          {func(t *testing.T, e *Evidence) { slow(t, e, 0.5, 0.9) }, 500, "the loader failed to pace", true},
		"a backlog that grew":                {func(_ *testing.T, e *Evidence) { e.Loader.Rate.BacklogT1 = 500; *e.Measured.ServerCPUBusy = 1 }, 500, "the rate was not kept: the backlog", false},
		"nothing was offered":                {func(_ *testing.T, e *Evidence) { e.Loader.Rate.Offered = 0 }, 500, "no request in the window", false},
		"no rate was noted":                  {func(_ *testing.T, e *Evidence) { e.Loader.Rate = nil }, 500, "no request in the window", false},
		"unanswered requests reach it":       {func(_ *testing.T, e *Evidence) { e.Loader.Rate.CensoredFromNS = 1000 }, 500, "requests without an answer reach p99", false},
		"unanswered requests lie above it":   {func(_ *testing.T, e *Evidence) { e.Loader.Rate.CensoredFromNS = 5e8 }, 500, "", false},
		"an unreadable histogram":            {func(_ *testing.T, e *Evidence) { e.Loader.Total.Corrected = &results.Histogram{Count: 9, HDRv2: "x"} }, 5, "histogram", true},
		"connections were lost":              {func(_ *testing.T, e *Evidence) { e.Report.ConnectionsOpen-- }, 500, "connections were open", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			if tt.edit != nil {
				tt.edit(t, &e)
			}
			o := results.Objective{Percentile: "p99", Quantile: 0.99, BelowNS: 10e6}
			k := Objective(results.DefaultThresholds(), o, tt.atLeast, e.Loader, Phase(e))
			if k.Kept != (tt.why == "") || k.Kept != (k.Why == "") || !strings.Contains(k.Why, tt.why) || k.Loader != tt.loader {
				t.Errorf("got %+v, want the reason %q, the loader's: %t", k, tt.why, tt.loader)
			}
		})
	}
}

// Any figure of latency may be an objective, each with its own part of the samples.
func TestObjectiveOfAnyFigure(t *testing.T) {
	t.Parallel()
	for n, want := range map[string]string{
		"p95": "", "p98.5": "p98.5 was 20ms ≥ 10ms", "min": "", "mean": "", "stdev": "", "max": "max was 20ms ≥ 10ms",
	} {
		e := open(t)
		// 980 of 1 ms and 20 of 20 ms: a mean of 1.38 ms, a standard deviation of 2.66 ms.
		e.Loader.Total.Corrected = mixed(t, map[time.Duration]int{time.Millisecond: 980, 20 * time.Millisecond: 20})
		quantile, _ := metric.Name(n).Quantile()
		o := results.Objective{Percentile: n, Quantile: quantile, BelowNS: 10e6}
		k := Objective(results.DefaultThresholds(), o, 1000, e.Loader, Phase(e))
		if k.Why != want || k.Kept != (want == "") {
			t.Errorf("%s: %+v, want %q", n, k, want)
		}
	}
	for n, reached := range map[string]bool{"p50": false, "min": false, "mean": true, "stdev": true, "p99": true, "max": true} {
		e := open(t)
		e.Loader.Total.Corrected = mixed(t, map[time.Duration]int{time.Millisecond: 980, 5 * time.Millisecond: 20})
		e.Loader.Rate.CensoredFromNS = 5e6
		quantile, _ := metric.Name(n).Quantile()
		k := Objective(results.DefaultThresholds(), results.Objective{Percentile: n, Quantile: quantile, BelowNS: 10e6}, 1000, e.Loader, Phase(e))
		if k.Kept == reached || strings.HasPrefix(k.Why, "requests without an answer reach "+n) != reached {
			t.Errorf("%s with unanswered requests: %+v", n, k)
		}
	}
}

// withTail returns a thousand lags with twenty of the tail.
func withTail(t *testing.T, tail time.Duration) *results.Histogram {
	t.Helper()
	return mixed(t, map[time.Duration]int{time.Microsecond: 980, tail: 20})
}

func TestMostPacedIsTheEdgeOfPace(t *testing.T) {
	t.Parallel()
	limits := results.DefaultThresholds()
	most := MostPaced(limits, 10000, 2)
	if Pace(limits, most*0.999, 10000, 2) != "" || Pace(limits, most*1.001, 10000, 2) == "" {
		t.Errorf("Pace does not turn at %v req/s", most)
	}
	if unknown := MostPaced(limits, 0, 2); Pace(limits, 1e12, 0, 2) != "" || unknown < 1e12 {
		t.Errorf("an unknown cost bounds the rate at %v", unknown)
	}
}
