package enginetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// bad is a server that does something wrong, or only odd.
type bad struct {
	name   string
	behave func(*Peer)
	tweak  func(*loaders.Spec)
	// causes are those that may be counted; nil for a server that is only odd
	// and must succeed.
	causes []results.Cause
	// mixed servers give right answers as well.
	mixed bool
}

// BadServers holds the engine against servers that do wrong: each failure in
// its own cause, never a success, never a hang, a panic or a storm of
// connections.
func BadServers(t *testing.T, e loaders.Loader) {
	for _, c := range slices.Concat(wrongAnswers(), brokenConnections(), slowServers(), oddServers()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			began, spec := time.Now(), Spec(Closed(200*time.Millisecond))
			spec.Connections, spec.Drain = 2, 300*time.Millisecond
			if c.tweak != nil {
				c.tweak(&spec)
			}
			server, report, _ := Load(t, e, c.behave, spec, c.spoilt)
			checkBad(t, &c, &report)
			checkOnce(t, &c, server, &report.Phases[0])
			// Back-off begins at 10 ms and doubles until an answer is right: a
			// dozen attempts of one user without one take 10 s.
			most := 12
			if c.mixed {
				most = 1 + int(time.Since(began)/(10*time.Millisecond))
			}
			if n := server.Connects.Load(); n > int64(most*spec.Connections) {
				t.Errorf("a storm of %d connections of %d users, at most %d each", n, spec.Connections, most)
			}
		})
	}
}

// spoilt tells whether the server had no time to do wrong.
func (c *bad) spoilt(r *results.Report) bool { return c.causes != nil && r.Phases[0].Total.Failed == 0 }

// checkBad looks into the causes of a bad server's phase.
func checkBad(t *testing.T, c *bad, report *results.Report) {
	t.Helper()
	p := &report.Phases[0]
	if c.causes == nil {
		if Failures(p) != 0 || p.Total.Completed == 0 {
			t.Errorf("%d completed and %d failed: %v %s", p.Total.Completed, Failures(p), p.Total.Errors, p.Total.FirstError)
		}
		return
	}
	if !c.mixed && Answered(p) != 0 {
		t.Errorf("%d wrong answers count as right", Answered(p))
	}
	if p.Total.Failed == 0 || p.Total.FirstError == "" {
		t.Errorf("nothing failed in the window: %+v", p)
	}
	var sum uint64
	for cause, n := range p.Total.Errors {
		sum += n
		if !slices.Contains(c.causes, cause) {
			t.Errorf("%d failed by %q (%s), want only %v", n, cause, p.Total.FirstError, c.causes)
		}
	}
	if sum != p.Total.Failed {
		t.Errorf("the causes have %d of %d failures", sum, p.Total.Failed)
	}
}

// checkOnce holds failures against the requests that the server has read whole:
// each fails once. A timeout may come before the server has read.
func checkOnce(t *testing.T, c *bad, server *Server, p *results.Phase) {
	t.Helper()
	read := uint64(server.Requests.Load())
	if c.mixed || read == 0 || slices.Contains(c.causes, results.CauseTimeout) {
		return
	}
	if told := Failures(p) + Answered(p); told > read || told+p.Unfinished < read {
		t.Errorf("%d failed, %d right and %d unfinished of %d requests", Failures(p), Answered(p), p.Unfinished, read)
	}
}

func answers(text string) func(*Peer) {
	return Calmly(calm, func(Request) string { return text })
}

// closes answers one request with the text and closes.
func closes(text string) func(*Peer) {
	return func(p *Peer) {
		if _, err := p.Next(); err == nil {
			p.Send(text)
		}
	}
}

func causes(c ...results.Cause) []results.Cause { return c }

