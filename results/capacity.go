package results

import (
	"fmt"
	"math"
)

// Sought is the part of a load that a search for its capacity changes from step to step.
type Sought string

// The parts of a load that are sought: the users of a closed loop, the rate of an open
// loop in req/s, or the connections of a closed loop without users.
const (
	SoughtUsers       Sought = "users"
	SoughtRate        Sought = "rate"
	SoughtConnections Sought = "connections"
)

// Level is a load of a search for the capacity. One field is set.
type Level struct {
	Users       int     `json:"users,omitempty"`
	RateRPS     float64 `json:"rate_rps,omitempty"`
	Connections int     `json:"connections,omitempty"`
}

// Level returns the level of that value: req/s for a rate, else a whole number.
func (s Sought) Level(value float64) Level {
	switch s {
	case SoughtUsers:
		return Level{Users: int(value)}
	case SoughtRate:
		return Level{RateRPS: value}
	}
	return Level{Connections: int(value)}
}

// Whole reports whether the levels are whole numbers.
func (s Sought) Whole() bool { return s != SoughtRate }

// Value returns the number of the level, without its unit.
func (l Level) Value() float64 { return math.Max(l.RateRPS, float64(max(l.Users, l.Connections))) }

// String returns the level with its unit, such as "280 users" or "20000 req/s".
func (l Level) String() string {
	switch {
	case l.Users > 0:
		return Counted(l.Users, "user")
	case l.Connections > 0:
		return Counted(l.Connections, "connection")
	}
	return fmt.Sprintf("%.4g req/s", l.RateRPS)
}

// CapacityStage is the part of a search to which a step belongs.
type CapacityStage string

// The stages: the load grows by a factor, lies between the greatest that kept the
// conditions and the smallest that did not, or is the answer once more.
const (
	StageGrow    CapacityStage = "grow"
	StageBisect  CapacityStage = "bisect"
	StageConfirm CapacityStage = "confirm"
)

// CapacityEnd says why a search for the capacity has no further step.
type CapacityEnd string

// The ends of a search.
const (
	// EndBracketed: the answer was kept twice, and a load just above was not.
	EndBracketed CapacityEnd = "bracketed"
	// EndCeiling: the greatest load that may be asked for was kept twice.
	EndCeiling CapacityEnd = "ceiling"
	// EndFirst: the first load did not keep the conditions.
	EndFirst CapacityEnd = "first"
	// EndUnconfirmed: no load that was kept was kept once more.
	EndUnconfirmed CapacityEnd = "unconfirmed"
	// EndSteps: the greatest number of steps was made.
	EndSteps CapacityEnd = "steps"
	// EndInterrupted and EndGone: the user ended the search, or the server was no longer
	// there.
	EndInterrupted CapacityEnd = "interrupted"
	EndGone        CapacityEnd = "gone"
)

// CapacityAnswer is the answer of a search for the greatest load that keeps conditions.
type CapacityAnswer struct {
	// Kept is the greatest load that kept the conditions, and Missed the smallest one
	// above it that did not; absent for none.
	Kept   *Level `json:"kept,omitempty"`
	Missed *Level `json:"missed,omitempty"`
	// Confirmed is true where Kept was kept in a second step.
	Confirmed bool `json:"confirmed"`
	// AtLeast is true where Kept is a lower bound: no greater load was allowed, or whether
	// Missed keeps the conditions cannot be told.
	AtLeast bool        `json:"at_least,omitempty"`
	End     CapacityEnd `json:"end"`
	// BrokenBelow is the smallest load that broke the conditions although KeptAbove, a
	// load at least as great, kept them; absent where no step contradicts another.
	BrokenBelow *Level `json:"broken_below,omitempty"`
	KeptAbove   *Level `json:"kept_above,omitempty"`
}
