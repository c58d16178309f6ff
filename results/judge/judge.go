// Package judge decides what limited a phase and whether its numbers may be
// believed: pure functions from measurements to results.Verdict, by the rules
// of METHOD.md §3. Package harness/trial makes the experiments, which come in as
// results.Probe; Needs names the experiment that a verdict asks for.
package judge

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/results"
)

// Evidence holds all facts by which a phase is judged.
type Evidence struct {
	Loader *results.Phase
	// Measured is the harness's own measurement; nil for a lone load.
	Measured *results.TrialPhase
	// Report is the loader's report that the phase belongs to.
	Report *results.Report
	// Kernel holds the kernel's witnesses of the whole trial; nil for none.
	Kernel *results.Kernel
	// Probes are the experiments made on the phase's cell, in this trial or in
	// an earlier one. The first of a kind that has a reading counts.
	Probes []results.Probe
	Limits results.Thresholds
	// Shared is true when server and loader have no CPUs of their own.
	Shared bool
	// Alone is true for a load that is compared with nothing: its failures are
	// results. Only a phase that measured nothing is void, and one whose answers
	// may belong to other requests.
	Alone bool
	// FixedClients is true for rows that define their number of clients.
	FixedClients bool
	// Tolerance is the share of requests that may fail, 0 to 1.
	Tolerance float64
	// LowestKept is achieved ÷ offered at a foreign loader's lowest rate, or nil.
	LowestKept *float64
	// Asked is the length that the window should have; 0 when it is not fixed.
	Asked time.Duration
	// LargeTransfers is true where the window stretches to a number of completions.
	LargeTransfers bool
	// Reconnects is true for rows that open connections all the time.
	Reconnects bool
	// LeastTime is the row's arithmetic floor: no right answer can end sooner after
	// its request began to be sent. 0 sets none.
	LeastTime time.Duration
	// Waiting is the number of connections that the row lets wait for a server that
	// accepts fewer: their requests may stay unanswered. 0 in other rows.
	Waiting int
	// Unread says which counters could not be read. Their figures are absent.
	Unread []string
	// SpinStart is the run's first spin, or nil; Spins are those next to the phase.
	SpinStart *results.Spin
	Spins     []results.Spin
}

// Phase judges one phase.
func Phase(e Evidence) results.Verdict {
	if e.Measured == nil {
		e.Measured = &results.TrialPhase{}
	}
	v := &verdict{Verdict: results.Verdict{Valid: true}, Evidence: e}
	v.ServerShare, v.serverWords = serverShare(v.Measured, v.Limits)
	v.LoaderShare = loaderShare(v.Evidence.Loader, v.Measured)
	v.voids()
	v.leastTime()
	// Tables show the first reason: the limit comes before circumstances.
	if e.Loader.Loop == results.OpenLoop {
		v.openLoop()
	} else {
		v.closedLoop()
		v.bookkeeping()
	}
	v.scripted()
	v.circumstances()
	v.witnesses()
	v.failures()
	return v.Verdict
}

// Skipped returns the verdict of a phase that was not run: neither valid nor void.
func Skipped(why results.Reason) results.Verdict {
	return results.Verdict{NotRun: true, Reasons: []results.Reason{why}}
}

// Void returns the verdict of a phase that has no measurement to judge.
func Void(code, text string) results.Verdict {
	return results.Verdict{Reasons: []results.Reason{{Code: code, Voids: true, Text: text}}}
}

// find returns the verdict's first reason with the code, or nil.
func find(v results.Verdict, code string) *results.Reason {
	for i := range v.Reasons {
		if v.Reasons[i].Code == code {
			return &v.Reasons[i]
		}
	}
	return nil
}

// verdict is a Verdict in the making, with its evidence.
type verdict struct {
	results.Verdict
	Evidence
	// serverWords is the format of ServerShare in words.
	serverWords string
}

func (v *verdict) because(code, format string, args ...any) {
	v.Reasons = append(v.Reasons, results.Reason{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (v *verdict) void(code, format string, args ...any) {
	v.Valid = false
	v.Reasons = append(v.Reasons, results.Reason{Code: code, Voids: true, Text: fmt.Sprintf(format, args...)})
}

// unequal voids a phase whose load was not the load asked for: in a comparison its
// number would stand beside those of other loads. A lone load keeps its number.
func (v *verdict) unequal(code, format string, args ...any) {
	if v.Alone {
		v.because(code, format, args...)
		return
	}
	v.void(code, format, args...)
}

func (v *verdict) disturbed(code, format string, args ...any) {
	v.flag(results.FlagDisturbed)
	v.because(code, format, args...)
}

func (v *verdict) flag(f results.Flag) {
	if !v.Has(f) {
		v.Flags = append(v.Flags, f)
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }

// above prints a share above the limit with as many decimals, up to three, as
// make the two differ; with one where three do not.
func above(share, limit float64) string {
	for decimals := 1; decimals <= 3; decimals++ {
		if text := fmt.Sprintf("%.*f", decimals, share*100); text != fmt.Sprintf("%.*f", decimals, limit*100) {
			return text + " %"
		}
	}
	return percent(share)
}
