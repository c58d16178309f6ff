package loaders

import (
	"cmp"
	"time"

	"github.com/joust-bench/joust/results"
)

// Message is one line of JSON between joust and a loader process. Exactly one
// field is set. The end of its input ends the loader.
type Message struct {
	// Prepare, Start, Adjust and Stop are for the loader. Prepare asks it to connect.
	Prepare *Spec       `json:"prepare,omitempty"`
	Start   *Start      `json:"start,omitempty"`
	Adjust  *Adjustment `json:"adjust,omitempty"`
	Stop    *Stop       `json:"stop,omitempty"`

	// The other messages are from the loader.
	Ready       *Ready          `json:"ready,omitempty"`
	Window      *Window         `json:"window,omitempty"`
	Interval    *Interval       `json:"interval,omitempty"`
	PhaseDone   *PhaseDone      `json:"phase_done,omitempty"`
	AwaitAdjust *AwaitAdjust    `json:"await_adjust,omitempty"`
	Report      *results.Report `json:"report,omitempty"`
	Failed      *Failed         `json:"failed,omitempty"`
	Heartbeat   *Heartbeat      `json:"heartbeat,omitempty"`
}

// Start begins the load at a CLOCK_MONOTONIC instant.
type Start struct {
	AtNS int64 `json:"at_ns"`
}

// Stop asks for an early end: the loader sends nothing new and drains.
type Stop struct{}

// Adjustment answers AwaitAdjust: a rate above 0, or a reason to skip.
type Adjustment struct {
	Phase   string  `json:"phase"`
	RateRPS float64 `json:"rate_rps,omitempty"`
	// RampToRPS replaces the rate with which the phase's ramp ends; 0 keeps it.
	RampToRPS float64 `json:"ramp_to_rps,omitempty"`
	// Duration replaces that of the phase; 0 keeps it.
	Duration time.Duration `json:"duration_ns,omitempty"`
	// StartNS is as in Phase.
	StartNS int64  `json:"start_ns,omitempty"`
	Skip    string `json:"skip,omitempty"`
}

// Apply returns the phase with the values of the adjustment.
func (a Adjustment) Apply(p Phase) Phase {
	p.RateRPS, p.StartNS = a.RateRPS, a.StartNS
	p.Duration = cmp.Or(a.Duration, p.Duration)
	p.RampToRPS = cmp.Or(a.RampToRPS, p.RampToRPS)
	return p
}

// Ready says that connections are up.
type Ready struct {
	Connections int `json:"connections"`
	Asked       int `json:"asked"`
	// FirstError describes the first connection that could not be made.
	FirstError string        `json:"first_error,omitempty"`
	Cause      results.Cause `json:"cause,omitempty"`
	// Parts are those of the loaders of a fleet; absent for one loader.
	Parts []Ready `json:"-"`
}

// Window announces a phase's window, at least 50 ms before it opens.
type Window struct {
	Phase string `json:"phase"`
	T0NS  int64  `json:"t0_ns"`
	T1NS  int64  `json:"t1_ns"`
	// Measured is false for a warm-up.
	Measured bool    `json:"measured"`
	RateRPS  float64 `json:"rate_rps,omitempty"`
}

// Interval is a live figure.
type Interval struct {
	Phase string `json:"phase"`
	results.Interval
	// Segment is the next one that has ended, nil where none has. Each comes once, in
	// order, and has its length in the Spec; the last one lacks what is known only after
	// the window.
	Segment *results.Segment `json:"segment,omitempty"`
}

// PhaseDone holds the figures of a phase that the next decision needs.
type PhaseDone struct {
	Phase     string `json:"phase"`
	Completed uint64 `json:"completed"`
	Failed    uint64 `json:"failed"`
	// ThroughputRPS is completions in the window per second.
	ThroughputRPS float64 `json:"throughput_rps"`
	// CPUPerRequestNS is the loader's work per completed request as
	// results.Phase.WorkPerRequestNS has it, 0 when none completed.
	CPUPerRequestNS float64 `json:"cpu_per_request_ns"`
	// Work is the busiest thread's work fraction, 0 to 1.
	Work float64 `json:"work"`
	// Threads share the work: a rate r takes the fraction
	// r × CPUPerRequestNS / (Threads × 1e9) of each.
	Threads int `json:"threads"`
	// Result is the whole phase where the Spec's phase has NeedsResult; else absent.
	Result *results.Phase `json:"result,omitempty"`
	// Parts are those of the loaders of a fleet; absent for one loader.
	Parts []PhaseDone `json:"-"`
}

// AwaitAdjust says that the loader waits for the rate of a phase.
type AwaitAdjust struct {
	Phase string `json:"phase"`
}

// Failed is the last message of a loader that could measure nothing.
type Failed struct {
	Error string `json:"error"`
	// Cause is set where the failure is one of the request causes.
	Cause results.Cause `json:"cause,omitempty"`
}

// Heartbeat shows that the loader lives while it has nothing else to say.
type Heartbeat struct{}
