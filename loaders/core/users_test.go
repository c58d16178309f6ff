package core_test

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// withUsers is a load of users that share connections.
func withUsers(address string, users, connections int, think string, phases ...loaders.Phase) loaders.Spec {
	spec := specAt(address, phases...)
	spec.Users, spec.Connections = users, connections
	if think != "" {
		law, err := loaders.ParseThink(think)
		if err != nil {
			panic(err)
		}
		spec.Think = law
	}
	return spec
}

// calmly answers after the pause.
func calmly(pause time.Duration) func(*enginetest.Peer) {
	return enginetest.Good(pause)
}

// N users who think for d on average and wait for s until they are answered make
// N ÷ (d + s) requests per second, whatever the law of their think time. A busy machine
// makes s longer, and never shorter than the server's pause.
func TestThinkingUsersKeepTheirRate(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, think := range []string{"40ms", "40ms±50%", "exp 40ms", "uniform 20ms..60ms"} {
			t.Run(think, func(t *testing.T) {
				t.Parallel()
				const users, answer, mean = 40, 10 * time.Millisecond, 40 * time.Millisecond
				server := enginetest.Start(t, calmly(answer))
				retry.Often(t, func() string {
					spec := withUsers(server.Address, users, users, think, enginetest.Closed(time.Second))
					spec.Threads = 2
					before := server.Requests.Load()
					report := drive(t, e, spec)
					p := &report.Phases[0]
					if read := uint64(server.Requests.Load() - before); p.Asked != read || p.Failures() != 0 || p.Unanswered != 0 {
						t.Errorf("%d asked, %d read by the server, %d failed, %d unanswered", p.Asked, read, p.Failures(), p.Unanswered)
					}
					if report.Users != users || report.Think == "" {
						t.Errorf("the report echoes %d users who think for %q", report.Users, report.Think)
					}
					if p.Total.Completed == 0 {
						return "nothing was answered in the window"
					}
					waited := max(float64(answer), p.Total.Corrected.MeanNS)
					want := users * 1e9 / (float64(mean) + waited)
					if got := p.ThroughputRPS(); math.Abs(got-want) > want/10 {
						return fmt.Sprintf("%.0f requests per second, want %.0f with answers after %.1f ms", got, want, waited/1e6)
					}
					return ""
				})
			})
		}
	})
}

// fifo is a source of one thread that holds users to the order in which they were
// answered.
type fifo struct {
	source.Source
	t        *testing.T
	answered []int32
	known    map[int32]bool
}

func (f *fifo) Needs() source.Needs { return source.Needs{Outcome: true} }

func (f *fifo) Done(user int32, _ *source.View) {
	f.answered, f.known[user] = append(f.answered, user), true
}

func (f *fifo) Next(user int32, now int64) (source.Ask, bool) {
	if f.known[user] {
		if user != f.answered[0] {
			f.t.Errorf("user %d asks before user %d, who has waited for longer", user, f.answered[0])
		}
		f.answered = f.answered[1:]
	}
	return f.Source.Next(user, now)
}

// Users who do not think keep few connections busy: never more are open than asked
// for, users ask in the order in which they were answered, and the wait for a
// connection is part of corrected latency alone.
func TestUsersWaitForConnections(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const users, connections = 12, 3
		server := enginetest.Start(t, calmly(5*time.Millisecond))
		e.Source = func(spec *loaders.Spec, on source.Thread) (source.Source, error) {
			of, err := source.OfSpec(spec, on)
			return &fifo{Source: of, t: t, known: map[int32]bool{}}, err
		}
		retry.Often(t, func() string {
			before := server.Connects.Load()
			p := drive(t, e, withUsers(server.Address, users, connections, "", enginetest.Closed(time.Second))).Phases[0]
			if made := server.Connects.Load() - before; made != connections {
				t.Errorf("%d connections were made, want %d", made, connections)
			}
			service, corrected := p.Total.Service, p.Total.Corrected
			if corrected == nil || corrected.Count != service.Count || p.SendLagBlocked == nil {
				t.Fatalf("corrected latency %+v, service time %+v, waits %+v", corrected, service, p.SendLagBlocked)
			}
			if corrected.MeanNS < 3*service.MeanNS {
				return fmt.Sprintf("corrected latency is %.2f of the service time, want %d", corrected.MeanNS/service.MeanNS, users/connections)
			}
			if waiting := p.ThroughputRPS() * corrected.MeanNS / 1e9; math.Abs(waiting-users) > users/10. {
				return fmt.Sprintf("%.1f users wait on average, want %d", waiting, users)
			}
			return ""
		})
	})
}

