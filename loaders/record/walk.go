package record

import (
	"errors"

	"github.com/joust-bench/joust/results"
)

// Walk is the outcome of the iterations of one flow on one thread. The zero Walk is ready.
type Walk struct {
	counts results.FlowUse
	time   Histogram
}

func (w *Walk) reset() {
	w.counts = results.FlowUse{}
	w.time.Reset()
}

func (w *Walk) merge(o *Walk) {
	w.counts.Add(&o.counts)
	w.time.Merge(&o.time)
}

// Stroll is one iteration of a flow.
type Stroll struct {
	Flow int32
	// Took is its time with the pauses, 0 where that is not known, Paused that of the
	// pauses; both in nanoseconds.
	Took, Paused int64
	// Failed is true where a step failed, Aborted where the iteration ended with that step.
	Failed, Aborted bool
}

// Walked counts an iteration that ended at now.
func (l *Ledger) Walked(now int64, s Stroll) {
	if !l.Window.Inside(now) {
		return
	}
	w := &l.Walks[s.Flow]
	w.counts.UserNS += s.Took
	switch {
	case s.Aborted:
		w.counts.Aborted++
		return
	case s.Failed:
		w.counts.Continued++
	default:
		w.counts.Finished++
	}
	if s.Took > 0 {
		w.time.Record(s.Took - s.Paused)
	}
}

// Blocked counts an arrival that found no idle user.
func (l *Ledger) Blocked(intended int64) {
	if l.Window.Inside(intended) {
		l.Rate.Blocked++
	}
}

// walkedThrough returns the number of iterations that came to their end.
func (l *Ledger) walkedThrough() (n uint64) {
	for i := range l.Walks {
		n += l.Walks[i].counts.Finished + l.Walks[i].counts.Continued
	}
	return n
}

// WalksInto writes the walks into the phase of a report. names are those of the flows.
func (l *Ledger) WalksInto(r *results.Phase, names []string) error {
	if l.Walks == nil {
		return nil
	}
	r.Flows = make(map[string]results.FlowUse, len(names))
	var errs []error
	for i, name := range names {
		use := l.Walks[i].counts
		var err error
		use.Iteration, err = l.Walks[i].time.Result()
		r.Flows[name] = use
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// MergeFlows returns the use of the flows by several loaders.
func MergeFlows(parts []*results.Phase) (map[string]results.FlowUse, error) {
	if parts[0].Flows == nil {
		return nil, nil
	}
	all := make(map[string]results.FlowUse, len(parts[0].Flows))
	var errs []error
	for name := range parts[0].Flows {
		var sum results.FlowUse
		var times []*results.Histogram
		for _, p := range parts {
			use := p.Flows[name]
			sum.Add(&use)
			times = append(times, use.Iteration)
		}
		var err error
		sum.Iteration, err = MergeHistograms(times...)
		all[name] = sum
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}
