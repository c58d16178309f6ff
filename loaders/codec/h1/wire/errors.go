package wire

import (
	"errors"
	"fmt"
)

// The ends of a connection while a parser waits.
var (
	// ErrIdle says that the peer closed before a byte of a response came.
	ErrIdle = errors.New("connection closed between responses")
	// ErrTruncated says that the peer closed inside a response. The error that
	// wraps it names the missing part.
	ErrTruncated = errors.New("connection closed inside a response")
	// ErrFailed says that the parser was not reset after a protocol error.
	ErrFailed = errors.New("response stream already broken by a protocol error")
)

// ProtocolError is a response that breaks HTTP/1.x, or a limit of this
// package.
type ProtocolError struct {
	// Reason describes the error in words.
	Reason string
	// Excerpt is the start of the offending bytes; it may be empty.
	Excerpt string
}

// Error returns the reason and quotes the offending bytes.
func (e *ProtocolError) Error() string {
	if e.Excerpt == "" {
		return "malformed response: " + e.Reason
	}
	return fmt.Sprintf("malformed response: %s: %q", e.Reason, e.Excerpt)
}

// maxExcerpt bounds the quoted bytes of an error.
const maxExcerpt = 60

// fail breaks the parser. It is the only place that allocates.
func (p *Parser) fail(reason string, at []byte) (int, Part, error) {
	p.state = stateFailed
	p.KeepAlive = false
	return 0, NeedMore, &ProtocolError{Reason: reason, Excerpt: string(at[:min(len(at), maxExcerpt)])}
}
