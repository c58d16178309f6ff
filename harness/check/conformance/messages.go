package conformance

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/joust-bench/joust/scenarios"
)

// noSuchPath is a path that no row asks.
const noSuchPath = "/joust-no-such-path"

// messagePoints are about requests and answers that every client may send and expect.
func messagePoints() []point {
	return []point{
		{name: "a request in packets of one byte", section: "RFC 9112 §2.2", expected: "the right answer", ask: (*probe).oneByteAPacket},
		{name: "pipelined requests in order", section: "RFC 9112 §9.3.2", expected: "eight right answers, in the order of the requests", ask: (*probe).pipelined},
		{name: "unknown path", section: "RFC 9110 §15.5.5", expected: "status 404", ask: (*probe).unknownPath},
		{name: "HEAD", section: "RFC 9110 §9.3.2", expected: "the status, Content-Type and Content-Length of GET, and no body", ask: (*probe).headOfGet},
		{name: "unknown method", section: "RFC 9110 §9.1", expected: "a status from 400 to 599", ask: (*probe).unknownMethod},
		{name: "target in absolute form", section: "RFC 9112 §3.2.2", expected: "the same answer as in origin form", ask: (*probe).absoluteForm},
		{name: "no Host", section: "RFC 9112 §3.2", expected: "status 400", ask: (*probe).noHost},
		{name: "two Hosts", section: "RFC 9112 §3.2", expected: "status 400", ask: (*probe).twoHosts},
		{name: "names of fields in any case", section: "RFC 9112 §5", expected: "the right answer, and then the end of the connection", ask: (*probe).anyCase},
		{name: "a chunked request, split anywhere", section: "RFC 9112 §7.1", expected: "the right answer, and the right answer to the next request", body: true, ask: (*probe).chunkedRequest},
		{name: "chunk extensions and trailers", section: "RFC 9112 §7.1.1", expected: "the right answer, and the right answer to the next request", body: true, ask: (*probe).extensionsAndTrailers},
		{name: "pipelined requests with bodies", section: "RFC 9112 §9.3.2", expected: "two right answers, in the order of the requests", body: true, ask: (*probe).pipelinedBodies},
		{name: "Expect: 100-continue", section: "RFC 9110 §10.1.1", expected: "100 before the body, then the right answer", body: true, ask: (*probe).expectContinue},
	}
}

func (p *probe) oneByteAPacket() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.drip(p.get())
	return right(p.samples.get, l.read(http.MethodGet, p.patience))
}

func (p *probe) pipelined() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	const many = 8
	var all strings.Builder
	for i := range many {
		all.WriteString(p.request(p.pipelinedGet(i)))
	}
	l.send(all.String())
	for i := range many {
		if wrong := right(p.pipelinedGet(i), l.read(http.MethodGet, p.patience)); wrong != "" {
			return fmt.Sprintf("as answer %d of %d: %s", i+1, many, wrong)
		}
	}
	return ""
}

// pipelinedGet returns the sample that stands in the i-th place.
func (p *probe) pipelinedGet(i int) *scenarios.Request { return p.samples.gets[i%len(p.samples.gets)] }

// pipelinedBodies sends two requests in one write, each with a body of its own length.
func (p *probe) pipelinedBodies() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	bodies := []string{bodyText[:20], bodyText}
	var all strings.Builder
	for _, body := range bodies {
		all.WriteString(p.request(p.samples.post, fmt.Sprintf("Content-Length: %d\r\n", len(body))) + body)
	}
	l.send(all.String())
	for i, body := range bodies {
		a := l.read(p.samples.post.Method, p.patience)
		if a.missing != "" || a.status != http.StatusOK || a.body != answerToBody(p.samples.post, body) {
			return fmt.Sprintf("as answer %d of %d: %s", i+1, len(bodies), a)
		}
	}
	return ""
}

func (p *probe) unknownPath() string {
	c := p.talk("GET " + noSuchPath + " HTTP/1.1\r\nHost: " + p.host + "\r\n\r\n")
	if len(c.answers) == 1 && c.answers[0].status == http.StatusNotFound {
		return ""
	}
	return c.String()
}

