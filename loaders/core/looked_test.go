package core

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend"
)

// A thread that stood still beyond a request's deadline reads the answers that arrived
// before it gives the request up.
func TestNothingIsGivenUpUnseen(t *testing.T) {
	t.Parallel()
	const last = int64(time.Second)
	s := shard{
		load: &load{spec: &loaders.Spec{RequestTimeout: time.Second}},
		current: current{
			phase: &phase{Phase: loaders.Phase{}}, inFlight: 1, window: window{nextMark: never, end: last}, pace: pace{due: never},
		},
		attention: attention{lookedAt: last - 1},
	}
	if s.finished(last - 1) {
		t.Error("the phase ends before its deadline")
	}
	if s.finished(last + 1) {
		t.Error("a request is given up before the thread has looked for its answer")
	}
	s.looked(last+1, 0)
	if !s.finished(last + 2) {
		t.Error("the phase does not end, though there is nothing to read")
	}
	s.inFlight = 0
	if s.lookedAt = 0; !s.finished(last) {
		t.Error("the phase does not end, though nothing is in flight")
	}
}

// Where more events are ready than one turn takes, deadlines wait until every
// connection has had its event.
func TestFullTurns(t *testing.T) {
	t.Parallel()
	const most = backend.MostEvents
	s := shard{conns: make([]connection, 3*most)}
	for turn := int64(1); turn <= 4; turn++ {
		if s.looked(turn, most); s.lookedAt != 0 {
			t.Fatalf("after %d full turns with %d connections all had theirs", turn, len(s.conns))
		}
	}
	if s.looked(5, most); s.lookedAt != 5 {
		t.Error("full turns let no deadline pass")
	}
	if s.looked(6, most); s.lookedAt != 5 || s.fullTurns != 1 {
		t.Error("the turns are not counted anew")
	}
	if s.looked(7, most-1); s.lookedAt != 7 || s.fullTurns != 0 {
		t.Error("events were ready behind a turn that was not full")
	}
}
