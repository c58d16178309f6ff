package core_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// A load ends early though its handshakes are never answered. The test counts the
// goroutines of the whole process, so no other test may run at the same time.
func TestTLSEarlyStop(t *testing.T) {
	overBackends(t, func(t *testing.T, e core.Engine) {
		a := newAuthority(t)
		address := local(t, silent)
		load := func(after time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			spec := a.secureSpec(address, enginetest.Closed(time.Hour))
			spec.Connections, spec.ConnectTimeout = 80, time.Minute
			began := time.Now()
			report, err := e.Run(ctx, spec, &enginetest.Steer{})
			if err != nil || !report.Interrupted || report.ConnectionsOpen != 0 {
				t.Errorf("got %v, interrupted %v, %d open", err, report.Interrupted, report.ConnectionsOpen)
			}
			if took := time.Since(began); took > after+4*time.Second {
				t.Errorf("stopping took %v", took)
			}
		}
		load(10 * time.Millisecond) // what the runtime opens at first use
		time.Sleep(10 * time.Millisecond)
		mine := func() (n int) {
			entries, _ := os.ReadDir("/proc/self/fd")
			for _, e := range entries {
				if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.Contains(to, "eventpoll") {
					n++
				}
			}
			return n
		}
		before, ignore := mine(), goleak.IgnoreAnyFunction("github.com/joust-bench/joust/loaders/core_test.raw.func1")
		load(100 * time.Millisecond)
		goleak.VerifyNone(t, ignore, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/joust-bench/joust/loaders/core_test.silent"))
		if after := mine(); after > before {
			t.Errorf("%d event loops open before, %d after", before, after)
		}
	})
}

// All counts are exact over TLS, with net/http's server.
func TestTLS(t *testing.T) {
	overBackends(t, func(t *testing.T, e core.Engine) {
		const large = 2 << 20
		for _, c := range []struct {
			name  string
			count uint64
			body  string
			serve func(*authority, *tls.Config)
			ask   func(*authority, *loaders.Spec)
			look  func(*site, *http.Request)
		}{
			{name: "1.3", count: 60, look: version(tls.VersionTLS13)},
			{name: "1.2", count: 60, serve: func(_ *authority, c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, look: version(tls.VersionTLS12)},
			{name: "pipelined", count: 121, ask: func(_ *authority, s *loaders.Spec) { s.Depth = 4 }},
			{name: "large answers", count: 6, body: strings.Repeat("joust", large/5)},
			{name: "large requests", count: 6, ask: func(_ *authority, s *loaders.Spec) { s.Requests = []scenarios.Request{post(large)} }},
			{name: "small bodies in a pipeline", count: 41, ask: func(_ *authority, s *loaders.Spec) { s.Requests, s.Depth = []scenarios.Request{post(20_000)}, 4 }},
			{name: "reconnecting", count: 30, ask: func(_ *authority, s *loaders.Spec) { s.Connection.ReconnectEvery = 3 }},
			{name: "resuming 1.3", count: 30, ask: resuming},
			{name: "resuming 1.2", count: 30, ask: resuming, serve: func(_ *authority, c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
			{name: "client certificate", count: 20,
				serve: func(a *authority, c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, a.pool },
				ask:   func(a *authority, s *loaders.Spec) { s.TLS.CertFile, s.TLS.KeyFile = a.client() },
				look: func(s *site, r *http.Request) {
					if len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != "client" {
						s.complain("no certificate of the client")
					}
				}},
			{name: "not verified", count: 20, ask: func(_ *authority, s *loaders.Spec) { s.TLS.CAFile, s.TLS.Insecure = "", true }},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				a := newAuthority(t)
				config := a.server()
				if c.serve != nil {
					c.serve(a, config)
				}
				if c.body == "" {
					c.body = hello()
				}
				s := serveSite(t, c.body, config, func(s *site, r *http.Request) {
					if r.TLS.ServerName != "joust.test" || r.TLS.NegotiatedProtocol != "http/1.1" {
						s.complain(fmt.Sprintf("name %q, protocol %q", r.TLS.ServerName, r.TLS.NegotiatedProtocol))
					}
					if c.look != nil {
						c.look(s, r)
					}
				})
				spec := a.secureSpec(s.address(), counted(c.count))
				spec.Requests[0].Expect.Body.Text = c.body
				spec.Threads = 2
				if c.ask != nil {
					c.ask(a, &spec)
				}
				report := drive(t, e, spec)
				checkTLS(t, s, &spec, &report, c.count, c.body)
			})
		}
	})
}

func version(want uint16) func(*site, *http.Request) {
	return func(s *site, r *http.Request) {
		if r.TLS.Version != want {
			s.complain("spoken was " + tls.VersionName(r.TLS.Version))
		}
	}
}

func resuming(_ *authority, s *loaders.Spec) {
	s.Connection.ReconnectEvery, s.TLS.Resume = 2, true
}

func checkTLS(t *testing.T, s *site, spec *loaders.Spec, report *results.Report, count uint64, body string) {
	t.Helper()
	p := &report.Phases[0]
	exactly(t, p, count)
	if n := s.requests.Load(); n != int64(count) {
		t.Errorf("the server counts %d requests, want %d", n, count)
	}
	if n := s.body.Load(); uint64(n) != p.SentBodyBytes || n != int64(count)*spec.Requests[0].Body.Size() {
		t.Errorf("the server counts %d body bytes, the loader %d", n, p.SentBodyBytes)
	}
	if want := count * uint64(len(body)); p.ReceivedBodyBytes != want || p.ReceivedBytes < want {
		t.Errorf("%d bytes with %d of bodies received, want %d of bodies", p.ReceivedBytes, p.ReceivedBodyBytes, want)
	}
	if report.TLSHandshake == nil || report.Connect == nil || report.TLSHandshake.Count != report.Connect.Count {
		t.Errorf("handshakes %v, connections %v", report.TLSHandshake, report.Connect)
	}
	if every := spec.Connection.ReconnectEvery; every > 0 && p.Reconnects < count/uint64(every)-3 {
		t.Errorf("%d reconnects for %d requests, one after each %d", p.Reconnects, count, every)
	}
	if resumed := s.resumed.Load(); (resumed > 0) != spec.TLS.Resume {
		t.Errorf("%d requests on resumed sessions, asked for was %v", resumed, spec.TLS.Resume)
	}
	if what := s.wrong.Load(); what != nil {
		t.Error(*what)
	}
}

// Each handshake that cannot succeed is refused by its cause, with the way out.
func TestTLSRefused(t *testing.T) {
	overBackends(t, func(t *testing.T, e core.Engine) {
		stranger := func(s *loaders.Spec) { s.TLS.ServerName = "another.test" }
		plain := func(c net.Conn, in *bufio.Reader) {
			_, _ = in.ReadByte()
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		}
		good := func(a *authority) func(net.Conn, *bufio.Reader) {
			config := a.server()
			return func(c net.Conn, _ *bufio.Reader) { _ = tls.Server(c, config).Handshake() }
		}
		for _, c := range []struct {
			name  string
			serve func(*authority) func(net.Conn, *bufio.Reader)
			tweak func(*loaders.Spec)
			cause results.Cause
			says  string
		}{
			{"plain server", func(*authority) func(net.Conn, *bufio.Reader) { return plain }, nil, results.CauseTLS, "use http://"},
			{"silent server", func(*authority) func(net.Conn, *bufio.Reader) { return silent }, nil, results.CauseConnectTimeout, "no TLS handshake within 150ms"},
			{"dripping server", func(*authority) func(net.Conn, *bufio.Reader) { return drip }, nil, results.CauseConnectTimeout, "no TLS handshake within 150ms"},
			{"unknown authority", good, func(s *loaders.Spec) { s.TLS.CAFile = "" }, results.CauseTLS, "trust its authority"},
			{"another name", good, stranger, results.CauseTLS, "another.test"},
			{"closes", func(*authority) func(net.Conn, *bufio.Reader) { return func(net.Conn, *bufio.Reader) {} }, nil, results.CauseTLS, ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				a := newAuthority(t)
				spec := a.secureSpec(local(t, c.serve(a)), enginetest.Closed(time.Second))
				if spec.ConnectTimeout = 5 * time.Second; c.cause == results.CauseConnectTimeout {
					spec.ConnectTimeout = 150 * time.Millisecond
				}
				if c.tweak != nil {
					c.tweak(&spec)
				}
				err := refused(t, e, spec)
				if err.Cause != c.cause {
					t.Errorf("cause %q, want %q: %v", err.Cause, c.cause, err)
				}
				contains(t, err, c.says)
			})
		}
	})
}

// drip sends a TLS record that never ends, a byte at a time.
func drip(c net.Conn, _ *bufio.Reader) {
	for _, b := range slices.Concat([]byte{22, 3, 3, 64, 0}, make([]byte, 16<<10)) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A TLS server that is asked in plain text answers in plain text, as net/http does, or
// with an alert.
func TestTLSWherePlainWasAsked(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		a := newAuthority(t)
		alert := local(t, func(c net.Conn, in *bufio.Reader) {
			_, _ = in.ReadByte()
			_, _ = c.Write([]byte("\x15\x03\x01\x00\x02\x02\x0a"))
		})
		for address, want := range map[string]results.Cause{
			serveSite(t, hello(), a.server(), nil).address(): results.CauseStatus,
			alert: results.CauseProtocol,
		} {
			p := drive(t, e, specAt(address, counted(3))).Phases[0]
			if p.Total.Completed != 0 || p.Total.Errors[want] == 0 {
				t.Errorf("%d right, errors %v, want only %q", p.Total.Completed, p.Total.Errors, want)
			}
			if want == results.CauseProtocol && !strings.Contains(p.Total.FirstError, "use https://") {
				t.Errorf("%q does not say what to do", p.Total.FirstError)
			}
		}
	})
}

