package engine_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
)

// warmUp is a warm-up that lasts until the throughput is steady.
func warmUp(least, limit time.Duration) loaders.Phase {
	return loaders.Phase{
		Name: results.PhaseWarmup, Loop: results.ClosedLoop, Duration: least, MaxDuration: limit, SteadyWithin: 0.02, HalvesWithin: 0.03,
	}
}

// A warm-up ends when a server keeps its pace, and at its limit where the server
// becomes faster all the time.
func TestWarming(t *testing.T) { overEngines(t, warming) }

func warming(t *testing.T, e loaders.Loader) {
	t.Run("steady", func(t *testing.T) {
		t.Parallel()
		const limit = 20 * time.Second
		reached := func(_ *enginetest.CountingServer, r *results.Report) string {
			if s := r.Phases[0].Steadiness; !s.Reached {
				return fmt.Sprintf("not steady: %+v", s)
			}
			return ""
		}
		server, report, steer := enginetest.Load(t, e, enginetest.Good(5*time.Millisecond), enginetest.Spec(warmUp(time.Second, limit), enginetest.Closed(100*time.Millisecond)), reached)
		warm := &report.Phases[0]
		s := warm.Steadiness
		if !s.Reached || s.SlopePerSecond == nil || *s.SlopePerSecond > 0.02 || *s.SlopePerSecond < -0.02 {
			t.Errorf("a server of one pace ended the warm-up with %+v", s)
		}
		if took := warm.WindowNS(); took < int64(time.Second) || took >= int64(limit) {
			t.Errorf("the warm-up took %v", time.Duration(took))
		}
		if w := steer.Windows; len(w) != 2 || w[0].T1NS-w[0].T0NS != int64(limit) || w[1].T0NS < warm.T1NS {
			t.Errorf("windows %+v behind a warm-up that ended at %d", w, warm.T1NS)
		}
		if measured := &report.Phases[1]; measured.Steadiness != nil || measured.Failures() != 0 {
			t.Errorf("the window behind it has %d failures and steadiness %v", measured.Failures(), measured.Steadiness)
		}
		if got, want := warm.Right()+report.Phases[1].Right(), uint64(server.Requests.Load()); got != want {
			t.Errorf("%d answers are reported, the server gave %d", got, want)
		}
	})
	t.Run("never steady", func(t *testing.T) {
		t.Parallel()
		const limit = 1500 * time.Millisecond
		var began atomic.Int64
		began.Store(clock.Now())
		faster := enginetest.AnsweringBy(func(string) string {
			since := float64(clock.Now()-began.Load()) / 1e9
			time.Sleep(time.Duration(20e6 / (1 + since)))
			return enginetest.RightAnswer
		})
		// A machine that becomes slower meanwhile hides the rise.
		rises := func(_ *enginetest.CountingServer, r *results.Report) string {
			began.Store(clock.Now())
			if s := r.Phases[0].Steadiness; s.Reached || s.SlopePerSecond == nil || *s.SlopePerSecond <= 0.02 {
				return fmt.Sprintf("a server that becomes faster ended the warm-up with %+v", s)
			}
			return ""
		}
		_, report, _ := enginetest.Load(t, e, faster, enginetest.Spec(warmUp(time.Second, limit), enginetest.Closed(50*time.Millisecond)), rises)
		warm := &report.Phases[0]
		if took := time.Duration(warm.WindowNS()); took != limit {
			t.Errorf("the warm-up took %v of at most %v", took, limit)
		}
	})
}
