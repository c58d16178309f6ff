package scenarios

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxBody is the largest body, in bytes, that a row may ask for.
const maxBody = 1 << 40

func methods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
}

// check reports mistakes that do not depend on the request's row.
func (r *Request) check(f *faults, at string) {
	f.when(r.Name == "", at+".name", "is required: results are grouped by it")
	if r.Method == "" {
		f.add(at+".method", "is required")
	} else {
		f.known(at+".method", "method", r.Method, methods())
	}
	checkTarget(f, at+".path", r.Path)
	f.when(r.Version != "" && r.Version != "1.0", at+".version", `%q is not known; write "1.0", or leave it out for 1.1`, r.Version)
	f.when(r.Version == "1.0" && r.Body.chunked(), at+".body.chunk", "HTTP/1.0 has no chunked bodies")
	r.checkHeaders(f, at+".headers")
	checkBody(f, at+".body", r.Body)
	r.checkExchange(f, at+".exchange")
	r.checkExpect(f, at+".expect")
	r.checkVary(f, at+".vary")
}

// checkTarget reports bytes that cannot stand in a request target in origin form.
func checkTarget(f *faults, at, target string) {
	if target == "" {
		f.add(at, "is required")
		return
	}
	f.when(target[0] != '/', at, `%q must begin with "/"`, target)
	if letter, i := Misplaced(target); i >= 0 {
		f.add(at, "%q at offset %d cannot stand in a request target; write it as %s", letter, i, url.PathEscape(letter))
	}
}

// Misplaced returns the first letter that cannot stand in a request target, and its
// offset in bytes, which is negative where all can.
func Misplaced(target string) (letter string, offset int) {
	offset = strings.IndexFunc(target, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' })
	if offset < 0 {
		return "", offset
	}
	_, n := utf8.DecodeRuneInString(target[offset:])
	return target[offset : offset+n], offset
}

// byte reports the first forbidden byte of the text. where ends the message.
func (f *faults) byte(at, text string, forbidden func(byte) bool, where string) {
	for i := range len(text) {
		if forbidden(text[i]) {
			f.add(at, "byte %#02x at offset %d cannot stand in %s", text[i], i, where)
			return
		}
	}
}

func (r *Request) checkHeaders(f *faults, at string) {
	for i, h := range r.Headers {
		path := fmt.Sprintf("%s[%d]", at, i)
		checkHeader(f, path, h)
		switch strings.ToLower(h.Name) {
		case "host":
			f.add(path, "Host follows from the target; leave it out")
		case "content-length", "transfer-encoding":
			f.add(path, "%s follows from body; leave it out", h.Name)
		}
	}
}

// checkHeader reports bytes that RFC 9110 forbids in names (§5.6.2) and values
// (§5.5).
func checkHeader(f *faults, at string, h Header) {
	f.when(h.Name == "", at+".name", "is required")
	f.byte(at+".name", h.Name, notToken, "a header name (RFC 9110 §5.6.2)")
	control := func(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }
	f.byte(at+".value", h.Value, control, "a header value (RFC 9110 §5.5)")
	f.when(strings.Trim(h.Value, " \t") != h.Value, at+".value", "%q begins or ends with a space, which is no part of a header value (RFC 9110 §5.5)", h.Value)
}

func notToken(c byte) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0
}

func checkBody(f *faults, at string, b *Body) {
	if b == nil {
		return
	}
	f.atLeast(at+".length", b.Length, 0)
	f.atLeast(at+".chunk", b.Chunk, 0)
	f.when(b.Length > 0 && b.Text == "", at+".text", "is required: it is repeated until %d bytes stand", b.Length)
	f.when(b.Length > maxBody, at+".length", "is %d bytes, more than %d", b.Length, int64(maxBody))
}

// chunked reports whether a request's body is sent in chunks.
func (b *Body) chunked() bool { return b != nil && b.Chunk > 0 }
