package core

import (
	"errors"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// merge puts the threads' outcomes of a phase together.
func (s *session) merge(result *results.Phase, on *phase) error {
	total := &s.shards[0].out
	first, last, cut := total.Window.T1, total.Window.T1, int64(0)
	read, empty, exhausted := 0, 0, false
	var errs []error
	for i, thread := range s.shards {
		o := &thread.out
		o.Slowest.OfThread(i, thread.ids.of())
		o.at1.traffic.Since(o.at0.traffic).Into(&o.Counts)
		result.MinConnectionsOpen += o.minOpen
		result.Threads = append(result.Threads, s.threadUse(i))
		read, empty = read+o.queuesRead, empty+o.queuesEmpty
		exhausted = exhausted || o.exhausted
		errs = append(errs, o.err)
		first, last, cut = min(first, o.Window.T1), max(last, o.Window.T1), max(cut, thread.cutAt)
		if i > 0 {
			total.Merge(&o.Ledger)
		}
	}
	// Where requests ran out, the window ends with the last answer of all threads;
	// an early stop ends it with the first thread that saw the stop, and not before a
	// segment that any thread has ended.
	if total.Window.T1 = max(first, cut); exhausted {
		total.Window.T1 = last
		// Its middle was not known while answers were counted.
		result.Unknown = append(result.Unknown, "completed_first_half")
	}
	if on.Loop == results.OpenLoop {
		result.QueuesRead, result.QueuesEmpty = &read, &empty
	}
	result.RequestsPerUser = s.requestsPerUser(on)
	s.targetsInto(result)
	errs = append(errs, total.Into(result, s.shards[0].groups))
	if walks := s.shards[0].walks; walks != nil {
		errs = append(errs, total.WalksInto(result, walks.Flows()))
	}
	if result.Unfollowed() > 0 {
		result.FirstUnfollowed = s.firstUnfollowed()
	}
	return errors.Join(errs...)
}

// threadUse returns the work of one thread in the window: CPU time and the wait for
// a processor without empty polls.
func (s *session) threadUse(thread int) results.ThreadUse {
	o := &s.shards[thread].out
	a, b := o.at0, o.at1
	u := results.ThreadUse{
		CPU:   -1,
		CPUNS: b.cpu - a.cpu, SpinNS: b.spinNS - a.spinNS, StallNS: o.StallNS,
		Loops: b.loops - a.loops, Wakeups: b.wakeups - a.wakeups,
	}
	if _, ok := s.shards[thread].source.(source.Timed); ok {
		script := b.script.Since(a.script)
		u.Script = &script
	}
	if s.system.Pins && len(s.spec.CPUs) > 0 {
		u.CPU = s.spec.CPUs[thread]
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

// phaseDone returns the figures of a phase on which the next decision rests.
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
