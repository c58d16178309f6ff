package record

import (
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
)

// A histogram takes a quarter of a megabyte, and a check many of them: 25 checks find
// as much as 100.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func newLedger(requests int) *Ledger { return &Ledger{Groups: make([]Group, requests)} }

// tally holds the sums of a ledger.
type tally struct {
	Completed, FirstHalf, Before, After uint64
	Failed, FailedOutside, FailedTimes  uint64
	Unanswered, NeverSent, Censored     uint64
	ConnectionErrors, Surplus           uint64
	Corrected, Service, Status          uint64
	Abandoned, AbandonedOutside, Events uint64
	Coded, NotInflated                  uint64
	CensoredFrom                        int64
}

func tallyOf(p *Ledger) tally {
	var t tally
	for i := range p.Groups {
		g := &p.Groups[i]
		t.Completed += g.counts.Completed
		t.Failed += g.counts.Failed
		t.FailedTimes += g.FailedTime.Count()
		t.Corrected += g.Corrected.Count()
		t.Service += g.Service.Count()
		t.Abandoned += g.counts.Abandoned
		t.Events += g.counts.Events
		t.NotInflated += g.counts.NotInflated
		for _, n := range g.counts.Encodings {
			t.Coded += n
		}
		for _, n := range g.status {
			t.Status += n
		}
	}
	c := &p.Counts
	t.FirstHalf, t.Before, t.After, t.FailedOutside = c.CompletedFirstHalf, c.CompletedBefore, c.CompletedAfter, c.FailedOutside
	t.Unanswered, t.NeverSent, t.Censored = c.Unanswered, p.Rate.NeverSent, p.Rate.Censored
	t.CensoredFrom = c.UnansweredFromNS + p.Rate.CensoredFromNS
	t.Surplus, t.AbandonedOutside = c.SurplusAnswers, c.AbandonedOutside
	for _, n := range c.ConnectionErrors {
		t.ConnectionErrors += n
	}
	return t
}