// halvingConn lets half of a write pass and closes, once halves is set.
type halvingConn struct {
	net.Conn
	halves bool
}

func (c *halvingConn) Write(b []byte) (int, error) {
	if !c.halves {
		return c.Conn.Write(b)
	}
	_, _ = c.Conn.Write(b[:len(b)/2])
	_ = c.Close()
	return 0, net.ErrClosed
}

// A server that closes in the middle of a TLS record fails the request.
func TestTLSCutRecord(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		a := newAuthority(t)
		config := a.server()
		address := local(t, func(c net.Conn, _ *bufio.Reader) {
			halving := &halvingConn{Conn: c}
			secure := tls.Server(halving, config)
			if _, err := http.ReadRequest(bufio.NewReader(secure)); err == nil {
				halving.halves = true
				_, _ = secure.Write([]byte(enginetest.RightAnswer))
			}
		})
		p := drive(t, e, a.secureSpec(address, counted(5))).Phases[0]
		if p.Total.Completed != 0 || p.Total.Errors[results.CauseClosed] != 5 || p.Total.Failed != 5 {
			t.Errorf("%d right, errors %v, want 5 by %q: %s", p.Total.Completed, p.Total.Errors, results.CauseClosed, p.Total.FirstError)
		}
	})
}

// Files that hold no certificates are refused before the load begins.
func TestTLSFiles(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		a := newAuthority(t)
		cert, key := a.client()
		for name, secure := range map[string]loaders.TLS{
			"reading the authority":            {CAFile: a.file + ".none"},
			"holds no PEM certificate":         {CAFile: key},
			"reading the client certificate":   {CertFile: cert, KeyFile: a.file},
			"no such file or directory":        {CertFile: cert, KeyFile: key + ".none"},
			"reading the client certificate: ": {CertFile: key, KeyFile: cert},
		} {
			spec := a.secureSpec("127.0.0.1:1", counted(1))
			spec.TLS = &secure
			_, err := e.Run(t.Context(), spec, &enginetest.Steer{})
			if err == nil {
				t.Fatalf("%s: no error", name)
			}
			contains(t, err, name)
		}
	})
}
