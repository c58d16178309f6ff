package core_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// first is the first time that a user asked.
type first struct {
	thread int
	user   int32
	at     int64
}

// people are the users of a load as its sources see them.
type people struct {
	mu     sync.Mutex
	firsts []first
}

// watched is a source of one thread that holds each user to one request at a time.
type watched struct {
	source.Source
	t      *testing.T
	thread int
	people *people
	asking map[int32]bool
}

func (w *watched) Needs() source.Needs { return source.Needs{Outcome: true} }

func (w *watched) Next(user int32, now int64) (source.Ask, bool) {
	asking, known := w.asking[user]
	if asking {
		w.t.Errorf("user %d of thread %d asks while its last request is in flight", user, w.thread)
	}
	if w.asking[user] = true; !known {
		w.people.mu.Lock()
		w.people.firsts = append(w.people.firsts, first{w.thread, user, now})
		w.people.mu.Unlock()
	}
	return w.Source.Next(user, now)
}

func (w *watched) Done(user int32, _ *source.View) {
	if !w.asking[user] {
		w.t.Errorf("user %d of thread %d is answered and asked nothing", user, w.thread)
	}
	w.asking[user] = false
}

// watch makes the engine's sources report to people.
func watch(t *testing.T, e *core.Engine) *people {
	all := &people{}
	e.Source = func(spec *loaders.Spec, on source.Thread) (source.Source, error) {
		of, err := source.OfSpec(spec, on)
		return &watched{Source: of, t: t, thread: on.Number, people: all, asking: map[int32]bool{}}, err
	}
	return all
}

// The starts of users are spread evenly over the ramp, and the number of active users
// grows with them. No user asks before its start, or has two requests in flight, and
// the requests of the users are all that were asked.
func TestRampOfUsers(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const users, ramp = 30, 600 * time.Millisecond
		server := enginetest.Start(t, calmly(time.Millisecond))
		retry.Often(t, func() string {
			e := e
			people := watch(t, &e)
			spec := withUsers(server.Address, users, 5, "10ms±50%", enginetest.Closed(2*ramp))
			spec.Threads, spec.UserRamp, spec.Segment = 2, ramp, ramp/4
			report := drive(t, e, spec)
			p := &report.Phases[0]
			if report.UserRampNS != int64(ramp) || report.Users != users {
				t.Errorf("the report echoes %d users who start over %d ns", report.Users, report.UserRampNS)
			}
			if len(people.firsts) != users {
				return fmt.Sprintf("%d of %d users asked in the window", len(people.firsts), users)
			}
			var late []time.Duration
			for _, f := range people.firsts {
				number := int64(f.user)*2 + int64(f.thread)
				start := p.T0NS + int64(ramp)*number/users
				if f.at < start {
					t.Errorf("user %d asks %v before its start", number, time.Duration(start-f.at))
				}
				late = append(late, time.Duration(f.at-start))
			}
			checkActive(t, p, users, ramp)
			checkPerUser(t, p, users)
			if slices.Sort(late); late[users/2] > ramp/10 {
				return fmt.Sprintf("half of the users ask %v and more after their start", late[users/2])
			}
			return ""
		})
	})
}

// checkActive fails unless the active users of the timeline grow linearly over the ramp.
func checkActive(t *testing.T, p *results.Phase, users int, ramp time.Duration) {
	t.Helper()
	if len(p.Timeline) == 0 {
		t.Error("the phase has no timeline")
	}
	for _, i := range p.Timeline {
		if i.Users == nil {
			t.Fatal("an interval has no number of users")
		}
		want := min(float64(users), 1+math.Floor(float64(users)*float64(i.AtNS-p.T0NS)/float64(ramp)))
		if got := float64(*i.Users); math.Abs(got-want) > 1e-6 {
			t.Errorf("%v users are active after %v, want %v", got, time.Duration(i.AtNS-p.T0NS), want)
		}
	}
	if len(p.Segments) == 0 {
		t.Error("the phase has no segments")
	}
	for _, s := range p.Segments {
		want := min(users, 1+int(int64(users)*(s.ToNS-p.T0NS)/int64(ramp)))
		if s.Users == nil || *s.Users != want {
			t.Errorf("a segment that ends after %v has %+v, want %d users", time.Duration(s.ToNS-p.T0NS), s.Users, want)
		}
	}
}

