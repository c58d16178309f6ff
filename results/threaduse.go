package results

// ThreadUse is the activity of one loader thread in a window.
type ThreadUse struct {
	CPU int `json:"cpu"`
	// CPUNS is CPU time, RunDelayNS the wait for a processor, SpinNS the wall time
	// in empty polls, and StallNS the thread's part of Phase.StallNS.
	CPUNS      int64  `json:"cpu_ns"`
	RunDelayNS *int64 `json:"run_delay_ns,omitempty"`
	SpinNS     int64  `json:"spin_ns"`
	StallNS    int64  `json:"stall_ns,omitempty"`
	// Work is the work fraction: (CPU + run delay − empty polls) ÷ window.
	Work float64 `json:"work"`
	// Loops counts turns of the event loop, Wakeups those that found work.
	Loops   uint64 `json:"loops"`
	Wakeups uint64 `json:"wakeups"`
	// Script is the time that the thread spent in its script; absent without one.
	Script *ScriptTime `json:"script,omitempty"`
}

// WorkNS returns the thread's CPU time without its empty polls, in nanoseconds.
//
// SpinNS includes the run delay within polls, which CPUNS does not: that part is
// added again. The rest of the run delay are stalls, which are in neither.
func (u ThreadUse) WorkNS() int64 {
	work := u.CPUNS - u.SpinNS
	if u.RunDelayNS != nil {
		work += max(0, *u.RunDelayNS-u.StallNS)
	}
	return min(max(0, work), u.CPUNS)
}