func (p *probe) headOfGet() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.get())
	get := l.read(http.MethodGet, p.patience)
	l.send(p.headOf("HEAD "+p.samples.get.Path+" HTTP/1.1", p.samples.get, "Host: "+p.host+"\r\n"))
	head := l.read(http.MethodHead, p.patience)
	switch {
	case get.missing != "":
		return get.String() + " to GET"
	case head.missing != "" || head.status != get.status:
		return head.String()
	case head.header.Get("Content-Type") != get.header.Get("Content-Type"):
		return fmt.Sprintf("Content-Type: %s where GET has %s", head.header.Get("Content-Type"), get.header.Get("Content-Type"))
	}
	if length, want := head.header.Get("Content-Length"), get.header.Get("Content-Length"); length != "" && want != "" && length != want {
		return fmt.Sprintf("Content-Length: %s where GET has %s", length, want)
	}
	if l.in.Buffered() > 0 {
		return "a body behind the head"
	}
	l.send(p.get())
	if wrong := right(p.samples.get, l.read(http.MethodGet, p.patience)); wrong != "" {
		return "the next request on the connection gets " + wrong
	}
	return ""
}

func (p *probe) unknownMethod() string {
	c := p.talk(p.headOf("JOUST "+p.samples.get.Path+" HTTP/1.1", p.samples.get, "Host: "+p.host+"\r\n"))
	return c.unlessRefused()
}

func (p *probe) absoluteForm() string {
	return p.rightTo("GET http://" + p.host + p.samples.get.Path + " HTTP/1.1")
}

// rightTo returns "" where the request line with the sample's fields gets the right
// answer.
func (p *probe) rightTo(requestLine string) string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.headOf(requestLine, p.samples.get, "Host: "+p.host+"\r\n"))
	return right(p.samples.get, l.read(http.MethodGet, p.patience))
}

func (p *probe) noHost() string {
	return badRequest(p.talk(p.headOf("GET "+p.samples.get.Path+" HTTP/1.1", p.samples.get)))
}

func (p *probe) twoHosts() string { return badRequest(p.talk(p.get("Host: other.test\r\n"))) }

// badRequest returns "" for a single answer of status 400.
func badRequest(c conversation) string {
	if c.refused() && len(c.answers) == 1 && c.answers[0].status == http.StatusBadRequest {
		return ""
	}
	return c.String()
}

func (p *probe) anyCase() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.headOf("GET "+p.samples.get.Path+" HTTP/1.1", p.samples.get, "hOST: "+p.host+"\r\n", "cONNECTION: close\r\n"))
	return p.rightThenEnd(l)
}

// rightThenEnd returns "" where the right answer comes and then the connection's end.
func (p *probe) rightThenEnd(l *line) string {
	if wrong := right(p.samples.get, l.read(http.MethodGet, p.patience)); wrong != "" {
		return wrong
	}
	if next := l.read(http.MethodGet, p.patience); next.missing != ended {
		return "the right answer, then " + next.String()
	}
	return ""
}

// bodyText is the body of chunked requests.
const bodyText = "joust asks in chunks, and in pieces of chunks"

// chunkedHead returns the head of a chunked request of the sample that takes a body.
func (p *probe) chunkedHead(fields ...string) string {
	return p.request(p.samples.post, append(fields, "Transfer-Encoding: chunked\r\n")...)
}

func (p *probe) chunkedRequest() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.chunkedHead())
	framed := fmt.Sprintf("0A\r\n%s\r\n1\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", bodyText[:10], bodyText[10:11], len(bodyText[11:]), bodyText[11:])
	l.drip(framed)
	return p.rightToBody(l)
}

func (p *probe) extensionsAndTrailers() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.chunkedHead("Trailer: X-Joust\r\n"))
	l.send(fmt.Sprintf("a;name=value\r\n%s\r\n%x;quoted=\"a b\"\r\n%s\r\n0;last\r\nX-Joust: trailer\r\n\r\n", bodyText[:10], len(bodyText[10:]), bodyText[10:]))
	return p.rightToBody(l)
}

// rightToBody returns "" where the body on its way gets the right answer, and a plain
// request behind it does too.
func (p *probe) rightToBody(l *line) string {
	a := l.read(p.samples.post.Method, p.patience)
	if a.missing != "" || a.status != http.StatusOK || a.body != answerToBody(p.samples.post, bodyText) {
		return a.String()
	}
	l.send(p.get())
	if wrong := right(p.samples.get, l.read(http.MethodGet, p.patience)); wrong != "" {
		return "the next request on the connection gets " + wrong
	}
	return ""
}

func (p *probe) expectContinue() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.request(p.samples.post, "Expect: 100-continue\r\n", fmt.Sprintf("Content-Length: %d\r\n", len(bodyText))))
	if a := l.readAny(p.samples.post.Method, p.patience); a.missing != "" || a.status != http.StatusContinue {
		return a.String() + " before the body"
	}
	l.send(bodyText)
	return p.rightToBody(l)
}
