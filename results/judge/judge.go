// Package judge decides what limited a phase and whether its numbers may be
// believed: pure functions from measurements to results.Verdict, by the rules
// of METHOD.md §3. Experiments are made elsewhere (harness/trial) and come in as
// results.Probe; Needs says which one a verdict asks for.
package judge

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/results"
)

// Evidence is what one phase is judged by.
type Evidence struct {
	Loader *results.Phase
	// Measured is the harness's own measurement; its Verdict is ignored. It is nil
	// for a lone load, which has the loader's report only.
	Measured *results.TrialPhase
	// Report is the loader's report that the phase belongs to.
	Report *results.Report
	// Kernel are the kernel's witnesses of the whole trial, nil where they were
	// not read.
	Kernel *results.Kernel
	// Probes are the experiments made on the phase's cell, in this trial or in
	// an earlier one. The first of a kind that has a reading counts.
	Probes []results.Probe
	// Limits are the thresholds; the zero value takes the default ones.
	Limits results.Thresholds
	// Shared is true when server and loader have no CPUs of their own.
	Shared bool
	// Alone is true for a load that is compared with nothing: where the loader's
	// own lag hides the median, that is a note and voids nothing.
	Alone bool
	// FixedClients is true for rows whose number of clients is part of their
	// definition.
	FixedClients bool
	// Tolerance is the share of requests that may fail, 0 to 1.
	Tolerance float64
	// LowestKept is achieved ÷ offered at the lowest rate of the trial, for
	// foreign loaders, which show nothing else of their pacing; absent where it
	// is not known.
	LowestKept *float64
	// Asked is the window's length that was asked for; 0 when it is not fixed.
	Asked time.Duration
	// LargeTransfers is true for rows whose window stretches to a number of
	// completions.
	LargeTransfers bool
	// Reconnects is true for rows that open connections all the time.
	Reconnects bool
	// SpinStart is the run's first spin, nil where none was timed; Spins are
	// those next to the phase.
	SpinStart *results.Spin
	Spins     []results.Spin
}

// Phase judges one phase.
func Phase(e Evidence) results.Verdict {
	e.Limits = e.limits()
	if e.Measured == nil {
		e.Measured = &results.TrialPhase{}
	}
	v := &verdict{Verdict: results.Verdict{Valid: true}, Evidence: e}
	v.shares()
	v.voids()
	// What limited the phase stands before mere circumstances: tables show the
	// first reason.
	if e.Loader.Loop == results.OpenLoop {
		v.openLoop()
	} else {
		v.closedLoop()
		v.bookkeeping()
	}
	v.circumstances()
	v.witnesses()
	v.failures()
	return v.Verdict
}

// limits are the evidence's own, or the default ones.
func (e *Evidence) limits() results.Thresholds {
	if e.Limits == (results.Thresholds{}) {
		return results.DefaultThresholds()
	}
	return e.Limits
}

// Skipped is the verdict of a phase that was not run, neither valid nor void:
// the reason's code and its text.
func Skipped(code, text string) results.Verdict {
	return results.Verdict{NotRun: true, Reasons: []results.Reason{{Code: code, Text: text}}}
}

// verdict is a Verdict in the making, with what it is made from.
type verdict struct {
	results.Verdict
	Evidence
	// serverWords say in words what ServerShare is a share of.
	serverWords string
}

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

func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }

// above prints a share that exceeds the limit, with as many decimals as tell the
// two apart; with one where three do not.
func above(share, limit float64) string {
	for decimals := 1; decimals <= 3; decimals++ {
		if text := fmt.Sprintf("%.*f", decimals, share*100); text != fmt.Sprintf("%.*f", decimals, limit*100) {
			return text + " %"
		}
	}
	return percent(share)
}

// Void is the verdict of a phase of which nothing can be said: the reason's code
// and its text.
func Void(code, text string) results.Verdict {
	return results.Verdict{Reasons: []results.Reason{{Code: code, Voids: true, Text: text}}}
}
