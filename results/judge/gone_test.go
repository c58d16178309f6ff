package judge

import (
	"testing"

	"github.com/joust-bench/joust/results"
)

// A server that goes away is the one reason for refused connections, back-off, lost
// connections and a rate that was not kept. Nobody else is blamed, not even a loader
// that also stood still.
func TestServerGone(t *testing.T) {
	t.Parallel()
	leave := func(e *Evidence) {
		p := e.Loader
		p.GoneNS, p.BackoffNS = second/2, 32*second
		p.ConnectionErrors, p.FirstConnectionError = map[results.Cause]uint64{results.CauseConnectRefused: 83}, "connecting: connection refused"
		p.MinConnectionsOpen, p.StallNS = 0, ptr(second/10)
		p.CompletedBefore, p.CompletedAfter = 3, 2
	}
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		e := served()
		leave(&e)
		e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = 0, 0
		e.Report.Phases = []results.Phase{*e.Loader}
		want{
			limit: results.LimitUnknown, invalid: true, flags: []results.Flag{results.FlagDisturbed}, codes: []string{"gone", "stalled"},
			says: []string{"the server went away after 5 answers: no connection could be made in the last 500ms of the phase: connection refused"},
		}.hold(t, Phase(e))
	})
	t.Run("open", func(t *testing.T) {
		t.Parallel()
		e := open(t)
		slow(t, &e, 0.1, 0.1)
		leave(&e)
		e.Report.Phases = []results.Phase{*e.Loader}
		want{invalid: true, flags: []results.Flag{results.FlagDisturbed}, codes: []string{"gone", "stalled"}, says: []string{"the server went away after "}}.hold(t, Phase(e))
	})
	t.Run("in the warm-up", func(t *testing.T) {
		t.Parallel()
		e := served()
		leave(&e)
		warm := *e.Loader
		warm.Name, warm.Measured = results.PhaseWarmup, false
		e.Loader.Total.Completed, e.Loader.CompletedBefore, e.Loader.CompletedAfter = 0, 0, 0
		warm.Total.Completed = 0
		e.Report.Phases = []results.Phase{warm, *e.Loader}
		e.Loader = &e.Report.Phases[1]
		want{limit: results.LimitUnknown, invalid: true, flags: []results.Flag{results.FlagDisturbed}, codes: []string{"gone", "stalled"}, says: []string{"went away after 5 answers"}}.hold(t, Phase(e))
	})
	t.Run("and came back", func(t *testing.T) {
		t.Parallel()
		e := served()
		leave(&e)
		e.Loader.StallNS = nil
		warm := *e.Loader
		warm.Name, warm.Measured, warm.Total.Completed = results.PhaseWarmup, false, 0
		e.Report.Phases = []results.Phase{warm, *served().Loader}
		e.Loader = &e.Report.Phases[1]
		want{limit: results.LimitServer, codes: []string{"shares", "warm-up"}, says: []string{"in the warm-up the server went away after 5 answers"}}.hold(t, Phase(e))
	})
}
