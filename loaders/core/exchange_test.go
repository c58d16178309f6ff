package core_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func sendHead() scenarios.Operation         { return scenarios.Operation{SendHead: new(true)} }
func sendBytes(n int64) scenarios.Operation { return scenarios.Operation{SendBytes: &n} }
func pauses(us int64) scenarios.Operation   { return scenarios.Operation{PauseMicros: &us} }
func awaits(status int) scenarios.Operation { return scenarios.Operation{AwaitStatus: &status} }
func awaitEnd() scenarios.Operation         { return scenarios.Operation{AwaitEnd: new(true)} }

// continues asks with Expect: 100-continue.
func continues(length int64) scenarios.Request {
	r := post(length)
	r.Headers = []scenarios.Header{{Name: "Expect", Value: "100-continue"}}
	r.Exchange = scenarios.Exchange{sendHead(), awaits(100), sendBytes(-1), awaitEnd()}
	return r
}

// slow writes five pieces that many microseconds apart.
func slow(us int64) scenarios.Request {
	r := post(100)
	for range 4 {
		r.Exchange = append(r.Exchange, sendBytes(30), pauses(us))
	}
	r.Exchange = append(r.Exchange, sendBytes(-1), awaitEnd())
	return r
}

// patient is a server that lets the client wait for the interim answer. It counts the
// requests whose body comes before that as hasty.
func patient(n, hasty *atomic.Int64, interim string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if r.Header.Get("Expect") != "" {
				time.Sleep(2 * time.Millisecond)
				if in.Buffered() > 0 {
					hasty.Add(1)
				}
				_, _ = io.WriteString(c, interim)
			}
			if got, err := io.Copy(io.Discard, r.Body); err != nil || got != r.ContentLength && r.ContentLength >= 0 {
				return
			}
			n.Add(1)
			_, _ = io.WriteString(c, enginetest.RightAnswer)
		}
	}
}

const carryOn = "HTTP/1.1 100 Continue\r\n\r\n"

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		chunked := continues(50_000)
		chunked.Body.Chunk = 7000
		const hints = "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
		for name, c := range map[string]struct {
			ask     scenarios.Request
			interim string
		}{"small": {continues(5), carryOn}, "large": {continues(1 << 20), hints + carryOn}, "chunked": {chunked, carryOn}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := &c.ask
				var asked, hasty atomic.Int64
				spec := specAt(local(t, patient(&asked, &hasty, c.interim)), counted(20))
				spec.Requests, spec.Connection.ReconnectEvery = []scenarios.Request{*r, enginetest.Get("hello", "/", hello())}, 7
				p := drive(t, e, spec).Phases[0]
				exactly(t, &p, 20)
				if asked.Load() != 20 || hasty.Load() != 0 {
					t.Errorf("the server counts %d requests, %d of them with a body before the 100", asked.Load(), hasty.Load())
				}
				if posts := p.Groups["post"].Completed; p.SentBodyBytes != posts*uint64(r.Body.Size()) || posts == 0 {
					t.Errorf("%d body bytes sent in %d requests of %d", p.SentBodyBytes, posts, r.Body.Size())
				}
				if first := p.Groups["post"].FirstByte; first.MinNS < int64(2*time.Millisecond) {
					t.Errorf("the first byte came after %d ns: that is of the interim answer", first.MinNS)
				}
			})
		}
	})
}

// The same works over TLS, in an open loop, with net/http's server.
func TestExpectContinueSecure(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		a := newAuthority(t)
		s := serveSite(t, hello(), a.server(), nil)
		phase := enginetest.Open(500, long)
		phase.Count = 15
		spec := a.secureSpec(s.address(), phase)
		spec.Requests = []scenarios.Request{continues(100_000)}
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, 15)
		if n := s.body.Load(); n != 15*100_000 || p.SentBodyBytes != uint64(n) {
			t.Errorf("the server counts %d body bytes, the loader %d", n, p.SentBodyBytes)
		}
	})
}

