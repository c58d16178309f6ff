package enginetest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// warmUp is a warm-up that lasts until the throughput is steady.
func warmUp(least, limit time.Duration) loaders.Phase {
	return loaders.Phase{
		Name: results.PhaseWarmup, Loop: results.ClosedLoop, Duration: least, MaxDuration: limit, SteadyWithin: 0.02, HalvesWithin: 0.03,
	}
}

// Warming holds the ends of warm-ups: before a server that keeps its pace, and
// at the cap before one that becomes faster all the time.
func Warming(t *testing.T, e loaders.Loader) {
	hello := func(Request) string { return OK(Hello) }
	t.Run("steady", func(t *testing.T) {
		t.Parallel()
		const limit = 20 * time.Second
		wobbly := func(r *results.Report) bool { return !r.Phases[0].Steadiness.Reached }
		server, report, steer := Load(t, e, Calmly(5*time.Millisecond, hello), Spec(warmUp(time.Second, limit), Closed(100*time.Millisecond)), wobbly)
		warm := &report.Phases[0]
		s := warm.Steadiness
		if !s.Reached || s.SlopePerSecond == nil || *s.SlopePerSecond > 0.02 || *s.SlopePerSecond < -0.02 {
			t.Errorf("a server of one pace was left with %+v", s)
		}
		if took := warm.WindowNS(); took < int64(time.Second) || took >= int64(limit) {
			t.Errorf("the warm-up took %v", time.Duration(took))
		}
		if w := steer.Windows; len(w) != 2 || w[0].T1NS-w[0].T0NS != int64(limit) || w[1].T0NS < warm.T1NS {
			t.Errorf("windows %+v behind a warm-up that ended at %d", w, warm.T1NS)
		}
		if measured := &report.Phases[1]; measured.Steadiness != nil || Failures(measured) != 0 {
			t.Errorf("the window behind it has %d failures and steadiness %v", Failures(measured), measured.Steadiness)
		}
		if got, want := Answered(warm)+Answered(&report.Phases[1]), uint64(server.Requests.Load()); got != want {
			t.Errorf("%d answers are reported of %d", got, want)
		}
	})
	t.Run("never steady", func(t *testing.T) {
		t.Parallel()
		const limit = 1500 * time.Millisecond
		var began atomic.Int64
		began.Store(clock.Now())
		quicker := func(r Request) string {
			since := float64(clock.Now()-began.Load()) / 1e9
			time.Sleep(time.Duration(20e6 / (1 + since)))
			return hello(r)
		}
		// A machine that becomes slower meanwhile hides it.
		rises := func(s *results.Steadiness) bool {
			return !s.Reached && s.SlopePerSecond != nil && *s.SlopePerSecond > 0.02
		}
		_, report, _ := Load(t, e, Answering(quicker), Spec(warmUp(time.Second, limit), Closed(50*time.Millisecond)),
			func(r *results.Report) bool { began.Store(clock.Now()); return !rises(r.Phases[0].Steadiness) })
		warm := &report.Phases[0]
		if s := warm.Steadiness; !rises(s) {
			t.Errorf("a server that becomes faster was left with %+v", s)
		}
		if took := time.Duration(warm.WindowNS()); took != limit {
			t.Errorf("the warm-up took %v of at most %v", took, limit)
		}
	})
}
