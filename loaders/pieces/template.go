package pieces

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/scenarios"
)

// Marked is a request whose pieces are replaced by marks: texts that may stand anywhere in
// a request, so that a codec can turn it into bytes. Cut makes a Template of these.
type Marked struct {
	// Request is the request with the marks.
	Request scenarios.Request
	// begin begins each mark; its number and end follow.
	begin  string
	pieces []marked
	// inBody is true where the body has a piece.
	inBody bool
}

// marked is a piece with the way in which its value is written.
type marked struct {
	Piece
	encode encoding
}

// encoding is a way to write a value.
type encoding uint8

const (
	asIs encoding = iota
	// inURL escapes the bytes that have a meaning in a URL, and in a form.
	inURL
	// inJSON escapes the bytes that may not stand in a text of JSON.
	inJSON
)

// bodyEncoding returns the way in which values are written into the body of the request.
func bodyEncoding(r *scenarios.Request) encoding {
	switch r.Encode {
	case scenarios.EncodeJSON:
		return inJSON
	case scenarios.EncodeForm:
		return inURL
	}
	return asIs
}

// end ends a mark.
const end = "z"

// Mark replaces the pieces in path, header values and body of the request. host is the
// value of its Host field where the request lists none. The error holds every problem.
func Mark(r *scenarios.Request, columns []string, host string) (*Marked, error) {
	m := &Marked{Request: *r, begin: beginOf(r, host)}
	var errs []error
	at := func(place, text string, encode encoding) string {
		list, err := Parse(text, columns)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", place, err))
		}
		return m.mark(list, encode, place == "path")
	}
	m.Request.Path = at("path", r.Path, inURL)
	m.Request.Headers = append([]scenarios.Header(nil), r.Headers...)
	for i := range m.Request.Headers {
		h := &m.Request.Headers[i]
		before := len(m.pieces)
		h.Value = at("header "+h.Name, h.Value, asIs)
		if len(m.pieces) > before && (strings.EqualFold(h.Name, "Connection") || strings.EqualFold(h.Name, "Expect")) {
			errs = append(errs, fmt.Errorf("header %s: it says how the request is sent, so it is the same for all: write it without pieces", h.Name))
		}
	}
	if r.Body != nil {
		before, body := len(m.pieces), *r.Body
		if Has(body.Text) {
			body.Text = at("body", body.Text, bodyEncoding(r))
		}
		m.Request.Body, m.inBody = &body, len(m.pieces) > before
		if m.inBody && (body.Chunk > 0 || body.Length > 0) {
			errs = append(errs, errors.New("body: a body with pieces has a length of its own each time: give it no chunks and no length"))
		}
	}
	if r.Expect.Echo && m.inBody {
		errs = append(errs, errors.New("body: a body with pieces cannot be compared with its echo: leave out the one or the other"))
	}
	if len(r.Exchange) > 0 {
		errs = append(errs, errors.New("an exchange of steps sends the same bytes each time: leave out the steps, or the pieces"))
	}
	return m, errors.Join(errs...)
}

// mark returns a text with a mark in the place of each piece. escape is true for a path,
// whose literal parts are escaped.
func (m *Marked) mark(list []Piece, encode encoding, escape bool) string {
	var out strings.Builder
	for _, p := range list {
		switch {
		case p.kind != kindLiteral:
			out.WriteString(m.begin + strconv.Itoa(len(m.pieces)) + end)
			m.pieces = append(m.pieces, marked{p, encode})
		case escape:
			out.WriteString(loaders.EscapeURL(p.text, "[]"))
		default:
			out.WriteString(p.text)
		}
	}
	return out.String()
}

// beginOf returns a begin of marks that no text of the request holds.
func beginOf(r *scenarios.Request, host string) string {
	texts := []string{r.Method, r.Path, host, loaders.RequestID(0, 0, 0)}
	for _, h := range r.Headers {
		texts = append(texts, h.Name, h.Value)
	}
	if r.Body != nil {
		texts = append(texts, r.Body.Text)
	}
	for n := 0; ; n++ {
		begin := "piece" + strconv.Itoa(n) + "x"
		held := false
		for _, text := range texts {
			held = held || strings.Contains(text, begin)
		}
		if !held {
			return begin
		}
	}
}