// The rules of METHOD.md §1 on a window [1000, 2000), one event a row.
func TestAccounting(t *testing.T) {
	t.Parallel()
	at := func(intended, sent int64) *Exchange {
		return &Exchange{Intended: intended, Sent: sent, FirstByte: sent + 1}
	}
	const closed, open = results.ClosedLoop, results.OpenLoop
	for _, c := range []struct {
		name  string
		loop  results.Loop
		event func(*Ledger)
		want  tally
	}{
		{"closed, before", closed, func(p *Ledger) { p.Answered(at(900, 900), 999, 200) }, tally{Before: 1}},
		{"closed, at t0", closed, func(p *Ledger) { p.Answered(at(900, 900), 1000, 200) }, tally{Completed: 1, FirstHalf: 1, Service: 1, Status: 1}},
		{"closed, first half's end", closed, func(p *Ledger) { p.Answered(at(900, 900), 1499, 200) }, tally{Completed: 1, FirstHalf: 1, Service: 1, Status: 1}},
		{"closed, second half", closed, func(p *Ledger) { p.Answered(at(900, 900), 1500, 200) }, tally{Completed: 1, Service: 1, Status: 1}},
		{"closed, at t1", closed, func(p *Ledger) { p.Answered(at(1500, 1500), 2000, 200) }, tally{After: 1}},
		{"open, intended before, answered inside", open, func(p *Ledger) { p.Answered(at(999, 1200), 1500, 200) }, tally{Completed: 1, Status: 1}},
		{"open, intended and answered inside", open, func(p *Ledger) { p.Answered(at(1000, 1200), 1600, 200) }, tally{Completed: 1, Status: 1, Corrected: 1, Service: 1}},
		{"open, intended inside, answered after", open, func(p *Ledger) { p.Answered(at(1999, 2500), 3000, 200) }, tally{After: 1, Corrected: 1, Service: 1}},
		{"open, intended after", open, func(p *Ledger) { p.Answered(at(2000, 2000), 2001, 200) }, tally{After: 1}},
		{"open, answered before", open, func(p *Ledger) { p.Answered(at(800, 800), 900, 200) }, tally{Before: 1}},
		{"closed failure inside", closed, func(p *Ledger) { p.Failed(at(900, 900), 1000, results.CauseStatus, 500, "x") }, tally{Failed: 1, FailedTimes: 1, Status: 1}},
		{"closed failure after", closed, func(p *Ledger) { p.Failed(at(1500, 1500), 2000, results.CauseBody, 0, "x") }, tally{FailedOutside: 1}},
		{"closed timeout inside", closed, func(p *Ledger) { p.Failed(at(1000, 1000), 1900, results.CauseTimeout, 0, "x") }, tally{Failed: 1, FailedTimes: 1}},
		{"open failure, intended inside", open, func(p *Ledger) { p.Failed(at(1500, 1500), 2500, results.CauseReset, 0, "x") }, tally{Failed: 1, FailedTimes: 1}},
		{"open failure, intended before", open, func(p *Ledger) { p.Failed(at(900, 900), 1500, results.CauseReset, 0, "x") }, tally{FailedOutside: 1}},
		{"open timeout is censored", open, func(p *Ledger) { p.Failed(at(1500, 1600), 2600, results.CauseTimeout, 0, "x") }, tally{Failed: 1, FailedTimes: 1, Corrected: 1, CensoredFrom: 1100}},
		{"connection not made", closed, func(p *Ledger) { p.ConnectionFailed(results.CauseConnectRefused, "x") }, tally{ConnectionErrors: 1}},
		{"an answer to no request", open, func(p *Ledger) { p.Surplus("x") }, tally{Surplus: 1}},
		{"closed, given up", closed, func(p *Ledger) { p.GivenUp(at(1500, 1500), 2500) }, tally{Unanswered: 1, Service: 1, CensoredFrom: 1000}},
		{"open, given up", open, func(p *Ledger) { p.GivenUp(at(1500, 1700), 2500) }, tally{Unanswered: 1, Censored: 1, Corrected: 1, CensoredFrom: 1000}},
		{"open, given up of the lead-in", open, func(p *Ledger) { p.GivenUp(at(999, 1700), 2500) }, tally{Unanswered: 1}},
		{"abandoned inside", closed, func(p *Ledger) { p.Abandoned(1, 1999) }, tally{Abandoned: 1}},
		{"abandoned after", open, func(p *Ledger) { p.Abandoned(1, 2000) }, tally{AbandonedOutside: 1}},
		{"abandoned before", closed, func(p *Ledger) { p.Abandoned(0, 999) }, tally{AbandonedOutside: 1}},
		{"events inside and outside", open, func(p *Ledger) { p.Streamed(0, 1000, 100); p.Streamed(1, 1500, 7); p.Streamed(0, 2000, 50) }, tally{Events: 107}},
		{"codings", closed, func(p *Ledger) {
			p.Coded(0, 1000, "gzip", true)
			p.Coded(1, 1000, "gzip", false)
			p.Coded(1, 2000, "br", false)
		}, tally{Coded: 2, NotInflated: 1}},
		{"never sent", open, func(p *Ledger) { p.Unsent(1000, 2500) }, tally{NeverSent: 1, Corrected: 1, CensoredFrom: 1500}},
		{"never sent of the lead-in", open, func(p *Ledger) { p.Unsent(999, 2500) }, tally{}},
		{"smallest censored", open, func(p *Ledger) { p.Unsent(1000, 2500); p.Unsent(1900, 2500); p.Unsent(1100, 2500) }, tally{NeverSent: 3, Corrected: 3, CensoredFrom: 600}},
	} {
		p := newLedger(2)
		p.Reset(Span{Loop: c.loop, T0: 1000, T1: 2000})
		c.event(p)
		if diff := cmp.Diff(c.want, tallyOf(p)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestLagKnowsWhoseFault(t *testing.T) {
	t.Parallel()
	p := newLedger(1)
	p.Reset(Span{Loop: results.OpenLoop, T0: 1000, T1: 2000})
	p.Lag(1500, 1500, 1510) // idle at the instant
	p.Lag(1500, 200, 1520)
	p.Lag(1500, 1501, 1540) // became idle behind it
	p.Lag(999, 0, 1500)     // not of the window
	p.Lag(2000, 0, 2500)
	if got := [...]uint64{p.SendLagIdle.Count(), p.SendLagBlocked.Count()}; got != [...]uint64{2, 1} {
		t.Errorf("idle and blocked: %v", got)
	}
	if p.SendLagIdle.max != 20 || p.SendLagBlocked.min != 40 {
		t.Errorf("lags up to %d and from %d ns", p.SendLagIdle.max, p.SendLagBlocked.min)
	}
}

// play draws events and records each in one of several ledgers and in all.
func play(rt *rapid.T, to []*Ledger, all *Ledger) {
	stamp := rapid.Int64Range(1, 3000)
	for range rapid.IntRange(0, 60).Draw(rt, "events") {
		p := to[rapid.IntRange(0, len(to)-1).Draw(rt, "thread")]
		e := Exchange{Intended: stamp.Draw(rt, "intended"), Group: int32(rapid.IntRange(0, 1).Draw(rt, "group"))}
		e.Sent = e.Intended + rapid.Int64Range(0, 500).Draw(rt, "late")
		e.FirstByte = e.Sent + rapid.Int64Range(1, 500).Draw(rt, "first byte")
		now := e.FirstByte + rapid.Int64Range(0, 500).Draw(rt, "rest")
		event := rapid.IntRange(0, 7).Draw(rt, "event")
		for _, p := range []*Ledger{p, all} {
			switch event {
			case 0, 1, 2:
				p.Answered(&e, now, 200)
			case 3:
				p.Failed(&e, now, results.CauseTimeout, 0, "late")
			case 4:
				p.GivenUp(&e, now)
			case 5:
				p.Unsent(e.Intended, now)
			case 7:
				p.Abandoned(e.Group, now)
				p.Streamed(e.Group, now, uint64(e.Sent))
				p.Coded(e.Group, now, "br", now%2 == 0)
			case 6:
				p.Lag(e.Intended, e.Sent-100, e.Sent)
				p.Counts.Reconnects++
				p.Counts.Asked++
				p.Backoff(now, now+300)
				p.Gap(now+1e6, 2e6, 0)
				p.ConnectionFailed(results.CauseConnectReset, "reset")
				p.Surplus("bytes")
				p.Counts.SentBytes += uint64(now)
			}
		}
	}
}

// The merged ledgers of several threads equal that of one thread with all events.
func TestMergeIsTheSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := Span{Loop: rapid.SampledFrom([]results.Loop{results.ClosedLoop, results.OpenLoop}).Draw(rt, "loop"), T0: 1000, T1: 2000}
		threads, all := []*Ledger{newLedger(2), newLedger(2), newLedger(2)}, newLedger(2)
		for _, p := range append(threads, all) {
			p.Reset(w)
		}
		play(rt, threads, all)
		for _, p := range threads[1:] {
			threads[0].Merge(p)
		}
		if diff := cmp.Diff(reported(rt, all), reported(rt, threads[0])); diff != "" {
			rt.Errorf("one thread and three differ (-one +three):\n%s", diff)
		}
	})
}

