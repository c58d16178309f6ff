// Package fleet makes one load by several loaders at once: each gets a share of
// it, all meet at a barrier before every phase, and their reports become one.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// StartDelay is the time from the meeting of all loaders to the start of the load.
// It is longer than the time by which a window must be announced ahead, so that no
// loader delays its own window.
const StartDelay = time.Duration(record.AnnounceAhead) + 45*time.Millisecond

// Fleet is several loaders as one. It makes one load.
type Fleet struct {
	// Loaders are at least one.
	Loaders []loaders.Loader
	// Reports are those of the loaders, in their order, once Run has returned.
	Reports []results.Report
}

var _ loaders.Loader = (*Fleet)(nil)

// Run implements loaders.Loader. It calls control once for each Ready, Window and
// PhaseDone, with the sum of all loaders. When one loader fails, Run stops the
// others.
func (f *Fleet) Run(ctx context.Context, spec loaders.Spec, control loaders.Control) (results.Report, error) {
	n := len(f.Loaders)
	spec = spec.WithDefaults()
	if spec.Connections < n {
		return results.Report{}, fmt.Errorf("%d loaders for %d connections: a loader without a connection has nothing to do", n, spec.Connections)
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	m := &conductor{
		ctx: running, control: control, spec: spec,
		starts: newBarrier[int64](n), adjustments: newBarrier[loaders.Adjustment](n), ends: newBarrier[struct{}](n),
		readies: make([]loaders.Ready, n), done: make([]loaders.PhaseDone, n), live: make([]results.Interval, n), segments: make(liveSegments, n),
	}
	f.Reports = make([]results.Report, n)
	errs := make([]error, n)
	var ended sync.WaitGroup
	for i, l := range f.Loaders {
		ended.Go(func() {
			f.Reports[i], errs[i] = l.Run(running, spec.Part(loaders.Share{Index: i, Of: n}), member{m, i})
			if errs[i] != nil {
				errs[i] = fmt.Errorf("loader %d of %d: %w", i+1, n, errs[i])
				stop()
			}
		})
	}
	ended.Wait()
	if err := errors.Join(errs...); err != nil {
		return results.Report{}, err
	}
	return Merge(spec, f.Reports)
}

// conductor lets the loaders of a fleet wait for one another and speak with one
// Control.
type conductor struct {
	// ctx ends when one of the loaders has failed.
	ctx     context.Context
	control loaders.Control
	spec    loaders.Spec

	// starts, adjustments and ends are the meetings of Ready, Adjust and PhaseDone.
	starts      *barrier[int64]
	adjustments *barrier[loaders.Adjustment]
	ends        *barrier[struct{}]

	// readies and done have an entry a loader, which writes it before it meets
	// the others.
	readies []loaders.Ready
	done    []loaders.PhaseDone

	mu sync.Mutex
	// live has each loader's last interval of the phase that runs.
	live []results.Interval
	// segments are those of each loader that wait for those of the others.
	segments liveSegments
	// announced is the phase whose window was announced last.
	announced string

	// closedRPS is the throughput of the last closed loop, for windows that are
	// stretched.
	closedRPS float64
}

// member is the Control of one loader.
type member struct {
	*conductor
	index int
}

var _ loaders.Control = member{}

// Ready implements loaders.Control.
func (m member) Ready(ctx context.Context, r loaders.Ready) (int64, error) {
	m.readies[m.index] = r
	return m.starts.meet(ctx, func() (int64, error) { return m.control.Ready(ctx, mergeReadies(m.readies)) })
}

// mergeReadies returns one Ready for all loaders.
func mergeReadies(list []loaders.Ready) loaders.Ready {
	all := loaders.Ready{Parts: slices.Clone(list)}
	for _, r := range list {
		all.Connections += r.Connections
		all.Asked += r.Asked
		if all.FirstError == "" {
			all.FirstError, all.Cause = r.FirstError, r.Cause
		}
	}
	return all
}

// Adjust implements loaders.Control. The loaders meet here before every phase.
func (m member) Adjust(ctx context.Context, phase string) (loaders.Adjustment, error) {
	return m.adjustments.meet(ctx, func() (loaders.Adjustment, error) { return m.decide(ctx, phase) })
}

// decide asks the Control where the phase of the whole Spec asks for it, and sets the
// length and the start for all loaders.
func (m *conductor) decide(ctx context.Context, phase string) (loaders.Adjustment, error) {
	p := m.phase(phase)
	a := loaders.Adjustment{Phase: phase, RateRPS: p.RateRPS}
	if p.Adjust {
		var err error
		if a, err = m.control.Adjust(ctx, phase); err != nil || a.Skip != "" {
			return a, err
		}
	}
	if p.MinCompletions > 0 {
		on := a.Apply(p)
		at := record.TimePhase(&on, 0, 0, 0, m.closedRPS)
		a.Duration = time.Duration(at.T1 - at.T0)
	}
	a.StartNS = clock.Now() + StartDelay.Nanoseconds()
	return a, nil
}

// phase returns the phase of that name in the whole Spec.
func (m *conductor) phase(name string) loaders.Phase {
	for _, p := range m.spec.Phases {
		if p.Name == name {
			return p
		}
	}
	return loaders.Phase{}
}

// Window implements loaders.Control. The first loader's announcement stands for
// all.
func (m member) Window(w loaders.Window) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.announced != w.Phase {
		m.announced = w.Phase
		m.control.Window(w)
	}
}

// Interval implements loaders.Control. The first loader's interval passes on the
// sum of all loaders' last ones.
func (m member) Interval(i loaders.Interval) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live[m.index] = i.Interval
	m.segments.add(m.index, i.Segment)
	if m.index > 0 {
		return
	}
	i.Segment = m.segments.next()
	m.control.Interval(m.sum(i))
}

// sum returns the interval with the counts of all loaders' last ones.
func (m *conductor) sum(i loaders.Interval) loaders.Interval {
	i.Interval = m.live[0]
	for _, other := range m.live[1:] {
		add(&i.Interval, other)
	}
	return i
}

// PhaseDone implements loaders.Control. Run returns the error of a phase that cannot
// be merged, and of a loader that has failed.
func (m member) PhaseDone(d loaders.PhaseDone) {
	m.done[m.index] = d
	_, _ = m.ends.meet(m.ctx, func() (struct{}, error) { return struct{}{}, m.ended() })
}

// ended passes the merged outcome of the phase on.
func (m *conductor) ended() error {
	all := m.done[0]
	all.Parts = slices.Clone(m.done)
	phases := []*results.Phase{all.Result}
	cost := all.CPUPerRequestNS * float64(all.Completed)
	for _, d := range m.done[1:] {
		all.Completed += d.Completed
		all.Failed += d.Failed
		all.Threads += d.Threads
		all.ThroughputRPS += d.ThroughputRPS
		all.Work = max(all.Work, d.Work)
		cost += d.CPUPerRequestNS * float64(d.Completed)
		phases = append(phases, d.Result)
	}
	if all.CPUPerRequestNS = 0; all.Completed > 0 {
		all.CPUPerRequestNS = cost / float64(all.Completed)
	}
	if all.Result != nil {
		result, err := mergePhases(phases)
		if err != nil {
			return err
		}
		all.Result = &result
	}
	if m.phase(all.Phase).Loop == results.ClosedLoop {
		m.closedRPS = all.ThroughputRPS
	}
	for rest := m.segments.rest(); rest != nil; rest = m.segments.rest() {
		m.control.Interval(m.sum(loaders.Interval{Phase: all.Phase, Segment: rest}))
	}
	m.control.PhaseDone(all)
	return nil
}
