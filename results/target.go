package results

import "cmp"

// TargetUse is the part of one host in a phase of a load on several.
type TargetUse struct {
	// URL is its scheme, host and port; Address the first address.
	URL     string `json:"url"`
	Address string `json:"address"`
	// Connections is how many connections belong to it, ConnectionsOpen how many of them
	// were open at the phase's end.
	Connections     int `json:"connections"`
	ConnectionsOpen int `json:"connections_open"`
	// Right and Failed count requests in the whole phase, lead-in and drain included.
	// Requests for a host that takes no connections, while others do, fail at once.
	Right  uint64 `json:"right"`
	Failed uint64 `json:"failed"`
	// ConnectionErrors and FirstConnectionError are as in Phase.
	ConnectionErrors     map[Cause]uint64 `json:"connection_errors,omitempty"`
	FirstConnectionError string           `json:"first_connection_error,omitempty"`
}

// ConnectionFailed counts connections that could not be made, n of the cause.
func (u *TargetUse) ConnectionFailed(cause Cause, n uint64, detail string) {
	if u.ConnectionErrors == nil {
		u.ConnectionErrors = make(map[Cause]uint64)
	}
	u.ConnectionErrors[cause] += n
	u.FirstConnectionError = cmp.Or(u.FirstConnectionError, detail)
}

// Add adds the counts of another thread or loader.
func (u *TargetUse) Add(o *TargetUse) {
	u.Connections += o.Connections
	u.ConnectionsOpen += o.ConnectionsOpen
	u.Right += o.Right
	u.Failed += o.Failed
	for cause, n := range o.ConnectionErrors {
		u.ConnectionFailed(cause, n, o.FirstConnectionError)
	}
}

// AddTargets returns a list of its own with the counts of both, which are of the same hosts
// by number.
func AddTargets(a, b []TargetUse) []TargetUse {
	var sum []TargetUse
	for i := range b {
		use := TargetUse{URL: b[i].URL, Address: b[i].Address}
		if i < len(a) {
			use.Add(&a[i])
		}
		use.Add(&b[i])
		sum = append(sum, use)
	}
	return sum
}
