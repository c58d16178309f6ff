package core_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// quoting is a source whose requests come as bytes, each with a path of its own, in as many
// places as a user has requests in flight. Its users may wait before each request.
type quoting struct {
	t      *testing.T
	thread source.Thread
	delay  time.Duration
	to     netip.AddrPort
	// places has those of each user, asked how many requests the user has asked, and waited
	// whether it waits.
	places [][]int32
	asked  []int
	waited []bool
}

var (
	_ source.Timed  = (*quoting)(nil)
	_ source.Routed = (*quoting)(nil)
)

func newQuoting(t *testing.T, delay time.Duration, to netip.AddrPort) source.New {
	return func(spec *loaders.Spec, on source.Thread) (source.Source, error) {
		q := &quoting{t: t, thread: on, delay: delay, to: to, places: make([][]int32, on.Users), asked: make([]int, on.Users), waited: make([]bool, on.Users)}
		for i := range q.places {
			for range spec.Depth {
				q.places[i] = append(q.places[i], -1)
			}
		}
		return q, nil
	}
}

func (q *quoting) Groups() []string                { return []string{"quoted"} }
func (q *quoting) Needs() source.Needs             { return source.Needs{} }
func (q *quoting) Done(int32, *source.View)        {}
func (q *quoting) Reconnected(int32)               {}
func (q *quoting) Spent() results.ScriptTime       { return results.ScriptTime{RequestNS: 5} }
func (q *quoting) Address() (netip.AddrPort, bool) { return q.to, q.to.IsValid() }

func (q *quoting) Next(user int32, _ int64) (source.Ask, bool) {
	if q.delay > 0 && !q.waited[user] {
		q.waited[user] = true
		return source.Ask{Request: source.Undecided, Delay: q.delay}, true
	}
	q.waited[user] = false
	text := fmt.Sprintf("GET /%d/%d/%d HTTP/1.1\r\nHost: h\r\n\r\n", q.thread.Number, user, q.asked[user])
	place := &q.places[user][q.asked[user]%len(q.places[user])]
	q.asked[user]++
	var err error
	if *place, err = q.thread.Quote(*place, &codec.Verbatim{Text: text, HeadBytes: len(text)}); err != nil {
		q.t.Error(err)
		return source.Ask{}, false
	}
	return source.Ask{Request: *place}, true
}

// Requests that come as bytes reach the server once each, whatever the depth, from
// connections that are users and from users who share them and wait.
func TestRequestsAsBytes(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, c := range []struct {
			depth int
			own   bool
			delay time.Duration
		}{{1, true, 0}, {4, true, 0}, {1, false, time.Millisecond}, {2, false, time.Millisecond}} {
			t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
				t.Parallel()
				const n = 240
				var server paths
				engine := e
				engine.Source, engine.Own = newQuoting(t, c.delay, netip.AddrPort{}), c.own
				spec := specAt(server.serve(t), counted(n))
				spec.Threads, spec.Connections, spec.Depth = 2, 6, c.depth
				spec.Requests = []scenarios.Request{{Name: "any", Method: "GET", Path: "/"}}
				p := drive(t, engine, spec).Phases[0]
				exactly(t, &p, n)
				server.mu.Lock()
				defer server.mu.Unlock()
				if len(server.asked) != n {
					t.Errorf("the server was asked %d different paths of %d", len(server.asked), n)
				}
				for i, u := range p.Threads {
					if u.Script == nil || u.Script.NS() != 0 {
						t.Errorf("thread %d: %+v", i, u.Script)
					}
				}
			})
		}
	})
}

// A source with an address of its own is connected to that.
func TestRoutedSource(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var target, other paths
		to := netip.MustParseAddrPort(other.serve(t))
		e.Source, e.Own = newQuoting(t, 0, to), true
		spec := specAt(target.serve(t), counted(10))
		spec.Requests = []scenarios.Request{{Name: "any", Method: "GET", Path: "/"}}
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, 10)
		if len(target.asked) != 0 || len(other.asked) != 10 {
			t.Errorf("%d paths of the target, %d of the address", len(target.asked), len(other.asked))
		}
	})
}

// A request as bytes that ends its connection has no place in a pipeline.
func TestQuoteRefuses(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var refused error
		e.Source = func(_ *loaders.Spec, on source.Thread) (source.Source, error) {
			_, refused = on.Quote(-1, &codec.Verbatim{Text: "x", Ends: true})
			return nil, refused
		}
		var server paths
		spec := specAt(server.serve(t), enginetest.Closed(time.Second))
		spec.Depth = 2
		if _, err := e.Run(t.Context(), spec, &enginetest.Steer{}); err == nil || refused == nil {
			t.Errorf("%v, %v", err, refused)
		}
	})
}
