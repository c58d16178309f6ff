package conformance

import (
	"fmt"
)

const (
	refusal = "a status from 400 to 599 or the end of the connection, and no second answer"
	safely  = refusal + ", or one answer and the end of the connection"
	folded  = refusal + ", or two right answers"
)

// smugglingPoints are requests whose end two readers may see in two places. Behind
// each stands a second request: where a server takes it for a part of the first, or
// the reverse, a proxy in front of the server can be deceived.
func smugglingPoints() []point {
	return []point{
		{name: "Content-Length beside Transfer-Encoding", section: "RFC 9112 §6.1", expected: safely, ask: (*probe).bothFramings},
		{name: "two lengths", section: "RFC 9112 §6.3", expected: refusal, ask: (*probe).twoLengths},
		{name: "malformed lengths", section: "RFC 9112 §6.3", expected: refusal, ask: (*probe).malformedLengths},
		{name: "unknown transfer codings", section: "RFC 9112 §6.1", expected: safely, ask: (*probe).unknownCodings},
		{name: "space before a colon", section: "RFC 9112 §5.1", expected: refusal, ask: (*probe).spaceBeforeColon},
		{name: "bare LF in a head", section: "RFC 9112 §2.2", expected: refusal + ", or one answer", ask: (*probe).bareLF},
		{name: "bare CR in a head", section: "RFC 9112 §2.2", expected: folded, ask: (*probe).bareCR},
		{name: "folded field line", section: "RFC 9112 §5.2", expected: folded, ask: (*probe).foldedLine},
		{name: "NUL in a field value", section: "RFC 9110 §5.5", expected: refusal, ask: (*probe).nul},
		{name: "chunk sizes beyond 64 bits", section: "RFC 9112 §7.1", expected: refusal + ", or no answer", ask: (*probe).hugeChunks},
		{name: "malformed chunks", section: "RFC 9112 §7.1", expected: refusal, ask: (*probe).malformedChunks},
	}
}

// withHidden returns a request that takes a body, the fields, a body, and a hidden
// second request.
func (p *probe) withHidden(body string, fields ...string) string {
	return p.request(p.taker(), fields...) + body + p.get()
}

// length returns a field for a body of just the second request.
func (p *probe) length(format string) string { return fmt.Sprintf(format, len(p.get())) }

// once returns "" for a refusal, and for one answer after which the connection ends.
func (c conversation) once() string {
	if c.refused() || len(c.answers) == 1 && c.last.missing == ended {
		return ""
	}
	return c.String()
}

func (p *probe) bothFramings() string {
	const chunked = "0\r\n\r\n"
	return p.talk(p.withHidden(chunked,
		fmt.Sprintf("Content-Length: %d\r\n", len(chunked)+len(p.get())), "Transfer-Encoding: chunked\r\n")).once()
}

func (p *probe) twoLengths() string {
	return p.talk(p.withHidden("", "Content-Length: 0\r\n", p.length("Content-Length: %d\r\n"))).unlessRefused()
}

// refusedAll returns "" where each variant is refused, else the first that is not.
func (p *probe) refusedAll(variants []string, verdict func(conversation) string) string {
	for _, text := range variants {
		if wrong := verdict(p.talk(text)); wrong != "" {
			return wrong
		}
		if p.ctx.Err() != nil {
			break
		}
	}
	return ""
}

func (p *probe) malformedLengths() string {
	var variants []string
	for _, format := range []string{"+%d", "-%d", "0x%x", "%d ,0", "%d 0", "%d.0"} {
		variants = append(variants, p.withHidden("", p.length("Content-Length: "+format+"\r\n")))
	}
	return p.refusedAll(variants, conversation.unlessRefused)
}

func (p *probe) unknownCodings() string {
	var variants []string
	for _, coding := range []string{"xchunked", "chunked, joust", `"chunked"`, "\vchunked"} {
		variants = append(variants, p.withHidden("0\r\n\r\n", "Transfer-Encoding: "+coding+"\r\n"))
	}
	return p.refusedAll(variants, conversation.once)
}

func (p *probe) spaceBeforeColon() string {
	return p.talk(p.withHidden("", p.length("Content-Length : %d\r\n"))).unlessRefused()
}

// bareLF ends a line with a bare LF: a server may take it for a line's end, and then
// the second request is the body of the first.
func (p *probe) bareLF() string {
	c := p.talk(p.withHidden("", p.length("X-Joust: a\nContent-Length: %d\r\n")))
	if c.refused() || len(c.answers) == 1 && c.last.missing != broken {
		return ""
	}
	return c.String()
}

// two returns "" for a refusal, and for right answers to both requests.
func (p *probe) two(text string) string {
	c := p.talk(text)
	if c.refused() || len(c.answers) == 2 && right(p.samples.get, c.answers[0]) == "" && right(p.samples.get, c.answers[1]) == "" {
		return ""
	}
	return c.String()
}

// bareCR: a server that takes a bare CR for a line's end sees a Content-Length, and
// swallows the second request.
func (p *probe) bareCR() string {
	return p.two(p.get(p.length("X-Joust: a\rContent-Length: %d\r\n")) + p.get())
}

// foldedLine: a server that takes a folded line for a field of its own swallows the
// second request.
func (p *probe) foldedLine() string {
	return p.two(p.get(p.length("X-Joust: a\r\n Content-Length: %d\r\n")) + p.get())
}

func (p *probe) nul() string {
	return p.talk(p.withHidden("", p.length("Content-Length: %d\x00\r\n"))).unlessRefused()
}

// hugeChunks sends chunk sizes that a reader of 64 bits takes for 5. A server that
// waits for so many bytes is right.
func (p *probe) hugeChunks() string {
	var variants []string
	for _, size := range []string{"10000000000000005", "100000000000000000000000000000005"} {
		variants = append(variants, p.withHidden(size+"\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"))
	}
	return p.refusedAll(variants, func(c conversation) string {
		if len(c.answers) == 0 && c.last.missing == silent {
			return ""
		}
		return c.unlessRefused()
	})
}

func (p *probe) malformedChunks() string {
	var variants []string
	for _, chunk := range []string{"5\r\nhelloXX", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", "g\r\nhello\r\n"} {
		variants = append(variants, p.withHidden(chunk+"0\r\n\r\n", "Transfer-Encoding: chunked\r\n"))
	}
	return p.refusedAll(variants, conversation.unlessRefused)
}
