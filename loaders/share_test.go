package loaders

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// whole draws a Spec that is right, for at most as many loaders as connections.
func whole(t *rapid.T) (Spec, int) {
	of := rapid.IntRange(1, 7).Draw(t, "loaders")
	s := Spec{
		Target: Target{Network: "tcp", Address: "127.0.0.1:80"}, Requests: make([]scenarios.Request, 1),
		Connections: rapid.IntRange(of, 100).Draw(t, "connections"), Idle: Spin, Seed: rapid.Uint64().Draw(t, "seed"),
		Phases: []Phase{
			{Name: "warm-up", Loop: results.ClosedLoop, Duration: time.Second},
			{Name: "closed", Loop: results.ClosedLoop, Measured: true, Duration: time.Second, Count: rapid.OneOf(rapid.Uint64Range(uint64(of), 1000), rapid.Uint64Min(1<<63)).Draw(t, "count")},
			open(Constant, 100),
		},
	}
	s.Threads = rapid.IntRange(1, s.Connections).Draw(t, "threads")
	if rapid.Bool().Draw(t, "with users") {
		s.Users, s.Phases = rapid.IntRange(max(of, s.Threads), 1000).Draw(t, "users"), s.Phases[:2]
	}
	if rapid.Bool().Draw(t, "pinned") {
		for cpu := range s.Threads {
			s.CPUs = append(s.CPUs, cpu)
		}
	}
	return s.WithDefaults(), of
}

// Parts are right by themselves and make the whole together.
func TestPartsMakeTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, of := whole(t)
		var connections, threads, users int
		var count uint64
		var cpus []int
		seeds := map[uint64]bool{}
		for i := range of {
			p := s.Part(Share{i, of})
			if err := p.Validate(); err != nil {
				t.Fatalf("part %d of %d: %v", i, of, err)
			}
			if low := s.Connections / of; p.Connections < low || p.Connections > low+1 {
				t.Fatalf("part %d of %d has %d of %d connections", i, of, p.Connections, s.Connections)
			}
			connections, threads, count = connections+p.Connections, threads+p.Threads, count+p.Phases[1].Count
			users += p.Users
			cpus, seeds[p.Seed] = append(cpus, p.CPUs...), true
			if polls := p.Idle == Spin; polls != (s.Threads >= of || of == 1) {
				t.Fatalf("%d threads for %d loaders: one polls: %t", s.Threads, of, polls)
			}
		}
		if users != s.Users {
			t.Fatalf("%d of %d users", users, s.Users)
		}
		if connections != s.Connections || count != s.Phases[1].Count || len(seeds) != of {
			t.Fatalf("%d of %d connections, %d of %d requests, %d seeds of %d loaders", connections, s.Connections, count, s.Phases[1].Count, len(seeds), of)
		}
		if threads > max(s.Threads, of) {
			t.Fatalf("%d threads became %d", s.Threads, threads)
		}
		if slices.Sort(cpus); s.Threads >= of && len(slices.Compact(cpus)) != len(cpus) {
			t.Fatalf("two loaders of %d have one of %d CPUs: %v", of, s.Threads, cpus)
		}
	})
}

func TestOneLoaderMakesAll(t *testing.T) {
	t.Parallel()
	s := Spec{Connections: 5, Threads: 2, CPUs: []int{1, 2}, Seed: 9, Phases: []Phase{open(Constant, 5)}}
	for _, share := range []Share{{}, {0, 1}} {
		p := s.Part(share)
		if p.Connections != 5 || p.Threads != 2 || p.Seed != 9 || p.Phases[0].Adjust || p.Phases[0].Share != (Share{}) {
			t.Errorf("%+v became %+v", s, p)
		}
	}
}
