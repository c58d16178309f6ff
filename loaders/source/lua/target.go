package lua

import (
	"net/netip"
	"strings"
)

// target holds the parts of the URL as wrk sees them.
type target struct {
	scheme, host, path string
	// port is empty where the URL has none.
	port string
}

// targetOf reads the parts of a URL that was checked before.
func targetOf(url string) target {
	scheme, rest, _ := strings.Cut(url, "://")
	t := target{scheme: strings.ToLower(scheme), path: "/"}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
		if rest[end] == '/' {
			t.path = rest[end:]
		}
	}
	authority = authority[strings.LastIndexByte(authority, '@')+1:]
	if inner, port, ok := strings.Cut(authority, "]"); ok {
		t.host, t.port = strings.TrimPrefix(inner, "["), strings.TrimPrefix(port, ":")
		return t
	}
	t.host, t.port, _ = strings.Cut(authority, ":")
	return t
}

// field returns the Host field of the URL, as wrk makes it.
func (t target) field() string {
	host := t.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if t.port != "" {
		host += ":" + t.port
	}
	return host
}

// address is one of the addresses of a host. text stands for one that is no number, such as
// the path of a socket.
type address struct {
	netip.AddrPort
	text string
}

// String returns the address as wrk prints it: without brackets.
func (a address) String() string {
	if !a.IsValid() {
		return a.text
	}
	return strings.NewReplacer("[", "", "]", "").Replace(a.AddrPort.String())
}
