package wire

import (
	"strconv"

	"github.com/joust-bench/joust/scenarios"
)

// Bodies generates bodies once and shares equal ones, so that requests and
// answers of many rows, or of all threads, hold a large body once. Its buffers
// are read-only. One goroutine may use it; what it made may be read by all.
type Bodies struct {
	made map[scenarios.Body][]byte
}

// NewBodies returns an empty cache.
func NewBodies() *Bodies {
	return &Bodies{made: make(map[scenarios.Body][]byte)}
}

// plain is the body without framing.
func (b *Bodies) plain(body *scenarios.Body) []byte {
	size := body.Size()
	if size <= 0 {
		return nil
	}
	key := scenarios.Body{Text: body.Text, Length: size}
	made, ok := b.made[key]
	if !ok {
		if body.Text == "" {
			made = make([]byte, size)
		} else {
			made = body.Bytes()
		}
		b.made[key] = made
	}
	return made
}

// framed is the body as it is sent.
func (b *Bodies) framed(body *scenarios.Body) []byte {
	if body == nil || body.Chunk <= 0 {
		return b.plain(body)
	}
	key := scenarios.Body{Text: body.Text, Length: body.Size(), Chunk: body.Chunk}
	made, ok := b.made[key]
	if !ok {
		made = appendChunks(nil, b.plain(body), body.Chunk)
		b.made[key] = made
	}
	return made
}

// appendChunks frames the body in chunks of the size, with the last chunk.
func appendChunks(out, body []byte, size int64) []byte {
	for len(body) > 0 {
		n := min(int64(len(body)), size)
		out = strconv.AppendInt(out, n, 16)
		out = append(out, "\r\n"...)
		out = append(out, body[:n]...)
		out = append(out, "\r\n"...)
		body = body[n:]
	}
	return append(out, "0\r\n\r\n"...)
}
