package judge

import (
	"time"

	"github.com/joust-bench/joust/results"
)

// leastTime voids a phase that is faster than arithmetic allows. A right answer of the
// row takes at least LeastTime, so each place for a request has at most one more
// completion than the window has room for: more shows that the server did not wait.
// The limits allow a little less than LeastTime, for timers that count in whole
// milliseconds.
func (v *verdict) leastTime() {
	p, least := v.Evidence.Loader, time.Duration(float64(v.LeastTime)*(1-v.Limits.EarlyAnswer))
	if least <= 0 {
		return
	}
	places := float64(v.Report.ConnectionsAsked * max(1, v.Report.Depth))
	most := places * (float64(p.WindowNS())/float64(least) + 1)
	if p.Loop == results.ClosedLoop && float64(p.Total.Completed) > most {
		v.void("above-ceiling", "%.0f a second are more than the arithmetic ceiling of %.0f: %d clients get at most one answer in %v each, so the server did not wait",
			p.ThroughputRPS(), places/v.LeastTime.Seconds(), v.Report.ConnectionsAsked, v.LeastTime)
		return
	}
	if s := p.Total.Service; s != nil && s.Count > 0 && s.MinNS < int64(least) {
		v.void("too-soon", "the fastest right answer took %v, and none can take less than %v: the server did not wait",
			brief(s.MinNS), v.LeastTime)
	}
}
