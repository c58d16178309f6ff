package core_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func closes(kind scenarios.CloseKind) scenarios.Operation { return scenarios.Operation{Close: &kind} }
func awaitEvents(n int) scenarios.Operation               { return scenarios.Operation{AwaitEvents: &n} }

// dropped claims a body of 256 bytes, sends half of it and closes.
func dropped(steps ...scenarios.Operation) scenarios.Request {
	r := post(256)
	r.Name, r.Path, r.Expect = "dropped", "/dropped", scenarios.Expect{}
	r.Exchange = append(scenarios.Exchange{sendHead(), sendBytes(128)}, steps...)
	return r
}

// witness is a server that counts the whole requests, and the connections that end inside
// a request for /dropped.
type witness struct {
	whole, halves, stray atomic.Int64
}

func (w *witness) serve(c net.Conn, in *bufio.Reader) {
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, r.Body)
		switch {
		case err == nil:
			w.whole.Add(1)
			_, _ = io.WriteString(c, enginetest.RightAnswer)
			continue
		case r.URL.Path == "/dropped" && n <= 128:
			w.halves.Add(1)
		default:
			w.stray.Add(1)
		}
		return
	}
}

// Abandoned exchanges are counted exactly, as neither right nor failed, and cost no
// back-off. The requests between them are answered.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		open := enginetest.Open(2000, long)
		open.Count = 60
		for _, c := range []struct {
			name  string
			ask   scenarios.Request
			phase loaders.Phase
		}{
			{"fin", dropped(closes(scenarios.FIN)), counted(60)},
			{"rst", dropped(closes(scenarios.RST)), counted(60)},
			{"pause", dropped(pauses(2000), closes(scenarios.FIN)), counted(60)},
			{"open loop", dropped(closes(scenarios.FIN)), open},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				var w witness
				spec := specAt(local(t, w.serve), c.phase)
				spec.Requests = []scenarios.Request{c.ask, enginetest.Get("hello", "/", hello())}
				expectAbandoned(t, e, spec, &w, 60)
			})
		}
		t.Run("secure", func(t *testing.T) {
			t.Parallel()
			var w witness
			a := newAuthority(t)
			config := a.server()
			address := local(t, func(c net.Conn, _ *bufio.Reader) {
				secure := tls.Server(c, config)
				w.serve(secure, bufio.NewReader(secure))
			})
			spec := a.secureSpec(address, counted(40))
			spec.Requests = []scenarios.Request{dropped(closes(scenarios.FIN)), enginetest.Get("hello", "/", hello())}
			expectAbandoned(t, e, spec, &w, 40)
		})
		// Connecting to a unix socket takes no time: one abandoned exchange must not begin
		// the next inside itself.
		t.Run("unix", func(t *testing.T) {
			t.Parallel()
			var w witness
			path := filepath.Join(t.TempDir(), "s")
			raw(t, "unix", path, w.serve)
			spec := specAt(path, counted(3000))
			spec.Target.Network = "unix"
			spec.Requests = []scenarios.Request{dropped(closes(scenarios.FIN))}
			p := drive(t, e, spec).Phases[0]
			if p.Abandons() != 3000 || p.Failures() != 0 {
				t.Errorf("%d abandoned, %d failed: %s", p.Abandons(), p.Failures(), p.Total.FirstError)
			}
		})
	})
}

