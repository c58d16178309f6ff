package judge

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

// What goes wrong in a lone load is its result. Only a load that measured nothing is
// void, and one whose answers may belong to other requests.
func TestALoneLoad(t *testing.T) {
	t.Parallel()
	refused := map[results.Cause]uint64{results.CauseConnectRefused: 3}
	tests := map[string]struct {
		open bool
		edit func(*Evidence)
		want want
	}{
		"half of its requests failed": {false, func(e *Evidence) {
			e.Loader.Total.Failed, e.Loader.Total.Errors = 10_000, map[results.Cause]uint64{results.CauseStatus: 10_000}
		}, want{limit: results.LimitServer, codes: []string{"errors", "shares"}, says: []string{"10000 of 20000 requests failed (status)"}}},
		"requests without an answer": {false, func(e *Evidence) { e.Loader.Unanswered = 64 },
			want{limit: results.LimitServer, codes: []string{"unanswered", "shares"}, says: []string{"64 of 10064 requests had no answer"}}},
		"connections that could not be made": {false, func(e *Evidence) { e.Loader.ConnectionErrors = refused },
			want{limit: results.LimitServer, codes: []string{"connection-errors", "shares"}, says: []string{"3 connections could not be made (connect_refused)"}}},
		"connections missing from the start": {false, func(e *Evidence) { e.Report.ConnectionsOpen, e.Loader.MinConnectionsOpen = 60, 60 },
			want{limit: results.LimitServer, codes: []string{"connections", "shares"}, says: []string{"60 connections were open of the 64 asked for"}}},
		"connections lost in the window": {false, func(e *Evidence) { e.Loader.MinConnectionsOpen = 60 },
			want{limit: results.LimitServer, codes: []string{"connections", "shares"}, says: []string{"only 60 of 64 connections were open at one time"}}},
		"a wait before it connected anew": {false, func(e *Evidence) { e.Loader.BackoffNS = 64 * second / 5 },
			want{limit: results.LimitUnknown, codes: []string{"backed-off"}, says: []string{"the numbers show its waiting, not the server"}}},
		"no right answer": {false, func(e *Evidence) {
			e.Loader.Total = results.Group{Failed: 5, Errors: map[results.Cause]uint64{results.CauseStatus: 5}}
		}, want{invalid: true, limit: results.LimitServer, codes: []string{"errors", "nothing-completed", "shares"}}},
		"an answer to no request": {false, func(e *Evidence) { e.Loader.SurplusAnswers = 1 },
			want{invalid: true, limit: results.LimitServer, codes: []string{"surplus", "shares"}}},
		"a loader too busy for the rate": {true, func(e *Evidence) {
			e.Loader.Rate.Achieved, e.Loader.Threads = 500, []results.ThreadUse{{Work: 0.9}}
		}, want{limit: results.LimitLoader, codes: []string{"loader-behind"}, says: []string{"the loader failed to pace"}}},
		"a loader that stood still": {true, func(e *Evidence) {
			e.Loader.Rate.Achieved, e.Loader.StallNS = 500, ptr(second/2)
		}, want{limit: results.LimitLoader, flags: []results.Flag{results.FlagDisturbed}, codes: []string{"loader-behind", "stalled"}}},
		"a loader whose share is not known": {true, func(e *Evidence) { e.Loader.Rate.Achieved, e.Loader.Threads = 500, nil },
			want{limit: results.LimitUnknown, codes: []string{"loader-behind"}, says: []string{"the CPU use of both sides is needed"}}},
		"a schedule without a request": {true, func(e *Evidence) { e.Loader.Rate.Offered, e.Loader.Total.Completed = 0, 0 },
			want{invalid: true, codes: []string{"nothing-offered"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := served()
			if tt.open {
				e = open(t)
			}
			e.Alone = true
			tt.edit(&e)
			tt.want.hold(t, Phase(e))
		})
	}
}

// The latencies of an open loop are those of the requests due in its window, so
// answers behind the window measure them.
func TestAnswersBehindTheWindow(t *testing.T) {
	t.Parallel()
	late := func(e *Evidence) {
		e.Loader.Total.Completed, e.Loader.Rate.Achieved, e.Loader.CompletedAfter = 0, 0, 1000
		*e.Measured.ServerCPUBusy = 1
	}
	e := open(t)
	late(&e)
	want{
		limit: results.LimitServer, flags: []results.Flag{results.FlagSaturated}, codes: []string{"answered-later", "fell-behind"},
		says: []string{"their latencies are known from the answers behind it"},
	}.hold(t, Phase(e))
	late(&e)
	e.Loader.Total.Service = nil
	want{
		invalid: true, limit: results.LimitServer, flags: []results.Flag{results.FlagSaturated}, codes: []string{"nothing-completed", "fell-behind"},
	}.hold(t, Phase(e))
}
