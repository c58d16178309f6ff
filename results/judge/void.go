package judge

import (
	"slices"
	"time"

	"github.com/joust-bench/joust/results"
)

// voids applies the rules that void a phase, except for failed requests.
func (v *verdict) voids() {
	p, r := v.Evidence.Loader, v.Report
	if window := time.Duration(p.WindowNS()); v.Asked > 0 && float64(window) < v.Limits.ShortWindow*float64(v.Asked) {
		v.flag(results.FlagInterrupted)
		v.void("short-window", "the window lasted %v of the %v asked for < %s", window.Round(time.Millisecond), v.Asked, percent(v.Limits.ShortWindow))
	}
	if known := r.Knows("connections_open"); known && r.ConnectionsOpen != r.ConnectionsAsked {
		v.void("connections", "%d connections were open of the %d asked for", r.ConnectionsOpen, r.ConnectionsAsked)
	} else if lost := r.ConnectionsAsked - p.MinConnectionsOpen; known && lost > 0 && !v.Reconnects && p.UnannouncedCloses+p.AnnouncedCloses == 0 {
		v.void("connections", "only %d of %d connections were open at one time in the window", p.MinConnectionsOpen, r.ConnectionsAsked)
	}
	if waited := backedOff(r, p, v.Limits); waited != "" {
		v.void("backed-off", "%s", waited)
	}
	switch {
	case p.Total.Completed == 0:
		v.void("nothing-completed", "no request completed in the window")
	case v.LargeTransfers && float64(p.Total.Completed) < v.Limits.FewCompletions:
		v.void("too-few", "too few requests: %d completed in the window, at least %.0f are needed", p.Total.Completed, v.Limits.FewCompletions)
	}
}

// failures puts the reasons of failed requests first, since they cause the others.
// Requests that a full server did not answer in an open loop are censored samples
// of its latency instead.
func (v *verdict) failures() {
	saturated := v.Has(results.FlagSaturated)
	busy := v.Shared || v.ServerShare != nil && *v.ServerShare >= v.Limits.FullShare
	reasons := accountsOf(v.Report, v.Evidence.Loader, saturated && busy, v.Tolerance)
	// Tables show the first reason, which must not be a tolerated one.
	var voids []results.Reason
	for _, r := range reasons {
		if r.Voids {
			v.Valid, voids = false, append(voids, r)
		} else {
			v.Reasons = append(v.Reasons, r)
		}
	}
	v.Reasons = slices.Concat(voids, v.Reasons)
	if text := warmUp(v.Report, v.Evidence.Loader.Name); text != "" {
		v.because("warm-up", "%s", text)
	}
}
