package results

// ScriptUse is what a script did in a load.
type ScriptUse struct {
	// File names the script.
	File string `json:"file"`
	// Output is what its function done() printed behind the load, cut at
	// MostScriptOutput bytes.
	Output string `json:"output,omitempty"`
	// Error is the first error of the script, with its file, line and request; empty for
	// none. Ended is true where it ended the load early.
	Error string `json:"error,omitempty"`
	Ended bool   `json:"ended,omitempty"`
}

// MostScriptOutput bounds ScriptUse.Output, in bytes.
const MostScriptOutput = 1 << 20

// ScriptTime is the wall time that a thread spent in the functions of its script, in
// nanoseconds.
type ScriptTime struct {
	RequestNS  int64 `json:"request_ns"`
	ResponseNS int64 `json:"response_ns"`
	DelayNS    int64 `json:"delay_ns"`
}

// Since returns the time since an earlier state of the same clock.
func (t ScriptTime) Since(earlier ScriptTime) ScriptTime {
	return ScriptTime{t.RequestNS - earlier.RequestNS, t.ResponseNS - earlier.ResponseNS, t.DelayNS - earlier.DelayNS}
}

// NS returns the time in all functions.
func (t ScriptTime) NS() int64 { return t.RequestNS + t.ResponseNS + t.DelayNS }

// Longest returns the function that took the most time, with that time.
func (t ScriptTime) Longest() (name string, ns int64) {
	switch {
	case t.DelayNS > t.RequestNS && t.DelayNS > t.ResponseNS:
		return "delay()", t.DelayNS
	case t.ResponseNS > t.RequestNS:
		return "response()", t.ResponseNS
	}
	return "request()", t.RequestNS
}

// ScriptShare returns the greatest share of the window, 0 to 1, that a thread spent in its
// script, with the thread's number from 0 and its time; ok is false for a load without a
// script.
func (p *Phase) ScriptShare() (share float64, thread int, spent ScriptTime, ok bool) {
	window := float64(max(1, p.WindowNS()))
	for i, u := range p.Threads {
		if u.Script == nil {
			continue
		}
		// A function that was called in the window may return long behind it.
		if s := min(1, float64(u.Script.NS())/window); !ok || s > share {
			share, thread, spent = s, i, *u.Script
		}
		ok = true
	}
	return share, thread, spent, ok
}

// ScriptTimes returns the time of all threads in their scripts; ok is false for a load
// without one.
func (p *Phase) ScriptTimes() (all ScriptTime, ok bool) {
	for _, u := range p.Threads {
		if u.Script == nil {
			continue
		}
		ok = true
		all.RequestNS += u.Script.RequestNS
		all.ResponseNS += u.Script.ResponseNS
		all.DelayNS += u.Script.DelayNS
	}
	return all, ok
}
