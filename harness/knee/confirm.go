package knee

const (
	// StepDown is the ratio of two rates of a confirmation.
	StepDown = 1.05
	// MaxConfirms bounds its steps: the found rate, and seven below it, down to
	// 71 %.
	MaxConfirms = 8
)

// Confirmation asks for a found rate and, as long as it is missed, for the next
// step below.
type Confirmation struct {
	at, kept, missed float64
	step             int
}

// NewConfirmation begins with the found rate in req/s.
func NewConfirmation(found float64) *Confirmation { return &Confirmation{at: found} }

// Next is the rate to ask for, in req/s; ok is false when one was kept, or none
// of MaxConfirms.
func (c *Confirmation) Next() (rate float64, ok bool) {
	return c.at, c.kept == 0 && c.step < MaxConfirms
}

// Tell says whether the rate that Next named was kept.
func (c *Confirmation) Note(kept bool) {
	c.step++
	if kept {
		c.kept = c.at
		return
	}
	c.missed = c.at
	c.at /= StepDown
}

// Bracket is the rate that was kept and the lowest that missed, in req/s; 0
// where there is none.
func (c *Confirmation) Bracket() (kept, missed float64) { return c.kept, c.missed }
