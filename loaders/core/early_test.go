package core_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// large is the size of a body that no system takes at once, in bytes.
const large = 8 << 20

// refusal is the answer to a request that is not wanted.
const refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 6\r\n\r\nenough"

// waitsFor asks with Expect: 100-continue, and waits that long for the 100.
func waitsFor(d time.Duration, length int64) scenarios.Request {
	r := continues(length)
	r.Exchange[1] = scenarios.Operation{AwaitContinueMicros: new(d.Microseconds())}
	return r
}

// The body goes out after the wait for a 100 that does not come. The report counts it.
func TestBodyWithoutContinue(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, c := range []struct {
			name   string
			wait   time.Duration
			serve  func(n, hasty *atomic.Int64) func(net.Conn, *bufio.Reader)
			missed uint64
		}{
			{"no 100", 40 * time.Millisecond, func(n, _ *atomic.Int64) func(net.Conn, *bufio.Reader) { return answering(n) }, 6},
			{"another interim", 400 * time.Millisecond, func(n, hasty *atomic.Int64) func(net.Conn, *bufio.Reader) {
				return patient(n, hasty, "HTTP/1.1 103 Early Hints\r\n\r\n")
			}, 6},
			{"a 100 in time", long, func(n, hasty *atomic.Int64) func(net.Conn, *bufio.Reader) { return patient(n, hasty, carryOn) }, 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				var asked, hasty atomic.Int64
				spec := specAt(local(t, c.serve(&asked, &hasty)), counted(6))
				spec.Requests = []scenarios.Request{waitsFor(c.wait, large)}
				p := drive(t, e, spec).Phases[0]
				exactly(t, &p, 6)
				if asked.Load() != 6 || hasty.Load() != 0 || p.MissedContinues != c.missed {
					t.Errorf("%d requests, %d with a body before the 100, %d without a 100, want 6, none and %d", asked.Load(), hasty.Load(), p.MissedContinues, c.missed)
				}
				if c.missed > 0 && p.Total.Service.MinNS < int64(c.wait) {
					t.Errorf("the fastest took %d ns, want the wait of %v", p.Total.Service.MinNS, c.wait)
				}
			})
		}
	})
}

// A request whose time is up while it waits for a 100 has failed by its timeout.
func TestTimeoutBeforeTheWaitEnds(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		spec := specAt(local(t, silent), counted(2))
		spec.Requests, spec.RequestTimeout = []scenarios.Request{waitsFor(long, 10)}, 60*time.Millisecond
		p := drive(t, e, spec).Phases[0]
		if p.Total.Errors[results.CauseTimeout] != 2 || p.MissedContinues != 0 {
			t.Errorf("errors %v, %d without a 100", p.Total.Errors, p.MissedContinues)
		}
	})
}

// hasty answers each head at once, and reads what else comes until the loader closes.
// heads counts the requests, body their bytes.
func hasty(heads, body *atomic.Int64, answer string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		heads.Add(1)
		_, _ = io.WriteString(c, answer)
		n, _ := io.Copy(io.Discard, in)
		body.Add(n)
	}
}

// A final answer that refuses the rest of its request ends the sending, and is right
// where it is the expected one. The connection takes no other request.
func TestRefusals(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		closing := strings.Replace(refusal, "\r\n", "\r\nConnection: close\r\n", 1)
		chunked := "HTTP/1.1 413 No\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nenough\r\n0\r\n\r\n"
		for _, c := range []struct {
			name, answer string
			ask          scenarios.Request
			status       int
			sends        bool
		}{
			{"upload", refusal, post(large), 413, true},
			{"upload and close", closing, post(large), 413, true},
			{"upload, chunked answer", chunked, post(large), 413, true},
			{"upload, hints before", "HTTP/1.1 103 Early Hints\r\n\r\n" + refusal, post(large), 413, true},
			{"exchange", refusal, halting(), 413, true},
			{"in place of a 100", refusal, continues(large), 413, false},
			{"in place of a 100, with a limit", refusal, waitsFor(long, 10), 413, false},
			{"redirect in place of a 100", "HTTP/1.1 307 There\r\nContent-Length: 6\r\n\r\nenough", waitsFor(long, large), 307, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				retry.Often(t, func() string {
					var heads, body atomic.Int64
					spec := specAt(local(t, hasty(&heads, &body, c.answer)), counted(5))
					c.ask.Expect = scenarios.Expect{Status: c.status, Body: &scenarios.Body{Text: "enough"}}
					spec.Requests, spec.Connections, spec.RequestTimeout = []scenarios.Request{c.ask}, 2, 2*time.Second
					p := drive(t, e, spec).Phases[0]
					if why := tooLate(&p); why != "" {
						return why
					}
					exactly(t, &p, 5)
					if heads.Load() != 5 || p.EarlyAnswers != 5 || p.AnnouncedCloses != 0 || p.BackoffNS != 0 {
						t.Errorf("%d requests, %d early answers, %d announced closes, %d ns of back-off", heads.Load(), p.EarlyAnswers, p.AnnouncedCloses, p.BackoffNS)
					}
					if c.sends == (p.SentBodyBytes == 0) || p.SentBodyBytes >= 5*large {
						t.Errorf("%d body bytes sent", p.SentBodyBytes)
					}
					// The same answer is wrong where another one is expected.
					spec.Requests[0].Expect = scenarios.Expect{Status: 200}
					p = drive(t, e, spec).Phases[0]
					if why := tooLate(&p); why != "" {
						return why
					}
					if p.Total.Errors[results.CauseStatus] != 5 || p.EarlyAnswers != 5 {
						t.Errorf("errors %v, %d early answers", p.Total.Errors, p.EarlyAnswers)
					}
					if want := "where 200 counts as right, before the whole request was sent"; !strings.Contains(p.Total.FirstError, want) {
						t.Errorf("%q does not say %q", p.Total.FirstError, want)
					}
					return ""
				})
			})
		}
	})
}

