package certify_test

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/certify"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
)

// A loader that counts as the server does passes; each wrong count is found.
func TestExchangeChecks(t *testing.T) {
	t.Parallel()
	type observation struct {
		phase   results.Phase
		counts  lawserver.Counts
		connect uint64
	}
	right := func(kind certify.ExchangeKind) observation {
		o := observation{phase: results.Phase{Name: "law", Asked: 100}, connect: 10}
		o.phase.Total.Completed = 100
		o.counts = lawserver.Counts{Connections: 10, Requests: 100, Answers: 100}
		switch kind {
		case certify.Abandoned:
			o.phase.Total.Completed, o.phase.Total.Abandoned, o.phase.AbandonedOutside, o.phase.Reconnects = 50, 49, 1, 50
			o.counts.Requests, o.counts.Answers, o.counts.Halves = 50, 50, 50
		case certify.Streamed:
			o.phase.Total.Events = 10_000
		case certify.Fresh, certify.Together:
			o.phase.Waves, o.connect, o.counts.Connections = 25, 104, 104
		}
		return o
	}
	for _, c := range []struct {
		kind   certify.ExchangeKind
		wrong  func(*observation)
		missed string
	}{
		{certify.Abandoned, nil, ""},
		{certify.Streamed, nil, ""},
		{certify.Fresh, nil, ""},
		{certify.Together, nil, ""},
		{certify.Abandoned, func(o *observation) { o.counts.Halves++ }, "exchanges abandoned"},
		{certify.Abandoned, func(o *observation) { o.phase.Reconnects-- }, "reconnects"},
		{certify.Abandoned, func(o *observation) { o.phase.BackoffNS = 1 }, "back-off"},
		{certify.Abandoned, func(o *observation) {
			o.phase.Total.Abandoned, o.phase.Total.Failed = 48, 1
		}, "asked: right + abandoned; requests failed or unanswered; exchanges abandoned; reconnects"},
		{certify.Streamed, func(o *observation) { o.phase.Total.Events-- }, "server-sent events in the window"},
		{certify.Streamed, func(o *observation) { o.counts.Answers++ }, "answers that count as right"},
		{certify.Fresh, func(o *observation) { o.counts.Connections++ }, "connections"},
		{certify.Fresh, func(o *observation) { o.connect, o.counts.Connections = 99, 99 }, "requests: one a connection at most"},
		{certify.Fresh, func(o *observation) { o.connect, o.counts.Connections = 109, 109 }, "connections: requests + those before and behind the phase"},
		{certify.Together, func(o *observation) { o.phase.Waves = 26 }, "requests of the waves"},
		{certify.Together, func(o *observation) { o.phase.Waves = 23 }, "requests of the waves"},
	} {
		o := right(c.kind)
		if c.wrong != nil {
			c.wrong(&o)
		}
		list, err := certify.Exchanges{Kind: c.kind, Connections: 4, Window: time.Second}.Checks(certify.Observation{
			Report: results.Report{Phases: []results.Phase{o.phase}, Connect: &results.Histogram{Count: o.connect}}, Counts: o.counts,
		})
		if got := missed(list); err != nil || got != c.missed {
			t.Errorf("%s: missed %q, want %q: %v", c.kind, got, c.missed, err)
		}
	}
	if _, err := (certify.Exchanges{Kind: certify.Fresh}).Checks(certify.Observation{}); err == nil {
		t.Error("a load without a request was accepted")
	}
}
