package portable

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// execute runs the phase on all shards and keeps the timeline meanwhile.
func (s *session) execute(ctx context.Context, on *phase, name string, control loaders.Control, result *results.Phase) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.each(func(sh *shard) { sh.run(ctx, on) })
	}()
	timer := time.NewTimer(clock.Until(on.t0))
	defer timer.Stop()
	var zero results.Interval
	for ticks := int64(0); ; ticks++ {
		select {
		case <-ended:
			return
		case <-timer.C:
		}
		i := s.interval()
		if ticks == 0 {
			zero = i
		} else {
			i.Completed, i.Failed, i.Bytes = i.Completed-zero.Completed, i.Failed-zero.Failed, i.Bytes-zero.Bytes
			result.Timeline = append(result.Timeline, i)
			control.Interval(loaders.Interval{Phase: name, Interval: i})
		}
		if next := on.t0 + (ticks+1)*int64(s.spec.Interval); next <= on.t1 {
			timer.Reset(clock.Until(next))
		}
	}
}

// interval is the live figures of all shards together.
func (s *session) interval() results.Interval {
	i := results.Interval{AtNS: clock.Now()}
	for _, sh := range s.shards {
		sh.mu.Lock()
		i.Completed += sh.completed
		i.Failed += sh.failed
		i.Bytes += sh.moved
		i.Open += sh.open
		sh.mu.Unlock()
	}
	return i
}

// merge puts the shards' outcomes together.
func (s *session) merge(result *results.Phase) error {
	total := s.shards[0].ended
	cpu := total.cpu1 - total.cpu0
	for i, sh := range s.shards {
		o := sh.ended
		o.Slowest.OfThread(sh.id)
		o.Traffic = o.at1.Since(o.at0)
		result.MinConnectionsOpen += o.minOpen
		if i > 0 {
			total.Merge(&o.Phase)
		}
	}
	use := results.ThreadUse{CPU: -1, CPUNS: cpu}
	if window := total.Window.T1 - total.Window.T0; window > 0 {
		use.Work = min(1, float64(cpu)/float64(window)/float64(s.spec.Threads))
	}
	result.Threads = []results.ThreadUse{use}
	names := make([]string, len(s.spec.Requests))
	for i := range names {
		names[i] = s.spec.Requests[i].Name
	}
	return total.Into(result, names)
}

// phaseDone is what the next decision needs of a phase.
func (s *session) phaseDone(p *results.Phase) loaders.PhaseDone {
	return loaders.PhaseDone{
		Phase: p.Name, Completed: p.Total.Completed, Failed: p.Failures(),
		ThroughputRPS: p.ThroughputRPS(), CPUPerRequestNS: p.WorkPerRequestNS(),
		Threads: s.spec.Threads, Work: p.Threads[0].Work,
	}
}

// finish fills in what is known at the end.
func (s *session) finish(report *results.Report) error {
	var connect record.Histogram
	for _, sh := range s.shards {
		sh.mu.Lock()
		connect.Merge(&sh.connect)
		sh.mu.Unlock()
	}
	var err error
	report.Connect, err = connect.Result()
	var after debug.GCStats
	debug.ReadGCStats(&after)
	report.Collections = uint32(after.NumGC - s.before.NumGC)
	report.GCPauseNS = int64(after.PauseTotal - s.before.PauseTotal)
	return err
}
