package results

// Conformance is the outcome of the HTTP/1.1 battery on one server. Its points say
// nothing about a row of the scenario table, and void nothing.
type Conformance struct {
	// Points are in the order of the battery.
	Points []ConformancePoint `json:"points"`
	// TookNS is the time that the battery took.
	TookNS int64 `json:"took_ns"`
}

// ConformancePoint is one question of the battery with its outcome.
type ConformancePoint struct {
	Name string `json:"name"`
	// Section is the RFC and section that the point rests on.
	Section string             `json:"section"`
	Outcome ConformanceOutcome `json:"outcome"`
	// Sent is the beginning of the request, Expected the right behaviour and Got the
	// server's, in words; empty for a point that passed. Got is the reason where the
	// point was not asked.
	Sent     string `json:"sent,omitempty"`
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
}

// ConformanceOutcome is the outcome of a point.
type ConformanceOutcome string

// The outcomes of a point.
const (
	ConformancePassed   ConformanceOutcome = "passed"
	ConformanceFailed   ConformanceOutcome = "failed"
	ConformanceNotAsked ConformanceOutcome = "not-asked"
)

// Score returns the number of points that passed, and that of all points that were
// asked.
func (c *Conformance) Score() (passed, asked int) {
	for _, p := range c.Points {
		switch p.Outcome {
		case ConformancePassed:
			passed++
			asked++
		case ConformanceFailed:
			asked++
		}
	}
	return passed, asked
}

// Failed returns the points that failed.
func (c *Conformance) Failed() []ConformancePoint {
	var failed []ConformancePoint
	for _, p := range c.Points {
		if p.Outcome == ConformanceFailed {
			failed = append(failed, p)
		}
	}
	return failed
}

// FailedNames returns the names of the points that failed.
func (c *Conformance) FailedNames() []string {
	var names []string
	for _, p := range c.Failed() {
		names = append(names, p.Name)
	}
	return names
}
