// Package scenarios holds the table of requests that servers are asked, with the
// answers that count as right. A scenario is one row of the table. Help,
// conformance checks, loader requests and documentation come from it. The rows
// are in catalog/*.yaml, one file a family.
package scenarios

import "slices"

// Scenario is one row of the scenario table.
type Scenario struct {
	// Name is unique and fixed: people look for it.
	Name string `yaml:"name" json:"name"`
	// Title is one line for people.
	Title string `yaml:"title" json:"title"`
	// Family is the name of the catalogue file without its ending.
	Family string `yaml:"-" json:"family"`
	// Headline is true for rows that a default matrix may show.
	Headline bool `yaml:"headline" json:"headline"`
	// Protocols lists the protocol ids on which the row has a meaning.
	Protocols []Protocol `yaml:"protocols" json:"protocols"`
	// Modes lists the loops that have a meaning for the row.
	Modes []Mode `yaml:"modes" json:"modes"`
	// Clients is the row's own number of connections; 0 leaves it to the plan.
	Clients int `yaml:"clients" json:"clients,omitempty"`
	// Depth is the number of requests in flight on one connection; 1 or more.
	Depth int `yaml:"depth" json:"depth"`
	// Unit is the thing that is counted.
	Unit CountUnit `yaml:"unit" json:"unit"`
	// RankBy is the quantity by which a table of this row compares servers.
	RankBy RankBy `yaml:"rank_by" json:"rank_by"`
	// Connection bounds the life of a connection.
	Connection Connection `yaml:"connection" json:"connection"`
	// Rotation is the order in which several requests are taken.
	Rotation Rotation `yaml:"rotation" json:"rotation"`
	// MinCompletions is the number of completions to which the closed-loop window
	// of large transfers is stretched; 0 leaves the window (METHOD.md §1).
	MinCompletions int       `yaml:"min_completions" json:"min_completions,omitempty"`
	Requests       []Request `yaml:"requests" json:"requests"`
	// Notes are a remark for help and documentation.
	Notes string `yaml:"notes" json:"notes,omitempty"`
}

// Protocol is the id of a protocol.
type Protocol string

// The protocol ids.
const (
	H1  Protocol = "h1"
	H1S Protocol = "h1s"
	H2  Protocol = "h2"
	H2C Protocol = "h2c"
	H3  Protocol = "h3"
	WS  Protocol = "ws"
)

// Protocols returns all protocol ids, also those that no engine speaks.
func Protocols() []Protocol { return []Protocol{H1, H1S, H2, H2C, H3, WS} }

// Mode is a kind of loop.
type Mode string

// The modes. Closed loop: the next request waits for the last answer. Open
// loop: requests have intended times of their own.
const (
	Closed Mode = "closed"
	Open   Mode = "open"
)

// CountUnit is the thing that a row counts.
type CountUnit string

// The units.
const (
	Requests CountUnit = "requests"
	Messages CountUnit = "messages"
	Sessions CountUnit = "sessions"
)

// RankBy is the quantity by which the servers of a row are compared.
type RankBy string

// The quantities.
const (
	ByThroughput RankBy = "throughput"
	ByBandwidth  RankBy = "bandwidth"
)

// Connection is the policy of a connection's life.
type Connection struct {
	// ReconnectEvery closes the connection after that many requests; 0 keeps it.
	ReconnectEvery int `yaml:"reconnect_every" json:"reconnect_every,omitempty"`
	// CloseWith is the loader's way to close: FIN or RST.
	CloseWith CloseKind `yaml:"close_with" json:"close_with,omitempty"`
}

// CloseKind is a way in which the loader closes a connection.
type CloseKind string

// The ways to close.
const (
	FIN CloseKind = "fin"
	RST CloseKind = "rst"
)

// Rotation is the order in which a row's requests are taken.
type Rotation string

// The rotations. Weighted draws with the requests' weights from the seed.
const (
	PerRequest    Rotation = "per-request"
	PerConnection Rotation = "per-connection"
	Weighted      Rotation = "weighted"
)