// expectAbandoned runs a load of dropped requests and hellos in turn, n together.
func expectAbandoned(t *testing.T, e core.Engine, spec loaders.Spec, w *witness, n uint64) {
	t.Helper()
	report := drive(t, e, spec)
	p := &report.Phases[0]
	if p.Failures() != 0 || p.Unanswered != 0 || p.SurplusAnswers != 0 || p.BackoffNS != 0 || len(p.ConnectionErrors) != 0 {
		t.Errorf("%d failed, %d unanswered, %d surplus, %d ns of back-off, connection errors %v: %s",
			p.Failures(), p.Unanswered, p.SurplusAnswers, p.BackoffNS, p.ConnectionErrors, p.Total.FirstError)
	}
	if p.Right()+p.Abandons() != n || p.Abandons() < n/3 || p.Right() < n/3 {
		t.Errorf("%d right and %d abandoned, want %d in about equal parts", p.Right(), p.Abandons(), n)
	}
	if !enginetest.Reaches(&w.halves, p.Abandons(), 5*time.Second) || w.stray.Load() != 0 || uint64(w.whole.Load()) != p.Right() {
		t.Errorf("the server counts %d halves, %d strays and %d whole requests, the loader %d abandoned and %d right",
			w.halves.Load(), w.stray.Load(), w.whole.Load(), p.Abandons(), p.Right())
	}
	expectReconnects(t, p, p.Abandons(), spec.Connections)
	if g := p.Groups["dropped"]; g.Abandoned+p.AbandonedOutside != p.Abandons() || g.Completed != 0 {
		t.Errorf("the group has %d abandoned and %d right", g.Abandoned, g.Completed)
	}
	if p.Loop == results.OpenLoop && p.Rate.Achieved != p.Total.Completed+p.Total.Abandoned {
		t.Errorf("achieved %d of %d right and %d abandoned", p.Rate.Achieved, p.Total.Completed, p.Total.Abandoned)
	}
}

// expectReconnects fails unless the loader made a new connection for each one that it
// ended. In an open loop it makes all for their requests, those too that were there before
// the phase, and perhaps not the last ones.
func expectReconnects(t *testing.T, p *results.Phase, ended uint64, connections int) {
	t.Helper()
	most := ended
	if p.Loop == results.OpenLoop {
		most += uint64(connections)
	}
	if p.Reconnects < ended-min(ended, most-ended) || p.Reconnects > most {
		t.Errorf("%d reconnects for %d ended connections", p.Reconnects, ended)
	}
}

// An answer in place of the close: a right one to half of a request is an early reply, a
// refusal does not change that the exchange is abandoned, and neither does an answer to a
// whole request. A server that closes first has failed.
func TestAnswersToAbandoned(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		whole := post(256)
		whole.Expect = scenarios.Expect{}
		whole.Exchange = scenarios.Exchange{sendBytes(-1), pauses(20_000_000), closes(scenarios.FIN)}
		headed := whole
		headed.Exchange = scenarios.Exchange{sendBytes(-1), awaits(200), closes(scenarios.RST)}
		waits := dropped(pauses(20_000_000), closes(scenarios.FIN))
		const cutAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin"
		for _, c := range []struct {
			name   string
			ask    scenarios.Request
			answer string
			cause  results.Cause // "" for an abandoned exchange
		}{
			{"right answer to a half", waits, enginetest.RightAnswer, results.CauseEarlyReply},
			{"refusal of a half", waits, "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno", ""},
			{"refusal that closes", waits, "HTTP/1.1 400 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", ""},
			{"close", waits, "", results.CauseClosed},
			{"answer to a whole", whole, enginetest.RightAnswer, ""},
			{"awaited head", headed, cutAnswer, ""},
			{"another head", headed, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", results.CauseStatus},
			{"noise", whole, "noise\r\n\r\n", results.CauseProtocol},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				spec := specAt(local(t, answerAtTheBody(c.answer)), counted(6))
				spec.Requests, spec.Connections = []scenarios.Request{c.ask}, 2
				p := drive(t, e, spec).Phases[0]
				wantAbandoned, wantFailed := uint64(6), uint64(0)
				if c.cause != "" {
					wantAbandoned, wantFailed = 0, 6
				}
				if p.Abandons() != wantAbandoned || p.Total.Failed != wantFailed || p.Total.Errors[c.cause] != wantFailed || p.Right() != 0 {
					t.Errorf("%d right, %d abandoned, errors %v, want %d abandoned and %d by %q: %s",
						p.Right(), p.Abandons(), p.Total.Errors, wantAbandoned, wantFailed, c.cause, p.Total.FirstError)
				}
			})
		}
	})
}

// answerAtTheBody writes the answer once half of a body of 256 bytes has come, and then
// waits for the end of the stream; without an answer it closes.
func answerAtTheBody(answer string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
		}
		if _, err := io.CopyN(io.Discard, in, 128); err != nil || answer == "" {
			return
		}
		_, _ = io.WriteString(c, answer)
		_, _ = io.Copy(io.Discard, in)
	}
}

