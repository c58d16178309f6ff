package scenarios

import (
	"fmt"
	"net/http"
	"strings"
)

// maxBody is the largest body, in bytes, that a row may ask for.
const maxBody = 1 << 40

func methods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
}

// check reports what is wrong with a request by itself.
func (r *Request) check(f *faults, at string) {
	if r.Name == "" {
		f.add(at+".name", "is required: results are grouped by it")
	}
	if r.Method == "" {
		f.add(at+".method", "is required")
	} else {
		f.known(at+".method", "method", r.Method, methods())
	}
	checkTarget(f, at+".path", r.Path)
	r.checkVersion(f, at)
	r.checkHeaders(f, at+".headers")
	checkBody(f, at+".body", r.Body)
	r.checkExchange(f, at+".exchange")
	r.checkExpect(f, at+".expect")
	r.checkVary(f, at+".vary")
}

// checkTarget reports what cannot stand as a request target in origin form.
func checkTarget(f *faults, at, target string) {
	if target == "" {
		f.add(at, "is required")
		return
	}
	if target[0] != '/' {
		f.add(at, `%q must begin with "/"`, target)
	}
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c >= 0x7f || c == '#' {
			f.add(at, "byte %#02x at offset %d cannot stand in a request target; percent-encode it", c, i)
			return
		}
	}
}

// checkVersion reports versions that no request line has, and what HTTP/1.0
// does not know.
func (r *Request) checkVersion(f *faults, at string) {
	switch {
	case r.Version != "" && r.Version != "1.0":
		f.add(at+".version", `%q is not known; write "1.0", or leave it out for 1.1`, r.Version)
	case r.Version == "1.0" && r.Body != nil && r.Body.Chunk > 0:
		f.add(at+".body.chunk", "HTTP/1.0 has no chunked bodies")
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
	if h.Name == "" {
		f.add(at+".name", "is required")
	}
	for i := range len(h.Name) {
		if !isTokenByte(h.Name[i]) {
			f.add(at+".name", "byte %#02x at offset %d cannot stand in a header name (RFC 9110 §5.6.2)", h.Name[i], i)
			break
		}
	}
	for i := range len(h.Value) {
		if c := h.Value[i]; c < ' ' && c != '\t' || c == 0x7f {
			f.add(at+".value", "byte %#02x at offset %d cannot stand in a header value (RFC 9110 §5.5)", c, i)
			break
		}
	}
	if strings.Trim(h.Value, " \t") != h.Value {
		f.add(at+".value", "%q begins or ends with a space, which is no part of a header value (RFC 9110 §5.5)", h.Value)
	}
}

func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func checkBody(f *faults, at string, b *Body) {
	if b == nil {
		return
	}
	f.atLeast(at+".length", b.Length, 0)
	f.atLeast(at+".chunk", b.Chunk, 0)
	if b.Length > 0 && b.Text == "" {
		f.add(at+".text", "is required: it is repeated until %d bytes stand", b.Length)
	}
	if b.Length > maxBody {
		f.add(at+".length", "is %d bytes, more than %d", b.Length, int64(maxBody))
	}
}

func (r *Request) checkVary(f *faults, at string) {
	v := r.Vary
	if v == nil {
		return
	}
	checkTarget(f, at+".path", strings.ReplaceAll(v.Path, "{n}", "0"))
	if v.Path != "" && !strings.Contains(v.Path, "{n}") {
		f.add(at+".path", `%q has no "{n}" to replace by the random number`, v.Path)
	}
	if v.Body == "" {
		f.add(at+".body", "is required: the answer that then counts")
	}
	if v.Min >= v.Max {
		f.add(at+".max", "is %d, and must be above min, %d", v.Max, v.Min)
	}
}
