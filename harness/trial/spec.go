package trial

import (
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The steps of timelines, and those where joust and the loader share one CPU:
// there each time that joust wakes up takes it from the loader, for 0.1 to 1 ms
// since nothing of joust is in the caches.
const (
	pollEvery           = 100 * time.Millisecond
	pollEveryShared     = time.Second
	intervalEveryShared = 250 * time.Millisecond
)

// sharesCPU reports whether joust runs on the only CPU of the loader.
func sharesCPU(split results.CPUSplit) bool { return len(split.Loader) <= 1 }

// pollStep is the step of the timelines that joust samples.
func pollStep(split results.CPUSplit) time.Duration {
	if sharesCPU(split) {
		return pollEveryShared
	}
	return pollEvery
}

// intervalStep is the step of the loader's own timeline.
func intervalStep(split results.CPUSplit) time.Duration {
	if sharesCPU(split) {
		return intervalEveryShared
	}
	return pollEvery
}

// specFor is the trial as the loader gets it.
func specFor(t plan.Trial, p results.Plan, row *scenarios.Scenario, split results.CPUSplit, s *launch.Server) loaders.Spec {
	threads := plan.Threads(p, t.Table)
	spec := loaders.Spec{
		Target:      loaders.Target{Network: "tcp", Address: s.Address, Host: s.Host},
		Protocol:    scenarios.Protocol(t.Table.Protocol),
		Engine:      loaders.EngineName(p.Engine),
		Requests:    row.Requests,
		Rotation:    row.Rotation,
		Connection:  row.Connection,
		Depth:       row.Depth,
		Connections: t.Table.Clients,
		Threads:     threads,
		Idle:        loaders.IdleStrategy(p.IdleStrategy),
		Phases:      plan.Phases(t, p),

		RequestTimeout: time.Duration(p.RequestTimeoutNS),
		Drain:          time.Duration(p.DrainNS),
		Seed:           t.Seed,
		Interval:       intervalStep(split),
		Quiet:          sharesCPU(split),
	}
	if split.Separate() && len(split.Loader) >= threads {
		spec.CPUs = split.Loader[:threads]
	}
	return spec
}
