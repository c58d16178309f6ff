package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// bad is a server that does something wrong or odd.
type bad struct {
	name   string
	behave func(*enginetest.Peer)
	tweak  func(*loaders.Spec)
	// causes are the causes that may be counted; nil for a server that is odd and
	// must succeed.
	causes []results.Cause
	// mixed servers give right answers as well.
	mixed bool
	// replaced servers lose each connection behind a whole answer, right or wrong:
	// the loader connects again at once.
	replaced bool
	// surplus servers send bytes behind their answers.
	surplus bool
	// early servers may end a connection before anything was asked on it.
	early bool
}

// Against servers that do wrong the engine counts each failure under its own
// cause. It counts no success, and it neither hangs nor panics nor makes a storm
// of connections.
func TestBadServers(t *testing.T) { overEngines(t, badServers) }

func badServers(t *testing.T, e loaders.Loader) {
	for _, c := range slices.Concat(wrongAnswers(), brokenConnections(), slowServers(), oddServers()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := enginetest.Spec(enginetest.Closed(200 * time.Millisecond))
			spec.Connections, spec.Drain = 2, 300*time.Millisecond
			if c.tweak != nil {
				c.tweak(&spec)
			}
			server, report, _ := enginetest.Load(t, e, c.behave, spec, c.failed)
			checkBad(t, &c, &report)
			checkOnce(t, &c, server, &report.Phases[0])
			// Back-off begins at 10 ms and doubles until a connection gives an
			// answer: a dozen attempts of one user without one take 10 s.
			most := int64(12 * spec.Connections)
			if c.replaced {
				most = server.Requests.Load() + int64(spec.Connections)
			}
			if n := server.Connects.Load(); n > most {
				t.Errorf("a storm of %d connections of %d users, at most %d", n, spec.Connections, most)
			}
		})
	}
}

// failed returns why the load has to be repeated: the server had no time to do
// wrong.
func (c *bad) failed(_ *enginetest.CountingServer, r *results.Report) string {
	if c.causes != nil && r.Phases[0].Total.Failed == 0 {
		return "nothing failed in the window"
	}
	return ""
}

