package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/joust-bench/joust/harness/check/rawhead"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// probe asks one point.
type probe struct {
	ctx           context.Context
	address, host string
	samples       samples
	// patience is the wait for an answer; quiet is the silence after which no
	// further answer is awaited.
	patience, quiet time.Duration
	// sent is the beginning of the bytes that the latest connection sent.
	sent  string
	lines []*line
}

// line is one connection of a point.
type line struct {
	net.Conn
	probe *probe
	in    *bufio.Reader
	stop  func() bool
}

// mostSent bounds the beginning of a request that a failing point shows, in bytes.
const mostSent = 160

// open connects to the server.
func (p *probe) open() (*line, error) {
	dialer := net.Dialer{Timeout: p.patience}
	c, err := dialer.DialContext(p.ctx, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	l := &line{Conn: c, probe: p, in: bufio.NewReader(c), stop: context.AfterFunc(p.ctx, func() { c.Close() })}
	p.lines, p.sent = append(p.lines, l), ""
	return l, nil
}

// close ends all connections of the point.
func (p *probe) close() {
	for _, l := range p.lines {
		l.stop()
		l.Close()
	}
}

// send writes the bytes. A server that takes no more shows in the answers.
func (l *line) send(text string) {
	if room := mostSent - len(l.probe.sent); room > 0 {
		l.probe.sent += text[:min(room, len(text))]
	}
	if l.SetWriteDeadline(time.Now().Add(l.probe.patience)) == nil {
		_, _ = io.WriteString(l.Conn, text)
	}
}

// betweenBytes is the pause that lets a server read each byte on its own.
const betweenBytes = 2 * time.Millisecond

// drip sends each byte in a packet of its own.
func (l *line) drip(text string) {
	for _, b := range []byte(text) {
		l.send(string(b))
		time.Sleep(betweenBytes)
	}
}

// answer is one answer, or its absence.
type answer struct {
	status int
	proto  string
	header textproto.MIMEHeader
	// chunked is true for an answer with Transfer-Encoding.
	chunked bool
	body    string
	// missing says why there is no whole answer; empty where there is one.
	missing absence
	// detail explains a broken answer.
	detail string
}

// absence is why there is no whole answer.
type absence string

const (
	// silent: nothing came, and the connection stays open.
	silent absence = "no answer, and the connection stays open"
	// ended: the server ended the connection.
	ended absence = "the connection ended without an answer"
	// broken: the bytes are no answer, or its end is missing.
	broken absence = "a broken answer"
)

// read reads the final answer to a request of the method.
func (l *line) read(method string, wait time.Duration) answer {
	for {
		a := l.readAny(method, wait)
		if a.missing != "" || a.status >= 200 || a.status == http.StatusSwitchingProtocols {
			return a
		}
	}
}

// readAny reads the next answer, which may be an interim one.
func (l *line) readAny(method string, wait time.Duration) answer {
	if err := l.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return answer{missing: ended}
	}
	head, notHTTP, err := rawhead.Peek(l.in)
	switch {
	case notHTTP:
		return answer{missing: broken, detail: fmt.Sprintf("it begins with %.30q", head)}
	case err != nil && len(head) > 0:
		return answer{missing: broken, detail: fmt.Sprintf("its head stops after %.30q", head)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return answer{missing: silent}
	case err != nil:
		return answer{missing: ended}
	}
	fields, err := rawhead.Fields(head)
	if err != nil {
		return answer{missing: broken, detail: err.Error()}
	}
	resp, err := http.ReadResponse(l.in, &http.Request{Method: method})
	if err != nil {
		return answer{missing: broken, detail: err.Error()}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 2*smallAnswer))
	a := answer{status: resp.StatusCode, proto: resp.Proto, header: fields, chunked: len(resp.TransferEncoding) > 0, body: string(body)}
	if err != nil {
		a.missing, a.detail = broken, "its body does not end: "+err.Error()
	}
	return a
}