// A close behind the answer's end ends the connection, and nothing else.
func TestCloseBehindTheAnswer(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, kind := range []scenarios.CloseKind{scenarios.FIN, scenarios.RST} {
			t.Run(string(kind), func(t *testing.T) {
				t.Parallel()
				s := serveSite(t, hello(), nil, nil)
				spec := specAt(s.address(), counted(30))
				r := post(50)
				r.Exchange = scenarios.Exchange{sendBytes(-1), awaitEnd(), closes(kind)}
				spec.Requests = []scenarios.Request{r}
				p := drive(t, e, spec).Phases[0]
				exactly(t, &p, 30)
				if p.Reconnects != 30 || p.Abandons() != 0 || p.BackoffNS != 0 || p.UnannouncedCloses+p.AnnouncedCloses != 0 {
					t.Errorf("%d reconnects, %d abandoned, %d ns of back-off, %d closes", p.Reconnects, p.Abandons(), p.BackoffNS, p.Closes())
				}
				if !enginetest.Reaches(&s.connects, 33, 5*time.Second) || s.requests.Load() != 30 {
					t.Errorf("the server counts %d connections and %d requests, want 33 and 30", s.connects.Load(), s.requests.Load())
				}
			})
		}
	})
}

const eventsOfASession = 100

// stream is the body of a session.
func stream() string {
	var b strings.Builder
	for i := 1; i <= eventsOfASession; i++ {
		fmt.Fprintf(&b, "data: %d\n\n", i)
	}
	return b.String()
}

// session asks for a stream of events with the steps behind the request.
func session(expect scenarios.Expect, steps ...scenarios.Operation) scenarios.Request {
	return scenarios.Request{
		Name: "session", Method: "GET", Path: "/sse", Expect: expect,
		Exchange: append(scenarios.Exchange{sendBytes(-1)}, steps...),
	}
}

// sessions is a handler that sends events one by one. Where endless is true it goes on
// until the client closes.
func sessions(endless bool, gone *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/sse" {
			_, _ = io.WriteString(w, hello())
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for i := 1; i <= eventsOfASession || endless; i++ {
			if _, err := fmt.Fprintf(w, "data: %d\n\n", i); err != nil {
				break
			}
			if i <= eventsOfASession {
				w.(http.Flusher).Flush()
			}
			if i == eventsOfASession && endless {
				<-r.Context().Done()
				break
			}
		}
		gone.Add(1)
	}
}

// Sessions of server-sent events are right where all events have come, in closed and open
// loops, in plain text and over TLS, mixed with other requests. A loader that has seen
// enough of an endless stream closes it.
func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	exact := scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: stream()}}
	open := enginetest.Open(200, long)
	open.Count = 30
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, c := range []struct {
			name    string
			ask     scenarios.Request
			phase   loaders.Phase
			endless bool
			closes  bool
		}{
			{"end", session(exact, awaitEvents(eventsOfASession), awaitEnd()), counted(30), false, false},
			{"any body", session(scenarios.Expect{Status: 200}, awaitEvents(60), pauses(100), awaitEvents(40), awaitEnd()), counted(30), false, false},
			{"end, then close", session(exact, awaitEvents(eventsOfASession), awaitEnd(), closes(scenarios.FIN)), counted(30), false, true},
			{"open loop", session(exact, awaitEvents(eventsOfASession), awaitEnd()), open, false, false},
			{"endless, fin", session(exact, awaitEvents(eventsOfASession), closes(scenarios.FIN)), counted(30), true, true},
			{"endless, rst", session(exact, awaitEvents(eventsOfASession), closes(scenarios.RST)), open, true, true},
		} {
			for _, secure := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, secure %v", c.name, secure), func(t *testing.T) {
					t.Parallel()
					var gone atomic.Int64
					s := &site{}
					spec := specAt("", c.phase)
					if secure {
						a := newAuthority(t)
						s.start(t, a.server(), sessions(c.endless, &gone))
						spec = a.secureSpec("", c.phase)
					} else {
						s.start(t, nil, sessions(c.endless, &gone))
					}
					spec.Target.Address = s.address()
					spec.Requests = []scenarios.Request{c.ask, enginetest.Get("hello", "/", hello())}
					p := drive(t, e, spec).Phases[0]
					exactly(t, &p, 30)
					n := p.Groups["session"].Completed
					if n == 0 || n == 30 || p.Total.Events != n*eventsOfASession || p.Groups["hello"].Events != 0 {
						t.Errorf("%d sessions of 30 requests, %d events", n, p.Total.Events)
					}
					ended := uint64(0)
					if c.closes {
						ended = n
					}
					expectReconnects(t, &p, ended, spec.Connections)
					if p.Abandons() != 0 || p.BackoffNS != 0 {
						t.Errorf("%d abandoned, %d ns of back-off", p.Abandons(), p.BackoffNS)
					}
					if !enginetest.Reaches(&gone, n, 5*time.Second) {
						t.Errorf("the server has %d sessions, the loader %d", gone.Load(), n)
					}
				})
			}
		}
	})
}

