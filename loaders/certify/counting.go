package certify

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Counting is a ladder of a warm-up, a closed and an open loop. The loader and the
// server count its requests and bytes, and must agree exactly.
type Counting struct {
	// Label is the name of the load in words.
	Label       string
	Connections int
	Depth       int
	// ReconnectEvery closes a connection after that many requests; 0 keeps it.
	ReconnectEvery int
	// UploadBytes and AnswerBytes are the sizes of the bodies, 0 for no upload and
	// for hello.
	UploadBytes, AnswerBytes int64
	// RateRPS is the rate of the open loop.
	RateRPS float64
	// Window is the length of each phase's window, Lead the length of the load
	// before measured windows.
	Window, Lead time.Duration
	// Alone makes the ladder one closed loop without a lead: the loader sends all
	// bytes inside its window, and the window's bytes must agree too.
	Alone bool
}

var _ Case = Counting{}

// Name implements Case.
func (c Counting) Name() string { return "counting " + c.Label }

// answer is the body of the right answer.
func (c Counting) answer() scenarios.Body {
	return scenarios.Body{Text: lawserver.Hello, Length: c.AnswerBytes}
}

// Law implements Case.
func (c Counting) Law(int64) lawserver.Law { return lawserver.Law{Body: c.answer()} }

// Load implements Case.
func (c Counting) Load(float64) loaders.Spec {
	closed := closedPhase(c.Window)
	closed.Lead = 0
	phases := []loaders.Phase{closed}
	if !c.Alone {
		warmup, open := closed, openPhase(c.RateRPS, c.Window)
		warmup.Name, warmup.Measured = results.PhaseWarmup, false
		open.Name, open.Lead, closed.Lead = "open", c.Lead, c.Lead
		phases = []loaders.Phase{warmup, closed, open}
	}
	s := spec(c.Connections, phases...)
	s.Depth, s.Connection.ReconnectEvery = max(1, c.Depth), c.ReconnectEvery
	upload(&s, c.UploadBytes)
	s.Requests[0].Expect.Body = new(c.answer())
	return s
}

// Checks implements Case.
func (c Counting) Checks(seen Observation) ([]Check, error) {
	request, err := wire.Compile(&seen.Spec.Requests[0], seen.Spec.Target.Host)
	if err != nil {
		return nil, err
	}
	answer := lawserver.AnswerSize(c.Law(0))
	var asked, answered, failed uint64
	for i := range seen.Report.Phases {
		p := &seen.Report.Phases[i]
		answered += p.Right()
		asked += p.Asked
		failed += p.Failures() + p.Unanswered
		if p.Rate != nil {
			failed += p.Rate.NeverSent + p.Rate.Censored
		}
	}
	if answered == 0 {
		return nil, fmt.Errorf("no request was answered, so there is nothing to count: %s", seen.phase().Total.FirstError)
	}
	r := checks{law: c.Name()}
	r.count("requests failed or lost", Requests, 0, failed)
	r.count("requests asked", Requests, seen.Counts.Requests, asked)
	r.count("requests: before + window + after", Requests, seen.Counts.Requests, answered)
	r.count("bytes of all requests", Bytes, seen.Counts.ReceivedBytes, answered*uint64(request.Size()))
	r.count("bytes of all answers", Bytes, seen.Counts.SentBytes, answered*uint64(answer))
	if c.Alone {
		p := seen.phase()
		r.count("bytes sent in the window", Bytes, seen.Counts.ReceivedBytes, p.SentBytes)
		r.count("bytes received: window + after", Bytes, seen.Counts.SentBytes, p.ReceivedBytes+p.CompletedAfter*uint64(answer))
	}
	return r.list, nil
}
