package results

// Abort is a user's rule that ended a load early, such as "error_rate > 20% for 10s".
type Abort struct {
	Rule string `json:"rule"`
	// Phase is the phase that it ended, AfterNS the time from the begin of its window.
	Phase   string `json:"phase"`
	AfterNS int64  `json:"after_ns"`
	// Value is the last value of the rule's metric in the Unit of package metric.
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}