// String describes the answer in a few words.
func (a answer) String() string {
	switch {
	case a.missing == broken:
		return fmt.Sprintf("%s (%s)", a.missing, a.detail)
	case a.missing != "":
		return string(a.missing)
	}
	const most = 30
	body := fmt.Sprintf("%q", a.body)
	if len(a.body) > most {
		body = fmt.Sprintf("%q... (%s)", a.body[:most], results.Counted(len(a.body), "byte"))
	}
	return fmt.Sprintf("status %d %s", a.status, body)
}

// conversation is everything that came back for some bytes on one connection.
type conversation struct {
	answers []answer
	// last says how it ended: silent, ended or broken.
	last answer
}

// mostAnswers bounds the answers that are read on one connection.
const mostAnswers = 4

// talk sends the bytes on a fresh connection and reads answers until none comes.
func (p *probe) talk(text string) conversation {
	l, err := p.open()
	if err != nil {
		return conversation{last: answer{missing: broken, detail: err.Error()}}
	}
	l.send(text)
	c := conversation{}
	for wait := p.patience; len(c.answers) < mostAnswers; wait = p.quiet {
		if c.last = l.read(http.MethodGet, wait); c.last.missing != "" {
			break
		}
		c.answers = append(c.answers, c.last)
	}
	return c
}

// String describes the answers and the end.
func (c conversation) String() string {
	var parts []string
	for _, a := range c.answers {
		parts = append(parts, a.String())
	}
	switch {
	case len(c.answers) == 0 || c.last.missing == broken:
		parts = append(parts, c.last.String())
	case c.last.missing == ended:
		parts = append(parts, "the end of the connection")
	case c.last.missing == silent:
		parts = append(parts, "an open connection")
	}
	return strings.Join(parts, ", then ")
}

// refused reports whether the server refused the request: one answer of 4xx or 5xx
// and no second one, or the end of the connection without an answer.
func (c conversation) refused() bool {
	if c.last.missing == broken {
		return false
	}
	return len(c.answers) == 1 && c.answers[0].status >= 400 || len(c.answers) == 0 && c.last.missing == ended
}

// unlessRefused returns "" for a refusal, else what came.
func (c conversation) unlessRefused() string {
	if c.refused() {
		return ""
	}
	return c.String()
}

// request returns the head of a GET request, with fields that each end in CRLF.
func (p *probe) request(r *scenarios.Request, fields ...string) string {
	return p.headOf(r.Method+" "+r.Path+" HTTP/1.1", r, append([]string{"Host: " + p.host + "\r\n"}, fields...)...)
}

// headOf returns a head with that request line, the fields and the request's own
// fields. Each given field ends in CRLF.
func (p *probe) headOf(requestLine string, r *scenarios.Request, fields ...string) string {
	var b strings.Builder
	b.WriteString(requestLine + "\r\n")
	for _, field := range fields {
		b.WriteString(field)
	}
	for _, h := range r.Headers {
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	return b.String() + "\r\n"
}

// get returns the sample GET request with additional fields.
func (p *probe) get(fields ...string) string { return p.request(p.samples.get, fields...) }

// taker returns the request that smuggling shapes change: it takes a body where the
// server claims such a row.
func (p *probe) taker() *scenarios.Request {
	if p.samples.post != nil {
		return p.samples.post
	}
	return p.samples.get
}

// right returns "" where the answer is the right one to the sample, else the
// answer.
func right(r *scenarios.Request, a answer) string {
	if a.missing == "" && a.status == http.StatusOK && a.body == string(answerTo(r)) {
		return ""
	}
	return a.String()
}

// stillAnswers returns "" where the server answers a plain request on a fresh
// connection.
func (p *probe) stillAnswers(within time.Duration) string {
	sent := p.sent
	defer func() { p.sent = sent }()
	l, err := p.open()
	if err != nil {
		return "afterwards the server takes no connection: " + err.Error()
	}
	l.send(p.get())
	if wrong := right(p.samples.get, l.read(http.MethodGet, within)); wrong != "" {
		return "afterwards a plain request gets " + wrong
	}
	return ""
}
