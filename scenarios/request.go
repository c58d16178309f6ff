package scenarios

import "time"

// Request is one request of a row, with the answer that counts. In loaded rows Each is
// nil: its requests stand in the place of the entry.
type Request struct {
	// Name is unique within the row; results are grouped by it.
	Name string `yaml:"name" json:"name"`
	// Group is the name of the entry that was expanded by Each; empty stands for
	// Name.
	Group string `yaml:"-" json:"group,omitempty"`
	// Each makes many requests of this entry.
	Each   *Each  `yaml:"each" json:"-"`
	Method string `yaml:"method" json:"method"`
	// Path is the request target in origin form, such as "/json?id=1".
	Path string `yaml:"path" json:"path"`
	// Target is the number of the request's target in a load on several hosts.
	Target int `yaml:"-" json:"target,omitempty"`
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
	// Pieces is true where ${…} in path, header values and body stands for a value that is
	// new for each request (package pieces of the loaders). Rows have no such requests.
	Pieces bool `yaml:"-" json:"pieces,omitempty"`
	// Encode says how the values of pieces are written into the body.
	Encode PieceEncoding `yaml:"-" json:"encode,omitempty"`
	// Timeout replaces the request timeout of the load; 0 leaves it.
	Timeout time.Duration `yaml:"-" json:"timeout_ns,omitempty"`
	// Vary is the request with random numbers, for conformance checks.
	Vary *Vary `yaml:"vary" json:"vary,omitempty"`
}

// PieceEncoding is the way in which the values of pieces stand in a body; empty for as they
// are.
type PieceEncoding string

// The encodings: inside a text of JSON (RFC 8259 §7), and in a form.
const (
	EncodeJSON PieceEncoding = "json"
	EncodeForm PieceEncoding = "form"
)

// Header is one header field.
type Header struct {
	Name  string `yaml:"name" json:"name"`
	Value string `yaml:"value" json:"value"`
}

// Expect is the answer that counts as right.
type Expect struct {
	// Status is the only right status. 0 stands for none in an exchange that closes
	// before the answer; in ad-hoc requests it accepts any from 200 to 399, and AnyStatus
	// every final one.
	Status int `yaml:"status" json:"status"`
	// Headers must be present with these values. Several of one name are
	// alternatives: one of their values counts. Content-Type is compared as a media
	// type, without its parameters; Vary as a list that holds the value.
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
	// Encodings are the content codings in which a right answer may come. Its body is
	// inflated and then compared. Empty compares the body as it is sent.
	Encodings []Encoding `yaml:"encodings" json:"encodings,omitempty"`
	// Checks are further conditions of ad-hoc requests, nil for none. Rows have none:
	// they know their whole answers.
	Checks *Checks `yaml:"-" json:"checks,omitempty"`
}

// Checks are conditions that each answer of a load must meet.
type Checks struct {
	// Headers are "Name: value" for a field that must have that value exactly, or "Name"
	// for one that must be there.
	Headers []string `json:"headers,omitempty"`
	// JSON are conditions PATH=VALUE of values in a JSON body.
	JSON []string `json:"json,omitempty"`
	// Present are the paths of values that a JSON body must have, whatever they are.
	Present []string `json:"present,omitempty"`
	// Contains are texts that the body must hold.
	Contains []string `json:"contains,omitempty"`
	// Patterns are regular expressions in Go's syntax that the body must match. A pattern of
	// HeaderPatterns must match the value of a field of that name.
	Patterns       []string `json:"patterns,omitempty"`
	HeaderPatterns []Header `json:"header_patterns,omitempty"`
	// SameLength is true where all bodies must have as many bytes, as they are sent, as
	// that of the first right answer.
	SameLength bool `json:"same_length,omitempty"`
}

// AnyStatus is the Expect.Status of an ad-hoc request to which every final status is
// right.
const AnyStatus = -1

// Encoding is a content coding (RFC 9110 §8.4.1).
type Encoding string

// The content codings. Identity is none.
const (
	Identity Encoding = "identity"
	Gzip     Encoding = "gzip"
	Brotli   Encoding = "br"
)

// Framing is the way in which a message marks the end of its body.
type Framing string

// The framings.
const (
	LengthFramed  Framing = "length"
	ChunkedFramed Framing = "chunked"
)

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
