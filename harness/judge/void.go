package judge

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// voids applies the rules under which a number counts for nothing, failed
// requests aside: see failures.
func (v *verdict) voids(e Evidence) {
	p, r := e.Loader, e.Report
	if window := time.Duration(p.WindowNS()); e.Asked > 0 && float64(window) < ShortWindow*float64(e.Asked) {
		v.flag(results.FlagInterrupted)
		v.void("short-window", "the window lasted %v of the %v asked for", window.Round(time.Millisecond), e.Asked)
	}
	if r.ConnectionsOpen != r.ConnectionsAsked {
		v.void("connections", "%d connections were open of the %d asked for", r.ConnectionsOpen, r.ConnectionsAsked)
	} else if lost := r.ConnectionsAsked - p.MinConnectionsOpen; lost > 0 && !e.Reconnects && p.IdleCloses+p.AnnouncedCloses == 0 {
		v.void("connections", "only %d of %d connections were open at one time in the window", p.MinConnectionsOpen, r.ConnectionsAsked)
	}
	switch {
	case p.Total.Completed == 0:
		v.void("nothing-completed", "no request completed in the window")
	case e.LargeTransfers && p.Total.Completed < FewCompletions:
		v.void("too-few", "too few requests: %d completed in the window, at least %d are needed", p.Total.Completed, FewCompletions)
	}
}

// failures voids a phase with more failed requests than are tolerated. In a
// saturated open loop, timeouts are censored samples instead.
func (v *verdict) failures(e Evidence) {
	p := e.Loader
	failed, errs := p.Total.Failed+p.FailedOutside, maps.Clone(p.Total.Errors)
	if v.Has(results.FlagSaturated) {
		failed -= min(failed, errs[results.CauseTimeout])
		delete(errs, results.CauseTimeout)
	}
	if failed == 0 {
		return
	}
	total := failed + p.Total.Completed + p.CompletedBefore + p.CompletedAfter
	share := float64(failed) / float64(total)
	if share <= e.Tolerance {
		v.because("errors-tolerated", "%d of %d requests failed, within the tolerance of %s", failed, total, percent(e.Tolerance))
		return
	}
	v.void("errors", "%d of %d requests failed (%s): %s", failed, total, causes(errs), p.Total.FirstError)
	// Failures are what the other reasons come from, so they stand first.
	last := len(v.Reasons) - 1
	v.Reasons = slices.Insert(v.Reasons[:last:last], 0, v.Reasons[last])
}

// causes lists the failures by cause, the most frequent first.
func causes(errs map[results.Cause]uint64) string {
	list := slices.SortedFunc(maps.Keys(errs), func(a, b results.Cause) int {
		return cmp.Or(cmp.Compare(errs[b], errs[a]), cmp.Compare(a, b))
	})
	if len(list) == 0 {
		return "outside the window"
	}
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = string(c)
		if c.HarnessSide() {
			words[i] += " on the loader's side"
		}
	}
	return strings.Join(words, ", ")
}

// flags marks circumstances that do not void a number.
func (v *verdict) flags(e Evidence) {
	p, m := e.Loader, e.Measured
	if first, all := p.CompletedFirstHalf, p.Total.Completed; p.Loop == results.ClosedLoop && all > 0 {
		second := all - first
		if d := diff(first, second); d > SteadyHalves && all >= 2*FewCompletions {
			v.flag(results.FlagNotSteady)
			v.because("not-steady", "the window's halves differ by %s > %s", percent(d), percent(SteadyHalves))
		}
	}
	if m.StealShare != nil && *m.StealShare > StealLimit {
		v.flag(results.FlagDisturbed)
		v.because("steal", "the hypervisor took %s of the CPUs' time > %s", percent(*m.StealShare), percent(StealLimit))
	}
	for _, u := range []*results.Usage{m.Server, m.Loader} {
		if u == nil {
			continue
		}
		if late := lateness(u); late > LateRead {
			v.flag(results.FlagDisturbed)
			v.because("late-read", "counters were read %s of the window late > %s", percent(late), percent(LateRead))
		}
	}
	if m.Server != nil && m.Server.ThrottledNS != nil && *m.Server.ThrottledNS > 0 {
		v.flag(results.FlagThrottled)
		v.because("throttled", "a CPU quota held the server back for %v", time.Duration(*m.Server.ThrottledNS))
	}
	if k := m.Kernel; k != nil && k.ListenOverflows != nil && *k.ListenOverflows > 0 {
		v.flag(results.FlagBacklog)
		v.because("backlog", "the kernel dropped %d connections at a full accept queue: the server's listen backlog is too small", *k.ListenOverflows)
	}
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
