package core_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// moved returns an answer that redirects, with further fields.
func moved(status int, location, fields string) string {
	return fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\n%sContent-Length: 4\r\n\r\nmove", status, location, fields)
}

// route answers / with a redirect to /b, that with one to /c, and all others rightly.
// Redirects come after the pause, with the fields.
func route(pause time.Duration, fields string) func(path string) string {
	return func(path string) string {
		switch path {
		case "/":
			time.Sleep(pause)
			return moved(302, "/b", fields)
		case "/b":
			time.Sleep(pause)
			return moved(308, "c", fields)
		}
		return enginetest.RightAnswer
	}
}

// following is a load of hello that follows redirects.
func following(address string, phases ...loaders.Phase) loaders.Spec {
	spec := specAt(address, phases...)
	spec.Follow = true
	return spec
}

// A request and the redirects that it leads to are one exchange: it counts once, with
// the time from its first send to its last answer, in each kind of loop.
func TestFollow(t *testing.T) {
	t.Parallel()
	const n, pause = 12, 5 * time.Millisecond
	open := enginetest.Open(200, long)
	open.Count = n
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			phase          loaders.Phase
			threads, users int
		}{
			"closed": {counted(n), 1, 0}, "two threads": {counted(n), 2, 0}, "users": {counted(n), 1, 5}, "open": {open, 2, 0},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, enginetest.AnsweringBy(route(pause, "")))
				spec := following(server.Address, c.phase)
				spec.Threads, spec.Users, spec.RequestID = c.threads, c.users, "X-Trace"
				report := drive(t, e, spec)
				p := &report.Phases[0]
				exactly(t, p, n)
				if p.Followed != 2*n || p.Asked != n || p.FirstUnfollowed != nil || !report.Follow {
					t.Errorf("%d redirects followed of %d requests, %+v not followed", p.Followed, p.Asked, p.FirstUnfollowed)
				}
				if a, b, c := server.Path("/"), server.Path("/b"), server.Path("/c"); a != n || b != n || c != n {
					t.Errorf("the server was asked %d, %d and %d times, want %d each", a, b, c, n)
				}
				if diff := cmp.Diff(map[string]uint64{"200": n}, p.Total.Status); diff != "" {
					t.Errorf("statuses (-want +got)\n%s", diff)
				}
				if p.SentBytes != uint64(server.Bytes.Load()) {
					t.Errorf("%d bytes sent, the server read %d", p.SentBytes, server.Bytes.Load())
				}
				if h := p.Total.Service; h.Count != n || h.MinNS < int64(2*pause) {
					t.Errorf("%d service times from %d ns, though each exchange has two pauses of %v", h.Count, h.MinNS, pause)
				}
				if h := p.Total.FirstByte; h.MinNS < int64(2*pause) {
					t.Errorf("a first byte of a last answer after %d ns", h.MinNS)
				}
			})
		}
	})
}

// An exchange goes on over another connection where the one that redirected it ends.
func TestFollowOverAnotherConnection(t *testing.T) {
	t.Parallel()
	const n = 10
	// ending sends each redirect, edited, as the last answer of its connection.
	ending := func(edit func(string) string, linger bool) func(*enginetest.Peer) {
		return func(p *enginetest.Peer) {
			for {
				path, err := p.Next()
				if err != nil {
					return
				}
				text := route(0, "Connection: close\r\n")(path)
				if text == enginetest.RightAnswer {
					p.Send(text)
					continue
				}
				if p.Send(edit(text)); linger {
					p.Hold()
				}
				return
			}
		}
	}
	whole := func(text string) string { return text }
	bare := func(text string) string { // whose body ends with the connection
		return strings.NewReplacer("Content-Length: 4\r\n", "", "Connection: close\r\n", "").Replace(text)
	}
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			behave    func(*enginetest.Peer)
			reconnect int
			announced uint64
		}{
			"announced":              {ending(whole, true), 0, 2 * n},
			"announced, and the end": {ending(whole, false), 0, 2 * n},
			"only the end":           {ending(bare, false), 0, 2 * n},
			"our own, one":           {enginetest.AnsweringBy(route(0, "")), 1, 0},
			"our own, two":           {enginetest.AnsweringBy(route(0, "")), 2, 0},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, c.behave)
				spec := following(server.Address, counted(n))
				spec.Connections, spec.Connection.ReconnectEvery = 2, c.reconnect
				p := drive(t, e, spec).Phases[0]
				exactly(t, &p, n)
				if p.Followed != 2*n || server.Requests.Load() != 3*n || p.AnnouncedCloses != c.announced || p.UnannouncedCloses+uint64(len(p.ConnectionErrors)) > 0 || p.BackoffNS != 0 {
					t.Errorf("%d followed, %d read by the server, %d announced closes, %v, %d ns of back-off",
						p.Followed, server.Requests.Load(), p.AnnouncedCloses, p.ConnectionErrors, p.BackoffNS)
				}
			})
		}
	})
}