// checkPerUser fails unless the requests of the users are all of the phase.
func checkPerUser(t *testing.T, p *results.Phase, users int) {
	t.Helper()
	n := p.RequestsPerUser
	if n == nil || n.Users != users {
		t.Fatalf("requests per user: %+v, want those of %d users", n, users)
	}
	if sum := n.Mean * float64(users); math.Abs(sum-float64(p.Asked)) > 1e-6 {
		t.Errorf("the users asked %v requests, the phase %d", sum, p.Asked)
	}
	if mean := n.Mean; float64(n.Min) > mean || float64(n.Max) < mean || n.Stdev > float64(n.Max-n.Min) {
		t.Errorf("requests per user: %+v", *n)
	}
}

// A warm-up begins the ramp, and the next phase goes on with it.
func TestRampBeginsInTheWarmUp(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const users, ramp = 20, time.Second
		server := enginetest.Start(t, calmly(time.Millisecond))
		warmup := enginetest.Closed(300 * time.Millisecond)
		warmup.Name, warmup.Measured = results.PhaseWarmup, false
		spec := withUsers(server.Address, users, 4, "5ms", warmup, enginetest.Closed(time.Second))
		spec.UserRamp = ramp
		report := drive(t, e, spec)
		begin := report.Phases[0].T0NS
		last := 0
		for i := range report.Phases {
			checkPerUser(t, &report.Phases[i], users)
			for _, at := range report.Phases[i].Timeline {
				want := min(users, 1+int(users*(at.AtNS-begin)/int64(ramp)))
				if *at.Users != want || *at.Users < last {
					t.Errorf("%d users are active %v after the begin, %d before, want %d", *at.Users, time.Duration(at.AtNS-begin), last, want)
				}
				last = *at.Users
			}
		}
		if last != users {
			t.Errorf("%d users are active at the end, want %d", last, users)
		}
		if n := report.Phases[0].RequestsPerUser; n.Min != 0 {
			t.Errorf("each user asked in a warm-up that is shorter than the ramp: %+v", *n)
		}
	})
}

// retiring is a source whose users have a number of requests each.
type retiring struct {
	source.Source
	rest []int
}

func (r *retiring) Next(user int32, now int64) (source.Ask, bool) {
	if r.rest[user] == 0 {
		return source.Ask{}, false
	}
	r.rest[user]--
	return r.Source.Next(user, now)
}

// Users without a request are active no longer, and what they asked counts for each.
func TestUsersRetire(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const users, each = 10, 3
		e.Source = func(spec *loaders.Spec, on source.Thread) (source.Source, error) {
			of, err := source.OfSpec(spec, on)
			r := &retiring{Source: of, rest: make([]int, on.Users)}
			for i := range r.rest {
				r.rest[i] = each
			}
			return r, err
		}
		server := enginetest.Start(t, calmly(0))
		phase := enginetest.Closed(long)
		spec := withUsers(server.Address, users, 2, "30ms", phase)
		spec.Threads = 2
		p := &drive(t, e, spec).Phases[0]
		exactly(t, p, users*each)
		if want := (results.PerUser{Users: users, Min: each, Max: each, Mean: each}); p.RequestsPerUser == nil || *p.RequestsPerUser != want {
			t.Errorf("requests per user: %+v, want %+v", p.RequestsPerUser, want)
		}
		last := users
		for _, i := range p.Timeline {
			if *i.Users > last {
				t.Errorf("%d users are active after %d", *i.Users, last)
			}
			last = *i.Users
		}
	})
}

// Loads without users have no figures of users.
func TestNoFiguresWithoutUsers(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, calmly(time.Millisecond))
		p := &drive(t, e, specAt(server.Address, enginetest.Closed(100*time.Millisecond))).Phases[0]
		if p.RequestsPerUser != nil {
			t.Errorf("requests per user: %+v", *p.RequestsPerUser)
		}
		for _, i := range p.Timeline {
			if i.Users != nil {
				t.Errorf("%d users are active", *i.Users)
			}
		}
	})
}