func TestBackoffInTheWindow(t *testing.T) {
	t.Parallel()
	p := newLedger(1)
	p.Reset(Span{Loop: results.ClosedLoop, T0: 1000, T1: 2000})
	for _, from := range []int64{500, 950, 1500, 1950, 2500} {
		p.Backoff(from, from+100)
	}
	if p.Counts.BackoffNS != 50+100+50 {
		t.Errorf("%d ns of back-off in the window, want 200", p.Counts.BackoffNS)
	}
}

// reported is the phase in its lasting form. Of the slowest requests, which have
// no order among equals, only the time from the intended instant stays.
func reported(t rapid.TB, p *Ledger) results.Phase {
	var r results.Phase
	if err := p.Into(&r, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	for i := range r.Slowest {
		s := &r.Slowest[i]
		*s = results.SlowRequest{EndNS: s.EndNS - s.IntendedNS}
	}
	return r
}

// The groups of a phase add up to its total, whatever happened.
func TestTotalIsTheSumOfGroups(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, other := newLedger(2), newLedger(2)
		p.Reset(Span{Loop: results.OpenLoop, T0: 1000, T1: 2000})
		play(rt, []*Ledger{p}, other)
		r := reported(rt, p)
		a, b := r.Groups["a"], r.Groups["b"]
		samples := func(h *results.Histogram) uint64 {
			if h == nil {
				return 0
			}
			return h.Count
		}
		for what, got := range map[string][3]uint64{
			"completed": {a.Completed, b.Completed, r.Total.Completed},
			"failed":    {a.Failed, b.Failed, r.Total.Failed},
			"timeouts":  {a.Errors[results.CauseTimeout], b.Errors[results.CauseTimeout], r.Total.Errors[results.CauseTimeout]},
			"status":    {a.Status["200"], b.Status["200"], r.Total.Status["200"]},
			"corrected": {samples(a.Corrected), samples(b.Corrected), samples(r.Total.Corrected)},
			"service":   {samples(a.Service), samples(b.Service), samples(r.Total.Service)},
		} {
			if got[0]+got[1] != got[2] {
				rt.Errorf("%s: %d and %d make %d", what, got[0], got[1], got[2])
			}
		}
	})
}

