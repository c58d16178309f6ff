package judge

import (
	"math"
	"time"

	"github.com/joust-bench/joust/results"
)

// circumstances marks what does not void a number but belongs beside it.
func (v *verdict) circumstances() {
	p, m, t := v.Evidence.Loader, v.Measured, v.Limits
	if first, all := p.CompletedFirstHalf, p.Total.Completed; p.Loop == results.ClosedLoop && !v.Report.Interrupted && p.Knows("completed_first_half") && float64(all) >= 2*t.FewCompletions {
		if d := diff(first, all-first); d > t.SteadyHalves {
			v.flag(results.FlagNotSteady)
			v.because("not-steady", "the window's halves differ by %s > %s", above(d, t.SteadyHalves), percent(t.SteadyHalves))
		}
	}
	if own, foreign, ok := foreignWork(m, t); ok {
		v.flag(results.FlagDisturbed)
		v.because("foreign-work", "other programs kept the server's CPUs busy for %s of the window > %s, and the server itself for %s", above(foreign, t.ForeignWork), percent(t.ForeignWork), percent(own))
	}
	if still := StoodStill(p, t); still != "" {
		v.flag(results.FlagDisturbed)
		if !hasCode(v.Verdict, codeStalled) {
			v.because(codeStalled, "%s", still)
		}
	}
	if m.StealShare != nil && *m.StealShare > t.StealLimit {
		v.flag(results.FlagDisturbed)
		v.because("steal", "the hypervisor took %s of the CPUs' time > %s", above(*m.StealShare, t.StealLimit), percent(t.StealLimit))
	}
	v.slowed()
	for _, u := range []*results.Usage{m.Server, m.Loader} {
		if u == nil {
			continue
		}
		if late := lateness(u); late > t.LateRead {
			v.flag(results.FlagDisturbed)
			v.because("late-read", "counters were read %s of the window late > %s", above(late, t.LateRead), percent(t.LateRead))
		}
	}
}

// bookkeeping holds a closed loop of single requests on kept connections to
// Little's law: throughput × (time of a request + time until the next is sent)
// = connections. The time between is the loader's own work, which a request
// takes at most once. What is missing was lost, or its connection was idle. Users
// of their own may leave connections idle.
func (v *verdict) bookkeeping() {
	p, service := v.Evidence.Loader, v.Evidence.Loader.Total.Service
	window, connections := float64(p.WindowNS()), float64(p.MinConnectionsOpen)
	if v.Reconnects || v.Report.Depth > 1 || v.Report.Users > 0 || service == nil || window <= 0 || connections == 0 ||
		p.Failures()+p.Unanswered+p.SurplusAnswers+p.UnannouncedCloses+p.AnnouncedCloses > 0 {
		return
	}
	// On every connection the window cuts a request in two at each end: one is
	// counted whole, the other not at all.
	off := v.Limits.Bookkeeping + float64(service.MaxNS)/window
	busy, work := float64(p.Total.Completed)*service.MeanNS/window, 0.0
	for _, thread := range p.Threads {
		if thread.Loops == 0 {
			return // no event loop: an answered connection may wait for a goroutine
		}
		work += thread.Work
	}
	switch {
	case busy > connections*(1+off):
		v.misses("more was answered than asked", busy, connections, off)
	case busy+work < connections*(1-off):
		v.misses("requests were lost or connections were idle", busy+work, connections, off)
	}
}

func (v *verdict) misses(what string, busy, connections, off float64) {
	v.flag(results.FlagBookkeeping)
	v.because("littles-law", "throughput × time accounts for %.1f of %.0f connections, %s off > %s: %s",
		busy, connections, percent(math.Abs(busy/connections-1)), percent(off), what)
}

// diff is how far two halves are apart, as a share of their mean.
func diff(a, b uint64) float64 {
	mean := float64(a+b) / 2
	return max(float64(a)-float64(b), float64(b)-float64(a)) / mean
}

// lateness is the later of the two readings, as a share of the window.
func lateness(u *results.Usage) float64 {
	late := max(u.ReadT0NS-u.AskedT0NS, u.ReadT1NS-u.AskedT1NS)
	return float64(late) / float64(max(1, u.AskedT1NS-u.AskedT0NS))
}

// duration rounds nanoseconds to what a sentence needs.
func duration(ns int64) time.Duration { return time.Duration(ns).Round(10 * time.Microsecond) }