// Streams that end too early or differ fail, each in its own cause. A stream whose end is
// the connection's is right.
func TestWrongStreams(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		exact := scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: stream()}}
		anything := scenarios.Expect{Status: 200}
		ends := []scenarios.Operation{awaitEvents(eventsOfASession), awaitEnd()}
		leaves := []scenarios.Operation{awaitEvents(eventsOfASession), closes(scenarios.FIN)}
		const untilClose = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
		short := strings.TrimSuffix(stream(), "\n")
		other := strings.Replace(stream(), "data: 7\n", "data: 8\n", 1)
		for _, c := range []struct {
			name   string
			ask    scenarios.Request
			answer string
			cause  results.Cause // "" for a right answer
		}{
			{"until the close", session(exact, ends...), untilClose + stream(), ""},
			{"one event without its end", session(anything, ends...), untilClose + short, results.CauseEvents},
			{"one event without its end, and left", session(anything, leaves...), untilClose + short, results.CauseEvents},
			{"another event", session(exact, ends...), untilClose + other, results.CauseBody},
			{"another event, and left", session(exact, leaves...), untilClose + other, results.CauseBody},
			{"one event more", session(exact, ends...), untilClose + stream() + "data: 101\n\n", results.CauseLength},
			{"another status", session(anything, ends...), "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", results.CauseStatus},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				spec := specAt(local(t, heads(c.answer)), counted(6))
				spec.Requests, spec.Connections = []scenarios.Request{c.ask}, 2
				p := drive(t, e, spec).Phases[0]
				if c.cause == "" {
					exactly(t, &p, 6)
					return
				}
				if p.Total.Errors[c.cause] != 6 || p.Total.Failed != 6 {
					t.Errorf("%d right, errors %v, want 6 by %s: %s", p.Right(), p.Total.Errors, c.cause, p.Total.FirstError)
				}
				if c.cause == results.CauseEvents && !strings.Contains(p.Total.FirstError, "session: an answer with 99 server-sent events where 100 are awaited") {
					t.Error(p.Total.FirstError)
				}
			})
		}
	})
}

// heads answers the first head and closes.
func heads(answer string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(c, answer)
		}
	}
}

// An interrupted load ends although its sessions never do.
func TestStopInsideASession(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const users = 3
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var begun, gone atomic.Int64
		answer := sessions(true, &gone)
		s := &site{}
		s.start(t, nil, func(w http.ResponseWriter, r *http.Request) {
			if begun.Add(1) == users {
				cancel()
			}
			answer(w, r)
		})
		spec := specAt(s.address(), enginetest.Closed(long))
		spec.Requests = []scenarios.Request{session(scenarios.Expect{Status: 200}, awaitEvents(eventsOfASession+1), awaitEnd())}
		spec.Drain = 50 * time.Millisecond
		report, err := e.Run(ctx, spec, &enginetest.Steer{})
		if err != nil || !report.Interrupted {
			t.Fatalf("interrupted %v, error %v", report.Interrupted, err)
		}
		enginetest.CheckAccounts(t, &report)
		if p := report.Phases[0]; p.Unanswered != users || p.Right() != 0 {
			t.Errorf("%d unanswered and %d right", p.Unanswered, p.Right())
		}
	})
}
