package results

// Steadiness is the end of an adaptive warm-up; its length is the phase's window.
type Steadiness struct {
	// Reached is true when the throughput was steady at the end, false when the cap
	// or an early stop ended the warm-up.
	Reached bool `json:"reached"`
	// SlopePerSecond is the change of the throughput over the last second, as a
	// share of it; absent without completions or with less than a second.
	SlopePerSecond *float64 `json:"slope_per_second,omitempty"`
	// WithinPerSecond is the largest slope, up or down, that counts as steady.
	WithinPerSecond float64 `json:"within_per_second"`
	// LeastNS and CapNS are the bounds of its length.
	LeastNS int64 `json:"least_ns"`
	CapNS   int64 `json:"cap_ns"`
}
