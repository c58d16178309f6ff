package core_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/h1"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// register notes the id of each request.
type register struct {
	mu   sync.Mutex
	seen map[string]int
}

// serve answers each request rightly, those without an id too.
func (r *register) serve(p *enginetest.Peer) {
	for {
		_, fields, err := p.Head()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.seen[fields["X-Trace"]]++
		r.mu.Unlock()
		p.Send(enginetest.RightAnswer)
	}
}

// ids returns the ids in order.
func (r *register) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.seen))
}

// Each request has an id that no other has, however requests are sent, and the report
// names the requests by the ids that the server saw. There are fewer requests than the
// list of the slowest takes.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	const n = 30
	open := enginetest.Open(500, long)
	open.Count = n
	stepwise := enginetest.Get("stepwise", "/", hello())
	for range 7 { // pieces that end inside the id, while other connections send theirs
		stepwise.Exchange = append(stepwise.Exchange, sendBytes(10), pauses(300))
	}
	stepwise.Exchange = append(stepwise.Exchange, sendBytes(-1), awaitEnd())
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			phase          loaders.Phase
			threads, depth int
			request        scenarios.Request
		}{
			"closed":      {counted(n), 1, 1, enginetest.Get("hello", "/", hello())},
			"two threads": {counted(n), 2, 1, enginetest.Get("hello", "/", hello())},
			"pipelined":   {counted(n), 1, 4, enginetest.Get("hello", "/", hello())},
			"open":        {open, 2, 1, enginetest.Get("hello", "/", hello())},
			"stepwise":    {counted(n), 1, 1, stepwise},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				seen := register{seen: map[string]int{}}
				spec := specAt(enginetest.Start(t, seen.serve).Address, c.phase)
				spec.RequestID, spec.Threads, spec.Depth, spec.Requests = "X-Trace", c.threads, c.depth, []scenarios.Request{c.request}
				report := drive(t, e, spec)
				p := &report.Phases[0]
				exactly(t, p, n)
				var told []string
				for _, s := range p.Slowest {
					if told = append(told, s.ID); s.Status != 200 {
						t.Errorf("status %d", s.Status)
					}
				}
				slices.Sort(told)
				if want := seen.ids(); len(want) != n || !slices.Equal(told, want) {
					t.Errorf("the server saw %d ids of %d requests, %q; the report has %q", len(want), n, want, told)
				}
				if report.RequestID != "X-Trace" {
					t.Errorf("the report says that the ids are in %q", report.RequestID)
				}
			})
		}
	})
}

// A team of fewer threads goes on behind the ids of the team before.
func TestRequestIDsOfASmallerTeam(t *testing.T) {
	t.Parallel()
	seen := register{seen: map[string]int{}}
	warmup := enginetest.Open(50, 200*time.Millisecond)
	warmup.Name, warmup.Measured = results.PhaseWarmup, false
	spec := specAt(enginetest.Start(t, seen.serve).Address, warmup, enginetest.Open(50, 200*time.Millisecond))
	spec.RequestID, spec.Threads, spec.Idle = "X-Trace", 3, loaders.Spin
	report := drive(t, core.Engine{System: systems()[0], Codec: h1.New}, spec)
	asked := report.Phases[0].Asked + report.Phases[1].Asked
	if ids := seen.ids(); uint64(len(ids)) != asked {
		t.Errorf("%d ids of %d requests", len(ids), asked)
	}
}

// A failure names the request that failed.
func TestFailureWithItsID(t *testing.T) {
	t.Parallel()
	seen := register{seen: map[string]int{}}
	overBackends(t, func(t *testing.T, e core.Engine) {
		spec := specAt(enginetest.Start(t, seen.serve).Address, counted(1))
		spec.RequestID, spec.Connections, spec.Requests[0].Expect.Status = "X-Trace", 1, 201
		p := drive(t, e, spec).Phases[0]
		if want := "(X-Trace " + seen.ids()[0] + ")"; p.Total.Failed != 1 || !strings.HasSuffix(p.Total.FirstError, want) {
			t.Errorf("%d failed, %q, want %s at its end", p.Total.Failed, p.Total.FirstError, want)
		}
	})
}
