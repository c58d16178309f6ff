package judge

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

// open is a second of open loop at 1000 req/s that kept its rate.
func open(t *testing.T) Evidence {
	e := closed(0.5, 0.5)
	p := e.Loader
	p.Name, p.Loop = "open 50%", results.OpenLoop
	p.Total.Completed, p.CompletedFirstHalf = 1000, 500
	p.Rate = &results.RateReport{TargetRPS: 1000, Offered: 1000, Achieved: 1000}
	p.Total.Service = histogram(t, 1000, 200*time.Microsecond)
	p.Total.Corrected = histogram(t, 1000, 300*time.Microsecond)
	p.SendLagIdle = histogram(t, 1000, 5*time.Microsecond)
	return e
}

// slow lets the phase fall behind with every connection busy and unanswered,
// half again as many connections needed, the shares of both sides as given.
func slow(t *testing.T, e *Evidence, us, ul float64) {
	e.Loader.Rate.Achieved, e.Loader.Total.Completed = 500, 500
	e.Loader.SendLagBlocked = histogram(t, 1000, 10*time.Millisecond)
	e.Loader.QueuesRead, e.Loader.QueuesEmpty = ptr(64), ptr(64)
	e.Loader.Total.Service = histogram(t, 500, 100*time.Millisecond)
	e.Measured.ServerCPUBusy, e.Loader.Threads = &us, []results.ThreadUse{{Work: ul}}
}

func TestOpenLoopThatKeptItsRate(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*Evidence){
		"exactly":                        func(*Evidence) {},
		"99 % in time":                   func(e *Evidence) { e.Loader.Rate.Achieved = 990 },
		"a backlog of a hundredth":       func(e *Evidence) { e.Loader.Rate.BacklogT1 = 10 },
		"a backlog that shrank":          func(e *Evidence) { e.Loader.Rate.BacklogT0 = 500 },
		"one more waits at a tiny rate":  func(e *Evidence) { *e.Loader.Rate = results.RateReport{Offered: 10, Achieved: 10, BacklogT1: 1} },
		"full sides say nothing of it":   func(e *Evidence) { e.Measured.ServerCPUBusy, e.Loader.Threads[1].Work = ptr(1.0), 1 },
		"its halves may differ":          func(e *Evidence) { e.Loader.CompletedFirstHalf = 900 },
		"shared CPUs that were enough":   func(e *Evidence) { e.Shared = true },
		"CPUs that could not be sampled": func(e *Evidence) { e.Measured.ServerCPUBusy, e.Loader.Threads = nil, nil },
	}
	for name, edit := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			edit(&e)
			want{}.hold(t, Phase(e))
		})
	}
}