// Users make exactly as many requests as the phase counts, and each is answered.
func TestCountOfUsers(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, c := range []struct {
			users, connections, depth, reconnect int
			think                                string
		}{{1, 1, 1, 0, ""}, {7, 3, 1, 0, "1ms"}, {3, 7, 1, 0, ""}, {20, 2, 4, 0, "exp 1ms"}, {9, 4, 1, 3, ""}, {9, 4, 2, 4, "2ms±100%"}} {
			t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				spec := withUsers(local(t, answering(&asked)), c.users, c.connections, c.think, counted(61), counted(61))
				spec.Depth, spec.Threads = c.depth, min(2, c.users, c.connections)
				spec.Connection = scenarios.Connection{ReconnectEvery: c.reconnect, CloseWith: scenarios.FIN}
				spec.Requests = []scenarios.Request{enginetest.Get("a", "/a", hello()), enginetest.Get("b", "/b", hello())}
				report := drive(t, e, spec)
				for i := range report.Phases {
					exactly(t, &report.Phases[i], 61)
				}
				if asked.Load() != 122 {
					t.Errorf("the server counts %d requests, want 122", asked.Load())
				}
			})
		}
	})
}

// A user whose request times out, or whose connection breaks, asks again.
func TestUsersGoOnAfterFailures(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var n atomic.Int64
		address := local(t, func(c net.Conn, in *bufio.Reader) {
			for {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				switch n.Add(1) % 5 {
				case 0:
					silent(c, in)
					return
				case 1:
					return
				}
				_, _ = c.Write([]byte(enginetest.OK(hello())))
			}
		})
		spec := withUsers(address, 4, 2, "1ms", counted(50))
		spec.RequestTimeout = 200 * time.Millisecond
		retry.Often(t, func() string {
			n.Store(0)
			p := drive(t, e, spec).Phases[0]
			if p.Asked != 50 || p.Total.Completed+p.Total.Failed != 50 {
				t.Errorf("%d asked, %d right and %d failed, want 50", p.Asked, p.Total.Completed, p.Total.Failed)
			}
			// On a busy machine right answers time out as well.
			if p.Total.Errors[results.CauseTimeout] != 10 || p.Total.Completed != 30 {
				return fmt.Sprintf("%d right, failed by %v, want 30 and 20, half of them by timeouts", p.Total.Completed, p.Total.Errors)
			}
			return ""
		})
	})
}

// An open loop and users contradict each other.
func TestNoUsersInAnOpenLoop(t *testing.T) {
	t.Parallel()
	expectRefusal(t, withUsers("127.0.0.1:1", 5, 2, "", enginetest.Open(10, time.Second)), "leave out users and think time, or the rate")
}

// Stopping ends a load whose users wait and think.
func TestStopWithUsers(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, calmly(20*time.Millisecond))
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		began := time.Now()
		report, err := e.Run(ctx, withUsers(server.Address, 50, 2, "exp 5ms", enginetest.Closed(time.Hour)), &enginetest.Steer{})
		if err != nil || !report.Interrupted || len(report.Phases) != 1 || time.Since(began) > 5*time.Second {
			t.Fatalf("after %v: interrupted %v, %d phases, %v", time.Since(began), report.Interrupted, len(report.Phases), err)
		}
		enginetest.CheckAccounts(t, &report)
		if read := uint64(server.Requests.Load()); report.Phases[0].Asked != read {
			t.Errorf("%d asked, the server has read %d", report.Phases[0].Asked, read)
		}
	})
}
