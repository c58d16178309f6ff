package wire

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/scenarios"
)

// Absolute returns the request with its target in absolute form, as a proxy wants
// it (RFC 9112 §3.2.2).
func Absolute(r codec.Request, host string) codec.Request {
	method, rest, _ := bytes.Cut(r.Head, []byte(" "))
	// The asterisk of OPTIONS has no path of its own (RFC 9112 §3.2.4).
	rest = bytes.TrimPrefix(rest, []byte("*"))
	before := len(r.Head)
	r.Head = slices.Concat(method, []byte(" http://"+host), rest)
	r.HeadBytes += len(r.Head) - before
	return r
}

// Compile builds the request with a body of its own. The Host field comes first;
// a Host that the request lists replaces the given one. The listed fields follow in
// order, then Content-Length or Transfer-Encoding. A body of at most MaxInlineBody
// bytes, framing included, is part of Head.
func Compile(r *scenarios.Request, host string) (codec.Request, error) {
	return NewBodies().Compile(r, host)
}

// Compile builds the request as the function does; equal large bodies of several
// requests share one buffer, and small requests share pieces of memory.
func (b *Bodies) Compile(r *scenarios.Request, host string) (codec.Request, error) {
	text, err := appendHead(b.scratch[:0], r, host)
	if err == nil {
		err = checkBodies(r)
	}
	if err != nil {
		return codec.Request{}, fmt.Errorf("compile request %q: %w", cmp.Or(r.Name, r.Method+" "+r.Path), err)
	}
	out := codec.Request{HeadBytes: len(text), BodyBytes: r.Body.Size(), Ends: ends(r)}
	if body := r.Body; body != nil && body.Length == 0 && body.Chunk == 0 && len(body.Text) <= MaxInlineBody {
		text = append(text, body.Text...) // it is not made once more, to be shared
	} else if framed := b.framed(body); len(framed) > MaxInlineBody {
		out.Body = framed
	} else {
		text = append(text, framed...)
	}
	b.scratch = text
	out.Head = b.keep(text)
	return out, nil
}

// appendHead writes the request line and all fields, with the empty line.
func appendHead(out []byte, r *scenarios.Request, host string) ([]byte, error) {
	if err := checkTarget(r); err != nil {
		return nil, err
	}
	host, err := hostOf(r.Headers, host)
	if err != nil {
		return nil, err
	}
	version, err := versionOf(r)
	if err != nil {
		return nil, err
	}
	out = append(append(append(out, r.Method...), ' '), r.Path...)
	out = append(append(append(out, " HTTP/"...), version...), "\r\n"...)
	out = appendField(out, "Host", host)
	for _, h := range r.Headers {
		if !equalFold([]byte(h.Name), "host") {
			out = appendField(out, h.Name, h.Value)
		}
	}
	switch {
	case r.Body != nil && r.Body.Chunk > 0:
		out = appendField(out, "Transfer-Encoding", "chunked")
	case r.Body != nil || anticipatesBody(r.Method):
		out = strconv.AppendInt(append(out, "Content-Length: "...), r.Body.Size(), 10)
		out = append(out, "\r\n"...)
	}
	return append(out, "\r\n"...), nil
}

// appendField writes a field line.
func appendField(out []byte, name, value string) []byte {
	return append(append(append(append(out, name...), ": "...), value...), "\r\n"...)
}

// ends reports whether the request says that its connection ends with its answer
// (RFC 9112 §9.3 and §9.6).
func ends(r *scenarios.Request) bool {
	says := func(option string) bool {
		for _, h := range r.Headers {
			if !strings.EqualFold(h.Name, "Connection") {
				continue
			}
			for item := range strings.SplitSeq(h.Value, ",") {
				if strings.EqualFold(strings.Trim(item, " \t"), option) {
					return true
				}
			}
		}
		return false
	}
	return says("close") || r.Version == "1.0" && !says("keep-alive")
}

// versionOf returns the version of the request line.
func versionOf(r *scenarios.Request) (string, error) {
	switch {
	case r.Version == "":
		return "1.1", nil
	case r.Version != "1.0":
		return "", fmt.Errorf("version %q is not known; use 1.0, or leave it out for 1.1", r.Version)
	case r.Body != nil && r.Body.Chunk > 0:
		return "", errors.New("HTTP/1.0 has no chunked bodies; send the body with its length")
	}
	return r.Version, nil
}

// anticipatesBody reports whether an empty body of the method is declared
// (RFC 9110 §8.6).
func anticipatesBody(method string) bool {
	return method == "POST" || method == "PUT" || method == "PATCH"
}

func checkTarget(r *scenarios.Request) error {
	if !isToken([]byte(r.Method)) {
		return fmt.Errorf("method %q is not a token of letters, digits and hyphens", r.Method)
	}
	if r.Method == "CONNECT" {
		return errors.New("method CONNECT asks for a tunnel, which is not an exchange; use another")
	}
	if r.Path == "" || r.Path[0] != '/' && (r.Path != "*" || r.Method != "OPTIONS") {
		return fmt.Errorf("path %q does not begin with /", r.Path)
	}
	if letter, i := scenarios.Misplaced(r.Path); i >= 0 {
		return fmt.Errorf("path %q holds %q at %d; write it as %s", r.Path, letter, i, url.PathEscape(letter))
	}
	return nil
}

// hostOf checks the listed fields and returns the Host among them, or the given one.
func hostOf(headers []scenarios.Header, host string) (string, error) {
	listed := false
	for _, h := range headers {
		name := []byte(h.Name)
		switch {
		case !isToken(name):
			return "", fmt.Errorf("header name %q is not a token of letters, digits and hyphens", h.Name)
		case !isValue([]byte(h.Value)):
			return "", fmt.Errorf("header %s has a control character in its value %q", h.Name, h.Value)
		case equalFold(name, "content-length"), equalFold(name, "transfer-encoding"):
			return "", fmt.Errorf("header %s follows from the body; remove it", h.Name)
		case equalFold(name, "host") && listed:
			return "", errors.New("header Host is given twice; keep one")
		case equalFold(name, "host"):
			host, listed = h.Value, true
		}
	}
	for _, c := range []byte(host) {
		if c <= ' ' || c >= 0x7f {
			return "", fmt.Errorf("host %q holds the byte %q", host, c)
		}
	}
	return host, nil
}

// checkBodies refuses generators that describe no bytes.
func checkBodies(r *scenarios.Request) error {
	for _, b := range []struct {
		what string
		body *scenarios.Body
	}{{"body", r.Body}, {"expected body", r.Expect.Body}} {
		switch {
		case b.body == nil:
		case b.body.Length < 0 || b.body.Chunk < 0:
			return fmt.Errorf("%s has a negative length or chunk", b.what)
		case b.body.Length > 0 && b.body.Text == "":
			return fmt.Errorf("%s has a length of %d bytes and no text to fill it", b.what, b.body.Length)
		}
	}
	return nil
}
