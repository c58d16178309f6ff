// Package judge decides what limited a phase and whether its numbers may be
// believed: pure functions from measurements to results.Verdict. The rules are
// those of method.md §3, without the experiments that a later judge adds.
package judge

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/results"
)

// The thresholds. Shares are 0 to 1 of what a side could use.
const (
	// FullShare is a side that has nothing left; NearlyFull one that may.
	FullShare  = 0.95
	NearlyFull = 0.90
	// Slack is a side that evidently waits.
	Slack = 0.80
	// EstimateFrom is the least server share from which an upper bound of the
	// throughput is worth printing.
	EstimateFrom = 0.70
	// KeptRate is the least achieved ÷ offered of an open loop that kept up.
	KeptRate = 0.99
	// SteadyHalves is the largest difference of a window's halves.
	SteadyHalves = 0.03
	// StealLimit is the share of time that the hypervisor may take.
	StealLimit = 0.02
	// FewCompletions is the least number of completions of a large transfer.
	FewCompletions = 20
	// LagFloor and LagShare bound the loader's own send lag at the median:
	// the larger of the floor and that share of the latency.
	LagFloor = 50 * time.Microsecond
	LagShare = 0.10
	// ShortWindow is the least share of the asked-for window.
	ShortWindow = 0.99
	// LateRead is the largest lateness of a counter's reading, as a share of
	// the window.
	LateRead = 0.01
)

// Evidence is what one phase is judged by.
type Evidence struct {
	Loader *results.Phase
	// Measured is what the harness saw; its Verdict is ignored.
	Measured *results.TrialPhase
	// Report is the loader's report that the phase belongs to.
	Report *results.Report
	// Shared is true when server and loader have no CPUs of their own.
	Shared bool
	// Tolerance is the share of requests that may fail, 0 to 1.
	Tolerance float64
	// Asked is the window's length that was asked for; 0 when it is not fixed.
	Asked time.Duration
	// LargeTransfers is true for rows whose window stretches to a number of
	// completions.
	LargeTransfers bool
	// Reconnects is true for rows that open connections all the time.
	Reconnects bool
}

// Phase judges one phase.
func Phase(e Evidence) results.Verdict {
	v := &verdict{Verdict: results.Verdict{Valid: true}}
	v.shares(e)
	v.voids(e)
	// What limited the phase stands before mere circumstances: tables show the
	// first reason.
	if e.Loader.Loop == results.OpenLoop {
		v.openLoop(e)
	} else {
		v.bottleneck(e)
	}
	v.flags(e)
	v.failures(e)
	return v.Verdict
}

// Skipped is the verdict of a phase that was not run, neither valid nor void:
// the reason's code and its text.
func Skipped(code, text string) results.Verdict {
	return results.Verdict{NotRun: true, Reasons: []results.Reason{{Code: code, Text: text}}}
}

// verdict is a Verdict in the making.
type verdict struct{ results.Verdict }

func (v *verdict) because(code, format string, args ...any) {
	v.Reasons = append(v.Reasons, results.Reason{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (v *verdict) void(code, format string, args ...any) {
	v.Valid = false
	v.Reasons = append(v.Reasons, results.Reason{Code: code, Voids: true, Text: fmt.Sprintf(format, args...)})
}

func (v *verdict) flag(f results.Flag) {
	if !v.Has(f) {
		v.Flags = append(v.Flags, f)
	}
}

// shares reads U_S and U_L.
func (v *verdict) shares(e Evidence) {
	v.ServerShare = serverShare(e.Measured)
	if len(e.Loader.Threads) > 0 {
		work := 0.0
		for _, t := range e.Loader.Threads {
			work = max(work, t.Work)
		}
		v.LoaderShare = &work
	}
}

// serverShare is the busy share of the server's CPUs; a single thread that
// fills a CPU of its own counts as full as well.
func serverShare(m *results.TrialPhase) *float64 {
	share := m.ServerCPUBusy
	if m.Server == nil || m.Server.BusiestThread == nil {
		return share
	}
	if thread := *m.Server.BusiestThread; thread >= FullShare && (share == nil || thread > *share) {
		return &thread
	}
	return share
}

// bottleneck is the table of method.md §3 for closed loops.
func (v *verdict) bottleneck(e Evidence) {
	if e.Shared {
		v.Bottleneck = results.LimitSharedCPU
		v.because("shared-cpu", "server and loader share their CPUs, so neither's limit can be told")
		return
	}
	if v.ServerShare == nil || v.LoaderShare == nil {
		v.Bottleneck = results.LimitUnknown
		v.because("not-sampled", "the CPU use of both sides is needed to say what limited the phase")
		return
	}
	us, ul := *v.ServerShare, *v.LoaderShare
	v.Bottleneck = limit(us, ul)
	v.because("shares", "%s", sentence(v.Bottleneck, us, ul))
	x := e.Loader.ThroughputRPS()
	if v.Bottleneck == results.LimitBalanced || (v.Bottleneck == results.LimitLoader && us >= EstimateFrom) {
		upper := x / us
		v.UpperRPS = &upper
	}
}

// limit names the bottleneck by the two shares.
func limit(us, ul float64) results.Bottleneck {
	switch {
	case us >= FullShare:
		return results.LimitServer
	case us >= NearlyFull && ul >= FullShare:
		return results.LimitBalanced
	case us < NearlyFull && ul >= FullShare:
		return results.LimitLoader
	case us < Slack && ul < Slack:
		return results.LimitConnections
	}
	return results.LimitUnknown
}

// sentence is the evidence for a bottleneck, numbers and thresholds included.
func sentence(b results.Bottleneck, us, ul float64) string {
	server := fmt.Sprintf("server CPUs %s busy", percent(us))
	loader := fmt.Sprintf("busiest loader thread worked %s", percent(ul))
	switch b {
	case results.LimitServer:
		return fmt.Sprintf("%s ≥ %s; %s", server, percent(FullShare), loader)
	case results.LimitBalanced:
		return fmt.Sprintf("%s, between %s and %s; %s ≥ %s", server, percent(NearlyFull), percent(FullShare), loader, percent(FullShare))
	case results.LimitLoader:
		return fmt.Sprintf("%s ≥ %s; %s < %s", loader, percent(FullShare), server, percent(NearlyFull))
	case results.LimitConnections:
		return fmt.Sprintf("%s and %s, both < %s: waiting, not working, limited it; try more clients", server, loader, percent(Slack))
	}
	return fmt.Sprintf("%s and %s: no rule tells which of them limited it", server, loader)
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }
