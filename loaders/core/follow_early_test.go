package core_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// A redirect that comes before the body is written ends the upload, and is followed over
// another connection. One that leads nowhere cannot have used the request.
func TestFollowFromTheMiddleOfAnUpload(t *testing.T) {
	t.Parallel()
	const n = 4
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for name, c := range map[string]struct {
			answer                string
			bodies, followed, bad int64
		}{
			"with its body": {moved(307, "/b", ""), n * large, n, 0},
			"as a GET":      {moved(303, "/b", ""), 0, n, 0},
			"elsewhere":     {moved(307, "http://192.0.2.1/", ""), 0, 0, n},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var bodies atomic.Int64
				spec := following(local(t, func(conn net.Conn, in *bufio.Reader) {
					for {
						r, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						if r.URL.Path != "/b" {
							_, _ = io.WriteString(conn, c.answer)
							_, _ = io.Copy(io.Discard, in)
							return
						}
						read, _ := io.Copy(io.Discard, r.Body)
						bodies.Add(read)
						_, _ = io.WriteString(conn, enginetest.RightAnswer)
					}
				}), counted(n))
				spec.Requests = []scenarios.Request{post(large)}
				spec.Requests[0].Expect = scenarios.Expect{}
				p := drive(t, e, spec).Phases[0]
				if c.bad == 0 {
					exactly(t, &p, n)
				}
				if p.Total.Errors[results.CauseEarlyReply] != uint64(c.bad) || p.Failures() != uint64(c.bad) || p.Followed != uint64(c.followed) || bodies.Load() != c.bodies {
					t.Errorf("errors %v (%s), %d followed, %d bytes of bodies, want %d early, %d followed, %d bytes", p.Total.Errors, p.Total.FirstError, p.Followed, bodies.Load(), c.bad, c.followed, c.bodies)
				}
			})
		}
	})
}
