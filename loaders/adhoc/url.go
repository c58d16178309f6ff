package adhoc

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
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
	// Path is the request target in origin form, with the query.
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
	u, err := url.Parse(text)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return URL{}, fmt.Errorf("URL %q is malformed: %w: it looks like http://host:port/path", shown, err)
	}
	t := URL{TLS: scheme == "https", Name: u.Hostname(), Port: u.Port(), Path: u.RequestURI()}
	if t.Port == "" {
		t.Port = defaultPort(t.TLS)
	}
	if !isPort(t.Port) {
		return URL{}, fmt.Errorf("URL %q: port %s: they go from 1 to 65535", shown, t.Port)
	}
	if err := checkName(t.Name); err != nil {
		return URL{}, fmt.Errorf("URL %q: %w", shown, err)
	}
	t.setHost()
	if u.User != nil {
		password, _ := u.User.Password()
		t.Authorization = basic(u.User.Username() + ":" + password)
	}
	return t, nil
}

// setHost writes the Host header, without a default port (RFC 9110 §4.2) and without
// a zone, which means nothing to the server.
func (t *URL) setHost() {
	name, _, _ := strings.Cut(t.Name, "%")
	t.Host = name
	if strings.Contains(name, ":") {
		t.Host = "[" + name + "]"
	}
	if t.Port != defaultPort(t.TLS) {
		t.Host = net.JoinHostPort(name, t.Port)
	}
}

func defaultPort(tls bool) string {
	if tls {
		return "443"
	}
	return "80"
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

// ParseProxy reads the URL of an HTTP proxy, http://host:port.
func ParseProxy(text string) (name, port string, err error) {
	const want = "it looks like http://host:port"
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme != "http" {
		return "", "", fmt.Errorf("--proxy %q: %s", results.Redacted(text), want)
	}
	name, port, err = net.SplitHostPort(strings.TrimSuffix(rest, "/"))
	if err != nil {
		return "", "", fmt.Errorf("--proxy %q: %s, with a port", results.Redacted(text), want)
	}
	if name == "" || !isPort(port) || strings.ContainsAny(name, "/@?#") {
		return "", "", fmt.Errorf("--proxy %q: %s", results.Redacted(text), want)
	}
	return name, port, nil
}

// parseHeaders reads lines of -H. "A:b" and "A: b" are the same.
func parseHeaders(lines []string) ([]scenarios.Header, error) {
	var list []scenarios.Header
	var errs []error
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf(`-H %q: a header looks like "Name: value"`, line))
		case name == "":
			errs = append(errs, fmt.Errorf("-H %q: the header has no name", line))
		case strings.TrimSpace(name) != name:
			errs = append(errs, fmt.Errorf("-H %q: no space may stand around the name of a header", line))
		}
		list = append(list, scenarios.Header{Name: name, Value: strings.Trim(value, " \t")})
	}
	return list, errors.Join(errs...)
}

// checkRequestID refuses a header for ids that is no header or has another meaning.
func checkRequestID(name string, headers []scenarios.Header) error {
	same := func(other string) bool { return strings.EqualFold(name, other) }
	foreign := func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}
	switch {
	case name == "":
		return nil
	case strings.ContainsFunc(name, foreign):
		return fmt.Errorf("--request-id=%s: a header's name is made of letters, digits and hyphens, such as %s", name, DefaultRequestID)
	case slices.ContainsFunc(headers, func(h scenarios.Header) bool { return same(h.Name) }):
		return fmt.Errorf("-H %s and --request-id=%s give the same header: leave out the one or the other", name, name)
	case slices.ContainsFunc([]string{"Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect"}, same):
		return fmt.Errorf("--request-id=%s: that header has a meaning in HTTP: name another, such as %s", name, DefaultRequestID)
	}
	return nil
}
