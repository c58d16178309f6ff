package adhoc

import "time"

const (
	// longestSegment is the length of a segment wherever the load is not too long for it.
	longestSegment = time.Second
	// fewestSegments is their least number in a load of some seconds.
	fewestSegments = 20
	// mostSegments bounds their number: each has a histogram.
	mostSegments = 600
)

// segmentLengths are the round lengths of segments, multiples of the default interval.
var segmentLengths = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
	10 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// overTime reports whether the load is measured over time: it was asked for, or its rate
// or number of users changes over the window.
func (f *Flags) overTime() bool {
	return f.OverTime || f.Profile != nil || f.RampToRPS != nil || f.Ramp != nil
}

// segment returns the length of the segments of a load: the longest that divides it into
// fewestSegments, a second at most, and longer only where there would be more than
// mostSegments. A load that ends by its number of requests has segments of a second.
func (f *Flags) segment() time.Duration {
	if f.Duration == nil && f.Requests != nil {
		return longestSegment
	}
	length := given(f.Duration, DefaultDuration)
	chosen := segmentLengths[0]
	for _, s := range segmentLengths {
		short := s <= longestSegment && length >= fewestSegments*s
		if short || length > mostSegments*chosen {
			chosen = s
		}
	}
	return chosen
}
