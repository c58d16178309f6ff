package results

// FlowUse is the outcome of the walks of users through one flow, inside the window. An
// iteration is one walk.
type FlowUse struct {
	// Finished counts the iterations that came to their end with each step right, Continued
	// those that came there although a step failed, and Aborted those that ended with a step
	// that failed.
	Finished  uint64 `json:"finished"`
	Continued uint64 `json:"continued"`
	Aborted   uint64 `json:"aborted"`
	// Iteration is the time of the iterations that came to their end: from the instant at
	// which the first request was due, in an open loop that of the arrival, to the end of the
	// last answer, without the pauses. Absent where none did.
	Iteration *Histogram `json:"iteration,omitempty"`
}

// Add adds the counts of another loader.
func (u *FlowUse) Add(o *FlowUse) {
	u.Finished += o.Finished
	u.Continued += o.Continued
	u.Aborted += o.Aborted
}