// checkBad checks the causes of a bad server's phase.
func checkBad(t *testing.T, c *bad, report *results.Report) {
	t.Helper()
	p := &report.Phases[0]
	if c.causes == nil {
		if p.Failures() != 0 || p.Total.Completed == 0 {
			t.Errorf("%d completed and %d failed: %v %s", p.Total.Completed, p.Failures(), p.Total.Errors, p.Total.FirstError)
		}
		return
	}
	if !c.mixed && p.Right() != 0 {
		t.Errorf("%d wrong answers count as right", p.Right())
	}
	if c.surplus != (p.SurplusAnswers > 0) || len(p.ConnectionErrors) != 0 || p.UnannouncedCloses != 0 && !c.early {
		t.Errorf("%d surplus answers (%s), connection errors %v, %d unannounced closes", p.SurplusAnswers, p.FirstSurplus, p.ConnectionErrors, p.UnannouncedCloses)
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

// checkOnce compares the failures with the requests that the server has read
// whole: each fails once. A timeout may come before the server has read.
func checkOnce(t *testing.T, c *bad, server *enginetest.CountingServer, p *results.Phase) {
	t.Helper()
	read := uint64(server.Requests.Load())
	if c.mixed || read == 0 || slices.Contains(c.causes, results.CauseTimeout) {
		return
	}
	if sum := p.Failures() + p.Right(); sum > read || sum+p.Unanswered < read {
		t.Errorf("%d failed, %d right and %d unanswered of %d requests", p.Failures(), p.Right(), p.Unanswered, read)
	}
}

func answers(text string) func(*enginetest.Peer) {
	return enginetest.Answering(calm, text)
}

// closes answers one request with the text and closes.
func closes(text string) func(*enginetest.Peer) {
	return func(p *enginetest.Peer) {
		if _, err := p.Next(); err == nil {
			p.Send(text)
		}
	}
}

func causes(c ...results.Cause) []results.Cause { return c }

// wrongAnswers has servers whose answers are whole and wrong.
func wrongAnswers() []bad {
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
	return []bad{
		{name: "status", behave: answers("HTTP/1.1 500 Oops\r\nContent-Length: 7\r\n\r\n" + enginetest.Hello), causes: causes(results.CauseStatus)},
		{name: "status and close", behave: closes("HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), causes: causes(results.CauseStatus), replaced: true},
		{name: "body", behave: answers(enginetest.OK("aliVe\r\n")), causes: causes(results.CauseBody)},
		{name: "long body", behave: answers(enginetest.OK(enginetest.Hello + "!")), causes: causes(results.CauseLength)},
		{name: "short body", behave: answers(enginetest.OK("alive")), causes: causes(results.CauseLength)},
		{name: "short length", behave: answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + enginetest.Hello), causes: causes(results.CauseLength), replaced: true, surplus: true},
		{name: "short chunked", behave: answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nalive\r\n0\r\n\r\n"), causes: causes(results.CauseLength)},
		{name: "garbage", behave: answers("\x16\x03\x01 this is not HTTP\r\n\r\n"), causes: causes(results.CauseProtocol)},
		{name: "endless 1xx", behave: endlessInterim, causes: causes(results.CauseProtocol)},
		{name: "endless head", behave: endlessHead, causes: causes(results.CauseProtocol)},
		{name: "good then wrong", behave: goodThen(enginetest.OK("aliVe\r\n")), causes: causes(results.CauseBody), mixed: true},
		{name: "wrong in a pipeline", behave: answers(enginetest.OK("aliVe\r\n")), tweak: deep, causes: causes(results.CauseBody)},
		{name: "head only", behave: closes(head), causes: causes(results.CauseLength)},
	}
}

func deep(s *loaders.Spec) { s.Depth = 4 }

func endlessInterim(p *enginetest.Peer) {
	if _, err := p.Next(); err != nil {
		return
	}
	for range 1000 {
		p.Send("HTTP/1.1 102 Processing\r\n\r\n")
	}
	p.Hold()
}

func endlessHead(p *enginetest.Peer) {
	if _, err := p.Next(); err != nil {
		return
	}
	p.Send("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10))
	p.Hold()
}

// goodThen answers rightly once a connection, and then with the text.
func goodThen(text string) func(*enginetest.Peer) {
	return func(p *enginetest.Peer) {
		for answer := enginetest.RightAnswer; ; answer = text {
			if _, err := p.Next(); err != nil {
				return
			}
			p.Send(answer)
		}
	}
}

// brokenConnections has servers that end connections where they must not.
func brokenConnections() []bad {
	lost := causes(results.CauseClosed, results.CauseReset)
	return []bad{
		{name: "short body then close", behave: closes("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nali"), causes: causes(results.CauseLength)},
		{name: "chunk then close", behave: closes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nalive\r\n\r\n"), causes: causes(results.CauseLength)},
		{name: "close in the head", behave: closes("HTTP/1.1 200 OK\r\nContent-Le"), causes: causes(results.CauseClosed)},
		{name: "close after 1xx", behave: closes("HTTP/1.1 102 Processing\r\n\r\n"), causes: causes(results.CauseClosed)},
		{name: "close without an answer", behave: closes(""), causes: causes(results.CauseClosed)},
		{name: "close at once", behave: func(*enginetest.Peer) {}, causes: lost, early: true},
		{name: "reset without an answer", behave: resets, causes: causes(results.CauseReset)},
		{name: "good then close", behave: goodThenClose, causes: lost, mixed: true, replaced: true},
		{name: "early reply", behave: earlyReply(false), tweak: upload, causes: causes(results.CauseEarlyReply)},
		{name: "early reply then reset", behave: earlyReply(true), tweak: upload, causes: causes(results.CauseEarlyReply)},
		{name: "reset in an upload", behave: resetInUpload, tweak: uploads, causes: causes(results.CauseReset)},
	}
}

func resets(p *enginetest.Peer) {
	if _, err := p.Next(); err == nil {
		p.Reset()
	}
}

// goodThenClose closes with a request unanswered.
func goodThenClose(p *enginetest.Peer) {
	if _, err := p.Next(); err != nil {
		return
	}
	p.Send(enginetest.RightAnswer)
	_, _ = p.Next()
}

// upload asks with a body that no socket buffer holds.
func upload(s *loaders.Spec) {
	s.Requests = []scenarios.Request{{Name: "upload", Method: "POST", Path: "/", Body: &scenarios.Body{Text: "joust", Length: 20 << 20},
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: enginetest.Hello}}}}
}

// uploads is upload on many connections: a reset meets a write on some, a read on
// others, and both at once.
func uploads(s *loaders.Spec) {
	upload(s)
	s.Connections = 32
}

// earlyReply answers as soon as the head is there.
func earlyReply(reset bool) func(*enginetest.Peer) {
	return func(p *enginetest.Peer) {
		if _, _, err := p.Head(); err != nil {
			return
		}
		p.Send(enginetest.RightAnswer)
		if reset {
			p.Reset()
			return
		}
		p.Hold()
	}
}

func resetInUpload(p *enginetest.Peer) {
	if _, _, err := p.Head(); err == nil {
		p.Reset()
	}
}

// slowServers has servers that do not answer in time.
func slowServers() []bad {
	hasty := func(s *loaders.Spec) { s.RequestTimeout = 60 * time.Millisecond }
	return []bad{
		{name: "says nothing", behave: func(p *enginetest.Peer) { p.Hold() }, tweak: hasty, causes: causes(results.CauseTimeout)},
		{name: "hangs in the body", behave: func(p *enginetest.Peer) {
			if _, err := p.Next(); err == nil {
				p.Send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nali")
				p.Hold()
			}
		}, tweak: hasty, causes: causes(results.CauseTimeout)},
		{name: "reads no upload", behave: func(p *enginetest.Peer) {
			if _, _, err := p.Head(); err == nil {
				time.Sleep(300 * time.Millisecond)
			}
		}, tweak: func(s *loaders.Spec) { upload(s); hasty(s) }, causes: causes(results.CauseTimeout)},
	}
}

// oddServers has servers that answer rightly in an odd way.
func oddServers() []bad {
	return []bad{
		{name: "slow drip", behave: func(p *enginetest.Peer) {
			for {
				if _, err := p.Next(); err != nil {
					return
				}
				for _, b := range []byte(enginetest.RightAnswer) {
					if _, err := p.Write([]byte{b}); err != nil {
						return
					}
				}
			}
		}},
		{name: "unsolicited 100", behave: answers("HTTP/1.1 100 Continue\r\n\r\n" + enginetest.RightAnswer)},
		{name: "early hints", behave: answers("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + enginetest.RightAnswer)},
		{name: "changing heads", behave: func(p *enginetest.Peer) {
			for i := 0; ; i++ {
				if _, err := p.Next(); err != nil {
					return
				}
				p.Send("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", i%50) + "\r\nContent-Length: 7\r\n\r\n" + enginetest.Hello)
			}
		}, tweak: deep},
	}
}
