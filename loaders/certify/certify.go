// Package certify holds the truth laws. A law is arithmetic: it says what a loader
// must measure against a server of calculable behaviour. The package compares that
// with the loader's report. Every law is a Case; a Bench runs it.
package certify

import (
	"cmp"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Case is one law with one load. It is plain data.
type Case interface {
	// Name is unique in a battery and holds the case's parameters.
	Name() string
	// Law returns the server's behaviour for a measured window that opens at the
	// CLOCK_MONOTONIC instant t0.
	Law(t0 int64) lawserver.Law
	// Load returns the load, without target and threads. The capacity is the
	// measured one in req/s where the law has one, else 0.
	Load(capacityRPS float64) loaders.Spec
	// Checks compares an observation with the law.
	Checks(seen Observation) ([]Check, error)
}

// Observation holds the reports of loader and server about a case.
type Observation struct {
	Spec   loaders.Spec
	Report results.Report
	// ConnectCause is set where no connection could be made; there is no report
	// then.
	ConnectCause results.Cause
	// CapacityRPS is the throughput of a closed loop under the same law without
	// stops, in req/s; 0 where the law has no capacity.
	CapacityRPS float64
	Counts      lawserver.Counts
	Stamps      lawserver.Stamps
	// Verdict is the harness's verdict on the measured phase, nil where there is
	// none.
	Verdict *results.Verdict
	// Elapsed is the time from the start of the loader to its report.
	Elapsed time.Duration
}

// phaseName is the name of the measured phase of every case.
const phaseName = "law"

// phase returns the loader's report of the measured phase.
func (s *Observation) phase() *results.Phase {
	return cmp.Or(s.Report.Phase(phaseName), &results.Phase{})
}

// lead is the length of the load before a measured window.
const lead = 200 * time.Millisecond

// spec returns a load of hello requests.
func spec(connections int, phases ...loaders.Phase) loaders.Spec {
	return loaders.Spec{
		Protocol: scenarios.H1, Connections: connections, Depth: 1, Phases: phases,
		Requests: []scenarios.Request{{
			Name: "hello", Method: "GET", Path: "/",
			Expect: scenarios.Expect{Status: 200, Body: &scenarios.Body{Text: lawserver.Hello}},
		}},
	}
}

// upload gives the request a body of that size; 0 leaves it as it is.
func upload(s *loaders.Spec, bytes int64) {
	if bytes > 0 {
		r := &s.Requests[0]
		r.Name, r.Method, r.Body = "upload", "POST", &scenarios.Body{Text: lawserver.Hello, Length: bytes}
	}
}

// mean is a histogram's mean, 0 where there is no histogram.
func mean(h *results.Histogram) time.Duration {
	if h == nil {
		return 0
	}
	return time.Duration(h.MeanNS)
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
