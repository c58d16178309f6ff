package summary_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
	"github.com/joust-bench/joust/results/summary"
)

// queued says at how many of 64 connections in flight nothing lay unread when
// the window ended.
func queued(p *results.Phase, empty int) { p.QueuesRead, p.QueuesEmpty = ptr(64), &empty }

// joust run knows how busy the server was, and joust load does not: both give a report
// the same first reason. A comparison voids what a lone load keeps as its result. Where
// the loader did not keep the rate, that result is a lower bound.
func TestOneReportHasOneVerdict(t *testing.T) {
	t.Parallel()
	type change = func(*results.Report, *results.Phase)
	behind := report(t, saturated(t))
	behind.Phases[1].Total.Failed, behind.Phases[1].Total.Errors = 0, nil
	both := func(a, b change) change {
		return func(r *results.Report, p *results.Phase) { a(r, p); b(r, p) }
	}
	read := func(empty int) change { return func(_ *results.Report, p *results.Phase) { queued(p, empty) } }
	for name, c := range map[string]struct {
		report results.Report
		change change
		// us is the busy share of the server's CPUs.
		us    float64
		first string
		// void is true for joust run, and bound for both.
		void, bound bool
		// unmeasured is true where joust load is void as well.
		unmeasured bool
	}{
		"the server is full":                    {report(t, closed(t)), nil, 0.99, "shares", false, false, false},
		"waiting limits":                        {report(t, closed(t)), nil, 0.4, "shares", false, false, false},
		"the loader is full":                    {report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.Threads[1].Work = 0.97 }, 0.5, "shares", false, true, false},
		"stopped":                               {report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.StallNS = ptr(2 * second) }, 0.5, "stalled", false, false, false},
		"waited to connect":                     {report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.BackoffNS = 64 * second / 5 }, 0.1, "backed-off", true, false, false},
		"no answer":                             {report(t, silent(t)), nil, 0.5, "unanswered", true, false, false},
		"failures":                              {report(t, failing(t)), nil, 0.5, "errors", true, false, false},
		"nothing right":                         {report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.Total.Completed, p.Total.Failed = 0, 5 }, 0.5, "errors", true, false, true},
		"an answer to no request":               {report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.SurplusAnswers = 1 }, 0.5, "surplus", true, false, true},
		"a connection is missing":               {report(t, closed(t)), func(r *results.Report, _ *results.Phase) { r.ConnectionsOpen = 63 }, 0.5, "connections", true, false, false},
		"connections were lost":                 {report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.MinConnectionsOpen = 60 }, 0.5, "connections", true, false, false},
		"connections made anew on purpose":      {report(t, closed(t)), func(r *results.Report, p *results.Phase) { p.MinConnectionsOpen, r.ReconnectEvery = 60, 5 }, 0.5, "shares", false, false, false},
		"the warm-up went wrong":                {report(t, closed(t)), func(r *results.Report, _ *results.Phase) { r.Phases[0].Unanswered = 3 }, 0.99, "shares", false, false, false},
		"halves that differ":                    {report(t, closed(t)), func(_ *results.Report, p *results.Phase) { p.CompletedFirstHalf = 200_000 }, 0.99, "shares", false, false, false},
		"open, kept":                            {report(t, open(t)), nil, 0.3, "", false, false, false},
		"open, kept although stopped":           {report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.StallNS = ptr(second) }, 0.3, "stalled", false, false, false},
		"open, behind, queues tell: a full one": {behind, read(64), 0.99, "fell-behind", false, false, false},
		"open, behind, queues tell: saturated":  {behind, read(40), 0.85, "fell-behind", false, false, false},
		"open, behind, answers lay unread":      {behind, read(20), 0.5, "loader-behind", true, false, false},
		"open, behind, a busy loader":           {behind, both(read(64), func(_ *results.Report, p *results.Phase) { p.Threads[0].Work = 0.85 }), 0.5, "loader-behind", true, false, false},
		"open, behind, too few connections":     {behind, both(read(64), func(_ *results.Report, p *results.Phase) { p.Total.Service = spread(t, 6_000, 100e6, 200e6) }), 0.3, "fell-behind", false, false, false},
		"open, behind, stopped":                 {behind, func(_ *results.Report, p *results.Phase) { p.StallNS = ptr(5 * second) }, 0.5, "loader-behind", true, false, false},
		"open, behind, waited to connect":       {behind, func(_ *results.Report, p *results.Phase) { p.BackoffNS = 64 * second / 5 }, 0.1, "backed-off", true, false, false},
		"open, behind, nobody was waited for": {behind, func(_ *results.Report, p *results.Phase) {
			p.Rate.NeverSent, p.SendLagBlocked = 0, nil
		}, 0.5, "loader-behind", true, false, false},
		"open, failures alone are missing": {report(t, open(t)), func(_ *results.Report, p *results.Phase) {
			p.Rate.Achieved, p.Total.Completed, p.Total.Failed = 9_000, 9_000, 1_000
		}, 0.5, "errors", true, false, false},
		"open, nothing offered": {report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.Rate.Offered = 0 }, 0.5, "nothing-offered", true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := c.report
			r.Phases = append([]results.Phase(nil), r.Phases...)
			p := &r.Phases[1]
			if p.Rate != nil {
				p.Rate = ptr(*p.Rate)
			}
			p.Threads = append([]results.ThreadUse(nil), p.Threads...)
			if c.change != nil {
				c.change(&r, p)
			}
			run := judge.Phase(judge.Evidence{Loader: p, Measured: &results.TrialPhase{ServerCPUBusy: &c.us}, Report: &r, Reconnects: r.ReconnectEvery > 0, Limits: results.DefaultThresholds()})
			load := summary.Verdict(&r)
			loadBound := c.bound || c.first == "loader-behind"
			for by, got := range map[string]struct {
				results.Verdict
				void, bound bool
			}{"joust run": {run, c.void, c.bound}, "joust load": {load, c.unmeasured, loadBound}} {
				first := ""
				if len(got.Reasons) > 0 {
					first = got.Reasons[0].Code
				}
				if bound := got.Bottleneck == results.LimitLoader; first != c.first || got.Valid == got.void || bound != got.bound {
					t.Errorf("%s: first reason %q, valid %t, a lower bound %t: %v", by, first, got.Valid, bound, got.Reasons)
				}
			}
			var out strings.Builder
			if err := summary.Text(&out, "x", &r, summary.Options{}); err != nil || strings.Contains(out.String(), "throughput  ≥ ") != loadBound {
				t.Errorf("joust load marks a lower bound: %t (%v)", !loadBound, err)
			}
			if got := summary.Void(summary.Reasons(&r)); got != c.unmeasured {
				t.Errorf("joust load says void %t", got)
			}
		})
	}
}

