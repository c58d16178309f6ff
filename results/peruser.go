package results

// PerUser is the distribution of a count over the users of a load, with those who had not
// started.
type PerUser struct {
	// Users is the number of users, at least 1.
	Users int     `json:"users"`
	Min   uint64  `json:"min"`
	Max   uint64  `json:"max"`
	Mean  float64 `json:"mean"`
	// Stdev is the standard deviation of the counts of all users, no estimate from a
	// sample.
	Stdev float64 `json:"stdev"`
}
