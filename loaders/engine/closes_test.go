package engine_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Requests end their connections, and servers end idle ones. Nothing fails, and the
// loader's counts agree with the server's.
func TestClosesByAgreement(t *testing.T) { overEngines(t, closesByAgreement) }

func closesByAgreement(t *testing.T, e loaders.Loader) {
	for _, list := range [][]account{requestedCloses(), idleTimeouts(), silentIdleCloses()} {
		for _, c := range list {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				checkAccount(t, e, &c)
			})
		}
	}
}

// requestedCloses has requests that say that their connection ends, and servers that
// close it without a word, announce its close, or would go on.
func requestedCloses() (list []account) {
	closes := func(s *loaders.Spec) {
		s.Requests[0].Headers = []scenarios.Header{{Name: "connection", Value: "foo, Close"}}
	}
	old := func(s *loaders.Spec) { s.Requests[0].Version = "1.0" }
	answering := func(answer string, ends bool) func(*enginetest.Peer) {
		return func(p *enginetest.Peer) {
			for n := 1; ; n++ {
				if _, err := p.Next(); err != nil {
					return
				}
				if n > 1 {
					p.Server.Ended.Add(1) // a request behind the one that ends the connection
				}
				time.Sleep(calm)
				p.Server.Answers.Add(1)
				p.Send(answer)
				if ends {
					return
				}
			}
		}
	}
	law := func(l *ledger) {
		l.nothingFailed()
		l.equal("requests behind the end of their connection", l.ended, 0)
		l.equal("asked", l.Asked, l.read)
		l.equal("right", l.Right(), l.answers)
		l.equal("requested closes", l.RequestedCloses, l.answers)
		l.equal("reconnects", l.Reconnects, l.answers)
		l.equal("connections", l.connects, l.users+l.answers)
		l.equal("unannounced closes", l.UnannouncedCloses, 0)
		l.holds(l.answers > l.users, "only %d answers", l.answers)
	}
	announced := strings.Replace(enginetest.RightAnswer, "\r\n", "\r\nConnection: close\r\n", 1)
	closed, open := enginetest.Closed(100*time.Millisecond), enginetest.Open(200, 100*time.Millisecond)
	for _, s := range []struct {
		name   string
		behave func(*enginetest.Peer)
	}{
		{"the server closes", answering(enginetest.RightAnswer, true)},
		{"the server announces the close", answering(announced, true)},
		{"the server goes on", answering(enginetest.RightAnswer, false)},
	} {
		list = append(list,
			account{s.name + ", closed", s.behave, closed, closes, law},
			account{s.name + ", open", s.behave, open, closes, law},
			account{s.name + ", HTTP/1.0", s.behave, closed, old, law})
	}
	return list
}

const requestTimeout = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// idleTimeouts has servers that close connections with a 408, in time or as a request
// comes.
func idleTimeouts() []account {
	const patience = 40 * time.Millisecond
	impatient := func(p *enginetest.Peer) {
		for {
			_ = p.SetReadDeadline(time.Now().Add(patience))
			switch _, err := p.Next(); {
			case errors.Is(err, os.ErrDeadlineExceeded):
				p.Server.Ended.Add(1)
				p.Send(requestTimeout)
				return
			case err != nil:
				return
			}
			p.Server.Answers.Add(1)
			p.Send(enginetest.RightAnswer)
		}
	}
	idle := func(l *ledger) {
		l.nothingFailed()
		l.equal("surplus answers", l.SurplusAnswers, 0)
		l.equal("unanswered", l.Unanswered, 0)
		l.equal("right", l.Right(), l.answers)
		l.holds(l.IdleTimeouts > 0 && l.IdleTimeouts <= l.ended, "%d idle timeouts, the server has %d", l.IdleTimeouts, l.ended)
		l.equal("reconnects", l.Reconnects, l.IdleTimeouts+l.UnannouncedCloses)
	}
	// A request that comes just then gets the 408 of the idle connection.
	crossing := func(p *enginetest.Peer) {
		for n := 1; ; n++ {
			switch _, err := p.Next(); {
			case err != nil:
				return
			case n == 3:
				p.Server.Swallowed.Add(1)
				p.Send(requestTimeout)
				return
			}
			time.Sleep(calm)
			p.Server.Answers.Add(1)
			p.Send(enginetest.RightAnswer)
		}
	}
	repeated := func(l *ledger) {
		l.nothingFailed()
		l.equal("surplus answers", l.SurplusAnswers, 0)
		l.equal("asked", l.Asked, l.answers)
		l.equal("right", l.Right(), l.answers)
		l.equal("repeated", l.Repeated, l.swallowed)
		l.equal("idle timeouts", l.IdleTimeouts, l.swallowed)
		l.equal("requests that the server read", l.read, l.Asked+l.Repeated)
		l.equal("reconnects", l.Reconnects, l.Repeated)
		l.holds(l.swallowed > 0, "the server was asked too little")
	}
	// A server that answers nothing but 408 is asked twice for each request.
	always := func(p *enginetest.Peer) {
		if _, err := p.Next(); err == nil {
			time.Sleep(calm)
			p.Send(requestTimeout)
		}
	}
	refused := func(l *ledger) {
		l.equal("right", l.Right(), 0)
		l.equal("failures", l.Failures(), l.Asked)
		l.equal("failures in the window by status", l.Total.Errors[results.CauseStatus], l.Total.Failed)
		l.equal("repeated", l.Repeated, l.Asked)
		l.equal("requests that the server read", l.read, 2*l.Asked)
	}
	closed, open := enginetest.Closed(100*time.Millisecond), enginetest.Open(200, 100*time.Millisecond)
	expected := func(s *loaders.Spec) { s.Requests[0].Expect = scenarios.Expect{Status: 408} }
	right := func(l *ledger) {
		l.nothingRepeated()
		l.equal("right", l.Right(), l.read)
		l.equal("announced closes", l.AnnouncedCloses, l.read)
	}
	return []account{
		{"408 when idle", impatient, enginetest.Open(20, 400*time.Millisecond), nil, idle},
		{"408 as a request comes, closed", crossing, closed, nil, repeated},
		{"408 as a request comes, open", crossing, open, nil, repeated},
		{"nothing but 408", always, closed, nil, refused},
		{"408 expected", always, closed, expected, right},
	}
}

// nothingRepeated notes failures and repeated requests.
func (l *ledger) nothingRepeated() {
	l.equal("failures", l.Failures(), 0)
	l.equal("repeated", l.Repeated, 0)
	l.equal("idle timeouts", l.IdleTimeouts, 0)
}

// silentIdleCloses has a server that closes idle connections without a word. The
// loader needs no back-off: it asked nothing on them.
func silentIdleCloses() []account {
	const patience = 40 * time.Millisecond
	behave := func(p *enginetest.Peer) {
		_ = p.SetReadDeadline(time.Now().Add(patience))
		if _, err := p.Next(); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				p.Server.Ended.Add(1)
			}
			return
		}
		p.Server.Answers.Add(1)
		p.SendLast(enginetest.RightAnswer)
	}
	law := func(l *ledger) {
		l.nothingFailed()
		l.equal("right", l.Right(), l.answers)
		l.equal("asked", l.Asked, l.answers)
		l.holds(l.ended > 0, "the server closed no idle connection")
		l.equal("reconnects", l.Reconnects, l.UnannouncedCloses)
	}
	return []account{{"closed when idle without a word", behave, enginetest.Open(20, 400*time.Millisecond), nil, law}}
}