func TestOpenLoopThatFellBehind(t *testing.T) {
	t.Parallel()
	const below = 1e-9
	saturated := []results.Flag{results.FlagSaturated}
	behind := []string{"fell-behind"}
	tests := map[string]struct {
		us, ul float64
		edit   func(*testing.T, *Evidence)
		want   want
	}{
		"a full server": {0.95, 0.99, nil, want{
			limit: results.LimitServer, flags: saturated, codes: behind, says: []string{"50.0 % of what was offered was answered in the window < 99.0 %", "server CPUs 95.0 % busy ≥ 95.0 %"},
		}},
		"just below 99 % in time": {1, 0.5, func(_ *testing.T, e *Evidence) { e.Loader.Rate.Achieved = 989 }, want{
			limit: results.LimitServer, flags: saturated, codes: behind, says: []string{"98.9 %"},
		}},
		"a backlog that grew, all in time": {1, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.Rate.Achieved, e.Loader.Rate.BacklogT0, e.Loader.Rate.BacklogT1 = 1000, 5, 16
		}, want{limit: results.LimitServer, flags: saturated, codes: behind, says: []string{"the backlog of unsent requests grew from 5 to 16 in the window"}}},
		"connections, with what Little's law asks for": {0.80 - below, 0.80 - below, nil, want{limit: results.LimitConnections, codes: behind, says: []string{"server CPUs 80.0 % busy < 80.0 %", "about 100 connections are needed at this rate by Little's law, 64 were there"}}},
		"depth divides the connections": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Report.Depth, e.Report.ConnectionsAsked, e.Report.ConnectionsOpen, e.Loader.MinConnectionsOpen = 4, 24, 24, 24
		}, want{limit: results.LimitConnections, codes: behind, says: []string{"about 25 connections are needed"}}},
		"a ramp needs the connections of its highest rate": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.Schedule, e.Loader.RampToRPS, e.Loader.Rate.TargetRPS = "ramp", 1000, 100
		}, want{limit: results.LimitConnections, codes: behind, says: []string{"about 100 connections are needed"}}},
		"as many as Little's law asks for are not too few": {0.5, 0.5, func(t *testing.T, e *Evidence) {
			e.Loader.Total.Service = histogram(t, 500, 63900*time.Microsecond)
		}, want{limit: results.LimitServer, flags: saturated, codes: behind, says: []string{"100.0 % of the connections in flight were unanswered"}}},
		"no answer to apply the law to": {0.5, 0.5, func(_ *testing.T, e *Evidence) { e.Loader.Total.Service = nil }, want{
			limit: results.LimitServer, flags: saturated, codes: behind,
		}},
		"a server between slack and full": {0.80, 0.80 - below, nil, want{
			limit: results.LimitServer, flags: saturated, codes: behind, says: []string{"100.0 % of the connections in flight were unanswered ≥ 50.0 %", "while loader thread 1 worked 80.0 % < 80.0 %"},
		}},
		"a loader without slack": {0.80, 0.80, nil, want{
			invalid: true, codes: []string{"loader-behind"}, says: []string{"50.0 % of what was offered", "loader thread 1 worked 80.0 % ≥ 80.0 %: the loader failed to pace"},
		}},
		"half of them unanswered": {0.80, 0.5, func(_ *testing.T, e *Evidence) { e.Loader.QueuesEmpty = ptr(32) }, want{
			limit: results.LimitServer, flags: saturated, codes: behind, says: []string{"50.0 % of the connections in flight were unanswered ≥ 50.0 %"},
		}},
		"fewer unanswered: the answers lay there unread": {0.80, 0.5, func(_ *testing.T, e *Evidence) { e.Loader.QueuesEmpty = ptr(31) }, want{
			invalid: true, codes: []string{"loader-behind"}, says: []string{"51.6 % of the connections in flight had an answer that the loader had not read: only 48.4 % < 50.0 %"},
		}},
		"unread answers are no want of connections": {0.5, 0.5, func(_ *testing.T, e *Evidence) { e.Loader.QueuesEmpty = ptr(0) }, want{
			invalid: true, codes: []string{"loader-behind"},
		}},
		"an engine that cannot look, a server between slack and full": {0.80, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.QueuesRead, e.Loader.QueuesEmpty = nil, nil
		}, want{invalid: true, codes: []string{"loader-behind"}, says: []string{"nothing shows that the connections waited"}}},
		"an engine that cannot look, every connection busy": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.QueuesRead, e.Loader.QueuesEmpty = nil, nil
		}, want{limit: results.LimitConnections, codes: behind}},
		"nothing in flight to look at": {0.80, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.QueuesRead, e.Loader.QueuesEmpty = ptr(0), ptr(0)
		}, want{invalid: true, codes: []string{"loader-behind"}}},
		"idle connections, all others unanswered": {0.5, 0.5, func(t *testing.T, e *Evidence) {
			e.Loader.SendLagBlocked = histogram(t, 999, time.Millisecond)
		}, want{limit: results.LimitServer, flags: saturated, codes: behind}},
		"a loader that sent late on idle connections": {0.5, 0.5, func(t *testing.T, e *Evidence) {
			e.Loader.SendLagBlocked, e.Loader.QueuesRead = histogram(t, 999, time.Millisecond), nil
		}, want{invalid: true, codes: []string{"loader-behind"}}},
		"as many blocked as idle": {0.5, 0.5, func(t *testing.T, e *Evidence) {
			e.Loader.SendLagBlocked = histogram(t, 1000, time.Millisecond)
		}, want{limit: results.LimitConnections, codes: behind}},
		"nothing was sent at all": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.SendLagBlocked, e.Loader.SendLagIdle, e.Loader.Rate.NeverSent = nil, nil, 1000
		}, want{limit: results.LimitConnections, codes: behind}},
		"more was never sent than sent on idle connections": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.SendLagBlocked, e.Loader.Rate.NeverSent = nil, 1000
		}, want{limit: results.LimitConnections, codes: behind}},
		"a tenth failed, all asked in time": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.Rate.Achieved, e.Loader.Total.Completed = 900, 900
			e.Loader.Total.Failed, e.Loader.Total.Errors = 100, map[results.Cause]uint64{results.CauseTimeout: 100}
		}, want{invalid: true, codes: []string{"errors"}, says: []string{"100 of 1000 requests failed (timeout)"}}},
		"iterations longer than the window": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.Flows, e.Loader.Rate.Of, e.Loader.Rate.Achieved = map[string]results.FlowUse{"f": {}}, results.RateOfIterations, 0
		}, want{}},
		"arrivals without an idle user": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.Flows, e.Loader.Rate.Of = map[string]results.FlowUse{"f": {Finished: 10, UserNS: 30e9}}, results.RateOfIterations
			e.Loader.Rate.Blocked, e.Report.Users = 500, 20
		}, want{limit: results.LimitUnknown, flags: saturated, codes: []string{"arrivals-blocked"}, says: []string{"50.0 % of 1000 arrivals began nothing", "20 users are too few", "by Little's law"}}},
		"no sign that connections were busy": {0.5, 0.5, func(_ *testing.T, e *Evidence) {
			e.Loader.SendLagBlocked, e.Loader.QueuesRead = nil, nil
		}, want{invalid: true, codes: []string{"loader-behind"}}},
		"an unknown server share, unanswered": {0, 0.5, func(_ *testing.T, e *Evidence) { e.Measured = nil }, want{
			limit: results.LimitUnknown, flags: saturated, codes: behind,
			says: []string{"100.0 % of the connections in flight were unanswered ≥ 50.0 %", "or there are too few connections (its service time and this rate need about 100)"},
		}},
		"an unknown server share, answers unread": {0, 0.5, func(_ *testing.T, e *Evidence) {
			e.Measured, e.Loader.QueuesEmpty = nil, ptr(31)
		}, want{invalid: true, codes: []string{"loader-behind"}, says: []string{"had an answer that the loader had not read"}}},
		"an unknown server share, a loader without slack": {0, 0.8, func(_ *testing.T, e *Evidence) { e.Measured = nil }, want{
			invalid: true, codes: []string{"loader-behind"}, says: []string{"< 99.0 %, and loader thread 1 worked 80.0 % ≥ 80.0 %: the loader failed to pace"},
		}},
		"an unknown server share, an engine that cannot look": {0, 0.5, func(_ *testing.T, e *Evidence) {
			e.Measured, e.Loader.QueuesRead = nil, nil
		}, want{limit: results.LimitUnknown, flags: saturated, codes: behind, says: []string{"every connection was waiting for the server"}}},
		"an unknown server share, connections made anew": {0, 0.5, func(_ *testing.T, e *Evidence) {
			e.Measured, e.Loader.QueuesRead, e.Loader.Reconnects, e.Loader.UnannouncedCloses = nil, nil, 2100, 2100
		}, want{limit: results.LimitUnknown, flags: saturated, codes: behind, says: []string{"every connection was waiting for the server, and 2100 connections had to be made anew, each a wait of its own, while"}}},
		"an unknown server share, no sign that connections were busy": {0, 0.5, func(_ *testing.T, e *Evidence) {
			e.Measured, e.Loader.QueuesRead, e.Loader.SendLagBlocked = nil, nil, nil
		}, want{invalid: true, codes: []string{"loader-behind"}}},
		"an unknown server share, a foreign loader": {0, 0.5, func(_ *testing.T, e *Evidence) {
			e.Measured, e.Report.Foreign = nil, &results.Foreign{}
		}, want{invalid: true, codes: []string{"loader-behind"}, says: []string{"both sides is needed"}}},
		"shared CPUs": {0.5, 0.5, func(_ *testing.T, e *Evidence) { e.Shared = true }, want{
			limit: results.LimitSharedCPU, flags: saturated, codes: behind, says: []string{"server and loader share their CPUs"},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			slow(t, &e, tt.us, tt.ul)
			if tt.edit != nil {
				tt.edit(t, &e)
			}
			tt.want.hold(t, Phase(e))
		})
	}
}

