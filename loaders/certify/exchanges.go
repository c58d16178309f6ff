package certify

import (
	"cmp"
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Exchanges is a load of exchanges that are more than "send, await", or of connections
// that are made together. The loader must count exactly what the server counts.
type Exchanges struct {
	Kind        ExchangeKind
	Connections int
	// RateRPS is the rate of an open loop; 0 makes the loop a closed one.
	RateRPS float64
	Window  time.Duration
}

// ExchangeKind is the kind of the exchanges of a case.
type ExchangeKind string

// The kinds. Abandoned exchanges send half of a body and close; hellos come between them.
// Streamed ones await server-sent events. Fresh ones have connections of their own, and
// Together ones in waves.
const (
	Abandoned ExchangeKind = "abandoned in the middle of the body"
	Streamed  ExchangeKind = "server-sent events"
	Fresh     ExchangeKind = "a connection for each request"
	Together  ExchangeKind = "connections in waves"
)

var _ Case = Exchanges{}

const (
	// halfBody is half of the body of an abandoned request, in bytes.
	halfBody = 2048
	// eventsEach is the number of server-sent events of an answer.
	eventsEach = 100
)

// Name implements Case.
func (e Exchanges) Name() string { return fmt.Sprintf("%s, %s", e.Kind, loopWords(e.RateRPS)) }

// Law implements Case.
func (e Exchanges) Law(int64) lawserver.Law {
	if e.Kind == Streamed {
		return lawserver.Law{Behaviour: lawserver.Stream, Every: eventsEach}
	}
	return lawserver.Law{}
}

// Load implements Case.
func (e Exchanges) Load(float64) loaders.Spec {
	phase := closedPhase(e.Window)
	if e.RateRPS > 0 {
		phase = openPhase(e.RateRPS, e.Window)
	}
	phase.Lead = 0
	s := spec(e.Connections, phase)
	end, all, half, fin := true, int64(-1), int64(halfBody), scenarios.FIN
	switch e.Kind {
	case Abandoned:
		s.Requests = append(s.Requests, scenarios.Request{
			Name: "abandoned", Method: "POST", Path: "/", Body: &scenarios.Body{Text: lawserver.Hello, Length: 2 * halfBody},
			Exchange: scenarios.Exchange{{SendHead: &end}, {SendBytes: &half}, {Close: &fin}},
		})
	case Streamed:
		r, n := &s.Requests[0], eventsEach
		r.Exchange = scenarios.Exchange{{SendBytes: &all}, {AwaitEvents: &n}, {AwaitEnd: &end}}
		r.Expect.Body = &scenarios.Body{Text: lawserver.Events(eventsEach)}
	default:
		s.Connection = scenarios.Connection{ReconnectEvery: 1, CloseWith: fin, Together: e.Kind == Together}
	}
	return s
}

// Checks implements Case.
func (e Exchanges) Checks(seen Observation) ([]Check, error) {
	p := seen.phase()
	if p.Asked == 0 {
		return nil, fmt.Errorf("no request was asked, so there is nothing to count: %s", cmp.Or(p.FirstConnectionError, p.Total.FirstError))
	}
	r := checks{law: e.Name()}
	r.count("asked: right + abandoned", Requests, p.Asked, p.Right()+p.Abandons())
	r.count("requests failed or unanswered", Requests, 0, p.Failures()+p.Unanswered)
	r.count("answers that count as right", Requests, seen.Counts.Answers, p.Right())
	r.count("exchanges abandoned", Requests, seen.Counts.Halves, p.Abandons())
	r.count("surplus answers", Requests, 0, p.SurplusAnswers)
	r.count("connections that could not be made", Connections, 0, p.FailedConnects())
	r.duration("back-off", 0, time.Duration(p.BackoffNS), Bound{Kind: Exact})
	switch e.Kind {
	case Abandoned:
		if e.RateRPS == 0 { // an open loop makes connections for their requests
			r.count("reconnects", Connections, p.Abandons(), p.Reconnects)
		}
		r.text("abandoned exchanges", "some", fmt.Sprint(p.Abandons()), p.Abandons() > 0)
	case Streamed:
		inside := p.Total.Completed
		r.count("server-sent events in the window", Events, eventsEach*inside, p.Total.Events)
		r.count("reconnects", Connections, 0, p.Reconnects)
	case Together, Fresh:
		e.connections(&r, p, seen)
	}
	return r.list, nil
}

// connections has the law of fresh connections: each has one request at most, the loader
// times each that the server accepts, and a wave has a request for each connection.
func (e Exchanges) connections(r *checks, p *results.Phase, seen Observation) {
	made, all := uint64(0), uint64(e.Connections)
	if seen.Report.Connect != nil {
		made = seen.Report.Connect.Count
	}
	r.count("connections", Connections, seen.Counts.Connections, made)
	// Those from before the phase end unused, and as many are made behind it.
	r.number("connections: requests + those before and behind the phase", Connections, float64(p.Asked+2*all), float64(made), Bound{Kind: AtMost})
	r.number("requests: one a connection at most", Requests, float64(made), float64(p.Asked), Bound{Kind: AtMost})
	if e.Kind == Together {
		least, most := all*p.Waves, all*(p.Waves+1)
		r.text("requests of the waves", fmt.Sprintf("%d to %d", least, most), fmt.Sprint(p.Asked), p.Waves > 0 && p.Asked >= least && p.Asked <= most)
	}
}
