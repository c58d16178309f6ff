package core_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// answering counts requests and answers each with hello.
func answering(n *atomic.Int64) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			n.Add(1)
			if _, err := io.WriteString(c, enginetest.RightAnswer); err != nil {
				return
			}
		}
	}
}

// Connections are spread over all addresses of a name in turn.
func TestAddresses(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var connects [2]atomic.Int64
		var asked atomic.Int64
		var addresses []string
		for i := range connects {
			addresses = append(addresses, local(t, func(c net.Conn, in *bufio.Reader) {
				connects[i].Add(1)
				answering(&asked)(c, in)
			}))
		}
		for _, threads := range []int{1, 3} {
			spec := specAt(addresses[0], counted(120))
			spec.Target.More, spec.Connections, spec.Threads = addresses[1:], 6, threads
			p := drive(t, e, spec).Phases[0]
			exactly(t, &p, 120)
		}
		if a, b := connects[0].Load(), connects[1].Load(); a != 6 || b != 6 || asked.Load() != 240 {
			t.Errorf("%d and %d connections and %d requests, want 6, 6 and 240", a, b, asked.Load())
		}
	})
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var asked atomic.Int64
		path := filepath.Join(t.TempDir(), "s")
		raw(t, "unix", path, answering(&asked))
		spec := specAt(path, counted(61))
		spec.Target.Network, spec.Threads, spec.Connection.ReconnectEvery = "unix", 2, 4
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, 61)
		if asked.Load() != 61 {
			t.Errorf("the server counts %d requests", asked.Load())
		}
		spec.Target.Address += ".none"
		if err := refused(t, e, spec); err.Cause != results.CauseConnectRefused {
			t.Errorf("cause %q: %v", err.Cause, err)
		}
	})
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		probe, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skipf("no IPv6 on the loopback: %v", err)
		}
		_ = probe.Close()
		var asked atomic.Int64
		p := drive(t, e, specAt(raw(t, "tcp", "[::1]:0", answering(&asked)).Addr().String(), counted(40))).Phases[0]
		exactly(t, &p, 40)
		if asked.Load() != 40 {
			t.Errorf("the server counts %d requests", asked.Load())
		}
	})
}

// forwarder is a small HTTP proxy in both forms.
func forwarder(t *testing.T, tunnels, forwards *atomic.Int64) string {
	return local(t, func(c net.Conn, in *bufio.Reader) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if r.Method == http.MethodConnect {
				tunnels.Add(1)
				tunnel(c, in, r.Host)
				return
			}
			if !r.URL.IsAbs() {
				_, _ = io.WriteString(c, "HTTP/1.1 400 Not For A Proxy\r\nContent-Length: 0\r\n\r\n")
				continue
			}
			forwards.Add(1)
			r.RequestURI = ""
			answer, err := http.DefaultTransport.RoundTrip(r)
			if err != nil || answer.Write(c) != nil {
				return
			}
		}
	})
}

