// Package wire is the wire format of HTTP/1.x: requests compiled once into the
// bytes that are written many times, and a response parser that reads a stream
// wherever it is cut, allocates nothing and keeps no buffer.
//
// Where RFC 9112 leaves a choice, a client that measures servers takes the
// strict side: a response that others may read differently is a wrong answer and
// not a fast one.
//
//   - Transfer-Encoding together with Content-Length is an error. Section 6.3
//     rule 3 lets the former win and says that it "ought to be handled as an
//     error".
//   - Transfer-Encoding in an HTTP/1.0 response, or in the answer to an HTTP/1.0
//     request, is faulty framing (6.1).
//   - chunked has no parameters (7.1), and a Transfer-Encoding names at least one
//     coding.
//   - chunked must be the last coding; any other response with codings runs
//     until the connection closes (6.3 rule 4).
//   - A bare LF ends a line of a head or of trailers, as 2.2 allows; chunk
//     lines need CRLF. A bare CR is an error everywhere.
//   - A folded field is unfolded, as 5.2 asks of user agents, except in
//     Connection, Content-Length and Transfer-Encoding, where it is an error.
//   - Content-Length may be repeated with one value (RFC 9110, 8.6).
//   - 101 is a final response without a body, after which the connection is
//     not used for HTTP again.
package wire

// The limits of messages.
const (
	// MaxHead is the greatest length in bytes of a response's head, and of a
	// chunked body's trailers.
	MaxHead = 64 << 10
	// MaxInterim is the greatest number of 1xx responses before a final one.
	MaxInterim = 32
	// MaxChunkLine is the greatest length in bytes of a chunk's size line,
	// extensions included.
	MaxChunkLine = 4 << 10
	// MaxInlineBody is the greatest length in bytes of a request's framed body
	// that is appended to its head, so that one write sends all.
	MaxInlineBody = 16 << 10
)