// Request is a request in bytes.
type Request struct {
	// Bytes holds head and body; HeadBytes is the length of the head, BodyBytes that of the
	// body without framing.
	Bytes     []byte
	HeadBytes int
	BodyBytes int64
	// IDAt is the place in the head of a request id of loaders.RequestIDBytes, 0 for none.
	IDAt int
}

// Template is a request with its pieces, ready to be rendered. It is read-only, and
// threads may share it.
type Template struct {
	parts []part
	// body is the number of the first part of the body, length that of the part with the
	// length of the body, 0 where that is always the same, and id that of the request's id,
	// 0 for none.
	body, length, id int
	// bodyBytes is the length of a body that is always the same.
	bodyBytes int64
}

// part is a literal, in bytes, or a value.
type part struct {
	marked
	literal []byte
	counter *Counter
}

// Cut makes the template of a marked request that a codec has turned into bytes. Where
// pieces change the length of the body, the field Content-Length is the last of the head.
// Counters are those of the load.
func (m *Marked) Cut(built Request, counters *Counters) (*Template, error) {
	t := &Template{bodyBytes: built.BodyBytes}
	head, body := built.Bytes[:built.HeadBytes], built.Bytes[built.HeadBytes:]
	if at := built.IDAt; at > 0 {
		if err := m.cut(t, head[:at], counters); err != nil {
			return nil, err
		}
		t.id = len(t.parts)
		t.literal(head[at : at+loaders.RequestIDBytes])
		head = head[at+loaders.RequestIDBytes:]
	}
	var last []byte
	if m.inBody {
		const field = "\r\nContent-Length: "
		at := bytes.LastIndex(head, []byte(field))
		if at < 0 {
			return nil, errors.New("its head holds no Content-Length")
		}
		digits := head[at+len(field):]
		head, last = head[:at+len(field)], digits[bytes.IndexByte(digits, '\r'):]
	}
	if err := m.cut(t, head, counters); err != nil {
		return nil, err
	}
	if m.inBody {
		t.length = len(t.parts)
		t.parts = append(t.parts, part{})
		t.literal(last)
	}
	t.body = len(t.parts)
	return t, m.cut(t, body, counters)
}

func (t *Template) literal(text []byte) {
	if len(text) > 0 {
		t.parts = append(t.parts, part{literal: bytes.Clone(text)})
	}
}

// cut appends the parts of the bytes.
func (m *Marked) cut(t *Template, text []byte, counters *Counters) error {
	for {
		before, behind, ok := bytes.Cut(text, []byte(m.begin))
		t.literal(before)
		if !ok {
			return nil
		}
		digits, rest, _ := bytes.Cut(behind, []byte(end))
		n, err := strconv.Atoi(string(digits))
		if err != nil || n < 0 || n >= len(m.pieces) {
			return fmt.Errorf("its bytes hold no piece %q", digits)
		}
		p := part{marked: m.pieces[n]}
		if p.kind == kindCounter {
			p.counter = counters.named(p.text)
		}
		t.parts, text = append(t.parts, p), rest
	}
}

// Render appends the request to out, with new values and those of the data row, counted
// from 0.
func (t *Template) Render(out []byte, v *Values, row int32) Request {
	r := Request{BodyBytes: t.bodyBytes}
	for i := range t.parts[:t.body] {
		switch {
		case i == 0:
			out = v.append(out, &t.parts[i], row)
		case i == t.length:
			v.body = v.body[:0]
			for i := t.body; i < len(t.parts); i++ {
				v.body = v.append(v.body, &t.parts[i], row)
			}
			r.BodyBytes = int64(len(v.body))
			out = strconv.AppendInt(out, r.BodyBytes, 10)
		default:
			if i == t.id {
				r.IDAt = len(out)
			}
			out = v.append(out, &t.parts[i], row)
		}
	}
	r.HeadBytes = len(out)
	if t.length > 0 {
		out = append(out, v.body...)
	} else {
		for i := t.body; i < len(t.parts); i++ {
			out = append(out, t.parts[i].literal...)
		}
	}
	r.Bytes = out
	return r
}
