package core_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// capture is a source whose users ask for the path that the last answer named,
// until the path is long enough.
type capture struct {
	t      *testing.T
	thread source.Thread
	delay  time.Duration
	// next has the next request of each user, done how many answers it has had.
	next []int32
	done []int
}

// captures is how many requests each user of a capture makes.
const captures = 4

func newCapture(t *testing.T, delay time.Duration) source.New {
	return func(_ *loaders.Spec, on source.Thread) (source.Source, error) {
		return &capture{t: t, thread: on, delay: delay, next: make([]int32, on.Users), done: make([]int, on.Users)}, nil
	}
}

func (c *capture) Groups() []string    { return []string{"first", "captured"} }
func (c *capture) Needs() source.Needs { return source.Needs{Heads: true, Body: 100} }
func (c *capture) Reconnected(int32)   {}

func (c *capture) Next(user int32, _ int64) (source.Ask, bool) {
	if c.done[user] == captures {
		return source.Ask{}, false
	}
	return source.Ask{Request: c.next[user], Group: int32(min(1, c.done[user])), Delay: c.delay}, true
}

func (c *capture) Done(user int32, v *source.View) {
	want := "/" + strings.Repeat("x", c.done[user]+1)
	if string(v.Body) != want || v.Status != 200 || v.Cause != "" || v.Request != c.next[user] ||
		!strings.HasPrefix(string(v.Head), "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(string(v.Head), "\r\n\r\n") {
		c.t.Errorf("user %d saw %+v with the head %q and the body %q, want %q", user, v, v.Head, v.Body, want)
	}
	c.done[user]++
	r := enginetest.Get("captured", string(v.Body), string(v.Body)+"x")
	number := int32(-1) // a new place at first, then the user's own again
	if c.done[user] > 1 {
		number = c.next[user]
	}
	var err error
	if c.next[user], err = c.thread.Put(number, &r); err != nil {
		c.t.Error(err)
	}
}

// A source makes requests of the answers before: the server is asked for exactly
// these, by as many users as there are, and the load ends when all are retired.
func TestRequestsOutOfAnswers(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, c := range []struct{ users, connections, threads, depth int }{{0, 6, 1, 1}, {0, 3, 2, 2}, {6, 2, 2, 1}, {6, 9, 1, 1}} {
			t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
				t.Parallel()
				const delay = 3 * time.Millisecond
				var server paths
				engine := e
				engine.Source = newCapture(t, delay)
				spec := withUsers(server.serve(t), c.users, c.connections, "", enginetest.Closed(long))
				spec.Threads, spec.Depth = c.threads, c.depth
				spec.Requests = []scenarios.Request{enginetest.Get("first", "/", "/x")}
				p := drive(t, engine, spec).Phases[0]
				exactly(t, &p, 6*captures)
				if got := server.String(); got != "6666 of 4" {
					t.Errorf("the server was asked %s", got)
				}
				if first, later := p.Groups["first"], p.Groups["captured"]; first.Completed != 6 || later.Completed != 6*(captures-1) {
					t.Errorf("%d first and %d captured requests", first.Completed, later.Completed)
				}
				if took := time.Duration(p.WindowNS()); took < captures*delay || took > long/2 {
					t.Errorf("%d requests, each after %v, took %v", captures, delay, took)
				}
			})
		}
	})
}

// ending is a source that retires its users after rest requests and counts the
// outcomes.
type ending struct {
	source.Source
	rest   int
	causes map[results.Cause]int
}

func (s *ending) Needs() source.Needs          { return source.Needs{Outcome: true} }
func (s *ending) Done(_ int32, v *source.View) { s.causes[v.Cause]++ }
func (s *ending) Next(u int32, now int64) (source.Ask, bool) {
	s.rest--
	ask, _ := s.Source.Next(u, now)
	return ask, s.rest >= 0
}

// A source that ends its users ends the phase of either loop early, and is shown the outcome of
// every request that was asked.
func TestSourceThatEnds(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, phase := range []loaders.Phase{enginetest.Closed(long), enginetest.Open(500, long)} {
			t.Run(string(phase.Loop), func(t *testing.T) {
				t.Parallel()
				const n = 20
				asked := &ending{rest: n, causes: map[results.Cause]int{}}
				engine := e
				engine.Source = func(spec *loaders.Spec, on source.Thread) (source.Source, error) {
					of, err := source.OfSpec(spec, on)
					asked.Source = of
					return asked, err
				}
				server := enginetest.Start(t, enginetest.AnsweringBy(enginetest.OK))
				spec := specAt(server.Address, phase)
				spec.Requests = []scenarios.Request{enginetest.Get("right", "/a", "/a"), enginetest.Get("wrong", "/b", "/c")}
				p := drive(t, engine, spec).Phases[0]
				right, wrong := p.Groups["right"].Completed, p.Groups["wrong"].Errors[results.CauseBody]
				if p.Asked != n || right+wrong != n || right == 0 || wrong == 0 || server.Requests.Load() != n {
					t.Errorf("%d asked, %d right, %d wrong, %d read by the server, want %d", p.Asked, right, wrong, server.Requests.Load(), n)
				}
				if asked.causes[""] != int(right) || asked.causes[results.CauseBody] != int(wrong) {
					t.Errorf("the source was shown %v", asked.causes)
				}
				if p.Rate != nil && p.Rate.Offered != n {
					t.Errorf("%d offered", p.Rate.Offered)
				}
				if p.WindowNS() > int64(long/2) {
					t.Errorf("the phase took %v", time.Duration(p.WindowNS()))
				}
			})
		}
	})
}

// paths counts the requests for each path.
type paths struct {
	mu    sync.Mutex
	asked map[string]int
}

// serve answers each request with the path of another one.
func (p *paths) serve(t *testing.T) (address string) {
	p.asked = map[string]int{}
	server := enginetest.Start(t, enginetest.AnsweringBy(func(path string) string {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked[path]++
		return enginetest.OK(path + "x")
	}))
	return server.Address
}

func (p *paths) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var text strings.Builder
	for path := "/"; p.asked[path] > 0; path += "x" {
		fmt.Fprintf(&text, "%d", p.asked[path])
	}
	return fmt.Sprintf("%s of %d", text.String(), len(p.asked))
}
