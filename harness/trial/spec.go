package trial

import (
	"time"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// steps returns the steps of joust's timelines and of the loader's own. Where both
// share one CPU the steps are longer: each wake-up of joust, which is not in the
// caches, takes the CPU from the loader for 0.1 to 1 ms.
func steps(split results.CPUSplit) (poll, interval time.Duration) {
	if sharesCPU(split) {
		return time.Second, 250 * time.Millisecond
	}
	return 100 * time.Millisecond, 100 * time.Millisecond
}

// sharesCPU reports whether joust runs on the only CPU of the loader.
func sharesCPU(split results.CPUSplit) bool { return len(split.Loader) <= 1 }

// specFor returns the trial as the loader's Spec.
func specFor(t plan.Trial, p results.Plan, row *scenarios.Scenario, split results.CPUSplit, s *launch.Server) loaders.Spec {
	threads := plan.Threads(p, t.Table)
	_, interval := steps(split)
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
		Interval:       interval,
		Quiet:          sharesCPU(split),
	}
	if split.Separate() && len(split.Loader) >= threads {
		spec.CPUs = split.Loader[:threads]
	}
	return spec
}
