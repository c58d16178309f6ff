package adhoc

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/results"
)

// URL holds the parts of a URL.
type URL struct {
	// TLS is true for https.
	TLS bool
	// Name is the host as it is resolved and verified: a name or a numeric
	// address, without brackets. Port is its port in digits.
	Name, Port string
	// Host is the value of the Host header.
	Host string
	// Path is the request target in origin form, with the query: byte for byte as
	// given, but for bytes that may not stand there, which are escaped.
	Path string
	// Authorization is made from a user and password in the URL; empty for
	// none.
	Authorization string
}

// ParseURL reads the parts of a URL. The error says how to write it.
func ParseURL(text string) (URL, error) {
	scheme, _, ok := strings.Cut(text, "://")
	shown := results.Redacted(text)
	switch scheme = strings.ToLower(scheme); {
	case !ok && strings.Trim(text, "/") == "":
		return URL{}, fmt.Errorf("URL %q has no scheme and no host: it looks like http://host:port/path", shown)
	case !ok:
		return URL{}, fmt.Errorf("URL %q has no scheme: write http://%s", shown, strings.TrimLeft(shown, "/"))
	case scheme != "http" && scheme != "https":
		return URL{}, fmt.Errorf("URL %q: joust load speaks http and https, not %q", shown, scheme)
	}
	if i := strings.IndexFunc(text, isControl); i >= 0 {
		return URL{}, fmt.Errorf("URL %q is malformed: it holds the control character %q at %d: leave it out, or write it as an escape", shown, text[i], i)
	}
	authority, rest := splitAuthority(text)
	u, err := url.Parse(authority)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return URL{}, fmt.Errorf("URL %q is malformed: %w: it looks like http://host:port/path", shown, err)
	}
	t := URL{TLS: scheme == "https", Name: u.Hostname(), Port: u.Port(), Path: requestTarget(rest)}
	if t.Port == "" {
		t.Port = loaders.DefaultPort(t.TLS)
	}
	if !isPort(t.Port) {
		return URL{}, fmt.Errorf("URL %q: port %s: they go from 1 to 65535", shown, t.Port)
	}
	if err := checkName(t.Name); err != nil {
		return URL{}, fmt.Errorf("URL %q: %w", shown, err)
	}
	t.setHost()
	t.Authorization = authorization(u.User)
	return t, nil
}

// splitAuthority splits a URL behind its authority.
func splitAuthority(text string) (authority, rest string) {
	const mark = "://"
	from := strings.Index(text, mark) + len(mark)
	if end := strings.IndexAny(text[from:], "/?#"); end >= 0 {
		return text[:from+end], text[from+end:]
	}
	return text, ""
}

// escapes matches an escape, or a percent sign that begins none.
var escapes = regexp.MustCompile("%([0-9A-Fa-f]{2})?")

// requestTarget returns the path and query of a URL in origin form, without its
// fragment. The given bytes stay, escapes among them: two spellings of a path may be
// two resources to a server. Bytes that may not stand there (RFC 3986 §3.3, §3.4) are
// escaped, each byte of a letter in UTF-8. Pieces stay as they are.
func requestTarget(rest string) string {
	if isPlainTarget(rest) {
		return rest
	}
	rest, _, _ = strings.Cut(rest, "#")
	return "/" + pieces.MapLiterals(strings.TrimPrefix(rest, "/"), func(text string) string {
		text = escapes.ReplaceAllStringFunc(text, func(s string) string {
			if s == "%" {
				return "%25"
			}
			return s
		})
		return loaders.EscapeURL(text, "[]")
	})
}

// isPlainTarget reports whether the end of a URL is a request target as it stands.
func isPlainTarget(rest string) bool {
	if rest == "" || rest[0] != '/' {
		return false
	}
	for i := range len(rest) {
		if c := rest[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}[]%#", c) >= 0 {
			return false
		}
	}
	return true
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// setHost writes the Host header, without a default port (RFC 9110 §4.2) and without
// a zone, which means nothing to the server.
func (t *URL) setHost() {
	name, _, _ := strings.Cut(t.Name, "%")
	t.Host = name
	if strings.Contains(name, ":") {
		t.Host = "[" + name + "]"
	}
	if t.Port != loaders.DefaultPort(t.TLS) {
		t.Host = net.JoinHostPort(name, t.Port)
	}
}

func isPort(digits string) bool {
	n, err := strconv.ParseUint(digits, 10, 16)
	return err == nil && n > 0
}

func checkName(name string) error {
	if name == "" {
		return errors.New("it names no host: it looks like http://host:port/path")
	}
	for _, c := range []byte(name) {
		switch {
		case c >= 0x80:
			return fmt.Errorf("host %q holds letters beyond ASCII: write its xn-- form", name)
		case c <= ' ' || c == 0x7f:
			return fmt.Errorf("host %q holds the byte %q", name, c)
		}
	}
	return nil
}

// Proxy holds the parts of the URL of an HTTP proxy.
type Proxy struct {
	// Name is the host, a name or a numeric address; Port is its port in digits.
	Name, Port string
	// Authorization is made from a user and password in the URL; empty for none.
	Authorization string
}

// ParseProxy reads the URL of an HTTP proxy, http://[user:password@]host:port. The
// error says how to write it, and shows no password.
func ParseProxy(text string) (Proxy, error) {
	refuse := func(why string) (Proxy, error) {
		return Proxy{}, fmt.Errorf("--proxy %q: %sit looks like http://host:port", results.Redacted(text), why)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" || u.Hostname() == "":
		return refuse("")
	case u.Port() == "":
		return refuse("it has no port: ")
	case !isPort(u.Port()) || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return refuse("")
	}
	return Proxy{Name: u.Hostname(), Port: u.Port(), Authorization: authorization(u.User)}, nil
}

// authorization returns the credentials of a URL as a header has them, "" where there
// are none.
func authorization(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	password, _ := user.Password()
	return basic(user.Username() + ":" + password)
}
