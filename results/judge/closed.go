package judge

import (
	"fmt"

	"github.com/joust-bench/joust/results"
)

// closedLoop judges by the table of METHOD.md §3 and by the cell's experiment.
func (v *verdict) closedLoop() {
	if v.Shared {
		v.Bottleneck = results.LimitSharedCPU
		v.because("shared-cpu", "server and loader share their CPUs, so neither's limit can be told")
		return
	}
	if v.LoaderShare == nil {
		v.Bottleneck = results.LimitUnknown
		v.because("not-sampled", "the CPU use of the loader is needed to say what limited the phase")
		return
	}
	if v.Evidence.Loader.GoneNS > 0 || backedOff(v.Report, v.Evidence.Loader, v.Limits) != "" {
		v.Bottleneck = results.LimitUnknown // voids gives the reason
		return
	}
	if still := stoodStill(v.Evidence.Loader, v.Limits); still != "" {
		// Waiting for a processor counts as the loader's work, a stop does not.
		if *v.LoaderShare >= v.Limits.FullShare {
			v.Bottleneck = results.LimitLoader
			v.because(codeStalled, "%s; %s ≥ %s: the loader limited it", still, v.loader(), percent(v.Limits.FullShare))
			return
		}
		v.Bottleneck = results.LimitUnknown
		v.because(codeStalled, "%s: what limited the phase cannot be told", still)
		return
	}
	if v.ServerShare == nil {
		v.loaderShareAlone()
		return
	}
	limit, evidence := v.table()
	v.Bottleneck = limit
	v.experiment()
	v.because(codeShares, "%s", evidence)
	x, us := v.Evidence.Loader.ThroughputRPS(), *v.ServerShare
	// A full server's share says nothing about its throughput beyond x.
	estimable := us >= v.Limits.EstimateFrom && us < v.Limits.FullShare
	if us > 0 && (v.Bottleneck == results.LimitBalanced || v.Bottleneck == results.LimitLoader && estimable) {
		upper := x / us
		v.UpperRPS = &upper
	}
}

// loaderShareAlone judges a closed loop whose server's CPU use is not known.
func (v *verdict) loaderShareAlone() {
	if *v.LoaderShare >= v.Limits.FullShare {
		v.Bottleneck = results.LimitLoader
		v.because(codeShares, "%s ≥ %s, so the loader limited it, whatever the server had left", v.loader(), percent(v.Limits.FullShare))
		return
	}
	v.Bottleneck = results.LimitUnknown
	v.because(codeShares, "%s < %s, and the CPU use of the server is not known: what else limited it cannot be told", v.loader(), percent(v.Limits.FullShare))
}

// table returns the bottleneck by the two shares, with the evidence.
func (v *verdict) table() (limit results.Bottleneck, evidence string) {
	us, ul, t := *v.ServerShare, *v.LoaderShare, v.Limits
	server, loader := v.server(), v.loader()
	switch {
	case us >= t.FullShare:
		return results.LimitServer, fmt.Sprintf("%s ≥ %s; %s", server, percent(t.FullShare), loader)
	case us >= t.NearlyFull && ul >= t.FullShare:
		return results.LimitBalanced, fmt.Sprintf("%s, between %s and %s; %s ≥ %s", server, percent(t.NearlyFull), percent(t.FullShare), loader, percent(t.FullShare))
	case us < t.NearlyFull && ul >= t.FullShare:
		return results.LimitLoader, fmt.Sprintf("%s ≥ %s; %s < %s", loader, percent(t.FullShare), server, percent(t.NearlyFull))
	case us < t.Slack && ul < t.Slack:
		return results.LimitConnections, fmt.Sprintf("%s and %s, both < %s: waiting, not working, limited it; try more clients", server, loader, percent(t.Slack))
	}
	return results.LimitUnknown, fmt.Sprintf("%s and %s: the two shares alone do not tell which of them limited it", server, loader)
}
