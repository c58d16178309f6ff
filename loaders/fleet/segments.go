package fleet

import (
	"errors"
	"slices"

	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// mergeSegments returns the segments of all loaders. Loaders that ended at different
// times may have divided their windows differently: a merged segment is as long as the
// longest of those in it.
func mergeSegments(parts []*results.Phase) ([]results.Segment, error) {
	ends := commonEnds(parts)
	var merged []results.Segment
	var errs []error
	next := make([]int, len(parts))
	for _, end := range ends {
		var same []*results.Segment
		for i, p := range parts {
			from := next[i]
			for next[i] < len(p.Segments) && p.Segments[next[i]].ToNS-p.T0NS <= end {
				next[i]++
			}
			if from < next[i] {
				part, err := record.JoinSegments(p.Segments[from:next[i]])
				same, errs = append(same, &part), append(errs, err)
			}
		}
		whole, err := record.MergeSegments(same...)
		if n := len(merged); n > 0 {
			merged[n-1].ToNS = whole.FromNS // windows that lie apart overlap
		}
		merged, errs = append(merged, whole), append(errs, err)
	}
	return merged, errors.Join(errs...)
}

// commonEnds returns the times, in nanoseconds from the windows' begin, at which a segment
// ends in every loader whose window goes on until then.
func commonEnds(parts []*results.Phase) []int64 {
	var ends []int64
	for _, p := range parts {
		for i := range p.Segments {
			ends = append(ends, p.Segments[i].ToNS-p.T0NS)
		}
	}
	slices.Sort(ends)
	return slices.DeleteFunc(slices.Compact(ends), func(end int64) bool {
		return slices.ContainsFunc(parts, func(p *results.Phase) bool {
			return end < p.WindowNS() && !slices.ContainsFunc(p.Segments, func(s results.Segment) bool { return s.ToNS-p.T0NS == end })
		})
	})
}

// liveSegments has the segments of each loader in the order in which they came.
type liveSegments [][]*results.Segment

// add adds a loader's segment, if there is one.
func (l liveSegments) add(loader int, s *results.Segment) {
	if s != nil {
		l[loader] = append(l[loader], s)
	}
}

// next returns the first segment of all loaders, nil where one has not sent its own.
func (l liveSegments) next() *results.Segment {
	if slices.ContainsFunc(l, func(queue []*results.Segment) bool { return len(queue) == 0 }) {
		return nil
	}
	return l.rest()
}

// rest returns the first segment of the loaders that have one, nil where none has.
func (l liveSegments) rest() *results.Segment {
	var same []*results.Segment
	for i, queue := range l {
		if len(queue) > 0 {
			same, l[i] = append(same, queue[0]), queue[1:]
		}
	}
	if len(same) == 0 {
		return nil
	}
	whole, err := record.MergeSegments(same...)
	if err != nil {
		return nil // the report, which has the same histograms, says why
	}
	return &whole
}
