package adhoc

import (
	"time"

	"github.com/joust-bench/joust/loaders"
)

// mostSegments is the number of segments in the window of a load that changes over it.
const mostSegments = 12

// segment returns the length of the segments of a load whose rate or number of users
// changes over the window, a multiple of the interval; 0 for all others, and where the
// length of the load is not known.
func (f *Flags) segment(interval time.Duration) time.Duration {
	changes := f.Profile != nil || f.RampToRPS != nil || f.Ramp != nil
	if !changes || f.Requests != nil && f.Duration == nil {
		return 0
	}
	window := min(given(f.Duration, DefaultDuration), loaders.Longest)
	for scale := interval; ; scale *= 10 {
		for _, steps := range []time.Duration{1, 2, 5} {
			if length := scale * steps; length*mostSegments >= window {
				return length
			}
		}
	}
}
