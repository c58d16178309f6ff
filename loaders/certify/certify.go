// Package certify holds the truth laws: what a loader must measure against a
// server whose behaviour can be calculated, by arithmetic alone, and the
// comparison of that with what it did measure. Every law is a Case; a Bench
// runs it.
package certify

import (
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Case is one law with one load. It is plain data.
type Case interface {
	// Name is unique in a battery and names the figures that set it apart.
	Name() string
	// Law is what the server does, given the CLOCK_MONOTONIC instant t0 at
	// which the measured window opens.
	Law(t0 int64) lawserver.Law
	// Load is what the loader does, target and threads aside. The capacity is
	// the measured one in req/s where the law has one, else 0.
	Load(capacityRPS float64) loaders.Spec
	// Rows compares what was seen with what follows from the law.
	Rows(seen Seen) ([]Row, error)
}

// Seen is what came out of a case.
type Seen struct {
	Spec   loaders.Spec
	Report results.Report
	// ConnectCause is set where not one connection could be made; there is no
	// report then.
	ConnectCause results.Cause
	// CapacityRPS is what a closed loop got out of the server under the same
	// law without stops, in req/s; 0 where the law has no capacity.
	CapacityRPS float64
	Counts      lawserver.Counts
	Stamps      lawserver.Stamps
	// Verdict is the harness's on the measured phase, nil where none judges.
	Verdict *results.Verdict
	// Elapsed is the time from the start of the loader to its report.
	Elapsed time.Duration
}

// phaseName is the measured phase of every case.
const phaseName = "law"

// phase is the measured phase as the loader saw it.
func (s *Seen) phase() *results.Phase {
	p := s.Report.Phase(phaseName)
	if p == nil {
		return &results.Phase{}
	}
	return p
}

// lead is how long load flows before a measured window.
const lead = 200 * time.Millisecond

// hello is the request that nearly every law is asked.
func hello() scenarios.Request {
	return scenarios.Request{
		Name: "hello", Method: "GET", Path: "/",
		Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: lawserver.Hello}},
	}
}

// spec is a load of hello requests.
func spec(connections int, phases ...loaders.Phase) loaders.Spec {
	return loaders.Spec{
		Protocol: scenarios.H1, Requests: []scenarios.Request{hello()},
		Connections: connections, Depth: 1, Phases: phases,
	}
}

func openPhase(rateRPS float64, window time.Duration) loaders.Phase {
	return loaders.Phase{
		Name: phaseName, Loop: results.OpenLoop, Measured: true, Duration: window, Lead: lead,
		Schedule: loaders.Constant, RateRPS: rateRPS,
	}
}

func closedPhase(window time.Duration) loaders.Phase {
	return loaders.Phase{Name: phaseName, Loop: results.ClosedLoop, Measured: true, Duration: window, Lead: lead}
}
