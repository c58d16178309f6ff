package judge

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

// 64 clients that wait for 16 ms each get 4 000 answers a second at most; the limits
// allow a tenth less of waiting, and one answer more each at the window's edge.
func TestNoAnswerIsFasterThanArithmetic(t *testing.T) {
	t.Parallel()
	const edge = 4508 // 64 × (1 s ÷ 14.4 ms + 1)
	tests := map[string]struct {
		completed uint64
		depth     int
		fastest   time.Duration
		open      bool
		want      want
	}{
		"at the ceiling":           {completed: edge, fastest: 16 * time.Millisecond, want: want{codes: []string{"shares"}}},
		"a timer one too early":    {completed: 3900, fastest: 15 * time.Millisecond, want: want{codes: []string{"shares"}}},
		"two requests each":        {completed: 2 * edge, depth: 2, fastest: 16 * time.Millisecond, want: want{codes: []string{"shares"}}},
		"above the ceiling":        {completed: edge + 1, fastest: 16 * time.Millisecond, want: want{invalid: true, codes: []string{"above-ceiling", "shares"}, says: []string{"4509 a second are more than the arithmetic ceiling of 4000: 64 clients get at most one answer in 16ms each"}}},
		"one answer came too soon": {completed: 3000, fastest: 14 * time.Millisecond, want: want{invalid: true, codes: []string{"too-soon", "shares"}, says: []string{"the fastest right answer took 14ms, and none can take less than 16ms"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := served()
			e.LeastTime, e.Report.Depth = 16*time.Millisecond, max(1, tt.depth)
			e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = tt.completed, tt.completed/2
			e.Loader.Total.Service = &results.Histogram{Count: tt.completed, MinNS: tt.fastest.Nanoseconds(), MaxNS: 10 * second, MeanNS: 16e6}
			e.Reconnects = true // no bookkeeping: the mean is no law of this test
			tt.want.limit = results.LimitServer
			tt.want.hold(t, Phase(e))
		})
	}
}

func TestAbandonedExchangesAreNoFailures(t *testing.T) {
	t.Parallel()
	e := served()
	e.Loader.Total.Completed, e.Loader.CompletedFirstHalf, e.Loader.Total.Abandoned = 0, 0, 70
	want{limit: results.LimitServer, codes: []string{"abandoned", "shares"}, says: []string{"all 70 exchanges ended on purpose before an answer"}}.hold(t, Phase(e))
	e.Loader.Total.Failed, e.Loader.Total.Errors = 1, map[results.Cause]uint64{results.CauseReset: 1}
	want{invalid: true, limit: results.LimitServer, codes: []string{"errors", "nothing-completed", "shares"}}.hold(t, Phase(e))
}

// 64 clients ask a server that accepts 50 connections.
func TestWaitingConnectionsAreNoErrors(t *testing.T) {
	t.Parallel()
	e := served()
	e.Waiting, e.Loader.Unanswered = 14, 14
	want{limit: results.LimitServer, codes: []string{"shares", "waited"}, says: []string{"14 requests waited for a server that accepts fewer connections, as the row wants"}}.hold(t, Phase(e))
	e.Loader.Unanswered = 15
	want{invalid: true, limit: results.LimitServer, codes: []string{"unanswered", "shares", "waited"}, says: []string{"1 of 10001 requests had no answer"}}.hold(t, Phase(e))
}
