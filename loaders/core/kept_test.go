package core_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
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

// A server that closes each connection after a hundred requests loses none, whether it
// announces the close or not.
func TestClosesAfterAHundred(t *testing.T) {
	t.Parallel()
	const each, asked = 100, 800
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, announces := range []bool{false, true} {
			t.Run(fmt.Sprintf("announced %v", announces), func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, func(p *enginetest.Peer) {
					for n := 1; ; n++ {
						if _, err := p.Next(); err != nil {
							return
						}
						switch {
						case n < each:
							p.Send(enginetest.RightAnswer)
							continue
						case announces:
							p.Send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n" + hello())
						default:
							p.SendLast(enginetest.RightAnswer)
						}
						return
					}
				})
				report := drive(t, e, specAt(server.Address, counted(asked)))
				enginetest.CheckCounts(t, server, &report)
				p := &report.Phases[0]
				exactly(t, p, asked)
				if ends := p.AnnouncedCloses + p.UnannouncedCloses; ends < asked/each-3 || p.Reconnects != ends || (p.AnnouncedCloses > 0) != announces {
					t.Errorf("%d announced and %d unannounced closes, %d reconnects", p.AnnouncedCloses, p.UnannouncedCloses, p.Reconnects)
				}
			})
		}
	})
}

// behindCloses is a source that lets the server close the connection before each fifth
// request, just when that is about to be sent.
type behindCloses struct {
	asked          int
	asking, closed chan struct{}
}

func (s *behindCloses) Next(int32, int64) (source.Ask, bool) {
	if s.asked > 0 && s.asked%5 == 0 {
		s.asking <- struct{}{}
		<-s.closed
	}
	s.asked++
	return source.Ask{}, true
}

func (*behindCloses) Done(int32, *source.View) {}
func (*behindCloses) Needs() source.Needs      { return source.Needs{} }
func (*behindCloses) Reconnected(int32)        {}
func (*behindCloses) Groups() []string         { return []string{"hello"} }

// A server may close a kept connection just before a request comes. Such a request is
// asked again, and nothing is lost.
func TestRequestsThatCrossAClose(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, network := range []string{"tcp", "unix"} {
			t.Run(network, func(t *testing.T) {
				t.Parallel()
				var read atomic.Int64
				asking, closed := make(chan struct{}), make(chan struct{})
				address := "127.0.0.1:0"
				if network == "unix" {
					address = filepath.Join(t.TempDir(), "s")
				}
				l := raw(t, network, address, func(c net.Conn, in *bufio.Reader) {
					for range 5 {
						if _, err := http.ReadRequest(in); err != nil {
							return
						}
						read.Add(1)
						_, _ = io.WriteString(c, enginetest.RightAnswer)
					}
					select {
					case <-asking:
						_ = c.Close()
						closed <- struct{}{}
					case <-t.Context().Done():
					}
				})
				spec := specAt(l.Addr().String(), counted(40))
				spec.Connections, spec.Target.Network = 1, network
				e := e
				e.Source = func(*loaders.Spec, source.Thread) (source.Source, error) {
					return &behindCloses{asking: asking, closed: closed}, nil
				}
				p := drive(t, e, spec).Phases[0]
				exactly(t, &p, 40)
				if read.Load() != 40 || p.Repeated != 7 || p.UnannouncedCloses != 7 || p.BackoffNS != 0 {
					t.Errorf("the server has read %d requests; %d unannounced closes, %d repeated, %d ns of back-off",
						read.Load(), p.UnannouncedCloses, p.Repeated, p.BackoffNS)
				}
			})
		}
	})
}

// The latency of an open loop whose connections end includes the time to connect, and the
// send lag does not: a server whose accept queue is full lets connections wait. Each
// connection is made for its first request.
func TestOpenLoopWithFreshConnections(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const shake = 400 * time.Millisecond // long beside what a busy machine adds
		for _, every := range []int{1, 5} {
			t.Run(fmt.Sprint(every), func(t *testing.T) {
				t.Parallel()
				a := newAuthority(t)
				config := a.server()
				address := local(t, func(c net.Conn, _ *bufio.Reader) { shakeLate(c, config, shake) })
				spec := a.secureSpec(address, enginetest.Open(20, long))
				spec.Phases[0].Count, spec.Connections = freshAsked, 12
				spec.Connection = scenarios.Connection{ReconnectEvery: every, CloseWith: scenarios.FIN}
				retry.Often(t, func() string { return expectFresh(t, e, spec, every, shake) })
			})
		}
	})
}

// freshAsked is how many requests expectFresh asks.
const freshAsked = 10

// expectFresh fails unless the times of requests on fresh connections add up. It returns
// why a busy machine may be the reason.
func expectFresh(t *testing.T, e core.Engine, spec loaders.Spec, every int, shake time.Duration) string {
	t.Helper()
	report := drive(t, e, spec)
	p := &report.Phases[0]
	exactly(t, p, freshAsked)
	if p.Reconnects < freshAsked/uint64(every) || p.Reconnects > freshAsked+12 {
		t.Errorf("%d reconnects for %d requests, %d each", p.Reconnects, freshAsked, every)
	}
	if corrected := p.Total.Corrected; corrected.MaxNS < int64(shake) || every == 1 && corrected.MinNS < int64(shake) {
		t.Errorf("corrected latency from %d to %d ns, and connecting takes %v", corrected.MinNS, corrected.MaxNS, shake)
	}
	if service := p.Total.Service.MinNS; service >= int64(shake) {
		return fmt.Sprintf("service times from %d ns: they hold the time to connect, %v", service, shake)
	}
	if lag := p.SendLagIdle; lag == nil || lag.MeanNS > float64(shake)/2 {
		return fmt.Sprintf("the send lag with an idle connection is %+v", lag)
	}
	return ""
}