func TestOpenLoopThatOfferedNothing(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]*results.RateReport{"absent": nil, "zero": {TargetRPS: 0.1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			e.Loader.Rate = rate
			want{invalid: true, codes: []string{"nothing-offered"}, says: []string{"no request in the window"}}.hold(t, Phase(e))
		})
	}
}

func TestTimeoutsOfASaturatedOpenLoopAreCensoredSamples(t *testing.T) {
	t.Parallel()
	type causes = map[results.Cause]uint64
	failing := func(us float64, errs causes, failed uint64) Evidence {
		e := open(t)
		slow(t, &e, us, 0.5)
		e.Loader.Total.Errors, e.Loader.Total.Failed = errs, failed
		return e
	}
	flags := []results.Flag{results.FlagSaturated}
	want{limit: results.LimitServer, flags: flags, codes: []string{"fell-behind"}}.
		hold(t, Phase(failing(1, causes{results.CauseTimeout: 300}, 300)))
	want{
		limit: results.LimitServer, flags: flags, invalid: true, codes: []string{"errors", "fell-behind"},
		says: []string{"2 of 502 requests failed (reset):"},
	}.hold(t, Phase(failing(1, causes{results.CauseTimeout: 300, results.CauseReset: 2}, 302)))
	want{
		limit: results.LimitConnections, invalid: true, codes: []string{"errors", "fell-behind"}, says: []string{"(timeout)"},
	}.hold(t, Phase(failing(0.5, causes{results.CauseTimeout: 300}, 300)))
}

