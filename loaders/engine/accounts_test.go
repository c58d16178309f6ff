package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// account is a server with a law between its counts and the loader's.
type account struct {
	name   string
	behave func(*enginetest.Peer)
	phase  loaders.Phase
	tweak  func(*loaders.Spec)
	law    func(*ledger)
}

// The loader's counts agree with those of servers that leave requests without an
// answer, send surplus answers, or end connections unannounced.
func TestAccounts(t *testing.T) { overEngines(t, accounts) }

func accounts(t *testing.T, e loaders.Loader) {
	for _, c := range slices.Concat(silences(), surpluses(), ends(), slowAnswers()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkAccount(t, e, &c)
		})
	}
}

// checkAccount loads the server until its law holds.
func checkAccount(t *testing.T, e loaders.Loader, c *account) {
	t.Helper()
	spec := enginetest.Spec(c.phase)
	if c.tweak != nil {
		c.tweak(&spec)
	}
	enginetest.Load(t, e, c.behave, spec, func(s *enginetest.CountingServer, r *results.Report) string {
		l := newLedger(s, r)
		c.law(l)
		return strings.Join(l.misses, "; ")
	})
}

// ledger compares a server's counts with those of the loader's only phase.
type ledger struct {
	*results.Phase
	users uint64
	// opened is the number of connections that were open before the phase.
	opened uint64
	// read, answers, swallowed, ended and connects are the server's counts.
	read, answers, swallowed, ended, connects uint64
	misses                                    []string
}

// newLedger reads the server's counts once the server has accepted the loader's
// connections and read its requests.
func newLedger(s *enginetest.CountingServer, r *results.Report) *ledger {
	l := &ledger{Phase: &r.Phases[0], users: uint64(r.ConnectionsAsked), opened: uint64(r.ConnectionsOpen)}
	enginetest.Reaches(&s.Connects, enginetest.Samples(r.Connect), time.Second)
	enginetest.Reaches(&s.Requests, l.Asked, time.Second)
	l.read, l.connects = uint64(s.Requests.Load()), uint64(s.Connects.Load())
	l.answers, l.swallowed, l.ended = uint64(s.Answers.Load()), uint64(s.Swallowed.Load()), uint64(s.Ended.Load())
	return l
}

// equal notes a figure of the loader that differs from the server's.
func (l *ledger) equal(figure string, got, want uint64) {
	l.holds(got == want, "%s: %d, want %d", figure, got, want)
}

// holds notes a law that does not hold.
func (l *ledger) holds(ok bool, format string, args ...any) {
	if !ok {
		l.misses = append(l.misses, fmt.Sprintf(format, args...))
	}
}

// nothingFailed notes failures, connections that could not be made and back-off.
func (l *ledger) nothingFailed() {
	l.holds(l.Failures() == 0, "%d failed: %v %s", l.Failures(), l.Total.Errors, l.Total.FirstError)
	l.holds(len(l.ConnectionErrors) == 0, "connection errors %v", l.ConnectionErrors)
	l.equal("ns of back-off", uint64(l.BackoffNS), 0)
	l.equal("announced closes", l.AnnouncedCloses, 0)
}

// silences has servers that never answer each connection's tenth request.
func silences() []account {
	const each, drain = 10, 100 * time.Millisecond
	silent := func(p *enginetest.Peer) {
		for n := 1; ; n++ {
			switch _, err := p.Next(); {
			case err != nil:
				return
			case n%each == 0:
				p.Server.Swallowed.Add(1)
				p.Hold()
				return
			}
			p.Server.Answers.Add(1)
			p.Send(enginetest.RightAnswer)
		}
	}
	law := func(l *ledger) {
		l.nothingFailed()
		l.equal("asked", l.Asked, l.read)
		l.equal("right", l.Right(), l.answers)
		l.equal("unanswered", l.Unanswered, l.swallowed)
		l.holds(l.swallowed > 0, "the server was asked too little to leave a request unanswered")
		l.equal("surplus answers", l.SurplusAnswers, 0)
		l.equal("unannounced closes", l.UnannouncedCloses, 0)
		l.holds(l.LowerBoundsFromNS() >= int64(drain), "lower bounds from %d ns, the drain took %v", l.LowerBoundsFromNS(), drain)
		if l.Loop == results.OpenLoop {
			l.equal("censored", l.Rate.Censored, l.Unanswered)
			l.equal("never sent", l.Rate.NeverSent, l.Rate.Offered-l.Asked)
		}
	}
	impatient := func(s *loaders.Spec) { s.Drain = drain }
	return []account{
		{"one in 10 unanswered, closed", silent, enginetest.Closed(200 * time.Millisecond), impatient, law},
		{"one in 10 unanswered, open", silent, enginetest.Open(400, 200*time.Millisecond), impatient, law},
	}
}

