package h1

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/loaders/codec/inflate"
	"github.com/joust-bench/joust/results"
)

const (
	// maxPacked is the size of the largest compressed body that is inflated, in bytes.
	maxPacked = 64 << 20
	// maxInflated is the number of bytes after which the rest of a body is not inflated.
	// A body whose content the request gives is inflated to its end.
	maxInflated = 64 << 20
)

// verdict is the last compressed body of a request that was inflated. Equal bytes have
// the same outcome without being inflated again.
type verdict struct {
	coding codec.Coding
	packed []byte
	// fault says why the body does not inflate; empty for a right body.
	fault string
	// right is true where the last inflated body was right.
	right bool
}

// covers reports whether the body is the one of the verdict.
func (v *verdict) covers(coding codec.Coding, packed []byte) bool {
	return v.coding == coding && bytes.Equal(v.packed, packed)
}

// restsFor is how many times as long as it has inflated the inflater rests, where bodies
// differ each time: they take a tenth of the thread's time at most.
const restsFor = 9

// inflater inflates the bodies of one thread.
type inflater struct {
	reader inflate.Reader
	buf    []byte
	// content is the inflated body so far, where conditions look into it.
	content []byte
	now     func() time.Time
	// rested is the end of the inflater's rest.
	rested time.Time
}

// rests reports whether the inflater rests.
func (i *inflater) rests() bool { return i.now().Before(i.rested) }

// restAfter begins the rest after work that began at that instant.
func (i *inflater) restAfter(began time.Time) {
	now := i.now()
	i.rested = now.Add(restsFor * now.Sub(began))
}

// compressed reports whether the body must be inflated.
func compressed(c codec.Coding) bool { return c == codec.Gzip || c == codec.Brotli }

// collect keeps the next bytes of a compressed body.
func (c *answerReader) collect(span []byte) {
	if len(c.packed)+len(span) > maxPacked {
		c.refuse(fmt.Sprintf("a compressed body of more than %d MiB is not inflated", maxPacked>>20))
		return
	}
	c.packed = append(c.packed, span...)
}

// refuse says why the coding of the answer is wrong.
func (c *answerReader) refuse(fault string) { c.cause, c.fault = results.CauseEncoding, fault }

// unpack judges a compressed body, and returns the cause where it is wrong.
func (c *answerReader) unpack(p *pair, found *codec.Answer, packed []byte) results.Cause {
	if cause := c.unpackContent(p, found, packed); cause != "" {
		return cause
	}
	return c.meetsLength(p, int64(len(packed)))
}

// unpackContent judges the content of a compressed body. It inflates each body that differs
// from the last, without an expected body too, as far as the inflater does not rest: the
// first of each request, those behind a wrong one, and those into which conditions look,
// always.
func (c *answerReader) unpackContent(p *pair, found *codec.Answer, packed []byte) results.Cause {
	v, coding := &c.learnt[p.memory].inflated, found.Coding
	if len(packed) == 0 {
		if cause := c.missing(p); cause != "" {
			return cause
		}
		return c.meetsBody(p, nil)
	}
	if !v.covers(coding, packed) {
		if found.Unread = v.right && !p.checks.NeedsBody() && c.inflater.rests(); found.Unread {
			return ""
		}
		began := c.inflater.now()
		fault, cause := c.inflate(p, coding, packed)
		c.inflater.restAfter(began)
		v.right = fault == "" && cause == ""
		if cause != "" {
			return cause
		}
		v.coding, v.packed, v.fault = coding, append(v.packed[:0], packed...), fault
	}
	if v.fault != "" {
		c.refuse(v.fault)
		return c.cause
	}
	return ""
}

// missing returns the cause of a body that lacks bytes, "" where none are missing.
func (c *answerReader) missing(p *pair) results.Cause {
	if !c.check.Done(p.answer) {
		return results.CauseLength
	}
	return ""
}

// inflate compares the inflated body with the expected one. It returns why the body does
// not inflate, or the cause where it inflates to a wrong one.
func (c *answerReader) inflate(p *pair, coding codec.Coding, packed []byte) (fault string, cause results.Cause) {
	const piece = 64 << 10
	in := &c.shard.inflater
	if in.buf == nil {
		in.buf = make([]byte, piece)
	}
	in.content = in.content[:0]
	err := in.reader.Open(coding, packed)
	for n := 0; err == nil; {
		n, err = in.reader.Read(in.buf)
		if !c.check.Body(p.answer, in.buf[:n]) {
			return "", c.bodyCause(p.answer)
		}
		if p.checks.NeedsBody() {
			if len(in.content)+n > checks.MostBody {
				c.failed(p.checks.TooLarge())
				return "", c.cause
			}
			in.content = append(in.content, in.buf[:n]...)
		}
		if !p.answer.Exact && c.check.Seen() > maxInflated {
			return "", ""
		}
	}
	if err != io.EOF {
		return err.Error(), ""
	}
	if cause := c.missing(p); cause != "" {
		return "", cause
	}
	return "", c.meetsBody(p, in.content)
}
