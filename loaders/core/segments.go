package core

import (
	"errors"
	"sync/atomic"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// segments is a thread's place in the segments of a window. The thread fills one after
// another and hands each over at its end; it never waits for the session.
type segments struct {
	// every is the length of a segment in nanoseconds.
	every int64
	// full are the segments that have ended, free those that the session has read.
	full, free record.SegmentList
	spare      []*record.Segment
	// offered and bytes are the thread's counters at the begin of the running segment.
	offered, bytes uint64
	// ended is the last phase whose window has ended: the thread hands over no more of it.
	ended atomic.Pointer[phase]
}

// sparePieces is how many segments a thread has memory for from the start: one that runs,
// one behind the window's end, and two that the session may read meanwhile.
const sparePieces = 4

// newSegments returns nil where the Spec asks for no segments.
func newSegments(spec *loaders.Spec) *segments {
	if spec.Segment == 0 {
		return nil
	}
	g := &segments{every: int64(spec.Segment)}
	for range sparePieces {
		p := &record.Segment{}
		p.Latency.Reserve()
		g.spare = append(g.spare, p)
	}
	return g
}

// blank returns an empty segment from an instant on.
func (g *segments) blank(from int64) *record.Segment {
	if len(g.spare) == 0 {
		g.spare = g.free.Take()
	}
	p := &record.Segment{}
	if last := len(g.spare) - 1; last >= 0 {
		p, g.spare = g.spare[last], g.spare[:last]
		p.Reset()
	}
	p.From, p.To = from, from+g.every
	return p
}

// openSegments begins the first segment, with the window.
func (s *shard) openSegments(at int64) {
	if p := s.out.Segment; p != nil {
		p.From, p.To = at, at+s.segments.every
		s.countSegment(at)
	}
}

// closeSegments ends the last segment, with the window. What the thread records behind it
// goes into one that stays with the thread.
func (s *shard) closeSegments(at int64) {
	if s.out.Segment != nil {
		s.endSegment(at)
		s.segments.ended.Store(s.phase)
	}
}

// cut ends the segments whose time is over, and sets the next mark.
func (s *shard) cut(now int64) {
	if s.out.Segment == nil {
		return
	}
	end := s.out.Window.T1
	for p := s.out.Segment; p.To < end && p.To <= now; p = s.out.Segment {
		s.endSegment(p.To)
	}
	s.nextMark = min(s.out.Segment.To, end)
}

// endSegment hands the running segment over, which ends at the instant, and begins the
// next one.
func (s *shard) endSegment(at int64) {
	g, p := s.segments, s.out.Segment
	offered, bytes := g.offered, g.bytes
	s.countSegment(at)
	p.To, p.Offered, p.Bytes = at, g.offered-offered, g.bytes-bytes
	s.out.Segment, s.cutAt = g.blank(at), at
	g.full.Push(p)
}

// countSegment reads the thread's counters at the instant.
func (s *shard) countSegment(at int64) {
	if s.phase.Loop == results.OpenLoop {
		s.backlog(at)
		s.segments.offered = s.intended
	}
	s.segments.bytes = s.moved()
}

// segmenter puts the segments of all threads together. A nil segmenter has none.
type segmenter struct {
	threads []*shard
	on      *phase
	// queues has the segments of each thread that wait for those of the others.
	queues [][]*record.Segment
	// ended is true for each thread whose window has ended: it hands nothing over.
	ended []bool
	// live are those that wait for the next Interval; quiet is true where nobody listens.
	live  []*results.Segment
	quiet bool
	// users is true where users share the connections.
	users bool
	// last is the last one that is not in list yet, of merged segments. Each one in list
	// is of perStored.
	last      *record.Segment
	merged    int
	perStored int
	list      []record.PackedSegment
	encoder   record.Encoder
	err       error
}

// newSegmenter returns nil for a phase without segments.
func (s *session) newSegmenter(on *phase) *segmenter {
	if s.spec.Segment == 0 || !on.Measured {
		return nil
	}
	n := len(s.shards)
	return &segmenter{
		threads: s.shards, on: on, quiet: s.spec.Quiet, users: s.borrows(&on.Phase), perStored: 1,
		queues: make([][]*record.Segment, n), ended: make([]bool, n),
	}
}

// next returns the first segment that has ended and was not returned before, or nil.
func (g *segmenter) next() *results.Segment {
	if g == nil {
		return nil
	}
	g.collect()
	if len(g.live) == 0 {
		return nil
	}
	first := g.live[0]
	g.live = g.live[1:]
	return first
}

// collect takes what the threads have handed over.
func (g *segmenter) collect() {
	for i, thread := range g.threads {
		// The flag is read first: behind it the thread hands nothing over.
		g.ended[i] = thread.segments.ended.Load() == g.on
		g.queues[i] = append(g.queues[i], thread.segments.full.Take()...)
	}
	for whole := g.join(); whole != nil; whole = g.join() {
		g.keep(whole)
	}
}

// join merges the oldest segments of all threads, which have the same number. It returns
// nil while a thread has not ended its own.
func (g *segmenter) join() (whole *record.Segment) {
	for i, queue := range g.queues {
		if len(queue) == 0 && !g.ended[i] {
			return nil
		}
	}
	for i, queue := range g.queues {
		if len(queue) == 0 {
			continue
		}
		g.queues[i] = queue[1:]
		if whole == nil {
			whole = queue[0]
			continue
		}
		whole.Merge(queue[0])
		g.threads[i].segments.free.Push(queue[0])
	}
	return whole
}

// keep adds a segment of all threads to those of the phase. One without length, which
// threads that see an early end at different times make, belongs to the one before.
func (g *segmenter) keep(whole *record.Segment) {
	switch {
	case g.last == nil || g.merged < g.perStored || whole.From == whole.To:
	case len(g.list) < record.MostSegments:
		g.store()
	default:
		g.halve()
	}
	g.show(whole)
	if g.last == nil {
		g.last, g.merged = whole, 1
		return
	}
	g.last.Merge(whole)
	g.merged++
	g.threads[0].segments.free.Push(whole)
}

// show makes the segment wait for the next Interval.
func (g *segmenter) show(whole *record.Segment) {
	if !g.quiet && whole.From < whole.To {
		g.live = append(g.live, new(g.result(whole)))
	}
}

// halve merges the list's neighbours in pairs.
func (g *segmenter) halve() {
	g.list = record.HalveSegments(g.list)
	g.perStored *= 2
}

// store puts the last segment into the list.
func (g *segmenter) store() {
	g.list = append(g.list, g.last.Pack())
	g.threads[0].segments.free.Push(g.last)
	g.last = nil
}

// result returns the segment of a report.
func (g *segmenter) result(whole *record.Segment) results.Segment {
	r, err := whole.Result(g.on.Loop, &g.encoder)
	g.err = errors.Join(g.err, err)
	if g.users {
		r.Users = new(g.on.starts.by(whole.To))
	}
	return r
}

// into writes the segments into the phase, whose threads have ended it. What they have
// recorded behind their windows belongs to the last segment.
func (g *segmenter) into(p *results.Phase) error {
	if g == nil || p.WindowNS() <= 0 {
		return nil
	}
	g.collect()
	for _, thread := range g.threads {
		behind := thread.out.Segment
		behind.From, behind.To = g.last.From, g.last.To
		g.last.Merge(behind)
		thread.segments.free.Push(behind)
	}
	if len(g.list) == record.MostSegments {
		g.halve()
	}
	g.store()
	g.list[0].From, g.list[len(g.list)-1].To = p.T0NS, p.T1NS
	var whole record.Segment
	for _, packed := range g.list {
		whole.Reset()
		whole.Unpack(packed)
		p.Segments = append(p.Segments, g.result(&whole))
	}
	return g.err
}
