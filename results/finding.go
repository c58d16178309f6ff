package results

// Finding is the finding of joust doctor on one fact of the machine.
type Finding struct {
	// Check names the fact, such as "open files". It is stable.
	Check string `json:"check"`
	State State  `json:"state"`
	// Fact is the fact in words, with units.
	Fact string `json:"found"`
	// Why says how the fact affects numbers.
	Why string `json:"why"`
	// Remedy is the command that mends it; empty for none.
	Remedy string `json:"remedy,omitempty"`
}

// State is the gravity of a finding.
type State string

// The states of findings.
const (
	// StateOK distorts nothing.
	StateOK State = "ok"
	// StateWarn makes numbers noisier, or other than elsewhere.
	StateWarn State = "warn"
	// StateFail keeps a run from happening, or its numbers from meaning much.
	StateFail State = "fail"
	// StateUnknown is for facts that this system does not show.
	StateUnknown State = "unknown"
)