// A stream that ends behind a redirect, or bytes that nobody asked for there, end the
// connection and not the exchange.
func TestFollowBehindARedirectThatEnds(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			behind               string
			surplus, unannounced uint64
		}{"end": {"", 0, 1}, "surplus": {"HTTP/1.1 200 OK\r\n", 1, 0}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				behave := func(p *enginetest.Peer) {
					for {
						path, err := p.Next()
						switch {
						case err != nil:
							return
						case path == "/":
							p.SendLast(moved(302, "/b", "") + c.behind)
							return
						}
						p.Send(enginetest.RightAnswer)
					}
				}
				spec := following("", counted(1))
				spec.Connections = 1
				// An event may report an answer before the end that came with it.
				server, report, _ := enginetest.Load(t, e, behave, spec, func(_ *enginetest.CountingServer, r *results.Report) string {
					return r.Phases[0].Total.FirstError
				})
				p := &report.Phases[0]
				exactly(t, p, 1)
				if p.SurplusAnswers != c.surplus || p.UnannouncedCloses != c.unannounced || p.Followed != 1 || server.Path("/b") != 1 {
					t.Errorf("%d surplus answers, %d unannounced closes, %d followed, /b asked %d times", p.SurplusAnswers, p.UnannouncedCloses, p.Followed, server.Path("/b"))
				}
			})
		}
	})
}

// An exchange fails as a whole, once: in a circle of redirects, by the timeout of its
// first request, and where no connection can be made for it.
func TestFollowThatFails(t *testing.T) {
	t.Parallel()
	const n = 2
	circle := enginetest.AnsweringBy(func(string) string { return moved(301, "/", "") })
	stuck := enginetest.AnsweringBy(func(path string) string { // each answer within the timeout
		time.Sleep(60 * time.Millisecond)
		return moved(301, path+"x", "")
	})
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			behave   func(*enginetest.Peer)
			cause    results.Cause
			detail   string
			followed uint64
		}{
			"circle": {circle, results.CauseRedirect, "hello: more than 10 redirects in a row, the last to /", 10 * n},
			"stuck":  {stuck, results.CauseTimeout, "hello: no answer within 150ms", 0},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, c.behave)
				spec := following(server.Address, counted(n))
				spec.Connections = 1
				if c.followed == 0 {
					spec.RequestTimeout = 150 * time.Millisecond
				}
				p := drive(t, e, spec).Phases[0]
				if p.Total.Completed != 0 || p.Failures() != n || p.Total.Errors[c.cause] != n || p.Total.FirstError != c.detail {
					t.Errorf("%d right, %d failed: %v, %s", p.Total.Completed, p.Failures(), p.Total.Errors, p.Total.FirstError)
				}
				if c.followed > 0 && (p.Followed != c.followed || server.Requests.Load() != 11*n) {
					t.Errorf("%d followed, %d read by the server", p.Followed, server.Requests.Load())
				}
			})
		}
	})
}

// An exchange whose next request finds no server fails with that cause.
func TestFollowToNobody(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		listening := make(chan net.Listener, 1)
		l := raw(t, "tcp", "127.0.0.1:0", func(c net.Conn, in *bufio.Reader) {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			_ = (<-listening).Close()
			_, _ = io.WriteString(c, moved(302, "/b", "Connection: close\r\n"))
			silent(c, in)
		})
		listening <- l
		spec := following(l.Addr().String(), counted(1))
		spec.Connections = 1
		p := drive(t, e, spec).Phases[0]
		const says = "connecting to follow a redirect: "
		if p.Asked != 1 || p.Total.Errors[results.CauseConnectRefused] != 1 || !strings.HasPrefix(p.Total.FirstError, says) {
			t.Errorf("%d asked, %d right, %v, %s", p.Asked, p.Total.Completed, p.Total.Errors, p.Total.FirstError)
		}
	})
}

