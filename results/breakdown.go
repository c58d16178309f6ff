package results

// Breakdown is where the time of right answers went, step by step. All are of the requests
// in Group.Service.
type Breakdown struct {
	// Lookup, Connect and TLSHandshake are of the connections over which these answers
	// came, whenever they were made: one value a connection. Lookup is absent where the
	// URL has no name or its name was not looked up by the loader.
	Lookup       *Histogram `json:"lookup,omitempty"`
	Connect      *Histogram `json:"connect,omitempty"`
	TLSHandshake *Histogram `json:"tls_handshake,omitempty"`
	// Write is from the first to the last byte of the request, as the system took them;
	// Wait from there to the first byte of the answer, Transfer from there to its last
	// byte. Total is their sum, with the connection's steps where the request was the
	// first on it. Where redirects are followed, Wait is up to the last answer.
	Write    *Histogram `json:"write,omitempty"`
	Wait     *Histogram `json:"wait,omitempty"`
	Transfer *Histogram `json:"transfer,omitempty"`
	Total    *Histogram `json:"total,omitempty"`
	// NewConnections counts the requests that were the first on their connection,
	// ReusedConnections all others. Their sum is the number of samples of Total.
	NewConnections    uint64 `json:"new_connections"`
	ReusedConnections uint64 `json:"reused_connections"`
}