// A lag of the loader that hides the median is an error bar, not a void number.
func TestSendLag(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lag, latency time.Duration
		hides        bool
	}{
		"the floor":                    {49 * time.Microsecond, 100 * time.Microsecond, false},
		"above the floor":              {51 * time.Microsecond, 100 * time.Microsecond, true},
		"a tenth of a long latency":    {990 * time.Microsecond, 10 * time.Millisecond, false},
		"more of it":                   {1010 * time.Microsecond, 10 * time.Millisecond, true},
		"latency so long that a share": {200 * time.Microsecond, time.Second, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			e.Loader.SendLagIdle = histogram(t, 100, tt.lag)
			e.Loader.Total.Corrected = histogram(t, 1000, tt.latency)
			w := want{}
			if tt.hides {
				w = want{codes: []string{"loader-lag"}, says: []string{"the loader's own lag hides the median"}}
			}
			w.hold(t, Phase(e))
		})
	}
}

func TestSendLagThatCannotBeRead(t *testing.T) {
	t.Parallel()
	damaged := &results.Histogram{Count: 3, HDRv2: "?"}
	e := open(t)
	e.Loader.SendLagIdle = damaged
	want{invalid: true, codes: []string{"unreadable"}, says: []string{"the lags of phase"}}.hold(t, Phase(e))
	e = open(t)
	e.Loader.Total.Corrected = damaged
	want{invalid: true, codes: []string{"unreadable"}, says: []string{"latency histogram"}}.hold(t, Phase(e))
}
