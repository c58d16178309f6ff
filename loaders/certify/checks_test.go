package certify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/certify"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// report is the report of a loader with these latencies.
func report(t *testing.T, corrected, service func(share float64) time.Duration) results.Report {
	t.Helper()
	const n = 30_000 // enough for a p99.9
	var c, s record.Histogram
	for i := range n {
		share := (float64(i) + 0.5) / n
		c.Record(int64(corrected(share)))
		s.Record(int64(service(share)))
	}
	p := results.Phase{Name: "law", Loop: results.OpenLoop, T0NS: 1e9, T1NS: 31e9, Rate: &results.RateReport{Offered: n}}
	p.Total.Completed = n
	var err error
	if p.Total.Corrected, err = c.Result(); err != nil {
		t.Fatal(err)
	}
	if p.Total.Service, err = s.Result(); err != nil {
		t.Fatal(err)
	}
	return results.Report{Phases: []results.Phase{p}}
}

// missed returns the figures of the checks that miss their bound.
func missed(list []certify.Check) string {
	var names []string
	for _, r := range list {
		if !r.OK {
			names = append(names, r.Figure)
		}
	}
	return strings.Join(names, "; ")
}

// A loader that measures the law passes. A loader that measures from the actual
// send, and omits requests that it did not send, does not.
func TestStallChecksFindCoordinatedOmission(t *testing.T) {
	t.Parallel()
	s := certify.Stall{
		RateRPS: 1000, CapacityRPS: 50_000, Length: time.Second, Period: 10 * time.Second, Periods: 3,
		Connections: 64, Within: 0.02, P50Within: 100 * time.Microsecond,
	}
	quick := func(float64) time.Duration { return 100 * time.Microsecond }
	law := func(q float64) time.Duration { return max(100*time.Microsecond, s.Quantile(q, 50_000)) }
	seen := certify.Observation{Spec: s.Load(50_000), Report: report(t, law, quick), CapacityRPS: 50_000, Stamps: stamps(1e9-200e6, 1000, 30.2, 60e3)}
	list, err := s.Checks(seen)
	if err != nil || missed(list) != "" || len(list) != 7 {
		t.Fatalf("got %d checks, missed %q, %v", len(list), missed(list), err)
	}
	seen.Report = report(t, quick, quick)
	list, err = s.Checks(seen)
	if got := missed(list); err != nil || got != "corrected p95; corrected p99; corrected p99.9" {
		t.Errorf("coordinated omission misses %q, %v", got, err)
	}
	seen.Stamps = stamps(1e9-200e6, 1000, 30.2, 300e3)
	seen.Report = report(t, law, quick)
	if list, err = s.Checks(seen); err != nil || !strings.Contains(missed(list), "p50") {
		t.Errorf("a p50 200 µs below the server's stamps misses %q, %v", missed(list), err)
	}
	seen.CapacityRPS = 1050
	if _, err := s.Checks(seen); err == nil {
		t.Error("a backlog that is not drained within the period was accepted")
	}
}

// stamps are those of a server that answers every request the given nanoseconds
// after its intended instant.
func stamps(begin int64, rate, seconds, after float64) lawserver.Stamps {
	var s lawserver.Stamps
	for k := range int(rate * seconds) {
		at := begin + int64(float64(k)*1e9/rate+after)
		s.ArrivedNS, s.AnsweredNS = append(s.ArrivedNS, at), append(s.AnsweredNS, at)
	}
	return s
}

func TestOverloadChecks(t *testing.T) {
	t.Parallel()
	o := certify.Overload{Factor: 2, Lead: 200 * time.Millisecond, Window: 30 * time.Second, Drain: 500 * time.Millisecond, Connections: 64, Within: 0.02}
	r := report(t, o.Quantile, o.Quantile)
	p := &r.Phases[0]
	p.Rate.Achieved, p.Rate.NeverSent, p.Rate.Censored = 15_000, uint64(30_000*o.Unanswered())-64, 64
	p.Rate.CensoredFromNS = int64(500 * time.Millisecond)
	seen := certify.Observation{Report: r, CapacityRPS: 500, Verdict: &results.Verdict{Flags: []results.Flag{results.FlagSaturated}}}
	list, err := o.Checks(seen)
	if err != nil || missed(list) != "" {
		t.Fatalf("missed %q, %v", missed(list), err)
	}
	p.Rate.NeverSent, p.Rate.CensoredFromNS = 0, 0
	p.Rate.Achieved = 30_000
	seen.Verdict = &results.Verdict{Reasons: []results.Reason{{Text: "all is well"}}}
	list, err = o.Checks(seen)
	if got := missed(list); err != nil || got != "achieved; requests unanswered; lower bounds from; verdict" {
		t.Errorf("a loader that hides its backlog misses %q, %v", got, err)
	}
}

