package flow

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/loaders/source"
)

// jar holds the cookies of one session (RFC 6265), and the Cookie fields that were made of
// them, by request.
type jar struct {
	*cookiejar.Jar
	fields map[int][]byte
	// until is the first expiry of a cookie, from which on the fields are not valid any
	// more; zero where none expires.
	until time.Time
	// last is the hash of the cookies that were set last, lastAt the instant. A server that
	// sets the same cookies with each answer changes nothing.
	last   uint64
	lastAt time.Time
}

// mostStale is how much earlier a cookie may expire since nobody looked when it was set
// again, as a part of its life.
const mostStale = 100

// knows reports whether the hash is that of the cookies that were set just before.
func (j *jar) knows(hash uint64) bool {
	return hash == j.last && (j.until.IsZero() || time.Since(j.lastAt) < j.until.Sub(j.lastAt)/mostStale)
}

func newJar() *jar {
	made, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // it returns no error
	return &jar{Jar: made, fields: map[int][]byte{}}
}

// set takes the cookies of an answer from the URL.
func (j *jar) set(from *url.URL, list []*http.Cookie) {
	j.SetCookies(from, list)
	clear(j.fields)
	now := time.Now()
	for _, c := range list {
		at := c.Expires
		if c.MaxAge > 0 {
			at = now.Add(time.Duration(c.MaxAge) * time.Second)
		}
		if at.After(now) && (j.until.IsZero() || at.Before(j.until)) {
			j.until = at
		}
	}
}

// field returns the value of the Cookie field of the request for the URL, empty for none.
func (j *jar) field(request int, of *url.URL) []byte {
	if !j.until.IsZero() && !time.Now().Before(j.until) {
		clear(j.fields)
		j.until = time.Time{}
	}
	text, ok := j.fields[request]
	if !ok {
		for _, c := range j.Cookies(of) {
			if len(text) > 0 {
				text = append(text, "; "...)
			}
			text = append(text, c.String()...)
		}
		j.fields[request] = text
	}
	return text
}

// urls has the URLs of requests by number. The path of a request with pieces is the part
// before the first one.
type urls struct {
	spec *loaders.Spec
	list []*url.URL
}

func newURLs(spec *loaders.Spec) urls {
	return urls{spec: spec, list: make([]*url.URL, len(spec.Requests))}
}

func (u *urls) of(request int) *url.URL {
	if u.list[request] == nil {
		u.list[request] = u.read(request)
	}
	return u.list[request]
}

func (u *urls) read(request int) *url.URL {
	r := &u.spec.Requests[request]
	scheme, host, _ := strings.Cut(u.spec.Origin(r.Target), "://")
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, "Host") {
			host = h.Value
		}
	}
	path, _, _ := strings.Cut(r.Path, pieces.Begin)
	path, _, _ = strings.Cut(path, "?")
	return &url.URL{Scheme: scheme, Host: host, Path: path}
}

// cookies returns the value of the Cookie field of the request; empty for none.
func (u *urls) cookies(j *jar, request int) []byte {
	if j == nil {
		return nil
	}
	return j.field(request, u.of(request))
}

// keepCookies keeps the cookies that an answer sets, where the session keeps any.
func (w *walker) keepCookies(i *iteration, s loaders.CookieSession, v *source.View) {
	if s == loaders.NoSession || len(v.Head) == 0 {
		return
	}
	hash := w.cookieHash(v)
	if hash == 0 {
		return
	}
	j := i.jar(s)
	if j != nil && j.knows(hash) {
		return
	}
	list := cookiesOf(v.Head)
	if len(list) == 0 {
		return
	}
	if j == nil {
		j = newJar()
		i.setJar(s, j)
	}
	j.set(w.urls.of(int(v.Request)), list)
	j.last, j.lastAt = hash, time.Now()
}

// cookieHash returns a hash of the cookies that the answer sets, with what counts of the URL
// from which they come; 0 where it sets none.
func (w *walker) cookieHash(v *source.View) uint64 {
	found, pathless := false, false
	w.hash.Reset()
	eachCookie(v.Head, func(text []byte) {
		found = true
		pathless = pathless || !bytes.Contains(text, []byte("ath="))
		_, _ = w.hash.Write(text) // it returns no error
	})
	if !found {
		return 0
	}
	from := w.urls.of(int(v.Request))
	_, _ = w.hash.WriteString(from.Host)
	if pathless { // its path is that of the URL (RFC 6265 §5.1.4)
		_, _ = w.hash.WriteString(from.Path)
	}
	return max(1, w.hash.Sum64())
}

// eachCookie calls use with the value of each Set-Cookie field.
func eachCookie(head []byte, use func(text []byte)) {
	const name = "set-cookie"
	for line := range bytes.Lines(head) {
		if len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name)) {
			use(bytes.TrimSpace(line[len(name)+1:]))
		}
	}
}

// cookiesOf returns the cookies that a head sets, without those that are malformed.
func cookiesOf(head []byte) []*http.Cookie {
	var list []*http.Cookie
	eachCookie(head, func(text []byte) {
		if c, err := http.ParseSetCookie(string(text)); err == nil {
			list = append(list, c)
		}
	})
	return list
}

// cookieOf returns the value of the cookie that the answer sets, or that the user has.
func (w *walker) cookieOf(j *jar, name string, v *source.View) (text []byte, why string) {
	for _, c := range cookiesOf(v.Head) {
		if c.Name == name {
			return []byte(c.Value), ""
		}
	}
	if j != nil {
		for _, c := range j.Cookies(w.urls.of(int(v.Request))) {
			if c.Name == name {
				return []byte(c.Value), ""
			}
		}
	}
	return nil, fmt.Sprintf("no answer has set the cookie %s", name)
}
