package core_test

import (
	"slices"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
)

// Where requests run out, nobody knew the window's middle: its halves are not told.
func TestNoHalvesOfAWindowThatRunsOut(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, enginetest.Answering(0, enginetest.RightAnswer))
		phases := drive(t, e, specAt(server.Address, enginetest.Closed(20*time.Millisecond), counted(6))).Phases
		for i, want := range [][]string{nil, {"completed_first_half"}} {
			if got := phases[i].Unknown; !slices.Equal(got, want) {
				t.Errorf("phase %d: %q is not known, want %q", i, got, want)
			}
		}
	})
}