// A connection that cannot be made fails the request that it is made for.
func TestOpenLoopWithRefusedConnections(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var server *enginetest.CountingServer
		server = enginetest.Start(t, func(p *enginetest.Peer) {
			for {
				if _, err := p.Next(); err != nil {
					return
				}
				p.Send(enginetest.RightAnswer)
				if p.Server.Requests.Load() >= 20 {
					server.Die()
				}
			}
		})
		spec := specAt(server.Address, enginetest.Open(400, 200*time.Millisecond))
		spec.Drain = 500 * time.Millisecond // what is due stays due, and finds nobody
		spec.Connection = scenarios.Connection{ReconnectEvery: 1, CloseWith: scenarios.FIN}
		p := drive(t, e, spec).Phases[0]
		if p.Right() == 0 || p.Failures() == 0 || p.Total.Errors[results.CauseConnectRefused] == 0 {
			t.Errorf("%d right, failures %v: %s", p.Right(), p.Total.Errors, p.Total.FirstError)
		}
	})
}

// shakeLate begins the handshake after that time, and then answers every request.
func shakeLate(c net.Conn, config *tls.Config, after time.Duration) {
	time.Sleep(after)
	secure := tls.Server(c, config)
	for in := bufio.NewReader(secure); ; {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		_, _ = io.WriteString(secure, enginetest.RightAnswer)
	}
}

// Requests of one group are reported together, however many they are.
func TestGroupOfRequests(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		s := serveSite(t, hello(), nil, nil)
		spec := specAt(s.address(), counted(300))
		spec.Requests = []scenarios.Request{enginetest.Get("hello", "/", hello())}
		for i := range 99 {
			r := enginetest.Get(fmt.Sprintf("item %d", i), fmt.Sprintf("/items/%d", i), hello())
			r.Group = "items"
			spec.Requests = append(spec.Requests, r)
		}
		p := drive(t, e, spec).Phases[0]
		exactly(t, &p, 300)
		items, hellos := p.Groups["items"].Completed, p.Groups["hello"].Completed
		if len(p.Groups) != 2 || items+hellos != 300 || hellos == 0 || hellos > 10 {
			t.Errorf("%d groups, %d items and %d hellos of 300 requests", len(p.Groups), items, hellos)
		}
	})
}

// The pauses of an exchange are service time, and no lag of an open loop.
func TestOpenLoopOfSlowClients(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		s := serveSite(t, hello(), nil, nil)
		spec := specAt(s.address(), enginetest.Open(20, long))
		spec.Requests, spec.Connections, spec.Phases[0].Count = []scenarios.Request{slow(50_000)}, 12, 10
		retry.Often(t, func() string {
			p := drive(t, e, spec).Phases[0]
			exactly(t, &p, 10)
			service, lag := p.Total.Service, p.SendLagIdle
			if service.MinNS < int64(200*time.Millisecond) || p.Total.Corrected.MeanNS < service.MeanNS {
				t.Errorf("service from %d ns, mean %.0f ns, corrected mean %.0f ns", service.MinNS, service.MeanNS, p.Total.Corrected.MeanNS)
			}
			if lag == nil || lag.MeanNS > service.MeanNS/4 {
				return fmt.Sprintf("the send lag is %+v, the mean service time %.0f ns", lag, service.MeanNS)
			}
			return ""
		})
	})
}

// A server that serves two connections at once lets the others wait. That is no error, as
// long as clients give up their places, and nobody waits when the phase ends.
func TestFullServer(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		places := make(chan struct{}, 2)
		address := local(t, func(c net.Conn, in *bufio.Reader) {
			select {
			case places <- struct{}{}:
			case <-t.Context().Done():
				return
			}
			defer func() { <-places }()
			for {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				_, _ = io.WriteString(c, enginetest.RightAnswer)
			}
		})
		spec := specAt(address, enginetest.Closed(200*time.Millisecond), counted(200))
		spec.Phases[1].Name = "counted"
		spec.Connections, spec.Connection = 10, scenarios.Connection{ReconnectEvery: 7, CloseWith: scenarios.FIN}
		for _, p := range drive(t, e, spec).Phases {
			if p.Right() == 0 || p.Failures() != 0 || p.Unanswered != 0 || p.BackoffNS != 0 || len(p.ConnectionErrors) != 0 {
				t.Errorf("phase %s: %d right, %d failed, %d unanswered, %d ns of back-off, connection errors %v: %s",
					p.Name, p.Right(), p.Failures(), p.Unanswered, p.BackoffNS, p.ConnectionErrors, p.Total.FirstError)
			}
		}
	})
}
