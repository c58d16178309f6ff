package flow

import (
	"bytes"
	"fmt"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// Setup is the walk of one user through the flow that is to be walked before a load.
type Setup struct {
	// Spec is its load.
	Spec   loaders.Spec
	walker *walker
}

// NewSetup returns the setup of a load whose flows have one.
func NewSetup(of loaders.Spec) *Setup {
	s := of
	flows := *of.Flows
	flows.List, flows.Setup, flows.Iterations = []loaders.Flow{*of.Flows.Setup}, nil, 1
	s.Flows, s.Threads, s.Users, s.UserRamp, s.CPUs = &flows, 1, 1, 0, nil
	s.Connections, s.Segment, s.Breakdown = 1+len(s.Hosts), 0, false
	s.Target.Name = "" // which a breakdown alone looks up
	s.Idle = loaders.Wait
	s.Phases = []loaders.Phase{{Name: "setup", Loop: results.ClosedLoop, Duration: time.Hour}}
	return &Setup{Spec: s}
}

// Source makes the source of its one thread.
func (s *Setup) Source(spec *loaders.Spec, t source.Thread) (source.Source, error) {
	made, err := New(spec, t)
	switch made := made.(type) {
	case *walker:
		s.walker = made
	case judging:
		s.walker = made.walker
	}
	return made, err
}

// Share returns the flows of the load with what the setup has captured. It returns an error
// where the report is that of a setup that did not come to its end.
func (s *Setup) Share(of *loaders.Flows, report *results.Report) (*loaders.Flows, error) {
	if len(report.Phases) == 0 || report.Interrupted {
		return of, nil // the load ends as well
	}
	p := &report.Phases[0]
	if p.Failures() > 0 || p.Unanswered > 0 {
		return nil, fmt.Errorf("the setup of the flows failed: %s", p.Total.FirstError)
	}
	shared := *of
	shared.Setup = nil
	for number, v := range s.walker.users[0].own.values {
		if v.known {
			shared.Shared = append(shared.Shared, loaders.Shared{Variable: number, Text: bytes.Clone(v.text)})
		}
	}
	return &shared, nil
}
