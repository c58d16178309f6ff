package stats

import (
	"slices"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

// spread is 1000 samples, the slowest `late` of them at the lag, the others at
// 1 µs.
func spread(t *testing.T, late int, lag time.Duration) *results.Histogram {
	t.Helper()
	values := make([]int64, 1000)
	for i := range values {
		values[i] = 1000
		if i < late {
			values[i] = int64(lag)
		}
	}
	return encode(t, 1e10, values...)
}

func TestErrorBars(t *testing.T) {
	t.Parallel()
	const us = time.Microsecond
	tests := map[string]struct {
		edit    func(*results.Phase)
		q       float64
		latency time.Duration
		what    string
		exceeds bool
	}{
		"no lag at all":             {func(*results.Phase) {}, 0.5, us, "", false},
		"send lag at the floor":     {func(p *results.Phase) { p.SendLagIdle = spread(t, 1000, 50*us) }, 0.5, 100 * us, "sent late with an idle connection at hand", false},
		"send lag above the floor":  {func(p *results.Phase) { p.SendLagIdle = spread(t, 1000, 51*us) }, 0.5, 100 * us, "sent late with an idle connection at hand", true},
		"a tenth of a long latency": {func(p *results.Phase) { p.SendLagIdle = spread(t, 1000, 990*us) }, 0.5, 10000 * us, "sent late with an idle connection at hand", false},
		"more than a tenth of it":   {func(p *results.Phase) { p.SendLagIdle = spread(t, 1000, 1010*us) }, 0.5, 10000 * us, "sent late with an idle connection at hand", true},
		"lag of the tail alone":     {func(p *results.Phase) { p.SendLagIdle = spread(t, 20, 800*us) }, 0.5, 100 * us, "sent late with an idle connection at hand", false},
		"in the tail":               {func(p *results.Phase) { p.SendLagIdle = spread(t, 20, 800*us) }, 0.99, 200 * us, "sent late with an idle connection at hand", true},
		"receive lag":               {func(p *results.Phase) { p.ReceiveLag = spread(t, 1000, 200*us) }, 0.5, 100 * us, "read late", true},
		"the larger of two names it": {func(p *results.Phase) {
			p.SendLagIdle, p.ReceiveLag = spread(t, 1000, 100*us), spread(t, 1000, 90*us)
		}, 0.5, 100 * us, "sent late with an idle connection at hand", true},
		"a closed loop cannot be late": {func(p *results.Phase) {
			p.Loop, p.ReceiveLag = results.ClosedLoop, spread(t, 1000, 200*us)
		}, 0.5, 100 * us, "", false},
		"ten samples are too few": {func(p *results.Phase) {
			p.ReceiveLag = encode(t, 1e10, slices.Repeat([]int64{int64(time.Second)}, 10)...)
		}, 0.5, 100 * us, "", false},
		"a few samples reach as far as they go": {func(p *results.Phase) {
			p.ReceiveLag = encode(t, 1e10, append(slices.Repeat([]int64{1000}, 80), slices.Repeat([]int64{int64(time.Second)}, 9)...)...)
		}, 0.999, 100 * us, "read late", false},
		"stalls of 1 % below p99": {func(p *results.Phase) { p.StallNS = ptr(int64(10e6)) }, 0.98, 100 * us, "", false},
		"stalls of 2 % at p99":    {func(p *results.Phase) { p.StallNS = ptr(int64(20e6)) }, 0.99, 100 * us, "held up by stalls of the loader", true},
		"beside 10 ms a stall is within a tenth": {func(p *results.Phase) { p.StallNS = ptr(int64(20e6)) }, 0.99, 10000 * us,
			"held up by stalls of the loader", false},
		"of two threads each loses half": {func(p *results.Phase) {
			p.StallNS, p.Threads = ptr(int64(18e6)), make([]results.ThreadUse, 2)
		}, 0.99, 100 * us, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &results.Phase{Name: "open 50%", Loop: results.OpenLoop, T1NS: 1e9}
			tt.edit(p)
			bars, err := Bars(results.DefaultThresholds(), p)
			if err != nil {
				t.Fatal(err)
			}
			lag := bars.At(tt.q, int64(tt.latency))
			if lag.Name != tt.what || lag.Exceeds() != tt.exceeds {
				t.Errorf("got %+v, exceeds %t, want %q, %t", lag, lag.Exceeds(), tt.what, tt.exceeds)
			}
		})
	}
}

func ptr[T any](v T) *T { return &v }

func TestDamagedErrorBars(t *testing.T) {
	t.Parallel()
	p := &results.Phase{Loop: results.OpenLoop, T1NS: 1e9, SendLagIdle: &results.Histogram{Count: 1, HDRv2: "?"}}
	if _, err := Bars(results.DefaultThresholds(), p); err == nil {
		t.Error("a damaged histogram gives no error")
	}
	if lag := (ErrorBars{}).At(0.5, 0); lag.Exceeds() {
		t.Errorf("nothing measured gives %+v", lag)
	}
}
