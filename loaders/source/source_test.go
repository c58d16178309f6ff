package source_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/scenarios"
)

func requests(n int, weights ...int) []scenarios.Request {
	out := make([]scenarios.Request, n)
	for i := range out {
		out[i].Name = fmt.Sprint(i)
		if i < len(weights) {
			out[i].Weight = weights[i]
		}
	}
	return out
}

// asker asks a source for requests of users by plain numbers.
type asker struct{ source.Source }

func (a asker) Next(user int) int {
	ask, ok := a.Source.Next(int32(user), 0)
	if !ok || ask.Group != ask.Request || ask.Delay != 0 {
		panic(fmt.Sprintf("%+v, %t", ask, ok))
	}
	return int(ask.Request)
}

func (a asker) Reconnected(user int) { a.Source.Reconnected(int32(user)) }

func newSource(t rapid.TB, n int, rotation scenarios.Rotation, users, thread int, seed uint64, weights ...int) asker {
	spec := loaders.Spec{Requests: requests(n, weights...), Rotation: rotation, Seed: seed}
	s, err := source.OfSpec(&spec, source.Thread{Number: thread, Users: users})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Groups(); len(got) != n || got[n-1] != fmt.Sprint(n-1) || s.Needs() != (source.Needs{}) {
		t.Fatalf("groups %q of %d requests, needs %+v", got, n, s.Needs())
	}
	return asker{s}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]loaders.Spec{"no request": {}, "an unknown rotation": {Requests: requests(2), Rotation: "sideways"}} {
		if _, err := source.OfSpec(&spec, source.Thread{Users: 1}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestOneRequestNeedsNoRotation(t *testing.T) {
	t.Parallel()
	for _, r := range []scenarios.Rotation{"", scenarios.PerRequest, scenarios.PerConnection, scenarios.Weighted} {
		s := newSource(t, 1, r, 3, 0, 1)
		s.Reconnected(2)
		if got := s.Next(2); got != 0 {
			t.Errorf("%q: request %d of one", r, got)
		}
	}
}

// Each user asks every request once a round, whatever others do and however
// often it reconnects, and users begin at different ones.
func TestRotationCoversAllEqually(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n, users := rapid.IntRange(2, 9).Draw(rt, "requests"), rapid.IntRange(1, 9).Draw(rt, "users")
		s := newSource(rt, n, scenarios.PerRequest, users, rapid.IntRange(0, 3).Draw(rt, "shard"), 1)
		asked := make([][]int, users)
		for _, user := range rapid.SliceOf(rapid.IntRange(0, users-1)).Draw(rt, "order") {
			asked[user] = append(asked[user], s.Next(user))
			s.Reconnected(user)
		}
		for user, got := range asked {
			for i := 1; i < len(got); i++ {
				if got[i] != (got[i-1]+1)%n {
					rt.Errorf("user %d asked %v of %d", user, got, n)
				}
			}
		}
	})
}

func TestUsersBeginAtDifferentRequests(t *testing.T) {
	t.Parallel()
	for _, r := range []scenarios.Rotation{scenarios.PerRequest, scenarios.PerConnection} {
		first := make([]int, 4)
		for shard := range 2 {
			s := newSource(t, 4, r, 2, shard, 1)
			for user := range 2 {
				first[s.Next(user)]++
			}
		}
		if !slices.Equal(first, []int{1, 1, 1, 1}) {
			t.Errorf("%q: four users on two threads begin at %v", r, first)
		}
	}
}

// A user stays with its request until it reconnects, and then takes the next.
func TestPerConnectionMovesWithTheConnection(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n, users := rapid.IntRange(2, 5).Draw(rt, "requests"), rapid.IntRange(1, 4).Draw(rt, "users")
		s := newSource(rt, n, scenarios.PerConnection, users, 0, 1)
		want := make([]int, users)
		for user := range want {
			want[user] = s.Next(user)
		}
		for _, step := range rapid.SliceOf(rapid.IntRange(0, 3*users-1)).Draw(rt, "steps") {
			user := step % users
			if step < users {
				s.Reconnected(user)
				want[user] = (want[user] + 1) % n
			}
			if got := s.Next(user); got != want[user] {
				rt.Fatalf("user %d asks %d, want %d", user, got, want[user])
			}
		}
	})
}

