package judge

import (
	"math"
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
)

// The codes of the reasons that other rules look for: the loader stood still, the
// CPU shares of both sides, the loader did not keep the rate, and requests waited for
// a server that accepts fewer connections.
const (
	codeStalled = "stalled"
	codeShares  = "shares"
	codeBehind  = "loader-behind"
	codeWaited  = "waited"
)

// Disturbance returns the reason of the flag of a disturbed phase, empty without
// that flag.
func Disturbance(v results.Verdict) string {
	for _, r := range v.Reasons {
		if slices.Contains([]string{codeStalled, "foreign-work", "steal", "slower", "late-read", "pressure"}, r.Code) {
			return r.Text
		}
	}
	return ""
}

// circumstances adds the flags and reasons that do not void a number.
func (v *verdict) circumstances() {
	v.halves()
	v.few()
	for _, why := range v.Unread {
		v.because("not-read", "%s; what depends on it is not known", why)
	}
	m, t := v.Measured, v.Limits
	if own, foreign, ok := foreignWork(m, t); ok {
		v.disturbed("foreign-work", "other programs kept the server's CPUs busy for %s of the window > %s, and the server itself for %s", above(foreign, t.ForeignWork), percent(t.ForeignWork), percent(own))
	}
	if still := stoodStill(v.Evidence.Loader, t); still != "" {
		v.flag(results.FlagDisturbed)
		if find(v.Verdict, codeStalled) == nil {
			v.because(codeStalled, "%s", still)
		}
	}
	if m.StealShare != nil && *m.StealShare > t.StealLimit {
		v.disturbed("steal", "the hypervisor took %s of the CPUs' time > %s", above(*m.StealShare, t.StealLimit), percent(t.StealLimit))
	}
	if v.SpinStart != nil {
		v.slower("server's", func(s results.Spin) int64 { return s.ServerNS })
		v.slower("loader's", func(s results.Spin) int64 { return s.LoaderNS })
	}
	for _, u := range []*results.Usage{m.Server, m.Loader} {
		if u == nil {
			continue
		}
		if late := lateness(u); late > t.LateRead {
			v.disturbed("late-read", "counters were read %s of the window late > %s", above(late, t.LateRead), percent(t.LateRead))
		}
	}
}

// halves flags a closed loop whose window has halves that differ. While users start, they
// are meant to.
func (v *verdict) halves() {
	p, t := v.Evidence.Loader, v.Limits
	first, all := float64(p.CompletedFirstHalf), float64(p.Total.Completed)
	if p.Loop != results.ClosedLoop || v.Report.Interrupted || v.Report.UserRampNS > 0 || slices.Contains(p.Unknown, "completed_first_half") || all < 2*t.FewCompletions {
		return
	}
	if by := math.Abs(2*first-all) / (all / 2); by > t.SteadyHalves {
		v.flag(results.FlagNotSteady)
		v.because("not-steady", "the window's halves differ by %s > %s", above(by, t.SteadyHalves), percent(t.SteadyHalves))
	}
}

// few notes a window with few large transfers. Its bandwidth counts all bytes that
// moved in it, and each percentile needs its samples anyway.
func (v *verdict) few() {
	if n := v.Evidence.Loader.Total.Completed; v.LargeTransfers && n > 0 && float64(n) < v.Limits.FewCompletions {
		v.because("few", "%s completed in the window < %.0f: whether it was steady cannot be told", results.Counted(n, "large transfer"), v.Limits.FewCompletions)
	}
}

// slower flags a side whose processors took longer for a spin than at the start.
func (v *verdict) slower(side string, ns func(results.Spin) int64) {
	start, worst := ns(*v.SpinStart), int64(0)
	for _, s := range v.Spins {
		worst = max(worst, ns(s))
	}
	if by := float64(worst)/float64(start) - 1; start > 0 && by > v.Limits.SpinSlower {
		v.disturbed("slower", "the %s CPUs were %s slower than when the run began > %s: a fixed spin next to the window took %v instead of %v",
			side, above(by, v.Limits.SpinSlower), percent(v.Limits.SpinSlower), duration(worst), duration(start))
	}
}

// bookkeeping holds a closed loop of single requests on kept connections to
// Little's law: throughput × (time of a request + time until the next is sent)
// = connections. The time between is the loader's own work, which a request
// takes at most once. The difference was lost, or its connection was idle, as
// users of their own may leave it.
func (v *verdict) bookkeeping() {
	p, service := v.Evidence.Loader, v.Evidence.Loader.Total.Service
	window, connections := float64(p.WindowNS()), float64(p.MinConnectionsOpen)
	if v.Reconnects || v.Report.Depth > 1 || p.RequestsPerUser != nil || v.Report.Users > 0 || service == nil || window <= 0 || connections == 0 ||
		p.Failures()+p.Unanswered+p.SurplusAnswers+p.Closes() > 0 {
		return
	}
	// On every connection the window cuts a request in two at each end: one is
	// counted whole, the other not at all.
	limit := v.Limits.Bookkeeping + float64(service.MaxNS)/window
	busy, work := float64(p.Total.Completed)*service.MeanNS/window, 0.0
	for _, thread := range p.Threads {
		if thread.Loops == 0 {
			return // no event loop: an answered connection may wait for a goroutine
		}
		work += thread.Work
	}
	conclusion := "more was answered than asked"
	if busy <= connections*(1+limit) {
		busy += work
		conclusion = "requests were lost or connections were idle"
		if busy >= connections*(1-limit) {
			return
		}
	}
	v.flag(results.FlagBookkeeping)
	v.because("littles-law", "throughput × time accounts for %.1f of %.0f connections, %s off > %s: %s",
		busy, connections, percent(math.Abs(busy/connections-1)), percent(limit), conclusion)
}

// lateness is the later of the two readings, as a share of the window.
func lateness(u *results.Usage) float64 {
	late := max(u.ReadT0NS-u.AskedT0NS, u.ReadT1NS-u.AskedT1NS)
	return float64(late) / float64(max(1, u.AskedT1NS-u.AskedT0NS))
}

// duration rounds nanoseconds for a sentence.
func duration(ns int64) time.Duration { return time.Duration(ns).Round(10 * time.Microsecond) }
