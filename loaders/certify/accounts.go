package certify

import (
	"cmp"
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
)

// Accounts is a load on a server that leaves requests unanswered, sends surplus
// answers, or closes connections unannounced. The loader must account for every
// request, and must count surplus answers and closes exactly as the server does.
type Accounts struct {
	// Behaviour is Swallow, Twice, ExtraBytes or CloseAfter; Every is as in
	// lawserver.Law.
	Behaviour lawserver.Behaviour
	Every     int
	// Gap is the time between the two answers of Twice.
	Gap         time.Duration
	Connections int
	// RateRPS is the rate of an open loop; 0 makes the loop a closed one.
	RateRPS float64
	Window  time.Duration
	// Drain bounds the wait for unanswered requests.
	Drain time.Duration
}

var _ Case = Accounts{}

// Name implements Case.
func (a Accounts) Name() string {
	loop := loopWords(a.RateRPS)
	switch a.Behaviour {
	case lawserver.Swallow:
		return fmt.Sprintf("1 in %d never answered, %s", a.Every, loop)
	case lawserver.CloseAfter:
		return fmt.Sprintf("closed unannounced with answer %d, %s", a.Every, loop)
	case lawserver.ExtraBytes:
		return "bytes behind each answer, " + loop
	}
	if a.Gap > 0 {
		return fmt.Sprintf("each answered twice, %v apart, %s", a.Gap, loop)
	}
	return "each answered twice, " + loop
}

// loopWords names the loop of a rate in req/s, 0 for a closed one.
func loopWords(rateRPS float64) string {
	if rateRPS > 0 {
		return fmt.Sprintf("%.6g/s", rateRPS)
	}
	return "closed loop"
}

// Law implements Case.
func (a Accounts) Law(int64) lawserver.Law {
	return lawserver.Law{Behaviour: a.Behaviour, Every: a.Every, Delay: a.Gap}
}

// Load implements Case.
func (a Accounts) Load(float64) loaders.Spec {
	phase := closedPhase(a.Window)
	if a.RateRPS > 0 {
		phase = openPhase(a.RateRPS, a.Window)
	}
	phase.Lead = 0
	s := spec(a.Connections, phase)
	s.Drain = a.Drain
	return s
}

// Checks implements Case.
func (a Accounts) Checks(seen Observation) ([]Check, error) {
	p := seen.phase()
	if p.Asked == 0 {
		return nil, fmt.Errorf("no request was asked, so there is nothing to account for: %s", cmp.Or(p.FirstConnectionError, p.Total.FirstError))
	}
	r := checks{law: a.Name()}
	r.count("asked: right + failed + unanswered", Requests, p.Asked, p.Right()+p.Failures()+p.Unanswered)
	switch {
	case a.Behaviour == lawserver.Swallow:
		a.swallows(&r, p, seen.Counts)
	case a.Behaviour == lawserver.CloseAfter:
		a.closes(&r, p, seen.Counts)
	case a.Gap > 0 && a.RateRPS == 0:
		a.shifts(&r, p, seen.Counts)
	default:
		a.twice(&r, p, seen.Counts)
	}
	r.count("connections that could not be made", Connections, 0, p.FailedConnects())
	r.duration("back-off", 0, time.Duration(p.BackoffNS), Bound{Kind: Exact})
	return r.list, nil
}

// swallows has the law of Swallow: of R requests read, the whole part of R ÷ N get
// no answer; each occupies its connection until the wait for its answer ends.
func (a Accounts) swallows(r *checks, p *results.Phase, server lawserver.Counts) {
	unanswered := server.Requests / uint64(a.Every)
	r.count("requests asked", Requests, server.Requests, p.Asked)
	r.count("requests unanswered", Requests, unanswered, p.Unanswered)
	r.count("answers that count as right", Requests, server.Answers, p.Right())
	r.count("requests failed", Requests, 0, p.Failures())
	r.count("surplus answers", Requests, 0, p.SurplusAnswers)
	r.count("unannounced closes", Connections, 0, p.UnannouncedCloses)
	lower := time.Duration(p.LowerBoundsFromNS())
	r.text("lower bounds from", fmt.Sprintf("at least %v", a.Drain), lower.Round(time.Microsecond).String(), lower >= a.Drain)
}

// twice has the law of surplus answers that come while no request is in flight: one
// for each request, and for each a new connection.
func (a Accounts) twice(r *checks, p *results.Phase, server lawserver.Counts) {
	r.count("requests asked", Requests, server.Requests, p.Asked)
	r.count("answers that count as right", Requests, server.Requests, p.Right())
	r.count("surplus answers", Requests, server.Requests, p.SurplusAnswers)
	r.count("requests failed", Requests, 0, p.Failures())
	r.count("connections: at the begin + surplus", Connections, server.Connections, uint64(a.Connections)+p.SurplusAnswers)
}

// shifts has the law of surplus answers that come while the next request is in
// flight: each passes for that request's answer, and all requests seem right. The
// surplus shows at the latest when the phase ends by listening.
func (a Accounts) shifts(r *checks, p *results.Phase, server lawserver.Counts) {
	r.count("requests unanswered", Requests, 0, p.Unanswered)
	r.number("right + surplus answers", Requests, float64(server.Answers), float64(p.Right()+p.SurplusAnswers), Bound{Kind: AtMost})
	r.text("surplus answers", fmt.Sprintf("at least %d", a.Connections), fmt.Sprint(p.SurplusAnswers), p.SurplusAnswers >= uint64(a.Connections))
	r.count("connections: at the begin + surplus", Connections, server.Connections, uint64(a.Connections)+p.SurplusAnswers)
}

// closes has the law of CloseAfter: the server closes each connection with its N-th
// answer. All accepted connections are closed except those that are open at the
// end, and each of these has had fewer than N answers.
func (a Accounts) closes(r *checks, p *results.Phase, server lawserver.Counts) {
	r.count("requests asked", Requests, server.Requests, p.Asked)
	r.count("answers that count as right", Requests, server.Answers, p.Right())
	r.count("requests failed", Requests, 0, p.Failures())
	r.count("requests unanswered", Requests, 0, p.Unanswered)
	r.count("surplus answers", Requests, 0, p.SurplusAnswers)
	r.count("unannounced closes: accepted − open", Connections, server.Connections-uint64(a.Connections), p.UnannouncedCloses)
	r.count("reconnects", Connections, p.UnannouncedCloses, p.Reconnects)
	each := uint64(a.Every)
	least, most := each*p.UnannouncedCloses, each*p.UnannouncedCloses+uint64(a.Connections)*(each-1)
	r.text("answers of the closed and the open connections", fmt.Sprintf("%d to %d", least, most), fmt.Sprint(p.Right()), p.Right() >= least && p.Right() <= most)
}
