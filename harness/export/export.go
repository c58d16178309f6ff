// Package export sends the figures of a running load to receivers of metrics: an
// OTLP/HTTP endpoint, a Prometheus Pushgateway. It works beside the load: a receiver that
// is slow, absent or in error costs the load nothing, and is described at the end.
package export

import (
	"context"
	"sync"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// DefaultEvery is the time between two exports.
const DefaultEvery = 10 * time.Second

// Options say what is sent, to whom, and how often.
type Options struct {
	Set  Set
	Tags []Tag
	// OTLP is the URL of an OTLP/HTTP receiver, Pushgateway that of a Prometheus
	// Pushgateway; empty for none. Check refuses other URLs than those of http and https.
	OTLP, Pushgateway string
	// Every is the least time between two exports, above 0. An export comes at the end
	// of a segment of the load.
	Every time.Duration
	// Version is that of the program, for receivers that want it.
	Version string
}

// Exporter sends the figures of one load. A nil Exporter sends nothing.
type Exporter struct {
	every   time.Duration
	senders []*sender
	running sync.WaitGroup
	// cancel ends what is being sent.
	cancel context.CancelFunc

	mu    sync.Mutex
	batch []reading
	// from is the begin of the batch, a CLOCK_MONOTONIC instant in nanoseconds.
	from int64
}

// Start returns an Exporter to the receivers of the options; nil where there are none.
// Call End at the end of the load.
func Start(o Options) (*Exporter, error) {
	receivers, err := o.receivers()
	if err != nil || len(receivers) == 0 {
		return nil, err
	}
	// What is in flight when the load is interrupted may still arrive: End decides.
	ctx, cancel := context.WithCancel(context.Background())
	e := &Exporter{every: o.Every, cancel: cancel}
	for _, r := range receivers {
		s := newSender(r)
		e.senders = append(e.senders, s)
		e.running.Go(func() { s.run(ctx) })
	}
	return e, nil
}

// Window begins the window whose figures are exported; that of a warm-up is ignored.
func (e *Exporter) Window(w loaders.Window) {
	if e == nil || !w.Measured {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.from = w.T0NS
	opens := wall(w.T0NS)
	for _, s := range e.senders {
		s.begin(opens)
	}
}

// wall returns the time of a CLOCK_MONOTONIC instant.
func wall(at int64) time.Time { return time.Now().Add(clock.Until(at)) }

// Interval takes the segment of the interval, and hands those of the last Every to the
// senders. It does not wait for them.
func (e *Exporter) Interval(i loaders.Interval) {
	if e == nil || i.Segment == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.batch = append(e.batch, reading{*i.Segment, i.Open})
	if i.Segment.ToNS-e.from < int64(e.every) {
		return
	}
	for _, s := range e.senders {
		s.add(e.batch)
	}
	e.batch, e.from = nil, i.Segment.ToNS
}

// The longest waits for the last export: at the end of a load, and once ctx has ended.
const (
	lastWait    = 5 * time.Second
	hurriedWait = 2 * time.Second
)

// End sends the result of the load, nil for none, and waits until it has arrived: at most
// five seconds, and two when ctx has ended. It returns one note about the exports that
// failed, empty for none.
func (e *Exporter) End(ctx context.Context, result *results.Phase) (note string) {
	if e == nil {
		return ""
	}
	for _, s := range e.senders {
		s.end(result)
	}
	late := time.AfterFunc(lastWait, e.cancel)
	defer late.Stop()
	defer context.AfterFunc(ctx, func() { late.Reset(hurriedWait) })()
	e.running.Wait()
	e.cancel()
	return describe(e.senders)
}