// tunnel copies both ways until one side ends.
func tunnel(c net.Conn, in io.Reader, to string) {
	up, err := net.Dial("tcp", to)
	if err != nil {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connected\r\nX-Proxy: small\r\n\r\n")
	var copying sync.WaitGroup
	for _, way := range []struct {
		to   io.Writer
		from io.Reader
	}{{up, in}, {c, up}} {
		copying.Go(func() {
			_, _ = io.Copy(way.to, way.from)
			_, _ = up.Close(), c.Close()
		})
	}
	copying.Wait()
}

func TestProxy(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var tunnels, forwards atomic.Int64
		proxy := &loaders.Proxy{Address: forwarder(t, &tunnels, &forwards)}
		t.Run("absolute form", func(t *testing.T) {
			s := serveSite(t, hello(), nil, func(s *site, r *http.Request) {
				if r.RequestURI != "/" {
					s.complain("the origin was asked for " + r.RequestURI)
				}
			})
			spec := specAt(s.address(), counted(30))
			spec.Target.Host, spec.Proxy = s.address(), proxy
			spec.Requests = []scenarios.Request{enginetest.Get("hello", "/", hello()), post(40_000)}
			p := drive(t, e, spec).Phases[0]
			exactly(t, &p, 30)
			if n := s.requests.Load(); n != 30 || forwards.Load() != 30 {
				t.Errorf("the origin counts %d, the proxy %d, want 30", n, forwards.Load())
			}
			http.DefaultTransport.(*http.Transport).CloseIdleConnections()
			if what := s.wrong.Load(); what != nil {
				t.Error(*what)
			}
		})
		t.Run("tunnel", func(t *testing.T) {
			a := newAuthority(t)
			s := serveSite(t, hello(), a.server(), nil)
			spec := a.secureSpec(s.address(), counted(30))
			spec.Proxy, spec.Connection.ReconnectEvery = proxy, 5
			report := drive(t, e, spec)
			exactly(t, &report.Phases[0], 30)
			if n := tunnels.Load(); s.requests.Load() != 30 || uint64(n) < report.TLSHandshake.Count {
				t.Errorf("the origin counts %d, the proxy %d tunnels for %d handshakes", s.requests.Load(), n, report.TLSHandshake.Count)
			}
		})
		t.Run("headers for the proxy", func(t *testing.T) {
			t.Parallel()
			testProxyHeaders(t, e)
		})
		t.Run("no credentials", func(t *testing.T) {
			t.Parallel()
			spec := newAuthority(t).secureSpec("127.0.0.1:1", counted(3))
			spec.Connections = 1
			spec.Proxy = &loaders.Proxy{Address: local(t, func(c net.Conn, in *bufio.Reader) {
				_, _ = http.ReadRequest(in)
				_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
			})}
			contains(t, refused(t, e, spec), "refuses a tunnel to 127.0.0.1:1: 407", "give the user and the password that it knows")
		})
		t.Run("no tunnel", func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t)
			spec := a.secureSpec("127.0.0.1:1", counted(3))
			spec.Connections = 1
			spec.Proxy = proxy
			err := refused(t, e, spec)
			if err.Cause != results.CauseConnect {
				t.Errorf("cause %q: %v", err.Cause, err)
			}
			contains(t, err, "refuses a tunnel to 127.0.0.1:1", "502")
		})
		t.Run("endless head", func(t *testing.T) {
			t.Parallel()
			a := newAuthority(t)
			spec := a.secureSpec("127.0.0.1:1", counted(3))
			spec.Connections = 1
			spec.Proxy = &loaders.Proxy{Address: local(t, func(c net.Conn, in *bufio.Reader) {
				if _, err := http.ReadRequest(in); err == nil {
					_, _ = io.Copy(c, io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nX: "), strings.NewReader(strings.Repeat("x", 100<<10))))
				}
			})}
			contains(t, refused(t, e, spec), "longer than 65536 bytes")
		})
	})
}

// testProxyHeaders asks in both forms, with headers for the proxy: it gets them with
// CONNECT and with each request in absolute form, and they never go into the tunnel.
func testProxyHeaders(t *testing.T, e core.Engine) {
	const secret = "Basic dTpw"
	var seen [2]atomic.Pointer[http.Header]
	through := &loaders.Proxy{Headers: []scenarios.Header{{Name: "Proxy-Authorization", Value: secret}, {Name: "Proxy-Connection", Value: "keep-alive"}}}
	through.Address = local(t, func(c net.Conn, in *bufio.Reader) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if r.Method == http.MethodConnect {
				seen[0].Store(&r.Header)
				tunnel(c, in, r.Host)
				return
			}
			seen[1].Store(&r.Header)
			_, _ = io.WriteString(c, enginetest.RightAnswer)
		}
	})
	a := newAuthority(t)
	s := serveSite(t, hello(), a.server(), func(s *site, r *http.Request) {
		if r.Header.Get("Proxy-Authorization")+r.Header.Get("Proxy-Connection") != "" || r.Header.Get("Te") != "trailers" {
			s.complain("the origin got " + strings.Join(slices.Sorted(maps.Keys(r.Header)), ", "))
		}
	})
	spec := a.secureSpec(s.address(), counted(4))
	spec.Proxy, spec.Connections = through, 1
	spec.Requests[0].Headers = []scenarios.Header{{Name: "Connection", Value: "close"}, {Name: "TE", Value: "trailers"}}
	p := drive(t, e, spec).Phases[0]
	exactly(t, &p, 4)
	if what := s.wrong.Load(); what != nil {
		t.Error(*what)
	}
	plain := specAt("127.0.0.1:1", counted(4))
	plain.Proxy, plain.Connections = through, 1
	p = drive(t, e, plain).Phases[0]
	exactly(t, &p, 4)
	for i, form := range []string{"CONNECT", "absolute form"} {
		got := *seen[i].Load()
		if got.Get("Proxy-Authorization") != secret || got.Get("Proxy-Connection") != "keep-alive" || got.Get("Connection")+got.Get("Te") != "" {
			t.Errorf("%s: the proxy got %v", form, got)
		}
	}
	spec.Requests[0].Headers = through.Headers
	if err := spec.WithDefaults().Validate(); err == nil {
		t.Error("a header for the proxy inside the tunnel is no error")
	} else {
		contains(t, err, "make it one of the proxy's headers")
	}
}
