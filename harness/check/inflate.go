package check

import (
	"fmt"
	"io"
	"strings"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/inflate"
)

// inflate undoes the content coding of a body, where the row names the codings that
// count as right. It returns what is wrong with the coding, "" for nothing.
func (a *answer) inflate(m message) string {
	wanted := codec.CodingsOf(m.request.Expect.Encodings)
	if wanted == 0 {
		return ""
	}
	value := strings.Join(a.header.Values("Content-Encoding"), ", ")
	coding := codec.CodingOf([]byte(value))
	switch {
	case !wanted.Has(coding):
		return fmt.Sprintf("expected the content coding %s, got %q", wanted, value)
	case coding == codec.Identity, len(a.body) == 0, a.ended != nil:
		return ""
	}
	var r inflate.Reader
	if err := r.Open(coding, a.body); err != nil {
		return err.Error()
	}
	body, err := io.ReadAll(io.LimitReader(&r, bodyLimit))
	if err != nil {
		return err.Error()
	}
	a.body = body
	return ""
}