// tooLate says whether the loader wrote a whole request before it read its answer, as it may
// on a busy machine whose server reads on.
func tooLate(p *results.Phase) string {
	if p.EarlyAnswers < 5 {
		return fmt.Sprintf("%d of 5 answers came before the whole request was written", p.EarlyAnswers)
	}
	return ""
}

// halting asks with a large body, in two pieces far apart.
func halting() scenarios.Request {
	r := post(large)
	r.Exchange = scenarios.Exchange{sendBytes(1000), pauses(long.Microseconds()), sendBytes(-1)}
	return r
}

// A server that refuses an upload may reset the connection: its answer counts still.
func TestRefusalWithReset(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var heads atomic.Int64
		spec := specAt(local(t, func(c net.Conn, in *bufio.Reader) {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			heads.Add(1)
			_, _ = io.WriteString(c, refusal) // unread bytes make a reset of the close
		}), counted(5))
		spec.Requests = []scenarios.Request{post(large)}
		spec.Requests[0].Expect = scenarios.Expect{Status: 413}
		p := drive(t, e, spec).Phases[0]
		if p.Total.Completed == 0 || p.Total.Completed+p.Total.Errors[results.CauseReset]+p.Total.Errors[results.CauseClosed] != 5 || heads.Load() != 5 {
			t.Errorf("%d requests, %d right, errors %v: %s", heads.Load(), p.Total.Completed, p.Total.Errors, p.Total.FirstError)
		}
	})
}

// Over TLS a refusal ends an upload as well.
func TestRefusalSecure(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		a := newAuthority(t)
		s := &site{}
		s.start(t, a.server(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			http.Error(w, "enough", http.StatusRequestEntityTooLarge)
		})
		spec := a.secureSpec(s.address(), counted(4))
		spec.Requests = []scenarios.Request{post(large)}
		spec.Requests[0].Expect = scenarios.Expect{Status: http.StatusRequestEntityTooLarge}
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, 4)
		if p.EarlyAnswers != 4 {
			t.Errorf("%d early answers", p.EarlyAnswers)
		}
	})
}

// An interim answer does not end an upload. A success before its end is wrong.
func TestAnswersDuringUploads(t *testing.T) {
	t.Parallel()
	const n = 3
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, depth := range []int{1, 2} {
			var asked atomic.Int64
			spec := specAt(local(t, func(c net.Conn, in *bufio.Reader) {
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.WriteString(c, carryOn+"HTTP/1.1 103 Early Hints\r\n")
					_, _ = io.CopyN(io.Discard, r.Body, 1000)
					_, _ = io.WriteString(c, "A: b\r\n\r\n")
					if rest, _ := io.Copy(io.Discard, r.Body); rest != large-1000 {
						return
					}
					asked.Add(1)
					_, _ = io.WriteString(c, enginetest.RightAnswer)
				}
			}), counted(n))
			spec.Requests, spec.Connections, spec.Depth = []scenarios.Request{post(large)}, 1, depth
			p := drive(t, e, spec).Phases[0]
			if depth == 1 {
				exactly(t, &p, n)
			}
			if asked.Load() != n || p.Total.Completed != n {
				t.Errorf("depth %d: %d requests, %d right: %s", depth, asked.Load(), p.Total.Completed, p.Total.FirstError)
			}
		}
		var heads, body atomic.Int64
		spec := specAt(local(t, hasty(&heads, &body, enginetest.RightAnswer)), counted(n))
		spec.Requests, spec.Connections = []scenarios.Request{post(large)}, 1
		p := drive(t, e, spec).Phases[0]
		if p.Total.Errors[results.CauseEarlyReply] != n {
			t.Errorf("errors %v: %s", p.Total.Errors, p.Total.FirstError)
		}
	})
}
