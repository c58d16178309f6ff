package check

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"

	"github.com/joust-bench/joust/harness/check/rawhead"
)

// answer is an answer as net/http reads it.
type answer struct {
	status int
	proto  string
	// header holds the fields of the wire, with those of the framing, which
	// net/http drops.
	header textproto.MIMEHeader
	body   []byte
	// ended says why the body stopped before its end.
	ended error
	// closes is true when the server ends the connection with this answer.
	closes bool
	// chunks is the number of data chunks of an answer of server-sent events; 0 for
	// one that is not chunked.
	chunks int
}

// bodyLimit bounds a body whose content is free. Of a body that is longer than
// expected, a piece of beyond bytes is read and shown.
const (
	bodyLimit = 64 << 20
	beyond    = 64
)

// receive reads the final answer to m. An answer that stops within its head is a
// *Difference; no byte at all is a plain error.
func (c *connection) receive(m message) (answer, error) {
	if m.streams {
		c.wire.start(c.r)
	}
	a, body, err := c.opened(m)
	if err != nil {
		return a, err
	}
	c.rest(&a, body, m)
	if m.streams {
		a.chunks = c.wire.chunks()
	}
	return a, nil
}

// opened reads the head of the final answer. The caller reads the body.
func (c *connection) opened(m message) (answer, io.Reader, error) {
	for {
		a, body, err := c.next(m)
		if err != nil || a.status >= 200 || a.status == http.StatusSwitchingProtocols {
			return a, body, err
		}
	}
}

// next reads the head of the next answer, which may be an interim one.
func (c *connection) next(m message) (answer, io.Reader, error) {
	head, err := c.head(m)
	if err != nil {
		return answer{}, nil, err
	}
	header, err := rawhead.Fields(head)
	if err != nil {
		return answer{}, nil, c.failed(m, "the head of the answer is malformed: %v; it begins with %s", err, excerpt(head))
	}
	resp, err := http.ReadResponse(c.r, &http.Request{Method: m.request.Method})
	if err != nil {
		return answer{}, nil, c.failed(m, "the head of the answer is malformed: %v; it begins with %s", err, excerpt(head))
	}
	return answer{status: resp.StatusCode, proto: resp.Proto, header: header, closes: resp.Close}, resp.Body, nil
}

// rest reads what is left of the body.
func (c *connection) rest(a *answer, body io.Reader, m message) {
	limit := int64(bodyLimit)
	if m.exact && len(m.request.Expect.Encodings) == 0 {
		limit = int64(len(m.want)) + beyond
	}
	more, err := io.ReadAll(io.LimitReader(body, limit-int64(len(a.body))))
	a.body = append(a.body, more...)
	if err != nil {
		a.ended = c.reason(err)
	}
}

// head waits until a whole head stands in the buffer and returns a copy. The head
// stays in the buffer.
func (c *connection) head(m message) ([]byte, error) {
	head, notHTTP, err := rawhead.Peek(c.r)
	switch {
	case notHTTP:
		return nil, c.failed(m, "this is not an HTTP/1 answer: it begins with %s", excerpt(head))
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, c.failed(m, "the head of the answer is longer than %d bytes", headLimit)
	case err != nil && len(head) == 0:
		return nil, fmt.Errorf("%s: no answer: %w", m, c.reason(err))
	case err != nil:
		return nil, c.failed(m, "the head of the answer stops after %d bytes (%v): %s", len(head), c.reason(err), excerpt(head))
	}
	return head, nil
}
