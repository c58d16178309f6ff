package results

// Finding is what joust doctor says of one fact of the machine.
type Finding struct {
	// Check names the fact, such as "open files". It is stable.
	Check string `json:"check"`
	State State  `json:"state"`
	// Found is what there is, in words, with units.
	Found string `json:"found"`
	// Why says what the fact does to numbers.
	Why string `json:"why"`
	// Remedy is the command that mends it; empty where nothing is to mend or
	// no command can.
	Remedy string `json:"remedy,omitempty"`
}

// State says how bad a finding is.
type State string

// The states of findings.
const (
	// StateOK distorts nothing.
	StateOK State = "ok"
	// StateWarn makes numbers noisier, or other than elsewhere.
	StateWarn State = "warn"
	// StateFail keeps a run from happening, or its numbers from meaning much.
	StateFail State = "fail"
	// StateUnknown is for what this system does not tell.
	StateUnknown State = "unknown"
)