// The pieces of a slow request come apart, by the pauses between them.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, idle := range []loaders.IdleStrategy{loaders.Wait, loaders.Hybrid} {
			t.Run(string(idle), func(t *testing.T) {
				t.Parallel()
				var pieces atomic.Int64
				address := local(t, inPieces(&pieces))
				retry.Often(t, func() string {
					spec := specAt(address, counted(12))
					spec.Requests, spec.Idle = []scenarios.Request{slow(1000)}, idle
					p := drive(t, e, spec).Phases[0]
					exactly(t, &p, 12)
					if p.Total.Service.MinNS < int64(4*time.Millisecond) || p.Total.Write.MinNS < int64(4*time.Millisecond) {
						t.Errorf("the fastest took %d ns, its writes %d, want at least four pauses of 1 ms", p.Total.Service.MinNS, p.Total.Write.MinNS)
					}
					if pieces.Swap(0) == 0 {
						return "every request came in one piece"
					}
					return ""
				})
			})
		}
	})
}

// inPieces answers, and counts the requests whose first piece came alone, milliseconds
// before the last.
func inPieces(pieces *atomic.Int64) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		for {
			if _, err := in.Peek(1); err != nil {
				return
			}
			began, first := time.Now(), in.Buffered()
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if first == 30 && time.Since(began) > 2*time.Millisecond {
				pieces.Add(1)
			}
			_, _ = io.WriteString(c, enginetest.RightAnswer)
		}
	}
}

// Servers that do not answer as the exchange awaits fail it, each in its own cause.
func TestBadExchanges(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		heads := func(answer string) func(net.Conn, *bufio.Reader) {
			return func(c net.Conn, in *bufio.Reader) {
				for {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					if line == "\r\n" {
						_, _ = io.WriteString(c, answer)
					}
				}
			}
		}
		halts := post(100)
		halts.Exchange = scenarios.Exchange{sendBytes(30), pauses(5_000_000), sendBytes(-1)}
		late := post(10)
		late.Exchange = scenarios.Exchange{sendBytes(-1), awaits(103), awaitEnd()}
		lost := causes(results.CauseClosed, results.CauseReset)
		for _, c := range []struct {
			name   string
			ask    scenarios.Request
			serve  func(net.Conn, *bufio.Reader)
			causes []results.Cause
		}{
			{"final answer at once", continues(10), heads("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), causes(results.CauseStatus)},
			{"right answer at once", continues(10), heads(enginetest.RightAnswer), causes(results.CauseEarlyReply)},
			{"in the middle of a slow request", halts, func(c net.Conn, in *bufio.Reader) {
				_, _ = in.ReadByte()
				_, _ = io.WriteString(c, enginetest.RightAnswer)
				silent(c, in)
			}, causes(results.CauseEarlyReply)},
			{"another interim", continues(10), heads("HTTP/1.1 102 Processing\r\n\r\n"), causes(results.CauseTimeout)},
			{"silence", continues(10), heads(""), causes(results.CauseTimeout)},
			{"endless 1xx", continues(10), heads(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 40)), causes(results.CauseProtocol)},
			{"no interim", late, heads(enginetest.RightAnswer), causes(results.CauseStatus)},
			{"closes for the 100", continues(10), func(_ net.Conn, in *bufio.Reader) { _, _ = in.ReadString('\n') }, lost},
			{"closes after the 100", continues(10), func(c net.Conn, in *bufio.Reader) {
				if _, err := http.ReadRequest(in); err == nil {
					_, _ = io.WriteString(c, carryOn)
				}
			}, lost},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				spec := specAt(local(t, c.serve), counted(4))
				spec.Requests, spec.Connections = []scenarios.Request{c.ask}, 2
				if c.causes[0] == results.CauseTimeout {
					spec.RequestTimeout = 60 * time.Millisecond
				}
				p := drive(t, e, spec).Phases[0]
				var sum uint64
				for _, cause := range c.causes {
					sum += p.Total.Errors[cause]
				}
				if sum != 4 || p.Total.Failed != 4 || p.Total.Completed != 0 {
					t.Errorf("%d right, errors %v, want 4 by %v: %s", p.Total.Completed, p.Total.Errors, c.causes, p.Total.FirstError)
				}
			})
		}
	})
}

func causes(c ...results.Cause) []results.Cause { return c }