// surpluses has servers that send surplus bytes or answers.
func surpluses() []account {
	// follows answers a request and sends the text that long after the answer, in
	// the same write for 0.
	follows := func(text string, answers int64, gap time.Duration) func(*enginetest.Peer) {
		return func(p *enginetest.Peer) {
			for {
				if _, err := p.Next(); err != nil {
					return
				}
				p.Server.Answers.Add(answers)
				time.Sleep(calm)
				if gap == 0 {
					p.Send(enginetest.RightAnswer + text)
					continue
				}
				p.Send(enginetest.RightAnswer)
				time.Sleep(gap)
				p.Send(text)
			}
		}
	}
	// Each answer is right and followed by a surplus one, for which its
	// connection is replaced.
	each := func(l *ledger) {
		l.nothingFailed()
		l.equal("asked", l.Asked, l.read)
		l.equal("right", l.Right(), l.read)
		l.equal("surplus answers", l.SurplusAnswers, l.read)
		l.equal("reconnects", l.Reconnects, l.SurplusAnswers)
		l.equal("connections", l.connects, l.users+l.SurplusAnswers)
		l.equal("unannounced closes", l.UnannouncedCloses, 0)
	}
	// A surplus answer that comes while a request is in flight passes for that
	// one's. The surplus shows at the latest when the phase ends by listening.
	shifted := func(l *ledger) {
		l.equal("unanswered", l.Unanswered, 0)
		l.holds(l.SurplusAnswers >= l.users, "%d surplus answers on %d connections", l.SurplusAnswers, l.users)
		l.holds(l.Right()+l.SurplusAnswers <= l.answers, "%d right and %d surplus of %d answers", l.Right(), l.SurplusAnswers, l.answers)
		l.holds(l.Asked >= l.read, "%d asked, the server has read %d", l.Asked, l.read)
		l.equal("reconnects", l.Reconnects, l.SurplusAnswers)
		l.equal("ns of back-off", uint64(l.BackoffNS), 0)
		// A request that was not sent yet is lost with a connection that is
		// replaced.
		lost := l.Total.Errors[results.CauseClosed] + l.FailedOutside
		l.holds(l.Failures() == lost && lost <= 2*l.SurplusAnswers, "%d failed: %v", l.Failures(), l.Total.Errors)
	}
	// The second answer comes behind the window, and a surplus one when nothing
	// is in flight any more.
	const gap, half = 3 * time.Millisecond, 50 * time.Millisecond
	last := func(p *enginetest.Peer) {
		for n := 1; ; n++ {
			if _, err := p.Next(); err != nil {
				return
			}
			time.Sleep(half)
			p.Send(enginetest.RightAnswer)
			if n == 2 {
				time.Sleep(gap)
				p.Send(enginetest.RightAnswer)
			}
		}
	}
	one := func(l *ledger) {
		l.nothingFailed()
		l.equal("asked", l.Asked, 2*l.users)
		l.equal("right", l.Right(), l.read)
		l.equal("surplus answers", l.SurplusAnswers, l.users)
		l.equal("reconnects", l.Reconnects, l.users)
	}
	closed, open := enginetest.Closed(100*time.Millisecond), enginetest.Open(200, 100*time.Millisecond)
	return []account{
		{"extra bytes", follows("surplus", 1, 0), closed, nil, each},
		{"answered twice, closed", follows(enginetest.RightAnswer, 2, 0), closed, nil, each},
		{"answered twice, open", follows(enginetest.RightAnswer, 2, 0), open, nil, each},
		{"answered twice, idle between", follows(enginetest.RightAnswer, 2, gap), enginetest.Open(10, 400*time.Millisecond), nil, each},
		{"answered twice, a moment apart", follows(enginetest.RightAnswer, 2, gap), closed, nil, shifted},
		{"answered twice, behind the window", last, enginetest.Closed(half + half/2), nil, one},
		{"answered twice, pipelined", follows(enginetest.RightAnswer, 2, 0), closed, func(s *loaders.Spec) { s.Depth = 2 }, shifted},
	}
}

