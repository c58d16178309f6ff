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
func (v *verdict) voids() {
	p, r := v.Evidence.Loader, v.Report
	if window := time.Duration(p.WindowNS()); v.Asked > 0 && float64(window) < v.Limits.ShortWindow*float64(v.Asked) {
		v.flag(results.FlagInterrupted)
		v.void("short-window", "the window lasted %v of the %v asked for < %s", window.Round(time.Millisecond), v.Asked, percent(v.Limits.ShortWindow))
	}
	if known := r.Knows("connections_open"); known && r.ConnectionsOpen != r.ConnectionsAsked {
		v.void("connections", "%d connections were open of the %d asked for", r.ConnectionsOpen, r.ConnectionsAsked)
	} else if lost := r.ConnectionsAsked - p.MinConnectionsOpen; known && lost > 0 && !v.Reconnects && p.IdleCloses+p.AnnouncedCloses == 0 {
		v.void("connections", "only %d of %d connections were open at one time in the window", p.MinConnectionsOpen, r.ConnectionsAsked)
	}
	switch {
	case p.Total.Completed == 0:
		v.void("nothing-completed", "no request completed in the window")
	case v.LargeTransfers && float64(p.Total.Completed) < v.Limits.FewCompletions:
		v.void("too-few", "too few requests: %d completed in the window, at least %.0f are needed", p.Total.Completed, v.Limits.FewCompletions)
	}
}

// failures voids a phase with more failed requests than are tolerated. In a
// saturated open loop, timeouts are censored samples instead.
func (v *verdict) failures() {
	p := v.Evidence.Loader
	failed, errs := p.Total.Failed+p.FailedOutside, maps.Clone(p.Total.Errors)
	if v.Has(results.FlagSaturated) {
		failed -= min(failed, errs[results.CauseTimeout]+p.TimeoutsOutside)
		delete(errs, results.CauseTimeout)
	}
	if failed == 0 {
		return
	}
	total := failed + p.Total.Completed + p.CompletedBefore + p.CompletedAfter
	share := float64(failed) / float64(total)
	if share <= v.Tolerance {
		v.because("errors-tolerated", "%d of %d requests failed, within the tolerance of %s", failed, total, percent(v.Tolerance))
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
