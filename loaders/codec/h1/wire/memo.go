package wire

import (
	"bytes"

	"github.com/joust-bench/joust/loaders/codec"
)

// maxMemoHead is the greatest length in bytes of a head that a Memo remembers;
// longer heads are parsed every time.
const maxMemoHead = 8 << 10

// Memo recognises a response whose head is byte for byte like the last one's:
// the hot path. There is one for each request and thread, since it takes for granted
// that all responses answer the same method. A parser that has begun a response
// must finish it. The zero Memo knows nothing.
type Memo struct {
	head   []byte // owned
	body   int
	status int
	coding codec.Coding
}

// Status is the status code of the remembered response.
func (m *Memo) Status() int { return m.status }

// Coding is the content coding of the remembered response.
func (m *Memo) Coding() codec.Coding { return m.coding }

// Learn remembers the head of the response that p reads, just after its Head. Only a
// final, keep-alive response whose head states its length can be recognised later;
// any other is forgotten. Learn allocates only where head is longer than any before.
func (m *Memo) Learn(head []byte, p *Parser) {
	m.head = m.head[:0]
	body, ok := p.fixedBody()
	if !ok || len(head) != p.HeadBytes || len(head) > maxMemoHead {
		return
	}
	m.head = append(m.head, head...)
	m.body, m.status, m.coding = body, p.Status, p.Coding
}

// Match reports whether data starts with the remembered head and holds the whole
// body: the head is data[:head], the body data[head:total].
func (m *Memo) Match(data []byte) (head, total int, ok bool) {
	head = len(m.head)
	total = head + m.body
	if head == 0 || len(data) < total || !bytes.Equal(data[:head], m.head) {
		return 0, 0, false
	}
	return head, total, true
}

// fixedBody returns the length in bytes of the body that follows the head. ok is
// false where the head does not state it, or the connection does not stay.
func (p *Parser) fixedBody() (length int, ok bool) {
	const maxBody = 1 << 30 // keeps head + body in an int anywhere
	switch {
	case !p.KeepAlive:
		return 0, false
	case p.state == stateEnd:
		return 0, true
	}
	return int(min(p.ContentLength, maxBody)), p.state == stateLength && p.ContentLength <= maxBody
}