// Request is one request of a row, with the answer that counts.
type Request struct {
	// Name is unique within the row; results are grouped by it.
	Name   string `yaml:"name" json:"name"`
	Method string `yaml:"method" json:"method"`
	// Path is the request target in origin form, such as "/json?id=1".
	Path string `yaml:"path" json:"path"`
	// Version is "1.0" for an HTTP/1.0 request line; empty for 1.1, and for
	// protocols that have their own.
	Version string `yaml:"version" json:"version,omitempty"`
	// Headers are sent in this order after Host; Content-Length or
	// Transfer-Encoding follow from Body.
	Headers []Header `yaml:"headers" json:"headers,omitempty"`
	Body    *Body    `yaml:"body" json:"body,omitempty"`
	// Weight is the request's weight in weighted rotation; 0 counts as 1.
	Weight int `yaml:"weight" json:"weight,omitempty"`
	// Exchange replaces plain "send, await". Nil is the fast path.
	Exchange Exchange `yaml:"exchange" json:"exchange,omitempty"`
	Expect   Expect   `yaml:"expect" json:"expect"`
	// Vary is the request with a random number, for conformance checks.
	Vary *Vary `yaml:"vary" json:"vary,omitempty"`
}

// Header is one header field.
type Header struct {
	Name  string `yaml:"name" json:"name"`
	Value string `yaml:"value" json:"value"`
}

// Body is Text, repeated to Length bytes unless Length is 0.
type Body struct {
	// Text is the literal body, or the pattern that is repeated.
	Text string `yaml:"text" json:"text"`
	// Length is the body's length in bytes; 0 is the length of Text.
	Length int64 `yaml:"length" json:"length,omitempty"`
	// Chunk is the size in bytes of the chunks of a chunked body; 0 sends it
	// with Content-Length.
	Chunk int64 `yaml:"chunk" json:"chunk,omitempty"`
}

// Expect is the answer that counts as right.
type Expect struct {
	// Status is the only right status. 0, for ad-hoc requests alone, accepts any
	// from 200 to 399.
	Status int `yaml:"status" json:"status"`
	// Headers must be present with these values. Content-Type is compared as a
	// media type, without its parameters.
	Headers []Header `yaml:"headers" json:"headers,omitempty"`
	// Body is compared byte for byte. Nil with Echo and NoBody unset accepts
	// any body.
	Body *Body `yaml:"body" json:"body,omitempty"`
	// Echo expects the request's own body.
	Echo bool `yaml:"echo" json:"echo,omitempty"`
	// NoBody expects a message that ends with its head (HEAD, 204, 304).
	NoBody bool `yaml:"no_body" json:"no_body,omitempty"`
	// Framing marks the body's end: "length" or "chunked"; empty accepts both.
	Framing Framing `yaml:"framing" json:"framing,omitempty"`
}

// Framing is the way in which a message marks the end of its body.
type Framing string

// The framings.
const (
	LengthFramed  Framing = "length"
	ChunkedFramed Framing = "chunked"
)

// Vary is a request whose "{n}" is replaced by a random number, with the answer
// that counts then.
type Vary struct {
	Path string `yaml:"path" json:"path"`
	Body string `yaml:"body" json:"body"`
	// Min and Max bound n, both included.
	Min int `yaml:"min" json:"min"`
	Max int `yaml:"max" json:"max"`
}

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

// Size returns the length of the body in bytes.
func (b *Body) Size() int64 {
	if b == nil {
		return 0
	}
	if b.Length > 0 {
		return b.Length
	}
	return int64(len(b.Text))
}

// Bytes returns the body.
func (b *Body) Bytes() []byte {
	n := b.Size()
	if n == 0 {
		return nil
	}
	out := make([]byte, n)
	filled := copy(out, b.Text)
	for int64(filled) < n {
		filled += copy(out[filled:], out[:filled])
	}
	return out
}

// AnswerBody returns the body that counts as right for the request. exact is
// false where any body does.
func (r *Request) AnswerBody() (body *Body, exact bool) {
	switch {
	case r.Expect.NoBody, r.Expect.Echo && r.Body == nil:
		return &Body{}, true
	case r.Expect.Echo:
		return r.Body, true
	case r.Expect.Body != nil:
		return r.Expect.Body, true
	}
	return nil, false
}

// Supports reports whether the row has a meaning on the protocol.
func (s *Scenario) Supports(p Protocol) bool { return slices.Contains(s.Protocols, p) }

// Allows reports whether the row has a meaning in the mode.
func (s *Scenario) Allows(m Mode) bool { return slices.Contains(s.Modes, m) }
