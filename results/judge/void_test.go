package judge

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

// served is a closed loop that its server limits: one reason, nothing else.
func served() Evidence { return closed(1, 0.5) }

func TestVoids(t *testing.T) {
	t.Parallel()
	interrupted := []results.Flag{results.FlagInterrupted}
	tests := map[string]struct {
		edit func(*Evidence)
		want want
	}{
		"a window of 99 % is long enough": {
			func(e *Evidence) { e.Loader.T1NS = e.Loader.T0NS + 99*second/100 },
			want{codes: []string{"shares"}},
		},
		"a shorter one is not": {
			func(e *Evidence) { e.Loader.T1NS = e.Loader.T0NS + 989*second/1000 },
			want{invalid: true, flags: interrupted, codes: []string{"short-window", "shares"}, says: []string{"the window lasted 989ms of the 1s asked for < 99.0 %"}},
		},
		"a window of no fixed length is never short": {
			func(e *Evidence) { e.Asked, e.Loader.T1NS = 0, e.Loader.T0NS+1 },
			want{codes: []string{"shares"}},
		},
		"connections missing from the start": {
			func(e *Evidence) { e.Report.ConnectionsOpen, e.Loader.MinConnectionsOpen = 63, 63 },
			want{invalid: true, codes: []string{"connections", "shares"}, says: []string{"63 connections were open of the 64 asked for"}},
		},
		"a connection lost in the window": {
			func(e *Evidence) { e.Loader.MinConnectionsOpen = 63 },
			want{invalid: true, codes: []string{"connections", "shares"}, says: []string{"only 63 of 64 connections were open at one time"}},
		},
		"the server may close an idle connection": {
			func(e *Evidence) { e.Loader.MinConnectionsOpen, e.Loader.UnannouncedCloses = 63, 1 },
			want{codes: []string{"shares"}},
		},
		"or announce that it closes": {
			func(e *Evidence) { e.Loader.MinConnectionsOpen, e.Loader.AnnouncedCloses = 63, 1 },
			want{codes: []string{"shares"}},
		},
		"rows that reconnect have fewer at times": {
			func(e *Evidence) { e.Loader.MinConnectionsOpen, e.Reconnects = 12, true },
			want{codes: []string{"shares"}},
		},
		"nothing completed": {
			func(e *Evidence) { e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = 0, 0 },
			want{invalid: true, codes: []string{"nothing-completed", "shares"}, says: []string{"no request completed in the window"}},
		},
		"20 large transfers are enough": {
			func(e *Evidence) {
				e.LargeTransfers, e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = true, 20, 10
			},
			want{codes: []string{"shares"}},
		},
		"19 are few, and their bytes are counted": {
			func(e *Evidence) {
				e.LargeTransfers, e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = true, 19, 10
			},
			want{codes: []string{"shares", "few"}, says: []string{"19 large transfers completed in the window < 20: whether it was steady cannot be told"}},
		},
		"19 small requests are few and valid": {
			func(e *Evidence) { e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = 19, 10 },
			want{codes: []string{"shares"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := served()
			tt.edit(&e)
			tt.want.limit = results.LimitServer
			tt.want.hold(t, Phase(e))
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	type causes = map[results.Cause]uint64
	// failed is n failures among 10 000 requests in all.
	failed := func(n, outside uint64, errs causes) func(*Evidence) {
		return func(e *Evidence) {
			total := &e.Loader.Total
			total.Failed, total.Errors, total.FirstError = n, errs, "status 500"
			e.Loader.FailedOutside = outside
			total.Completed, e.Loader.CompletedFirstHalf = 9000-n-outside, (9000-n-outside)/2
			e.Loader.CompletedBefore, e.Loader.CompletedAfter = 400, 600
		}
	}
	tests := map[string]struct {
		edit      func(*Evidence)
		tolerance float64
		want      want
	}{
		"one failure is too many": {
			failed(1, 0, causes{results.CauseStatus: 1}), 0,
			want{invalid: true, codes: []string{"errors", "shares"}, says: []string{"1 of 10000 requests failed (status): status 500"}},
		},
		"outside the window as well": {
			failed(0, 1, nil), 0,
			want{invalid: true, codes: []string{"errors", "shares"}, says: []string{"1 of 10000 requests failed (outside the window)"}},
		},
		"at the tolerance": {
			failed(60, 40, causes{results.CauseReset: 60}), 0.01,
			want{codes: []string{"shares", "errors-tolerated"}, says: []string{"100 of 10000 requests failed, within the tolerance of 1.0 %"}},
		},
		"one above the tolerance": {
			failed(61, 40, causes{results.CauseReset: 61}), 0.01,
			want{invalid: true, codes: []string{"errors", "shares"}, says: []string{"101 of 10000 requests failed (reset)"}},
		},
		"the most frequent cause first, then by name, ours marked": {
			failed(8, 0, causes{results.CauseStatus: 1, results.CauseLocalFiles: 5, results.CauseBody: 1, results.CauseReset: 1}), 0,
			want{invalid: true, codes: []string{"errors", "shares"}, says: []string{"(local_file_limit on the loader's side, body, reset, status)"}},
		},
		"the cause stands before its effects": {
			func(e *Evidence) {
				failed(10, 0, causes{results.CauseBody: 10})(e)
				e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = 0, 0
			}, 0,
			want{invalid: true, codes: []string{"errors", "nothing-completed", "shares"}, says: []string{"no request was answered rightly in the window"}},
		},
		"a timeout of a closed loop counts": {
			failed(1, 0, causes{results.CauseTimeout: 1}), 0,
			want{invalid: true, codes: []string{"errors", "shares"}, says: []string{"(timeout)"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := served()
			tt.edit(&e)
			e.Tolerance = tt.tolerance
			tt.want.limit = results.LimitServer
			tt.want.hold(t, Phase(e))
		})
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	usage := func(late0, late1 int64) *results.Usage {
		return &results.Usage{AskedT0NS: second, AskedT1NS: 2 * second, ReadT0NS: second + late0, ReadT1NS: 2*second + late1}
	}
	tests := map[string]struct {
		edit func(*Evidence)
		flag results.Flag
		code string
		says string
	}{
		"halves 3 % apart are steady":          {func(e *Evidence) { e.Loader.CompletedFirstHalf = 5075 }, "", "", ""},
		"a stronger first half is not":         {func(e *Evidence) { e.Loader.CompletedFirstHalf = 5076 }, results.FlagNotSteady, "not-steady", "the window's halves differ by 3.04 % > 3.0 %"},
		"users who start make halves differ":   {func(e *Evidence) { e.Loader.CompletedFirstHalf, e.Report.UserRampNS = 4500, second }, "", "", ""},
		"nor a weaker one":                     {func(e *Evidence) { e.Loader.CompletedFirstHalf = 4500 }, results.FlagNotSteady, "not-steady", "differ by 20.0 % > 3.0 %"},
		"a few completions cannot tell":        {func(e *Evidence) { e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = 39, 30 }, "", "", ""},
		"40 can":                               {func(e *Evidence) { e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = 40, 30 }, results.FlagNotSteady, "not-steady", "differ by 100.0 %"},
		"2 % stolen":                           {func(e *Evidence) { e.Measured.StealShare = ptr(0.02) }, "", "", ""},
		"more stolen":                          {func(e *Evidence) { e.Measured.StealShare = ptr(0.0301) }, results.FlagDisturbed, "steal", "the hypervisor took 3.0 % of the CPUs' time > 2.0 %"},
		"server read 1 % late":                 {func(e *Evidence) { e.Measured.Server = usage(0, second/100) }, "", "", ""},
		"server's end read later":              {func(e *Evidence) { e.Measured.Server = usage(0, second/50) }, results.FlagDisturbed, "late-read", "counters were read 2.0 % of the window late > 1.0 %"},
		"server's begin read later":            {func(e *Evidence) { e.Measured.Server = usage(second/20, 0) }, results.FlagDisturbed, "late-read", "5.0 %"},
		"loader read late":                     {func(e *Evidence) { e.Measured.Loader = usage(0, second/50) }, results.FlagDisturbed, "late-read", "2.0 %"},
		"a quota that never held anybody back": {func(e *Evidence) { e.Measured.Server = usage(0, 0); e.Measured.Server.ThrottledNS = ptr(int64(0)) }, "", "", ""},
		"throttled": {
			func(e *Evidence) {
				e.Measured.Server = usage(0, 0)
				e.Measured.Server.ThrottledNS = ptr(int64(3 * time.Millisecond))
			},
			results.FlagThrottled, "throttled", "held the server back for 3ms > 0",
		},
		"no overflow": {func(e *Evidence) { e.Measured.Kernel = &results.Kernel{ListenOverflows: ptr(uint64(0))} }, "", "", ""},
		"an overflow": {func(e *Evidence) { e.Measured.Kernel = &results.Kernel{ListenOverflows: ptr(uint64(7))} }, results.FlagBacklog, "backlog", "dropped 7 connections > 0 at a full accept queue"},
		"not sampled": {func(e *Evidence) { e.Measured.Kernel = &results.Kernel{} }, "", "", ""},
		"undisturbed": {func(*Evidence) {}, "", "", ""},
		"zero steal":  {func(e *Evidence) { e.Measured.StealShare = ptr(0.0) }, "", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := served()
			tt.edit(&e)
			// The limit is the first reason, which tables show.
			w := want{limit: results.LimitServer, codes: []string{"shares"}}
			if tt.flag != "" {
				w.flags, w.codes, w.says = []results.Flag{tt.flag}, append(w.codes, tt.code), []string{tt.says}
			}
			w.hold(t, Phase(e))
		})
	}
}

// A window that ended early has no halves: its middle was that of the planned
// window.
func TestAnInterruptedWindowHasNoHalves(t *testing.T) {
	t.Parallel()
	e := served()
	e.Report.Interrupted, e.Loader.CompletedFirstHalf = true, e.Loader.Total.Completed
	if v := Phase(e); v.Has(results.FlagNotSteady) || find(v, "not-steady") != nil {
		t.Errorf("its halves are judged: %+v", v)
	}
}

func TestAFlagStandsOnce(t *testing.T) {
	t.Parallel()
	e := served()
	late := results.Usage{AskedT0NS: second, AskedT1NS: 2 * second, ReadT0NS: second, ReadT1NS: 3 * second}
	e.Measured.Server, e.Measured.Loader, e.Measured.StealShare = &late, &late, ptr(0.5)
	want{
		limit: results.LimitServer, flags: []results.Flag{results.FlagDisturbed},
		codes: []string{"shares", "steal", "late-read", "late-read"},
	}.hold(t, Phase(e))
}