// A redirect that leads elsewhere is a right answer, as is one that nobody asked to
// follow. The report describes the first.
func TestUnfollowed(t *testing.T) {
	t.Parallel()
	const n = 5
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			follow bool
			answer string
			want   *results.Redirect
		}{
			"elsewhere, to follow": {true, moved(307, "https://other/x", ""), &results.Redirect{Status: 307, URL: "https://other/x", Elsewhere: true}},
			"elsewhere":            {false, moved(307, "https://other/x", ""), &results.Redirect{Status: 307, URL: "https://other/x", Elsewhere: true}},
			"here":                 {false, moved(303, "b", ""), &results.Redirect{Status: 303, URL: "http://joust.test/b"}},
			"not modified":         {false, "HTTP/1.1 304 Not Modified\r\nLocation: b\r\n\r\n", nil},
			"no location":          {true, strings.Replace(moved(302, "", ""), "Location", "Elsewhere", 1), nil},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, enginetest.Answering(0, c.answer))
				spec := following(server.Address, counted(n))
				spec.Follow, spec.Requests[0].Expect = c.follow, scenarios.Expect{}
				p := drive(t, e, spec).Phases[0]
				exactly(t, &p, n)
				if diff := cmp.Diff(c.want, p.FirstUnfollowed); diff != "" || p.Followed != 0 {
					t.Errorf("%d followed (-want +got)\n%s", p.Followed, diff)
				}
			})
		}
	})
}

// A redirect that keeps the method sends the body again, as large as it is.
func TestFollowWithABody(t *testing.T) {
	t.Parallel()
	const n, size = 3, 3 << 20
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for status, want := range map[int]int64{307: 2 * n * size, 303: n * size} {
			t.Run(fmt.Sprint(status), func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, enginetest.AnsweringBy(func(path string) string {
					if path == "/" {
						return moved(status, "/b", "")
					}
					return enginetest.RightAnswer
				}))
				spec := following(server.Address, counted(n))
				spec.Requests = []scenarios.Request{post(size)}
				p := drive(t, e, spec).Phases[0]
				exactly(t, &p, n)
				if server.BodyBytes.Load() != want || p.SentBodyBytes != uint64(want) || p.SentBytes != uint64(server.Bytes.Load()) {
					t.Errorf("the server read %d bytes of bodies, the loader counts %d, want %d", server.BodyBytes.Load(), p.SentBodyBytes, want)
				}
				if h := p.Total.Write; h == nil || h.Count != n || h.MaxNS >= p.Total.Service.MaxNS {
					t.Errorf("times to write %+v: they are those of the first requests, and below %d ns", h, p.Total.Service.MaxNS)
				}
			})
		}
	})
}

// An exchange whose answer to a redirect never comes is unanswered, once.
func TestFollowUnanswered(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, func(p *enginetest.Peer) {
			if _, err := p.Next(); err != nil {
				return
			}
			p.Send(moved(302, "/b", ""))
			p.Hold()
		})
		spec := following(server.Address, enginetest.Closed(200*time.Millisecond))
		spec.Drain = 50 * time.Millisecond
		p := drive(t, e, spec).Phases[0]
		if p.Asked != 3 || p.Unanswered != 3 || p.Followed != 3 || p.Failures() != 0 {
			t.Errorf("%d asked, %d unanswered, %d followed, %d failed: %s", p.Asked, p.Unanswered, p.Followed, p.Failures(), p.Total.FirstError)
		}
	})
}

func TestFollowRefusesPipelines(t *testing.T) {
	t.Parallel()
	spec := following("127.0.0.1:1", counted(1))
	spec.Depth = 2
	overBackends(t, func(t *testing.T, e core.Engine) {
		_, err := e.Run(t.Context(), spec, &enginetest.Steer{})
		if err == nil || !strings.Contains(err.Error(), "ask with a depth of 1") {
			t.Errorf("got %v", err)
		}
	})
}
