package wire

import (
	"errors"
	"fmt"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

const (
	// mappedFrom is the least length in bytes of a repeated body that is worth
	// mapping.
	mappedFrom = 1 << 20
	// maxPattern is the greatest length in bytes of a pattern that is mapped:
	// its window must end with a page.
	maxPattern = 4 << 10
)

// Bodies generates bodies once and shares equal ones, so that requests and
// answers of many rows, or of all threads, hold a large body once. One goroutine
// may use it; all may read its buffers, and nobody may write to them.
type Bodies struct {
	made map[scenarios.Body][]byte
	// mapped is true where large repeated bodies may be mappings; release gives
	// them back.
	mapped  bool
	release []func() error
	// scratch holds the request that is being built, room the newest piece of memory for
	// small requests.
	scratch, room []byte
}

// NewBodies returns an empty cache.
func NewBodies() *Bodies {
	return &Bodies{made: make(map[scenarios.Body][]byte)}
}

// NewMappedBodies returns a cache that keeps little of a large repeated body in
// memory, where the system can. Close it when nothing reads its bodies any more.
func NewMappedBodies() *Bodies {
	b := NewBodies()
	b.mapped = true
	return b
}

// Close gives back the memory of mapped bodies, which must not be read again.
func (b *Bodies) Close() error {
	var errs []error
	for _, release := range b.release {
		errs = append(errs, release())
	}
	b.release, b.made = nil, nil
	return errors.Join(errs...)
}

// mostRoom is the size in bytes of the largest piece of memory that small requests share.
const mostRoom = 64 << 10

// keep returns a copy of a request. Small ones lie behind one another in pieces of memory
// that double in size: a million have little more than their own bytes.
func (b *Bodies) keep(text []byte) []byte {
	if free := cap(b.room) - len(b.room); free < len(text) {
		b.room = make([]byte, 0, max(len(text), min(2*cap(b.room), mostRoom)))
	}
	from := len(b.room)
	b.room = append(b.room, text...)
	return b.room[from:len(b.room):len(b.room)]
}

// plain returns the body without framing.
func (b *Bodies) plain(body *scenarios.Body) []byte {
	if body.Size() <= 0 {
		return nil
	}
	return b.cached(scenarios.Body{Text: body.Text, Length: body.Size()}, func() []byte { return b.generate(body) })
}

// framed returns the body as it is sent.
func (b *Bodies) framed(body *scenarios.Body) []byte {
	if body == nil || body.Chunk <= 0 {
		return b.plain(body)
	}
	return b.cached(scenarios.Body{Text: body.Text, Length: body.Size(), Chunk: body.Chunk}, func() []byte {
		return appendChunks(nil, b.plain(body), body.Chunk)
	})
}

func (b *Bodies) cached(key scenarios.Body, generate func() []byte) []byte {
	made, ok := b.made[key]
	if !ok {
		made = generate()
		b.made[key] = made
	}
	return made
}

// generate makes the bytes of a body.
func (b *Bodies) generate(body *scenarios.Body) []byte {
	if body.Text == "" {
		return make([]byte, body.Size())
	}
	if pattern := period(body.Text); b.mapped && body.Size() >= mappedFrom && len(pattern) <= maxPattern {
		if made, release, err := mapRepeated(pattern, body.Size()); err == nil {
			b.release = append(b.release, release)
			return made
		}
		// Plain memory does as well, at a higher cost.
	}
	return body.Bytes()
}

// period returns the shortest prefix whose repetition makes a long text, or the
// text itself.
func period(text string) string {
	const probe = 64
	if len(text) < mappedFrom {
		return text
	}
	at := 1 + strings.Index(text[1:], text[:probe])
	if at > 0 && text[at:] == text[:len(text)-at] {
		return text[:at]
	}
	return text
}

// appendChunks frames the body in chunks of the size, with the last chunk.
func appendChunks(out, body []byte, size int64) []byte {
	for len(body) > 0 {
		n := min(int64(len(body)), size)
		out = fmt.Appendf(out, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return append(out, "0\r\n\r\n"...)
}
