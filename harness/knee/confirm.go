package knee

const (
	// StepDown is the ratio of two rates of a confirmation.
	StepDown = 1.05
	// MaxConfirms bounds the steps of a confirmation: the knee, and seven rates
	// below it, down to 71 %.
	MaxConfirms = 8
)

// Confirmation asks for the knee of a search and, after each miss, for the next
// step below.
type Confirmation struct {
	at, least, kept, missed float64
	whole                   bool
	step                    int
}

// NewConfirmation begins with the knee in req/s and asks for no rate below least. The
// rates are whole numbers where whole is true.
func NewConfirmation(knee, least float64, whole bool) *Confirmation {
	return &Confirmation{at: knee, least: least, whole: whole}
}

// Next returns the rate to ask for, in req/s; ok is false when a rate was kept, after
// MaxConfirms, or below the least rate.
func (c *Confirmation) Next() (rate float64, ok bool) {
	return c.at, c.kept == 0 && c.step < MaxConfirms && c.at >= c.least
}

// Note records whether the rate that Next named was kept.
func (c *Confirmation) Note(kept bool) {
	c.step++
	if kept {
		c.kept = c.at
		return
	}
	c.missed = c.at
	c.at = Rules{Whole: c.whole}.below(c.at, c.at/StepDown)
}

// Bracket returns the rate that was kept and the lowest that missed, in req/s; 0
// where there is none.
func (c *Confirmation) Bracket() (kept, missed float64) { return c.kept, c.missed }
