package record

import "github.com/joust-bench/joust/results"

// Breakdown is where the time of right answers went, as in results.Breakdown. One
// goroutine may touch it at a time.
type Breakdown struct {
	lookup, connect, handshake   Histogram
	write, wait, transfer, total Histogram
	newConnections, reused       uint64
}

// NoStep stands in a Making for a step that a connection does not have.
const NoStep = -1

// Making is how long the steps took in which a connection was made, in nanoseconds.
// Lookup and Handshake may be NoStep.
type Making struct {
	Lookup, Connect, Handshake int64
}

// sum returns the time of all steps.
func (m *Making) sum() int64 { return max(0, m.Lookup) + m.Connect + max(0, m.Handshake) }

// Parts are the instants that divide the time of a right answer, in CLOCK_MONOTONIC
// nanoseconds and in this order: the first byte of the request is sent, its last byte, the
// first byte of the answer comes, its last byte.
type Parts struct {
	Sent, Written, FirstByte, End int64
}

// reserve takes the memory of the histograms, so that recording does not allocate.
func (b *Breakdown) reserve() {
	for _, h := range b.histograms() {
		h.Reserve()
	}
}

// Made records the steps of a connection.
func (b *Breakdown) Made(m *Making) {
	if m.Lookup != NoStep {
		b.lookup.Record(m.Lookup)
	}
	b.connect.Record(m.Connect)
	if m.Handshake != NoStep {
		b.handshake.Record(m.Handshake)
	}
}

// Answered records a right answer. made has the steps of the connection where the request
// was the first on it, and is nil for all others.
func (b *Breakdown) Answered(p Parts, made *Making) {
	total := p.End - p.Sent
	if made == nil {
		b.reused++
	} else {
		b.newConnections++
		total += made.sum()
	}
	b.write.Record(p.Written - p.Sent)
	b.wait.Record(p.FirstByte - p.Written)
	b.transfer.Record(p.End - p.FirstByte)
	b.total.Record(total)
}

// reset forgets all values and keeps the memory.
func (b *Breakdown) reset() {
	for _, h := range b.histograms() {
		h.Reset()
	}
	b.newConnections, b.reused = 0, 0
}

// merge adds another thread's values of the same phase.
func (b *Breakdown) merge(o *Breakdown) {
	theirs := o.histograms()
	for i, h := range b.histograms() {
		h.Merge(theirs[i])
	}
	b.newConnections += o.newConnections
	b.reused += o.reused
}

// into writes the breakdown into the phase of a report.
func (b *Breakdown) into(p *results.Phase) error {
	p.Breakdown = &results.Breakdown{NewConnections: b.newConnections, ReusedConnections: b.reused}
	return export(b.histograms(), histogramsOfBreakdown(p.Breakdown))
}

// histograms returns those of the breakdown, in the order of histogramsOfBreakdown.
func (b *Breakdown) histograms() []*Histogram {
	return []*Histogram{&b.lookup, &b.connect, &b.handshake, &b.write, &b.wait, &b.transfer, &b.total}
}

func histogramsOfBreakdown(r *results.Breakdown) []**results.Histogram {
	return []**results.Histogram{&r.Lookup, &r.Connect, &r.TLSHandshake, &r.Write, &r.Wait, &r.Transfer, &r.Total}
}

// MergeBreakdowns returns one breakdown of the phases of several loaders, nil where one of
// them has none.
func MergeBreakdowns(phases []*results.Phase) (*results.Breakdown, error) {
	var all results.Breakdown
	parts := make([]*results.Breakdown, len(phases))
	for i, p := range phases {
		if p.Breakdown == nil {
			return nil, nil
		}
		parts[i] = p.Breakdown
		all.NewConnections += p.Breakdown.NewConnections
		all.ReusedConnections += p.Breakdown.ReusedConnections
	}
	err := mergeEach(&all, parts, histogramsOfBreakdown)
	return &all, err
}
