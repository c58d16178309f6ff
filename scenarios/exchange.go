package scenarios

// Exchange is a list of operations that replaces plain "send, await".
type Exchange []Operation

// Operation is one step of an exchange. Exactly one field is set.
type Operation struct {
	// SendHead sends the request's head with its empty line, and comes first.
	SendHead *bool `yaml:"send_head" json:"send_head,omitempty"`
	// SendBytes sends the next that many bytes of the request; -1 the rest.
	SendBytes *int64 `yaml:"send_bytes" json:"send_bytes,omitempty"`
	// PauseMicros waits, in microseconds.
	PauseMicros *int64 `yaml:"pause_us" json:"pause_us,omitempty"`
	// AwaitStatus waits for a (possibly 1xx) status line.
	AwaitStatus *int `yaml:"await_status" json:"await_status,omitempty"`
	// AwaitContinueMicros waits for the interim status 100, for at most so many
	// microseconds (RFC 9110 §10.1.1).
	AwaitContinueMicros *int64 `yaml:"await_continue_us" json:"await_continue_us,omitempty"`
	// AwaitEnd waits for the end of the answer.
	AwaitEnd *bool `yaml:"await_end" json:"await_end,omitempty"`
	// AwaitEvents waits for that many server-sent events.
	AwaitEvents *int `yaml:"await_events" json:"await_events,omitempty"`
	// Close ends the connection.
	Close *CloseKind `yaml:"close" json:"close,omitempty"`
}
