package record

import (
	"slices"
	"sync/atomic"

	"github.com/joust-bench/joust/results"
)

// SegmentCounts are those of one segment of a window, as in results.Segment. From and To
// are CLOCK_MONOTONIC nanoseconds.
type SegmentCounts struct {
	From, To                          int64
	Offered, Completed, Failed, Bytes uint64
}

// add adds the counts of a segment of the same time, or of one beside it.
func (c *SegmentCounts) add(o SegmentCounts) {
	if *c == (SegmentCounts{}) {
		*c = o
		return
	}
	c.From, c.To = min(c.From, o.From), max(c.To, o.To)
	c.Offered += o.Offered
	c.Completed += o.Completed
	c.Failed += o.Failed
	c.Bytes += o.Bytes
}

// Segment is the record of one segment. Its owner is the thread that records, until the
// thread hands it over with Push.
type Segment struct {
	SegmentCounts
	// Latency holds those samples of the headline latency of the phase, lower bounds
	// included, that were recorded in the segment.
	Latency Buckets

	// next is the segment that was pushed before into the same list.
	next *Segment
}

// Reset forgets everything and keeps the memory.
func (s *Segment) Reset() {
	s.Latency.Reset()
	*s = Segment{Latency: s.Latency}
}

// Merge adds another's records, and its time.
func (s *Segment) Merge(o *Segment) {
	s.add(o.SegmentCounts)
	s.Latency.Merge(&o.Latency)
}

// PackedSegment is a Segment that takes little memory and does not change.
type PackedSegment struct {
	SegmentCounts
	Latency Packed
}

// Pack returns a copy.
func (s *Segment) Pack() PackedSegment { return PackedSegment{s.SegmentCounts, s.Latency.Pack()} }

// Unpack adds the records of the copy.
func (s *Segment) Unpack(p PackedSegment) {
	s.add(p.SegmentCounts)
	s.Latency.Unpack(p.Latency)
}

// MostSegments is the greatest number of segments of a phase in a report.
const MostSegments = 600

// HalveSegments merges neighbours in pairs.
func HalveSegments(list []PackedSegment) []PackedSegment {
	half := make([]PackedSegment, 0, (len(list)+1)/2)
	var whole Segment
	for pair := range slices.Chunk(list, 2) {
		whole.Reset()
		for _, p := range pair {
			whole.Unpack(p)
		}
		half = append(half, whole.Pack())
	}
	return half
}

// Result returns the segment of a report.
func (s *Segment) Result(loop results.Loop, e *Encoder) (results.Segment, error) {
	r := results.Segment{FromNS: s.From, ToNS: s.To, Completed: s.Completed, Failed: s.Failed, Bytes: s.Bytes}
	if loop == results.OpenLoop {
		r.Offered = new(s.Offered)
	}
	var err error
	r.Latency, err = e.Encode(&s.Latency)
	return r, err
}

// SegmentList hands segments from one goroutine to another; neither waits. The zero
// list is empty.
type SegmentList struct{ last atomic.Pointer[Segment] }

// Push puts the segment at the end of the list.
func (l *SegmentList) Push(s *Segment) {
	for {
		s.next = l.last.Load()
		if l.last.CompareAndSwap(s.next, s) {
			return
		}
	}
}

// Take removes all segments and returns them in the order in which they were pushed.
func (l *SegmentList) Take() (list []*Segment) {
	for s := l.last.Swap(nil); s != nil; {
		list, s, s.next = append(list, s), s.next, nil
	}
	slices.Reverse(list)
	return list
}

// MergeSegments returns one segment of several loaders' segments of the same time, at
// least one.
func MergeSegments(parts ...*results.Segment) (results.Segment, error) {
	all := *parts[0]
	for _, p := range parts[1:] {
		all.FromNS, all.ToNS = min(all.FromNS, p.FromNS), max(all.ToNS, p.ToNS)
		all.Offered, all.Users = results.AddKnown(all.Offered, p.Offered), results.AddKnown(all.Users, p.Users)
		all.Completed += p.Completed
		all.Failed += p.Failed
		all.Bytes += p.Bytes
	}
	if len(parts) == 1 {
		return all, nil
	}
	latencies := make([]*results.Histogram, len(parts))
	for i, p := range parts {
		latencies[i] = p.Latency
	}
	var err error
	all.Latency, err = MergeHistograms(latencies...)
	return all, err
}

// JoinSegments returns one segment of several that follow one another, at least one.
func JoinSegments(list []results.Segment) (results.Segment, error) {
	parts := make([]*results.Segment, len(list))
	for i := range list {
		parts[i] = &list[i]
	}
	whole, err := MergeSegments(parts...)
	whole.Users = list[len(list)-1].Users
	return whole, err
}