// The engine refuses an exchange that can never succeed, or that it does not speak,
// before the load begins.
func TestRefusedExchanges(t *testing.T) {
	t.Parallel()
	for says, steps := range map[string]scenarios.Exchange{
		"step 1: it awaits server-sent events before": {awaitEvents(1), sendBytes(-1)},
		"step 2: it awaits server-sent events before": {sendHead(), awaitEvents(1), sendBytes(-1)},
		"it awaits 0 server-sent events":              {sendBytes(-1), awaitEvents(0)},
		"step 3: it sends behind server-sent events":  {sendBytes(-1), awaitEvents(2), sendBytes(-1)},
		"step 2: it closes before the answer's end":   {sendBytes(-1), closes(scenarios.FIN)},
		"step 4: it comes behind the close":           {sendBytes(-1), awaitEvents(1), closes(scenarios.FIN), pauses(1)},
		"send 20 of the request's":                    {sendBytes(20), awaitEnd()},
		"step 3: it says nothing":                     {sendBytes(-1), awaitEnd(), {}},
		"step 2: it awaits the final status":          {sendHead(), awaits(200), sendBytes(-1)},
		"the status 404 where 200 counts":             {sendBytes(-1), awaits(404), awaitEnd()},
		"a pause of 31536000000001 µs":                {pauses(365*24*3600*1e6 + 1), sendBytes(-1)},
		"comes behind the answer's end":               {sendBytes(-1), awaitEnd(), pauses(5)},
	} {
		spec := specAt("127.0.0.1:1", counted(1))
		spec.Requests = []scenarios.Request{post(50)}
		spec.Requests[0].Exchange = steps
		if strings.Contains(says, "nothing") {
			spec.Requests[0].Exchange = scenarios.Exchange{sendBytes(1), sendBytes(-1), {}}
		}
		expectRefusal(t, spec, says)
	}
	deep := specAt("127.0.0.1:1", counted(1))
	deep.Requests, deep.Depth = []scenarios.Request{continues(5)}, 4
	expectRefusal(t, deep, "depth of 1, not 4")
	last := specAt("127.0.0.1:1", counted(1))
	last.Requests, last.Depth = []scenarios.Request{post(5)}, 2
	last.Requests[0].Headers = []scenarios.Header{{Name: "Connection", Value: "close"}}
	expectRefusal(t, last, "nothing may be asked behind it: ask it with a depth of 1, not 2")
	old := specAt("127.0.0.1:1", counted(1))
	old.Requests = []scenarios.Request{post(50)}
	old.Requests[0].Version, old.Requests[0].Body.Chunk = "1.0", 10
	expectRefusal(t, old, "HTTP/1.0 has no chunked bodies")
}

func expectRefusal(t *testing.T, spec loaders.Spec, says string) {
	t.Helper()
	if _, err := (core.Engine{System: systems()[0], Codec: h1.New}).Run(t.Context(), spec, &enginetest.Steer{}); err == nil {
		t.Errorf("no error, want %q", says)
	} else {
		contains(t, err, says)
	}
}

// A server closes after each answer in HTTP/1.0, unless it is asked to keep the
// connection.
func TestHTTP10(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		s := serveSite(t, hello(), nil, func(s *site, r *http.Request) {
			if r.Proto != "HTTP/1.0" {
				s.complain("a request in " + r.Proto)
			}
		})
		for _, keep := range []bool{false, true} {
			r := post(40_000)
			r.Version = "1.0"
			if keep {
				r.Headers = []scenarios.Header{{Name: "Connection", Value: "keep-alive"}}
			}
			spec := specAt(s.address(), counted(20))
			spec.Requests = []scenarios.Request{r}
			p := drive(t, e, spec).Phases[0]
			exactly(t, &p, 20)
			want := uint64(20)
			if keep {
				want = 0
			}
			if p.RequestedCloses != want || p.AnnouncedCloses != 0 {
				t.Errorf("%d requested and %d announced closes, want %d and none", p.RequestedCloses, p.AnnouncedCloses, want)
			}
		}
		if what := s.wrong.Load(); what != nil || s.requests.Load() != 40 {
			t.Errorf("the server counts %d requests, want 40: %v", s.requests.Load(), what)
		}
	})
}
