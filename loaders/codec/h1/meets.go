package h1

import (
	"fmt"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/results"
)

// mostKept is the capacity in bytes of the largest buffer that a connection keeps between
// answers into whose bodies conditions look.
const mostKept = 64 << 10

// failed notes the failure of a condition. It reports whether there is one.
func (c *answerReader) failed(f *checks.Failure) bool {
	if f == nil {
		return false
	}
	c.cause, c.fault = f.Cause, f.Detail
	return true
}

// keep keeps the next bytes of a body that comes in pieces.
func (c *answerReader) keep(p *pair, span []byte) {
	if len(c.plain)+len(span) > checks.MostBody {
		c.failed(p.checks.TooLarge())
		return
	}
	c.plain = append(c.plain, span...)
}

// meets returns the cause where an answer, right otherwise, does not meet the conditions.
// The body is whole and not inflated.
func (c *answerReader) meets(p *pair, coding codec.Coding, body []byte) results.Cause {
	cause := c.meetsBody(p, body)
	if cause != "" && coding != codec.Identity {
		c.fault += fmt.Sprintf("; it came in the coding %s, which --compressed undoes", coding)
	}
	if cause == "" {
		cause = c.meetsLength(p, c.check.Seen())
	}
	if cap(c.plain) > mostKept {
		c.plain = nil
	}
	return cause
}

// meetsBody returns the cause where a body does not meet the conditions.
func (c *answerReader) meetsBody(p *pair, body []byte) results.Cause {
	if !p.checks.NeedsBody() {
		return ""
	}
	f := (*checks.Failure)(nil)
	if len(body) > checks.MostBody {
		f = p.checks.TooLarge()
	} else {
		f = p.checks.Body(body)
	}
	if c.failed(f) {
		return f.Cause
	}
	return ""
}

// meetsLength returns the cause where the length of a body, as it was sent, does not meet
// the conditions.
func (c *answerReader) meetsLength(p *pair, sent int64) results.Cause {
	if p.checks == nil {
		return ""
	}
	if f := p.checks.Length(sent); c.failed(f) {
		return f.Cause
	}
	return ""
}
