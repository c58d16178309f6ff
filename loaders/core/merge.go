package core

import (
	"errors"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// merge puts the threads' outcomes together.
func (s *session) merge(result *results.Phase, on *phase, outcomes []*outcome) error {
	// A count ends with the last thread's last answer, an early stop with the
	// first thread that heard of it.
	ends := func(a, b int64) int64 { return min(a, b) }
	if on.count > 0 {
		ends = func(a, b int64) int64 { return max(a, b) }
	}
	total := outcomes[0]
	read, empty := 0, 0
	var errs []error
	for i, o := range outcomes {
		o.Slowest.OfThread(o.thread)
		o.at1.traffic.Since(o.at0.traffic).Into(&o.Counts)
		result.MinConnectionsOpen += o.minOpen
		result.Threads = append(result.Threads, s.threadUse(o))
		read, empty = read+o.queuesRead, empty+o.queuesEmpty
		errs = append(errs, o.err)
		if i > 0 {
			total.Window.T1 = ends(total.Window.T1, o.Window.T1)
			total.Merge(&o.Ledger)
		}
	}
	if on.loop == results.OpenLoop {
		result.QueuesRead, result.QueuesEmpty = &read, &empty
	}
	names := make([]string, len(s.spec.Requests))
	for i := range names {
		names[i] = s.spec.Requests[i].Name
	}
	errs = append(errs, total.Into(result, names))
	return errors.Join(errs...)
}

// threadUse is what one thread did in the window. Work is what kept it from
// waiting: CPU time and the wait for a processor, empty polls taken off.
func (s *session) threadUse(o *outcome) results.ThreadUse {
	a, b := o.at0, o.at1
	u := results.ThreadUse{
		CPU:   -1,
		CPUNS: b.cpu - a.cpu, SpinNS: b.spinNS - a.spinNS, StallNS: o.StallNS,
		Loops: b.loops - a.loops, Wakeups: b.wakeups - a.wakeups,
	}
	if s.system.Pins && len(s.spec.CPUs) > 0 {
		u.CPU = s.spec.CPUs[o.thread]
	}
	// Unlike u.WorkNS all waits for a processor count.
	busy := u.CPUNS - u.SpinNS
	if a.runDelay >= 0 && b.runDelay >= 0 {
		delay := b.runDelay - a.runDelay
		u.RunDelayNS = &delay
		busy += delay
	}
	if window := o.Window.T1 - o.Window.T0; window > 0 {
		u.Work = min(1, max(0, float64(busy)/float64(window)))
	}
	return u
}

// phaseDone is what the next decision needs of a phase.
func (s *session) phaseDone(p *results.Phase) loaders.PhaseDone {
	d := loaders.PhaseDone{
		Phase: p.Name, Completed: p.Total.Completed, Failed: p.Failures(),
		ThroughputRPS: p.ThroughputRPS(), CPUPerRequestNS: p.WorkPerRequestNS(), Threads: s.spec.Threads,
	}
	for _, t := range p.Threads {
		d.Work = max(d.Work, t.Work)
	}
	return d
}