// Shares follow the weights to within four deviations of a binomial sample;
// the seed is fixed, so the bound is met or it is not. A weight of 0 counts
// as 1.
func TestWeightedFollowsTheWeights(t *testing.T) {
	t.Parallel()
	const draws = 100_000
	weights := []int{5, 0, 3, 1}
	s := newSource(t, 4, scenarios.Weighted, 1, 0, 42, weights...)
	got := make([]float64, 4)
	for range draws {
		got[s.Next(0)]++
	}
	for i, w := range []float64{0.5, 0.1, 0.3, 0.1} {
		if bound := 4 * math.Sqrt(draws*w*(1-w)); math.Abs(got[i]-draws*w) > bound {
			t.Errorf("request %d of weight %d: %v draws, want %v ± %v", i, weights[i], got[i], draws*w, bound)
		}
	}
}

func TestWeightedFollowsItsSeed(t *testing.T) {
	t.Parallel()
	draw := func(shard int, seed uint64) []int {
		s := newSource(t, 5, scenarios.Weighted, 2, shard, seed)
		out := make([]int, 100)
		for i := range out {
			out[i] = s.Next(i % 2)
		}
		return out
	}
	if !slices.Equal(draw(1, 9), draw(1, 9)) {
		t.Error("the same shard and seed drew otherwise")
	}
	if slices.Equal(draw(1, 9), draw(2, 9)) || slices.Equal(draw(1, 9), draw(1, 10)) {
		t.Error("another shard or seed drew the same")
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	for _, r := range []scenarios.Rotation{scenarios.PerRequest, scenarios.PerConnection, scenarios.InTurn, scenarios.Weighted} {
		s := newSource(t, 3, r, 2, 0, 1)
		if n := testing.AllocsPerRun(1000, func() { s.Next(1); s.Reconnected(1) }); n != 0 {
			t.Errorf("%q: %v allocations a request", r, n)
		}
	}
}

// Requests with a group share it, whatever stands between them; others have their own.
func TestGroups(t *testing.T) {
	t.Parallel()
	list := requests(6)
	for _, i := range []int{1, 2, 5} {
		list[i].Group = "items"
	}
	list[4].Group = "0" // the name of the first request is its group
	for _, rotation := range []scenarios.Rotation{scenarios.PerRequest, scenarios.PerConnection, scenarios.InTurn, scenarios.Weighted} {
		s, err := source.OfSpec(&loaders.Spec{Requests: list, Rotation: rotation}, source.Thread{Users: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Groups(); !slices.Equal(got, []string{"0", "items", "3"}) {
			t.Errorf("%s: groups %q", rotation, got)
		}
		want := []int32{0, 1, 1, 2, 0, 1}
		for range 60 {
			ask, _ := s.Next(0, 0)
			if ask.Group != want[ask.Request] {
				t.Errorf("%s: request %d is in group %d, want %d", rotation, ask.Request, ask.Group, want[ask.Request])
			}
			s.Reconnected(0)
		}
	}
}

// The choice among hundreds of requests costs tens of nanoseconds.
func BenchmarkNext(b *testing.B) {
	for _, rotation := range []scenarios.Rotation{scenarios.PerRequest, scenarios.PerConnection, scenarios.InTurn, scenarios.Weighted} {
		for _, n := range []int{3, 500} {
			b.Run(fmt.Sprintf("%s of %d", rotation, n), func(b *testing.B) {
				s := newSource(b, n, rotation, 64, 0, 1)
				b.ReportAllocs()
				for i := range b.N {
					s.Next(i % 64)
				}
			})
		}
	}
}

// Threads that take a list in turn ask each request once before any is asked again, as
// long as they go on at the same pace.
func TestInTurnCoversTheList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n, threads, rounds := rapid.IntRange(2, 50).Draw(rt, "requests"), rapid.IntRange(1, 8).Draw(rt, "threads"), rapid.IntRange(1, 3).Draw(rt, "rounds")
		spec := loaders.Spec{Requests: requests(n), Rotation: scenarios.InTurn, Threads: threads}
		asked := make([]int, n)
		for thread := range threads {
			s, err := source.OfSpec(&spec, source.Thread{Number: thread, Users: 3})
			if err != nil {
				rt.Fatal(err)
			}
			// The thread's share of the count, as the engine deals it out.
			count := rounds*n/threads + min(1, max(0, rounds*n%threads-thread))
			for i := range count {
				asked[asker{s}.Next(i%3)]++
			}
		}
		for i, times := range asked {
			if rounds == 1 && times != 1 || times == 0 {
				rt.Errorf("request %d of %d is asked %d times in %d rounds of %d threads", i, n, times, rounds, threads)
			}
		}
	})
}
