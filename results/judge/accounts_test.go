package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

// asking is a closed loop in which every request had a right answer.
func asking() results.Phase {
	return results.Phase{
		Name: "closed", Loop: results.ClosedLoop, Measured: true, T1NS: 10 * second, Asked: 1000,
		Total: results.Group{Completed: 900}, CompletedBefore: 60, CompletedAfter: 40,
		Threads: []results.ThreadUse{{}, {}},
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	type causes = map[results.Cause]uint64
	// wrong spoils a phase.
	wrong := func(failed, timeouts, unanswered uint64) func(*results.Phase) {
		return func(p *results.Phase) {
			p.Total.Completed -= failed + unanswered
			p.Total.Failed, p.Total.FirstError, p.Unanswered = failed, "status 500", unanswered
			p.Total.Errors = causes{}
			if failed > timeouts {
				p.Total.Errors[results.CauseStatus] = failed - timeouts
			}
			if timeouts > 0 {
				p.Total.Errors[results.CauseTimeout] = timeouts
			}
		}
	}
	for name, c := range map[string]struct {
		edit        func(*results.Phase)
		overloaded  bool
		tolerance   float64
		interrupted bool
		// want are the reasons, a code and a text each; ! marks those that void.
		want []string
	}{
		"all was right":         {edit: func(*results.Phase) {}},
		"failures":              {edit: wrong(3, 0, 0), want: []string{"errors! 3 of 1000 requests failed (status): status 500"}},
		"no answer":             {edit: wrong(0, 0, 28), want: []string{"unanswered! 28 of 1000 requests had no answer"}},
		"both":                  {edit: wrong(3, 1, 28), want: []string{"errors! 3 of 1000 requests failed, and 28 had no answer (status, timeout): status 500"}},
		"at the tolerance":      {edit: wrong(4, 0, 6), tolerance: 0.01, want: []string{"errors-tolerated 4 of 1000 requests failed, and 6 had no answer, within the tolerance of 1.0 %"}},
		"above the tolerance":   {edit: wrong(4, 0, 7), tolerance: 0.01, want: []string{"errors! 4 of 1000 requests failed, and 7 had no answer (status): status 500"}},
		"no answer, tolerated":  {edit: wrong(0, 0, 1), tolerance: 0.5, want: []string{"unanswered-tolerated 1 of 1000 requests had no answer, within the tolerance of 50.0 %"}},
		"overloaded":            {edit: wrong(5, 5, 3), overloaded: true},
		"other failures remain": {edit: wrong(6, 5, 3), overloaded: true, want: []string{"errors! 1 of 992 requests failed (status): status 500"}},
		"interrupted":           {edit: wrong(0, 0, 64), interrupted: true},
		"an answer too many":    {edit: func(p *results.Phase) { p.SurplusAnswers, p.FirstSurplus = 1, "bytes" }, tolerance: 1, want: []string{"surplus! the server sent 1 answer that no request asked for, so its other answers may belong to earlier requests: bytes"}},
		"connections": {edit: func(p *results.Phase) {
			p.ConnectionErrors, p.FirstConnectionError = causes{results.CauseConnectRefused: 2}, "refused"
		}, want: []string{"connection-errors! 2 connections could not be made (connect_refused): refused"}},
		"connections, tolerated": {edit: func(p *results.Phase) {
			p.ConnectionErrors, p.FirstConnectionError = causes{results.CauseConnectRefused: 2}, "refused"
		}, tolerance: 0.01, want: []string{"connection-errors 2 connections could not be made (connect_refused): refused"}},
		"one connection, ours":     {edit: func(p *results.Phase) { p.ConnectionErrors = causes{results.CauseLocalPorts: 1} }, want: []string{"connection-errors! 1 connection could not be made (local_ports_exhausted on the loader's side): "}},
		"a loader that asks aloud": {edit: func(p *results.Phase) { wrong(1, 0, 0)(p); p.Asked = 0 }, want: []string{"errors! 1 of 1000 requests failed (status): status 500"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := asking()
			c.edit(&p)
			var got []string
			for _, r := range accountsOf(&results.Report{Interrupted: c.interrupted}, &p, allowance{overloaded: c.overloaded, tolerance: c.tolerance}) {
				code := r.Code
				if r.Voids {
					code += "!"
				}
				got = append(got, code+" "+r.Text)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A server that is saturated since its CPUs are full leaves requests unanswered,
// or answers them later than anybody waits; one that idles has lost them.
func TestUnansweredOfASaturatedOpenLoop(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		us      float64
		shared  bool
		invalid bool
	}{
		"full":        {us: 0.95},
		"shared CPUs": {us: 0.5, shared: true},
		"idle":        {us: 0.949, invalid: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			slow(t, &e, c.us, 0.5)
			e.Report.ConnectionsAsked = 1 << 20 // there are enough
			e.Report.ConnectionsOpen, e.Loader.MinConnectionsOpen = 1<<20, 1<<20
			e.Shared, e.Loader.Unanswered = c.shared, 3
			late := e
			late.Loader = ptr(*e.Loader)
			late.Loader.Unanswered = 0
			late.Loader.Total.Failed, late.Loader.Total.Errors = 3, map[results.Cause]uint64{results.CauseTimeout: 3}
			for what, e := range map[string]Evidence{"unanswered": e, "timeouts": late} {
				if v := Phase(e); !v.Has(results.FlagSaturated) || v.Valid == c.invalid {
					t.Errorf("%s: valid is %t, flags %v: %v", what, v.Valid, v.Flags, v.Reasons)
				}
			}
		})
	}
}

func TestWarmUp(t *testing.T) {
	t.Parallel()
	report := func(edit func(*results.Phase)) *results.Report {
		warm := asking()
		warm.Name, warm.Measured = "warm-up", false
		edit(&warm)
		return &results.Report{Phases: []results.Phase{warm, asking()}}
	}
	if got := warmUp(report(func(*results.Phase) {}), "closed", 0); got != "" {
		t.Errorf("of a warm-up in which all was right: %q", got)
	}
	hung := report(func(p *results.Phase) { p.Unanswered, p.Asked = 64, 1064 })
	if got, want := warmUp(hung, "closed", 0), "in the warm-up 64 of 1064 requests had no answer"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	hung.Phases[0].Measured = true
	if got := warmUp(hung, "closed", 0); got != "" {
		t.Errorf("of a measured phase: %q", got)
	}
	if got := warmUp(hung, "nowhere", 0); got != "" {
		t.Errorf("of no phase: %q", got)
	}
}

// What a stopped loader measured is neither the server's limit nor its want of
// connections.
func TestALoaderThatStoodStill(t *testing.T) {
	t.Parallel()
	disturbed := []results.Flag{results.FlagDisturbed}
	stop := func(e *Evidence, share float64) {
		e.Loader.StallNS = ptr(int64(share * float64(e.Loader.WindowNS()) * float64(len(e.Loader.Threads))))
	}
	for name, c := range map[string]struct {
		evidence func(*testing.T) Evidence
		want     want
	}{
		"for a moment":                  {func(*testing.T) Evidence { e := served(); stop(&e, 0.03); return e }, want{limit: results.LimitServer, codes: []string{"shares"}}},
		"closed, a full server":         {func(*testing.T) Evidence { e := served(); stop(&e, 0.031); return e }, want{limit: results.LimitUnknown, flags: disturbed, codes: []string{"stalled"}, says: []string{"the loader stood still for 3.1 % of the window > 3.0 % (it was stopped, or kept off its CPUs): what limited the phase cannot be told"}}},
		"closed, nobody is full":        {func(*testing.T) Evidence { e := closed(0.4, 0.4); stop(&e, 0.5); return e }, want{limit: results.LimitUnknown, flags: disturbed, codes: []string{"stalled"}, says: []string{"stood still for 50.0 % of the window"}}},
		"closed, it waited for its CPU": {func(*testing.T) Evidence { e := closed(0.4, 0.95); stop(&e, 0.5); return e }, want{limit: results.LimitLoader, flags: disturbed, codes: []string{"stalled"}, says: []string{"loader thread 2 worked 95.0 % ≥ 95.0 %: the loader limited it"}}},
		"a quota that holds both back": {func(*testing.T) Evidence {
			e := closed(0.45, 0.3)
			e.Measured.Server = &results.Usage{
				AskedT0NS: second, AskedT1NS: 2 * second, ReadT0NS: second, ReadT1NS: 2 * second, CPUNS: second / 4,
				QuotaCPUs: ptr(0.5), QuotaPeriods: ptr(int64(10)), ThrottledPeriods: ptr(int64(10)), ThrottledNS: ptr(int64(second / 2)),
			}
			stop(&e, 0.5)
			return e
		}, want{limit: results.LimitUnknown, flags: []results.Flag{results.FlagDisturbed, results.FlagThrottled}, codes: []string{"stalled", "throttled"}, says: []string{"what limited the phase cannot be told"}}},
		"open, kept": {func(t *testing.T) Evidence { e := open(t); stop(&e, 0.5); return e }, want{flags: disturbed, codes: []string{"stalled"}}},
		"open, behind": {func(t *testing.T) Evidence { e := open(t); slow(t, &e, 1, 0.5); stop(&e, 0.5); return e }, want{
			invalid: true, flags: disturbed, codes: []string{"loader-behind", "stalled"}, says: []string{"50.0 % of what was offered was answered in the window < 99.0 %, and the loader stood still for 50.0 %"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := c.evidence(t)
			c.want.hold(t, Phase(e))
			if kind := Needs(e); kind != "" && len(c.want.flags) > 0 {
				t.Errorf("asks for the experiment %q on a disturbed window", kind)
			}
		})
	}
}

// A loader that waits before it connects anew shows its own waiting.
func TestBackOffIsNeverTheServers(t *testing.T) {
	t.Parallel()
	for name, evidence := range map[string]func(*testing.T) Evidence{
		"closed": func(*testing.T) Evidence { return closed(0.1, 0.1) },
		"open":   open,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := evidence(t)
			e.Loader.BackoffNS = e.Loader.WindowNS() * int64(e.Report.ConnectionsAsked) / 100
			if v := Phase(e); !v.Valid {
				t.Errorf("1 %% of back-off: %v", v.Reasons)
			}
			e.Loader.BackoffNS += int64(time.Second)
			slow := e
			if slow.Loader.Loop == results.OpenLoop {
				slow.Loader = ptr(*e.Loader)
				slow.Loader.Rate = &results.RateReport{TargetRPS: 1000, Offered: 1000, NeverSent: 1000}
			}
			for _, e := range []Evidence{e, slow} {
				v := Phase(e)
				if v.Valid || !strings.Contains(v.Why(), "the numbers show its waiting, not the server") {
					t.Errorf("more than 1 %% of back-off: %v", v.Reasons)
				}
				if v.Has(results.FlagSaturated) || v.Bottleneck != "" && v.Bottleneck != results.LimitUnknown {
					t.Errorf("more than 1 %% of back-off is blamed on %q, flags %v", v.Bottleneck, v.Flags)
				}
			}
		})
	}
}

func TestExceeded(t *testing.T) {
	t.Parallel()
	const peak = 1000
	for name, c := range map[string]struct {
		kept  uint64
		edit  func(*results.Verdict)
		limit results.Bottleneck
		flag  bool
	}{
		"3 % above the peak":  {kept: peak * 103 / 100, limit: results.LimitServer},
		"more":                {kept: peak*103/100 + 1, limit: results.LimitUnknown, flag: true},
		"of a void open loop": {kept: 2 * peak, edit: func(v *results.Verdict) { v.Valid = false }, limit: results.LimitServer},
		"of one that fell behind": {kept: 2 * peak, edit: func(v *results.Verdict) { v.Bottleneck = results.LimitServer },
			limit: results.LimitServer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loop := func(name string, l results.Loop, n uint64) results.Phase {
				return results.Phase{Name: name, Loop: l, T1NS: second, Total: results.Group{Completed: n}}
			}
			report := results.Report{Phases: []results.Phase{loop("closed", results.ClosedLoop, peak), loop("open", results.OpenLoop, c.kept)}}
			phases := []results.TrialPhase{
				{Name: "closed", Verdict: results.Verdict{Valid: true, Bottleneck: results.LimitServer}},
				{Name: "open", Verdict: results.Verdict{Valid: true}},
				{Name: "skipped"},
			}
			if c.edit != nil {
				c.edit(&phases[1].Verdict)
			}
			Exceeded(&report, phases, results.DefaultThresholds())
			v := phases[0].Verdict
			if v.Bottleneck != c.limit || v.Has(results.FlagExceeded) != c.flag || !v.Valid {
				t.Errorf("%s, flags %v, valid is %t", v.Bottleneck, v.Flags, v.Valid)
			}
			if c.flag && !strings.Contains(v.Why(), "the open loop of phase open kept 1031 req/s, 3.1 % above the 1000 of this closed loop > 3.0 %") {
				t.Errorf("it says %q", v.Why())
			}
		})
	}
}