// wrongAnswers has answers that are whole and wrong.
func wrongAnswers() []bad {
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
	return []bad{
		{"status", answers("HTTP/1.1 500 Oops\r\nContent-Length: 7\r\n\r\n" + Hello), nil, causes(results.CauseStatus), false},
		{"status and close", closes("HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), nil, causes(results.CauseStatus), false},
		{"body", answers(OK("aliVe\r\n")), nil, causes(results.CauseBody), false},
		{"long body", answers(OK(Hello + "!")), nil, causes(results.CauseLength), false},
		{"short body", answers(OK("alive")), nil, causes(results.CauseLength), false},
		{"short length", answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + Hello), nil, causes(results.CauseLength), false},
		{"short chunked", answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nalive\r\n0\r\n\r\n"), nil, causes(results.CauseLength), false},
		{"extra bytes", answers(OK(Hello) + "surplus"), nil, causes(results.CauseProtocol), false},
		{"extra answer", answers(OK(Hello) + OK(Hello)), nil, causes(results.CauseProtocol), false},
		{"garbage", answers("\x16\x03\x01 this is not HTTP\r\n\r\n"), nil, causes(results.CauseProtocol), false},
		{"endless 1xx", endlessInterim, nil, causes(results.CauseProtocol), false},
		{"endless head", endlessHead, nil, causes(results.CauseProtocol), false},
		{"good then wrong", goodThen(OK("aliVe\r\n")), nil, causes(results.CauseBody), true},
		{"unasked answer", unasked, rarely, causes(results.CauseProtocol), true},
		{"wrong in a pipeline", answers(OK("aliVe\r\n")), deep, causes(results.CauseBody), false},
		{"head only", closes(head), nil, causes(results.CauseLength), false},
	}
}

func deep(s *loaders.Spec) { s.Depth = 4 }

// rarely asks so seldom that connections are idle most of the time.
func rarely(s *loaders.Spec) { s.Phases = []loaders.Phase{Open(10, 400*time.Millisecond)} }

func endlessInterim(p *Peer) {
	if _, err := p.Next(); err != nil {
		return
	}
	for range 1000 {
		p.Send("HTTP/1.1 102 Processing\r\n\r\n")
	}
	p.Hold()
}

func endlessHead(p *Peer) {
	if _, err := p.Next(); err != nil {
		return
	}
	p.Send("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10))
	p.Hold()
}

// goodThen answers rightly once a connection, and then with the text.
func goodThen(text string) func(*Peer) {
	return func(p *Peer) {
		for answer := OK(Hello); ; answer = text {
			if _, err := p.Next(); err != nil {
				return
			}
			p.Send(answer)
		}
	}
}

// unasked answers, and a moment later answers what nobody asked.
func unasked(p *Peer) {
	if _, err := p.Next(); err != nil {
		return
	}
	p.Send(OK(Hello))
	time.Sleep(10 * time.Millisecond)
	p.Send(OK(Hello))
	p.Hold()
}

// brokenConnections has servers that end connections where they must not.
func brokenConnections() []bad {
	lost := causes(results.CauseClosed, results.CauseReset)
	return []bad{
		{"short body then close", closes("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nali"), nil, causes(results.CauseLength), false},
		{"chunk then close", closes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nalive\r\n\r\n"), nil, causes(results.CauseLength), false},
		{"close in the head", closes("HTTP/1.1 200 OK\r\nContent-Le"), nil, causes(results.CauseClosed), false},
		{"close after 1xx", closes("HTTP/1.1 102 Processing\r\n\r\n"), nil, causes(results.CauseClosed), false},
		{"close without an answer", closes(""), nil, causes(results.CauseClosed), false},
		{"close at once", func(*Peer) {}, nil, lost, false},
		{"reset without an answer", resets, nil, causes(results.CauseReset), false},
		{"good then close", goodThenClose, nil, lost, true},
		{"early reply", earlyReply(false), upload, causes(results.CauseEarlyReply), false},
		{"early reply then reset", earlyReply(true), upload, causes(results.CauseEarlyReply), false},
		{"reset in an upload", resetInUpload, uploads, causes(results.CauseReset), false},
	}
}

func resets(p *Peer) {
	if _, err := p.Next(); err == nil {
		p.Reset()
	}
}

// goodThenClose closes with a request unanswered.
func goodThenClose(p *Peer) {
	if _, err := p.Next(); err != nil {
		return
	}
	p.Send(OK(Hello))
	_, _ = p.Next()
}

// upload asks with a body that no socket buffer holds.
func upload(s *loaders.Spec) {
	s.Requests = []scenarios.Request{{Name: "upload", Method: "POST", Path: "/", Body: &scenarios.Body{Text: "joust", Length: 20 << 20},
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: Hello}}}}
}

// uploads is upload by so many that a reset meets each of a write, a read and
// both at once.
func uploads(s *loaders.Spec) {
	upload(s)
	s.Connections = 32
}

// earlyReply answers as soon as the head is there.
func earlyReply(reset bool) func(*Peer) {
	return func(p *Peer) {
		if _, _, err := p.Head(); err != nil {
			return
		}
		p.Send(OK(Hello))
		if reset {
			p.Reset()
			return
		}
		p.Hold()
	}
}

func resetInUpload(p *Peer) {
	if _, _, err := p.Head(); err == nil {
		p.Reset()
	}
}

// slowServers has servers that do not answer in time.
func slowServers() []bad {
	hasty := func(s *loaders.Spec) { s.RequestTimeout = 60 * time.Millisecond }
	return []bad{
		{"says nothing", func(p *Peer) { p.Hold() }, hasty, causes(results.CauseTimeout), false},
		{"hangs in the body", func(p *Peer) {
			if _, err := p.Next(); err == nil {
				p.Send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nali")
				p.Hold()
			}
		}, hasty, causes(results.CauseTimeout), false},
		{"reads no upload", func(p *Peer) {
			if _, _, err := p.Head(); err == nil {
				time.Sleep(300 * time.Millisecond)
			}
		}, func(s *loaders.Spec) { upload(s); hasty(s) }, causes(results.CauseTimeout), false},
	}
}

// oddServers has servers that answer rightly in an odd way.
func oddServers() []bad {
	return []bad{
		{"slow drip", func(p *Peer) {
			for {
				if _, err := p.Next(); err != nil {
					return
				}
				for _, b := range []byte(OK(Hello)) {
					if _, err := p.Write([]byte{b}); err != nil {
						return
					}
				}
			}
		}, nil, nil, false},
		{"unsolicited 100", answers("HTTP/1.1 100 Continue\r\n\r\n" + OK(Hello)), nil, nil, false},
		{"early hints", answers("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK(Hello)), nil, nil, false},
		{"changing heads", func(p *Peer) {
			for i := 0; ; i++ {
				if _, err := p.Next(); err != nil {
					return
				}
				p.Send("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", i%50) + "\r\nContent-Length: 7\r\n\r\n" + Hello)
			}
		}, deep, nil, false},
	}
}
