package results

// SlowRequest is one request with its stamps, in CLOCK_MONOTONIC nanoseconds.
type SlowRequest struct {
	Request string `json:"request"`
	// ID is the request's own id, absent where Report.RequestID names no field.
	ID string `json:"id,omitempty"`
	// Status is that of the answer; 0 where it was not stored.
	Status int `json:"status,omitempty"`
	// Thread counts the load's threads from 0, Connection those of the thread.
	Thread      int   `json:"thread"`
	Connection  int   `json:"connection"`
	IntendedNS  int64 `json:"intended_at_ns"`
	SentNS      int64 `json:"sent_at_ns"`
	FirstByteNS int64 `json:"first_byte_at_ns"`
	EndNS       int64 `json:"end_at_ns"`
}
