package wire

import (
	"errors"
	"fmt"
)

// How a connection may end while a parser waits.
var (
	// ErrIdle says that the peer closed before a byte of a response came.
	ErrIdle = errors.New("connection closed between responses")
	// ErrTruncated says that the peer closed inside a response. It is wrapped
	// with what was missing.
	ErrTruncated = errors.New("connection closed inside a response")
	// ErrFailed says that the parser met a protocol error before and was not
	// reset.
	ErrFailed = errors.New("response stream already broken by a protocol error")
)

// ProtocolError is a response that breaks HTTP/1.x, or a limit of this
// package.
type ProtocolError struct {
	// Reason says in words what was wrong.
	Reason string
	// Excerpt is the start of the offending bytes; it may be empty.
	Excerpt string
}

// Error tells the reason, with the offending bytes quoted.
func (e *ProtocolError) Error() string {
	if e.Excerpt == "" {
		return "malformed response: " + e.Reason
	}
	return fmt.Sprintf("malformed response: %s: %q", e.Reason, e.Excerpt)
}

// maxExcerpt bounds the quoted bytes of an error.
const maxExcerpt = 60

// fail breaks the parser. It is the only place that allocates.
func (p *Parser) fail(reason string, at []byte) (int, Event, error) {
	p.state = stateFailed
	p.KeepAlive = false
	return 0, NeedMore, &ProtocolError{Reason: reason, Excerpt: string(at[:min(len(at), maxExcerpt)])}
}