// A lag of the loader that hides the median is an error bar in a comparison and in a
// lone load.
func TestTheLoadersLagVoidsNothing(t *testing.T) {
	t.Parallel()
	r := edit(report(t, open(t)), func(_ *results.Report, p *results.Phase) { p.SendLagIdle = spread(t, 9_990, 100_000, 200_000) })
	run := judge.Phase(judge.Evidence{Loader: &r.Phases[1], Report: &r, Limits: results.DefaultThresholds()})
	load := summary.Verdict(&r)
	if !run.Valid || !load.Valid || run.Reasons[0].Code != "loader-lag" || load.Reasons[0].Text != run.Reasons[0].Text {
		t.Errorf("joust run: %+v\njoust load: %+v", run, load)
	}
}

// Stalls are summed over the threads, and shares are of one thread's window.
func TestStallShareOfFourThreads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stall int64 // over four threads in a window of 10 s
		first string
		text  string
	}{{second * 12 / 10, "shares", "stood still for 3.0 % of the window"}, {second * 14 / 10, "stalled", "stood still for 3.5 % of the window"}} {
		r := edit(report(t, closed(t)), func(_ *results.Report, p *results.Phase) {
			p.Threads, p.StallNS = make([]results.ThreadUse, 4), &c.stall
		})
		if got := summary.Verdict(&r).Reasons[0].Code; got != c.first {
			t.Errorf("%d ns over four threads: %q, want %q", c.stall, got, c.first)
		}
		var out strings.Builder
		if err := summary.Text(&out, "x", &r, summary.Options{}); err != nil || !strings.Contains(out.String(), c.text) {
			t.Errorf("no %q in\n%s (%v)", c.text, out.String(), err)
		}
	}
}
