package core

import (
	"testing"

	"github.com/joust-bench/joust/loaders/backend"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// idleLoop is a loop without events.
type idleLoop struct{ backend.Loop }

func (idleLoop) CPU() int64      { return 0 }
func (idleLoop) RunDelay() int64 { return -1 }

// TestStopAfterTheClockWasRead: a load that is told to stop between a thread's
// look at the clock and its look at the stop ends all the same.
func TestStopAfterTheClockWasRead(t *testing.T) {
	t.Parallel()
	for _, opened := range []bool{true, false} {
		now := clock.Now()
		at := now + 1000
		w := worker{work: &work{}, loop: idleLoop{}, current: current{
			phase: &phase{loop: results.ClosedLoop}, window: window{windowOpen: opened, sending: true},
		}}
		w.stop.Store(at)
		w.out.Window.T0, w.out.Window.T1 = now-1000, now+60e9
		w.end, w.nextMark = w.out.Window.T1, w.out.Window.T1
		if !opened {
			w.out.Window.T0, w.nextMark = now+500, now+500
		}
		w.stopEarly(at, now)
		if w.nextMark != at {
			t.Fatalf("window open: %t: the next mark is %d ns after the stop", opened, w.nextMark-at)
		}
		w.mark(at)
		if w.nextMark != never || w.sending {
			t.Errorf("window open: %t: the thread goes on after its window", opened)
		}
	}
}

// atEnd is a cursor at its end.
func atEnd() (int64, bool) { return 0, false }

// TestStopGivesUpWhatIsDueUntilThen: what is due between a thread's look at the
// clock and the stop was never sent, and for no negative time.
func TestStopGivesUpWhatIsDueUntilThen(t *testing.T) {
	t.Parallel()
	now := clock.Now()
	at := now + 1000
	w := worker{work: &work{}, loop: idleLoop{}, current: current{
		phase:  &phase{loop: results.OpenLoop},
		out:    outcome{Ledger: record.Ledger{Groups: make([]record.Group, 1)}},
		window: window{windowOpen: true, nextMark: now + 60e9, end: now + 60e9},
		pace:   pace{due: now + 400, cursor: atEnd, ahead: atEnd, aheadNext: never, quota: never},
	}}
	w.stop.Store(at)
	w.out.Window = record.Span{Loop: results.OpenLoop, T0: now - 1000, T1: now + 60e9}
	w.stopEarly(at, now)
	if w.due != never || w.out.Rate.NeverSent != 1 || w.out.Rate.CensoredFromNS != 600 {
		t.Errorf("due %d, %d never sent for at least %d ns, want 1 for 600 ns", w.due, w.out.Rate.NeverSent, w.out.Rate.CensoredFromNS)
	}
}
