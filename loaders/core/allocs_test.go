package core_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/scenarios"
)

// frugal is a server that answers as many requests as it reads and allocates
// nothing for them.
func frugal(t *testing.T, answer string) (address string) {
	t.Helper()
	return enginetest.Accept(t, "tcp", "127.0.0.1:0", func(c net.Conn) { answerFrugally(c, answer) }).Addr().String()
}

func answerFrugally(c net.Conn, answer string) {
	end, many := []byte("\r\n\r\n"), bytes.Repeat([]byte(answer), 64)
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		// The last line of a small request comes whole: it is written at once.
		if _, err := c.Write(many[:bytes.Count(buf[:n], end)*len(answer)]); err != nil {
			return
		}
	}
}

const threeEvents = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" +
	"9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n9\r\ndata: 3\n\n\r\n0\r\n\r\n"

// inSteps has one request that is sent in two pieces.
func inSteps(s *loaders.Spec) {
	s.Requests[0].Exchange = scenarios.Exchange{sendBytes(10), sendBytes(-1), awaitEnd()}
}

// streaming awaits three events.
func streaming(s *loaders.Spec) {
	s.Requests[0].Exchange = scenarios.Exchange{sendBytes(-1), awaitEvents(3), awaitEnd()}
	s.Requests[0].Expect.Body = nil
}

// conditional checks the head and the length of its answers. Patterns are left out: the
// library's pool of machines loses some of them on purpose where races are looked for.
func conditional(s *loaders.Spec) {
	s.Requests[0].Expect = scenarios.Expect{Checks: &scenarios.Checks{Headers: []string{"Content-Length: 7"}, SameLength: true}}
}

// changing has a request with pieces of each kind.
func changing(s *loaders.Spec) {
	s.Data = &loaders.Data{Columns: []string{"c"}, Text: []byte("ab"), Ends: []uint32{1, 2}}
	s.Requests[0].Path, s.Requests[0].Pieces = "/${c}?a=${uuid()}&b=${now()}", true
	s.Requests[0].Headers = []scenarios.Header{{Name: "X", Value: "${counter(x)} ${randint(1,1000)} ${randstr(9)}"}}
}

// many has requests of one group.
func many(s *loaders.Spec) {
	s.Rotation = scenarios.Weighted
	for i := range 40 { // each is learnt once, in the first interval
		r := s.Requests[0]
		r.Name, r.Group, r.Weight = fmt.Sprint(i), "items", i%3+1
		s.Requests = append(s.Requests, r)
	}
}

// twoHosts asks two hosts, which are one server, in turn.
func twoHosts(s *loaders.Spec) {
	s.Hosts = []loaders.Host{{Target: s.Target}}
	r := s.Requests[0]
	r.Name, r.Target = "other", 1
	s.Requests, s.Rotation = append(s.Requests, r), scenarios.InTurn
}

// sufficient is how many requests are enough for a judgement.
const sufficient = 3000

// The engine allocates nothing per request: timeline and runtime make less than one
// allocation in a hundred requests, or in ten over goroutines. Allocations are counted
// for the whole process, so no other test may run at the same time.
func TestNoAllocationPerRequest(t *testing.T) {
	overBackends(t, func(t *testing.T, e core.Engine) {
		const atMost = 2 * time.Second
		share := uint64(100)
		if e.System.Sleeps {
			share = 10 // goroutines that wait for each other cost the runtime some
		}
		for _, c := range []struct {
			name  string
			depth int
			users int
			ids   string
			phase loaders.Phase
			tweak func(*loaders.Spec)
		}{
			{"closed", 1, 0, "", enginetest.Closed(atMost), nil},
			{"pipelined", 16, 0, "", enginetest.Closed(atMost), nil},
			{"open", 1, 0, "", enginetest.Open(15_000, atMost), nil},
			{"thinking", 1, 100, "", enginetest.Closed(atMost), nil},
			{"with ids", 16, 0, "X-Request-Id", enginetest.Closed(atMost), nil},
			{"in steps", 1, 0, "", enginetest.Closed(atMost), inSteps},
			{"streaming", 1, 0, "", enginetest.Closed(atMost), streaming},
			{"broken down", 16, 0, "", enginetest.Closed(atMost), func(s *loaders.Spec) { s.Breakdown = true }},
			{"with conditions", 16, 0, "", enginetest.Closed(atMost), conditional},
			{"several hosts", 1, 0, "", enginetest.Closed(atMost), twoHosts},
			{"several hosts, open", 1, 0, "", enginetest.Open(15_000, atMost), twoHosts},
			{"with pieces", 1, 0, "", enginetest.Closed(atMost), changing},
			{"with pieces in a pipeline", 16, 0, "", enginetest.Closed(atMost), changing},
			{"one of many", 1, 0, "", enginetest.Closed(atMost), many},
		} {
			t.Run(c.name, func(t *testing.T) {
				spec := enginetest.Spec(c.phase)
				answer := enginetest.RightAnswer
				if c.name == "streaming" {
					answer = threeEvents
				}
				spec.Connections, spec.Depth, spec.Target.Address = 8, c.depth, frugal(t, answer)
				if c.tweak != nil {
					c.tweak(&spec)
				}
				spec.Interval, spec.RequestID = 100*time.Millisecond, c.ids
				if spec.Users = c.users; c.users > 0 {
					spec.Think = loaders.Think{From: 4 * time.Millisecond, To: 6 * time.Millisecond}
				}
				retry.Often(t, func() string {
					allocated, requests := allocations(t, e, spec)
					switch {
					case requests <= sufficient: // the machine stands still
						return fmt.Sprintf("%d requests are too few for a judgement", requests)
					case allocated*share >= requests:
						t.Errorf("%d allocations for %d requests", allocated, requests)
					}
					return ""
				})
			})
		}
	})
}

// allocations returns how often the process allocates between the first and the last
// interval within the window, and how many requests are answered meanwhile. It stops the
// load when these are enough.
func allocations(t *testing.T, e core.Engine, spec loaders.Spec) (allocated, requests uint64) {
	t.Helper()
	type reading struct{ mallocs, completed uint64 }
	readings := make([]reading, 0, 100)
	ctx, enough := context.WithTimeout(t.Context(), long)
	defer enough()
	steer := enginetest.Steer{OnInterval: func(i loaders.Interval) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		readings = append(readings, reading{m.Mallocs, i.Completed})
		if i.Completed-readings[0].completed > sufficient {
			enough()
		}
	}}
	report, err := e.Run(ctx, spec, &steer)
	if err != nil {
		t.Fatal(err)
	}
	enginetest.CheckAccounts(t, &report)
	if p := &report.Phases[0]; p.Failures() != 0 {
		t.Errorf("%d requests failed: %s", p.Failures(), p.Total.FirstError)
	}
	if len(readings) < 2 {
		return 0, 0
	}
	first, last := readings[0], readings[len(readings)-1]
	return last.mallocs - first.mallocs, last.completed - first.completed
}