// ends has servers that close connections without an announcement.
func ends() []account {
	behind := func(each int) func(*enginetest.Peer) {
		return func(p *enginetest.Peer) {
			for n := 1; ; n++ {
				if _, err := p.Next(); err != nil {
					return
				}
				time.Sleep(calm)
				p.Server.Answers.Add(1)
				if n == each {
					p.Server.Ended.Add(1)
					p.SendLast(enginetest.RightAnswer)
					return
				}
				p.Send(enginetest.RightAnswer)
			}
		}
	}
	law := func(l *ledger) {
		l.nothingFailed()
		l.equal("asked", l.Asked, l.read)
		l.equal("right", l.Right(), l.answers)
		l.equal("unanswered", l.Unanswered, 0)
		l.equal("surplus answers", l.SurplusAnswers, 0)
		l.equal("unannounced closes", l.UnannouncedCloses, l.ended)
		l.equal("reconnects", l.Reconnects, l.ended)
		l.equal("connections", l.connects, l.users+l.ended)
	}
	// A connection that ends before any answer is not made again at once.
	atOnce := func(l *ledger) {
		l.equal("connections that could be opened", l.opened, l.users)
		l.equal("right", l.Right(), 0)
		l.equal("unanswered", l.Unanswered, 0)
		l.holds(l.UnannouncedCloses+l.Failures() > 0, "nobody noticed that connections ended")
		l.holds(l.BackoffNS > 0, "no back-off")
		l.holds(l.connects <= 12*l.users, "a storm of %d connections of %d users", l.connects, l.users)
	}
	closed, open := enginetest.Closed(100*time.Millisecond), enginetest.Open(200, 100*time.Millisecond)
	return []account{
		{"closed behind each answer, closed", behind(1), closed, nil, law},
		{"closed behind each answer, open", behind(1), open, nil, law},
		{"closed behind the third answer, closed", behind(3), closed, nil, law},
		{"closed behind the third answer, open", behind(3), open, nil, law},
		{"closed at once, closed", func(*enginetest.Peer) {}, enginetest.Closed(200 * time.Millisecond), nil, atOnce},
		{"closed at once, open", func(*enginetest.Peer) {}, enginetest.Open(200, 200*time.Millisecond), func(s *loaders.Spec) { s.Drain = 100 * time.Millisecond }, atOnce},
	}
}

// slowAnswers has a server whose answers take longer than the drain bound. They
// are awaited nevertheless.
func slowAnswers() []account {
	const slow, window, drain = 700 * time.Millisecond, 850 * time.Millisecond, 500 * time.Millisecond
	law := func(l *ledger) {
		l.nothingFailed()
		l.equal("asked", l.Asked, l.read)
		l.equal("right", l.Right(), l.read)
		l.equal("unanswered", l.Unanswered, 0)
		l.holds(l.CompletedAfter > 0, "nothing was answered behind the window")
		if l.Loop == results.OpenLoop {
			l.equal("censored or never sent", l.Rate.Censored+l.Rate.NeverSent, 0)
		}
	}
	tweak := func(s *loaders.Spec) { s.Drain, s.Connections = drain, 12 }
	behave := enginetest.Good(slow)
	return []account{
		{"slower than the drain, closed", behave, enginetest.Closed(window), tweak, law},
		{"slower than the drain, open", behave, enginetest.Open(10, window), tweak, law},
	}
}

// A server goes away within the window: the connections that cannot be made any
// more are no failed requests.
func TestRefusedInTheMiddle(t *testing.T) { overEngines(t, refusedInTheMiddle) }

func refusedInTheMiddle(t *testing.T, e loaders.Loader) {
	spec := enginetest.Spec(enginetest.Closed(400 * time.Millisecond))
	spec.Connection = scenarios.Connection{ReconnectEvery: 5, CloseWith: scenarios.FIN}
	// A loader that the machine stops until the window ends connects no more.
	retry.Often(t, func() string {
		server := enginetest.Start(t, enginetest.Good(calm))
		spec.Target.Address = server.Address
		steer := enginetest.Steer{OnWindow: func(loaders.Window) { time.AfterFunc(200*time.Millisecond, server.Die) }}
		report := enginetest.Drive(t, e, spec, &steer)
		p := &report.Phases[0]
		for cause := range p.Total.Errors {
			if strings.HasPrefix(string(cause), "connect") {
				t.Errorf("connections that could not be made count as failed requests: %v", p.Total.Errors)
			}
		}
		if n := p.Failures(); n > uint64(spec.Connections) {
			t.Errorf("%d requests failed, %d connections had one in flight: %v", n, spec.Connections, p.Total.Errors)
		}
		if read := uint64(server.Requests.Load()); p.Right() > read || p.Asked < read {
			t.Errorf("%d right of %d asked, the server has read %d", p.Right(), p.Asked, read)
		}
		if p.ConnectionErrors[results.CauseConnectRefused]+p.ConnectionErrors[results.CauseConnectReset] == 0 || p.BackoffNS == 0 {
			return fmt.Sprintf("a server went away: connection errors %v, %d ns of back-off", p.ConnectionErrors, p.BackoffNS)
		}
		return ""
	})
}