func TestCountingChecks(t *testing.T) {
	t.Parallel()
	c := certify.Counting{Label: "x", Connections: 1, Alone: true, Window: time.Second}
	s := c.Load(0)
	s.Target.Host = "h"
	size := uint64(len("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
	answer := lawserver.AnswerSize(c.Law(0))
	p := results.Phase{Name: "law", Asked: 10, CompletedBefore: 1, CompletedAfter: 2, SentBytes: 10 * size, ReceivedBytes: 8 * uint64(answer)}
	p.Total.Completed = 7
	seen := certify.Observation{
		Spec: s, Report: results.Report{Phases: []results.Phase{p}},
		Counts: lawserver.Counts{Requests: 10, ReceivedBytes: 10 * size, SentBytes: 10 * uint64(answer)},
	}
	if list, err := c.Checks(seen); err != nil || missed(list) != "" {
		t.Errorf("missed %q, %v", missed(list), err)
	}
	seen.Counts.Requests++
	seen.Counts.SentBytes++
	list, err := c.Checks(seen)
	if got := missed(list); err != nil || got != "requests asked; requests: before + window + after; bytes of all answers; bytes received: window + after" {
		t.Errorf("one request and one byte too many miss %q, %v", got, err)
	}
	if _, err := c.Checks(certify.Observation{Spec: s}); err == nil {
		t.Error("nothing was counted and that is no error")
	}
}

// A loader that counts as the server does passes. Counts that it omits, or has under
// another name, show.
func TestAccountsChecks(t *testing.T) {
	t.Parallel()
	silent := certify.Accounts{Behaviour: lawserver.Swallow, Every: 30, Connections: 4, Drain: time.Second}
	twice := certify.Accounts{Behaviour: lawserver.Twice, Connections: 4}
	shifted := certify.Accounts{Behaviour: lawserver.Twice, Gap: time.Millisecond, Connections: 4}
	closes := certify.Accounts{Behaviour: lawserver.CloseAfter, Every: 10, Connections: 4}
	for _, c := range []struct {
		of     certify.Accounts
		server lawserver.Counts
		seen   results.Phase // Total.Completed is 97
		change func(*results.Phase)
		missed string
	}{
		{silent, lawserver.Counts{Requests: 100, Answers: 97}, results.Phase{Unanswered: 3, UnansweredFromNS: 1e9},
			func(p *results.Phase) { p.Unanswered, p.UnansweredFromNS = 0, 0 },
			"asked: right + failed + unanswered; requests unanswered; lower bounds from"},
		{silent, lawserver.Counts{Requests: 100, Answers: 97}, results.Phase{Unanswered: 3, UnansweredFromNS: 1e9},
			func(p *results.Phase) { p.Unanswered, p.Total.Failed = 0, 3 },
			"requests unanswered; requests failed"},
		{twice, lawserver.Counts{Requests: 97, Answers: 194, Connections: 101}, results.Phase{SurplusAnswers: 97},
			func(p *results.Phase) { p.SurplusAnswers = 0 },
			"surplus answers; connections: at the begin + surplus"},
		{shifted, lawserver.Counts{Requests: 60, Answers: 120, Connections: 9}, results.Phase{SurplusAnswers: 5},
			func(p *results.Phase) { p.SurplusAnswers, p.CompletedAfter = 0, 30 },
			"asked: right + failed + unanswered; right + surplus answers; surplus answers; connections: at the begin + surplus"},
		{closes, lawserver.Counts{Requests: 97, Answers: 97, Connections: 12}, results.Phase{UnannouncedCloses: 8, Reconnects: 8},
			func(p *results.Phase) { p.UnannouncedCloses, p.BackoffNS = 7, 1 },
			"unannounced closes: accepted − open; reconnects; back-off"},
		{closes, lawserver.Counts{Requests: 97, Answers: 97, Connections: 11}, results.Phase{UnannouncedCloses: 7, Reconnects: 7},
			func(p *results.Phase) { p.ConnectionErrors = map[results.Cause]uint64{results.CauseConnectRefused: 1} },
			"connections that could not be made"},
	} {
		p := c.seen
		p.Name, p.Loop = "law", results.ClosedLoop
		p.Total.Completed = 97
		p.Asked = p.Right() + p.Unanswered
		for _, want := range []string{"", c.missed} {
			list, err := c.of.Checks(certify.Observation{Report: results.Report{Phases: []results.Phase{p}}, Counts: c.server})
			if got := missed(list); err != nil || got != want {
				t.Errorf("%s: missed %q, want %q, %v", c.of.Name(), got, want, err)
			}
			c.change(&p)
		}
	}
	if _, err := silent.Checks(certify.Observation{}); err == nil {
		t.Error("nothing was asked and that is no error")
	}
}

func TestBadChecks(t *testing.T) {
	t.Parallel()
	b := certify.Bad{Behaviour: lawserver.Status500, Cause: results.CauseStatus, Window: time.Second, Timeout: time.Second}
	missedOf := func(completed uint64, errs map[results.Cause]uint64, took time.Duration) string {
		p := results.Phase{Name: "law"}
		p.Total.Completed, p.Total.Errors = completed, errs
		list, err := b.Checks(certify.Observation{Report: results.Report{Phases: []results.Phase{p}}, Elapsed: took})
		if err != nil {
			t.Fatal(err)
		}
		return missed(list)
	}
	status := map[results.Cause]uint64{results.CauseStatus: 3}
	for want, got := range map[string]string{
		"":                             missedOf(0, status, time.Second),
		"answers that count as right":  missedOf(1, status, time.Second),
		"cause":                        missedOf(0, map[results.Cause]uint64{results.CauseStatus: 3, results.CauseBody: 1}, time.Second),
		"the loader comes back within": missedOf(0, status, time.Minute),
	} {
		if got != want {
			t.Errorf("missed %q, want %q", got, want)
		}
	}
	if got := missedOf(0, nil, time.Second); got != "cause" {
		t.Errorf("no failure at all misses %q", got)
	}
}
