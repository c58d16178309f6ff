package trial

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// sealed is a program whose memory peak cannot be reset, and whose counters cannot
// be read where usage is nil.
type sealed struct {
	host.Handle
	usage *results.Usage
}

func (s sealed) Usage(context.Context, int64, int64, time.Duration) (results.Usage, error) {
	if s.usage == nil {
		return results.Usage{}, errors.New("permission denied")
	}
	return *s.usage, nil
}

func (sealed) ResetPeak() error        { return errors.New("no clear_refs") }
func (sealed) Memory() (uint64, error) { return 0, errors.New("no statm") }

// Counters that cannot be read are absent. The load was measured all the same.
func TestCountersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	peak := uint64(1e6)
	for name, c := range map[string]struct {
		usage *results.Usage
		says  string
	}{
		"no counter":     {nil, "sampling the server in phase \"closed\": permission denied; what depends on it is not known"},
		"no memory peak": {&results.Usage{PeakMemoryBytes: &peak}, "resetting the server's memory peak: no clear_refs; what depends on it is not known"},
	} {
		l := hunting(results.TrialMeasured)
		l.on.Handle = sealed{usage: c.usage}
		var trial results.Trial
		l.noteIdle(&trial)
		now := clock.Now()
		l.Window(loaders.Window{Phase: results.PhaseClosed, T0NS: now, T1NS: now + int64(10*time.Millisecond), Measured: true})
		l.sampler.Wait()
		phases := l.judged(&results.Report{ConnectionsAsked: 1, ConnectionsOpen: 1, Phases: []results.Phase{{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T0NS: now, T1NS: now + int64(2*time.Second),
			Total: results.Group{Completed: 1000}, CompletedFirstHalf: 500, MinConnectionsOpen: 1,
		}}})
		if len(phases) != 1 || !phases[0].Verdict.Valid || phases[0].Server != nil && phases[0].Server.PeakMemoryBytes != nil || trial.IdleMemoryBytes != nil {
			t.Fatalf("%s: %+v, %v", name, phases, trial.IdleMemoryBytes)
		}
		var texts []string
		for _, r := range phases[0].Verdict.Reasons {
			texts = append(texts, r.Text)
		}
		if all := strings.Join(texts, "\n"); !strings.Contains(all, c.says) {
			t.Errorf("%s: nothing says %q in\n%s", name, c.says, all)
		}
	}
}
