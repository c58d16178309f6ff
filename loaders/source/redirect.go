package source

import (
	"bytes"
	"cmp"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// origins resolve the redirects of one load: the begins of the URLs of its targets, by
// number.
type origins []string

func originsOf(spec *loaders.Spec) origins {
	o := make(origins, 1+len(spec.Hosts))
	for i := range o {
		o[i] = spec.Origin(i)
	}
	return o
}

// base returns the URL of a request. Its Host field replaces the target's host (RFC
// 9112 §3.3).
func (o origins) base(r *scenarios.Request) (*url.URL, error) {
	scheme, host, _ := strings.Cut(o[r.Target], "://")
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, "Host") {
			host = h.Value
		}
	}
	path := r.Path
	if path == "*" { // of OPTIONS
		path = ""
	}
	return url.Parse(scheme + "://" + host + loaders.EscapeURL(path, ""))
}

// redirect returns the redirect of an answer to the request, and the path and query of
// the request that it asks for. It reports false for an answer that does not redirect.
func (o origins) redirect(r *scenarios.Request, status int, head []byte) (to results.Redirect, path string, ok bool) {
	location := locationOf(head)
	if !results.Redirects(status) || len(location) == 0 {
		return to, "", false
	}
	text := loaders.EscapeURL(string(location), "")
	to = results.Redirect{Status: status, URL: results.Redacted(text), Malformed: true}
	base, err := o.base(r)
	if err != nil {
		return to, "", true
	}
	u, err := base.Parse(text)
	if err != nil {
		return to, "", true
	}
	u.Fragment, u.RawFragment = "", ""
	to.URL, to.Malformed = results.Redacted(u.String()), false
	to.Elsewhere = u.Scheme != base.Scheme || authority(u) != authority(base)
	return to, u.RequestURI(), true
}

// authority returns host and port of the URL in one form.
func authority(u *url.URL) string {
	return net.JoinHostPort(strings.ToLower(u.Hostname()), cmp.Or(u.Port(), loaders.DefaultPort(u.Scheme == "https")))
}

// locationOf returns the value of the first Location field of a head, empty for none.
func locationOf(head []byte) []byte {
	for line := range bytes.Lines(head) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("Location")) {
			return bytes.TrimSpace(value)
		}
	}
	return nil
}

// followUp returns the request that a redirect to the path asks for (RFC 9110 §15.4).
// A POST becomes a GET with 301 and 302, and every method but HEAD with 303; the body
// and the fields that describe it go. With 307 and 308 all stays. It is sent whole.
func followUp(r *scenarios.Request, status int, path string) scenarios.Request {
	next := *r
	next.Path, next.Exchange = path, nil
	next.Headers = without(r.Headers, "Expect")
	switch {
	case status == 303 && r.Method != "HEAD", (status == 301 || status == 302) && r.Method == "POST":
		next.Method, next.Body = "GET", nil
		next.Headers = without(next.Headers, "Content-Encoding", "Content-Language", "Content-Location", "Content-Type",
			"Content-Digest", "Repr-Digest", "Digest", "Last-Modified", "Trailer")
	}
	return next
}

// without returns the fields of other names.
func without(headers []scenarios.Header, names ...string) []scenarios.Header {
	return slices.DeleteFunc(slices.Clone(headers), func(h scenarios.Header) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, h.Name) })
	})
}