// A ledger that is reset reports nothing of the last phase.
func TestResetForgets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		used, fresh := newLedger(2), newLedger(2)
		used.Reset(Span{Loop: results.OpenLoop, T0: 1000, T1: 2000})
		play(rt, []*Ledger{used}, newLedger(2))
		w := Span{Loop: results.ClosedLoop, T0: 5, T1: 6}
		used.Reset(w)
		fresh.Reset(w)
		if a, b := reported(rt, used), reported(rt, fresh); !reflect.DeepEqual(a, b) {
			rt.Errorf("a ledger used again reports\n%+v, a new one\n%+v", a, b)
		}
	})
}

func TestRecordingDoesNotAllocate(t *testing.T) {
	p := newLedger(1)
	p.Reserve(true)
	p.Reset(Span{Loop: results.OpenLoop, T0: 0, T1: 1e9})
	e := Exchange{Intended: 10, Sent: 20, FirstByte: 30}
	if n := testing.AllocsPerRun(1000, func() {
		e.Intended += 7
		p.Lag(e.Intended, 0, e.Intended+3)
		p.Answered(&e, e.Intended+1000, 200)
	}); n != 0 {
		t.Errorf("%v allocations for one request", n)
	}
}

// A turn of the loop may be long because it works.
func TestGapsAndStalls(t *testing.T) {
	t.Parallel()
	const ms = int64(1e6)
	p := newLedger(2)
	p.Reset(Span{Loop: results.ClosedLoop, T0: 0, T1: 1000 * ms})
	for _, gap := range []struct {
		now, took, worked int64
	}{
		{1 * ms, ms - 1, 0},        // short
		{2 * ms, ms, 0},            // a stall
		{9 * ms, 5 * ms, 2 * ms},   // in part
		{20 * ms, 9 * ms, 10 * ms}, // all of it was work
		{30 * ms, 2 * ms, ms},      // a stall of just 1 ms
		{40 * ms, 2*ms - 1, ms},    // just below 1 ms
		{1040 * ms, 100 * ms, 0},   // 60 ms of it in the window
		{1200 * ms, 100 * ms, 0},   // behind it
	} {
		p.Gap(gap.now, gap.took, gap.worked)
	}
	if want := ms + 3*ms + ms + 60*ms; p.StallNS != want || p.LoopGaps.Count() != 6 {
		t.Errorf("%d ns of stalls in %d gaps, want %d in 6", p.StallNS, p.LoopGaps.Count(), want)
	}
}
