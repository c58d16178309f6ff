package metric

import "slices"

// Outcome says whether a bound was kept.
type Outcome string

// The outcomes.
const (
	Kept   Outcome = "kept"
	Broken Outcome = "broken"
	// NotMeasured is the outcome where there is no value of the metric.
	NotMeasured Outcome = "not measured"
	// NotTold is the outcome where the error bar of the value holds the limit.
	NotTold Outcome = "not told"
)

// Judge returns the outcome for a value that lies between low and high.
func (c Condition) Judge(low, high float64) Outcome {
	switch keeps, still := c.Holds(low), c.Holds(high); {
	case keeps && still:
		return Kept
	case !keeps && !still:
		return Broken
	}
	return NotTold
}

// Worse reports whether the outcome is the graver one.
func (o Outcome) Worse(than Outcome) bool {
	order := []Outcome{Kept, NotTold, NotMeasured, Broken}
	return slices.Index(order, o) > slices.Index(order, than)
}
