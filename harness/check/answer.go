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
	for {
		head, err := c.head(m)
		if err != nil {
			return answer{}, err
		}
		header, err := rawhead.Fields(head)
		if err != nil {
			return answer{}, c.failed(m, "the head of the answer is malformed: %v; it begins with %s", err, excerpt(head))
		}
		resp, err := http.ReadResponse(c.r, &http.Request{Method: m.request.Method})
		if err != nil {
			return answer{}, c.failed(m, "the head of the answer is malformed: %v; it begins with %s", err, excerpt(head))
		}
		if resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		limit := int64(bodyLimit)
		if m.exact && len(m.request.Expect.Encodings) == 0 {
			limit = int64(len(m.want)) + beyond
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
		a := answer{status: resp.StatusCode, proto: resp.Proto, header: header, body: body, closes: resp.Close}
		if err != nil {
			a.ended = c.reason(err)
		}
		return a, nil
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
