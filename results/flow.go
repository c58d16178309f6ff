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
	// UserNS is the time, with pauses, for which users were in these iterations, in
	// nanoseconds.
	UserNS int64 `json:"user_ns"`
	// Iteration is the time of the iterations that came to their end: from the instant at
	// which the first request was due, in an open loop that of the arrival, to the end of the
	// last answer, without the pauses. Absent where none did.
	Iteration *Histogram `json:"iteration,omitempty"`
}

// Ended returns the number of iterations that ended.
func (u *FlowUse) Ended() uint64 { return u.Finished + u.Continued + u.Aborted }

// Iterations returns the sum over all flows of the phase, without the distribution of times;
// ok is false where there are no flows.
func (p *Phase) Iterations() (sum FlowUse, ok bool) {
	for _, use := range p.Flows {
		sum.Add(&use)
	}
	return sum, p.Flows != nil
}

// UsersNeeded returns how many users a rate of iterations keeps busy on average, by Little's
// law: the rate times the mean time of a user in an iteration. It is 0 where no iteration
// ended, and where arrivals begin none.
func (p *Phase) UsersNeeded() float64 {
	sum, _ := p.Iterations()
	if p.Rate == nil || p.Rate.Of != RateOfIterations || sum.Ended() == 0 {
		return 0
	}
	return p.Rate.TargetRPS * float64(sum.UserNS) / float64(sum.Ended()) / 1e9
}

// Add adds the counts of another loader.
func (u *FlowUse) Add(o *FlowUse) {
	u.Finished += o.Finished
	u.Continued += o.Continued
	u.Aborted += o.Aborted
	u.UserNS += o.UserNS
}

// KeptIteration is one walk through a flow with its answers, of the window or around it.
type KeptIteration struct {
	Flow string `json:"flow"`
	// Thread is the loader thread, Number that of the iteration on it, from 0.
	Thread  int        `json:"thread"`
	Number  int        `json:"number"`
	Aborted bool       `json:"aborted,omitempty"`
	Steps   []KeptStep `json:"steps"`
}

// KeptStep is one answer of an iteration.
type KeptStep struct {
	Name string `json:"name"`
	// Status is 0 where no answer was complete; Cause is empty for a right one.
	Status int   `json:"status"`
	Cause  Cause `json:"cause,omitempty"`
	// TookNS is the time from the send to the end of the answer, or of the wait for it.
	TookNS int64 `json:"took_ns"`
	// Head and Body are absent where they are not kept. The body may be cut: BodyBytes is the
	// number of bytes that were looked at. BodyBase64 holds bytes that are no text.
	Head       string `json:"head,omitempty"`
	Body       string `json:"body,omitempty"`
	BodyBase64 []byte `json:"body_base64,omitempty"`
	BodyBytes  int    `json:"body_bytes,omitempty"`
}
