//go:build linux

package core_test

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/backend/epoll"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
)

// A load that polls uses no more threads than it needs by its warm-up; one that sleeps
// keeps all. No request is lost when the threads change.
func TestThreadsThatSpin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		idle    loaders.IdleStrategy
		threads int
	}{
		"spin": {loaders.Spin, 1}, "hybrid": {loaders.Hybrid, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			warmup, open := enginetest.Open(50, 200*time.Millisecond), enginetest.Open(50, 200*time.Millisecond)
			warmup.Name, warmup.Measured = results.PhaseWarmup, false
			spec := enginetest.Spec(warmup, open)
			spec.Connections, spec.Threads, spec.Idle = 5, 3, c.idle
			// On a busy machine requests may cost more CPU time than one thread has.
			enough := func(_ *enginetest.CountingServer, r *results.Report) string {
				if n := len(r.Phases[1].Threads); c.idle == loaders.Spin && n != c.threads {
					return fmt.Sprintf("%d threads, want %d", n, c.threads)
				}
				return ""
			}
			server, report, _ := enginetest.Load(t, core.Engine{System: epoll.System(), Codec: h1.New}, enginetest.Good(0), spec, enough)
			warm, measured := &report.Phases[0], &report.Phases[1]
			if len(warm.Threads) != 3 || len(measured.Threads) != c.threads {
				t.Errorf("%d threads in the warm-up and %d in the window, want 3 and %d", len(warm.Threads), len(measured.Threads), c.threads)
			}
			if used := cmp.Or(report.ThreadsUsed, report.Threads); report.Threads != 3 || used != len(measured.Threads) {
				t.Errorf("the report names %d threads, %d used; the window had %d", report.Threads, used, len(measured.Threads))
			}
			if report.ConnectionsOpen != 5 || measured.MinConnectionsOpen != 5 {
				t.Errorf("%d and %d connections open, want 5", report.ConnectionsOpen, measured.MinConnectionsOpen)
			}
			if asked, read := warm.Asked+measured.Asked, uint64(server.Requests.Load()); asked != read || warm.Failures()+measured.Failures() != 0 {
				t.Errorf("%d asked, %d read by the server, %d and %d failed", asked, read, warm.Failures(), measured.Failures())
			}
			if report.Connect.Count != uint64(server.Connects.Load()) {
				t.Errorf("%d times to connect, %d connections at the server", report.Connect.Count, server.Connects.Load())
			}
		})
	}
}
