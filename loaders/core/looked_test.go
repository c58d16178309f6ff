package core

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

// A thread that stood still until its requests' deadline first reads what has
// arrived meanwhile.
func TestNothingIsGivenUpUnseen(t *testing.T) {
	t.Parallel()
	const last = int64(time.Second)
	w := worker{
		work: &work{spec: &loaders.Spec{RequestTimeout: time.Second}},
		current: current{
			phase: &phase{}, inFlight: 1, window: window{nextMark: never, end: last}, pace: pace{due: never},
		},
		attention: attention{lookedAt: last - 1},
	}
	if w.finished(last - 1) {
		t.Error("the phase ends before its deadline")
	}
	if w.finished(last + 1) {
		t.Error("a request is given up, and nobody looked for its answer since the deadline")
	}
	w.looked(last+1, 0)
	if !w.finished(last + 2) {
		t.Error("the phase does not end, though there is nothing to read")
	}
	w.inFlight = 0
	if w.lookedAt = 0; !w.finished(last) {
		t.Error("the phase does not end, though nothing is in flight")
	}
}

// Where more is ready than one turn takes, the deadlines wait until every
// connection had its turn.
func TestFullTurns(t *testing.T) {
	t.Parallel()
	const most = backend.MostEvents
	w := worker{conns: make([]conn, 3*most)}
	for turn := int64(1); turn <= 4; turn++ {
		if w.looked(turn, most); w.lookedAt != 0 {
			t.Fatalf("after %d full turns with %d connections all had theirs", turn, len(w.conns))
		}
	}
	if w.looked(5, most); w.lookedAt != 5 {
		t.Error("full turns let no deadline pass")
	}
	if w.looked(6, most); w.lookedAt != 5 || w.fullTurns != 1 {
		t.Error("the turns are not counted anew")
	}
	if w.looked(7, most-1); w.lookedAt != 7 || w.fullTurns != 0 {
		t.Error("a turn that was not full had something left")
	}
}
