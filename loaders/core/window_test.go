package core

import (
	"testing"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// idleLoop is a loop without events.
type idleLoop struct{ backend.Loop }

func (idleLoop) CPU() int64      { return 0 }
func (idleLoop) RunDelay() int64 { return -1 }

// A load that is stopped after a thread has read the clock, and before it reads the
// stop, ends all the same.
func TestStopAfterTheClockWasRead(t *testing.T) {
	t.Parallel()
	for _, opened := range []bool{true, false} {
		now := clock.Now()
		at := now + 1000
		s := shard{load: &load{}, loop: idleLoop{}, current: current{
			phase: &phase{Phase: loaders.Phase{Loop: results.ClosedLoop}}, window: window{windowOpen: opened, sending: true},
		}}
		s.stop.Store(at)
		s.out.Window.T0, s.out.Window.T1 = now-1000, now+60e9
		s.end, s.nextMark = s.out.Window.T1, s.out.Window.T1
		if !opened {
			s.out.Window.T0, s.nextMark = now+500, now+500
		}
		s.stopEarly(at, now)
		if s.nextMark != at {
			t.Fatalf("window open: %t: the next mark is %d ns after the stop", opened, s.nextMark-at)
		}
		s.mark(at)
		if s.nextMark != never || s.sending {
			t.Errorf("window open: %t: the thread goes on after its window", opened)
		}
	}
}

// atEnd is a cursor at its end.
func atEnd() (int64, bool) { return 0, false }

// A request that becomes due after a thread has read the clock, and before the stop,
// counts as never sent, for a time above 0.
func TestStopGivesUpWhatIsDueUntilThen(t *testing.T) {
	t.Parallel()
	now := clock.Now()
	at := now + 1000
	s := shard{load: &load{}, loop: idleLoop{}, current: current{
		phase:  &phase{Phase: loaders.Phase{Loop: results.OpenLoop}},
		out:    outcome{Ledger: record.Ledger{Groups: make([]record.Group, 1)}},
		window: window{windowOpen: true, nextMark: now + 60e9, end: now + 60e9},
		pace:   pace{due: now + 400, cursor: atEnd, ahead: atEnd, aheadNext: never, quota: never},
	}}
	s.stop.Store(at)
	s.out.Window = record.Span{Loop: results.OpenLoop, T0: now - 1000, T1: now + 60e9}
	s.stopEarly(at, now)
	if s.due != never || s.out.Rate.NeverSent != 1 || s.out.Rate.CensoredFromNS != 600 {
		t.Errorf("due %d, %d never sent for at least %d ns, want 1 for 600 ns", s.due, s.out.Rate.NeverSent, s.out.Rate.CensoredFromNS)
	}
}
