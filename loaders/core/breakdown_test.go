package core_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// step is one row of a breakdown.
type step struct {
	name string
	*results.Histogram
}

func stepsOf(b *results.Breakdown) []step {
	return []step{
		{"lookup", b.Lookup}, {"connect", b.Connect}, {"TLS handshake", b.TLSHandshake},
		{"write", b.Write}, {"wait", b.Wait}, {"transfer", b.Transfer}, {"total", b.Total},
	}
}

// sum returns the sum of a histogram's values in nanoseconds, 0 for none.
func sum(h *results.Histogram) float64 {
	if h == nil {
		return 0
	}
	return h.MeanNS * float64(h.Count)
}

// checkBreakdown fails unless the breakdown of the phase holds what every breakdown does:
// the parts of the answers make their service times, and each answer came over a new
// connection or over a reused one.
func checkBreakdown(t *testing.T, p *results.Phase) {
	t.Helper()
	b := p.Breakdown
	if b == nil {
		t.Fatal("no breakdown")
	}
	n := enginetest.Samples(p.Total.Service)
	if b.NewConnections+b.ReusedConnections != n {
		t.Errorf("%d answers over new connections and %d over reused ones, of %d", b.NewConnections, b.ReusedConnections, n)
	}
	for _, s := range stepsOf(b)[3:] {
		if got := enginetest.Samples(s.Histogram); got != n {
			t.Errorf("%s: %d samples of %d answers", s.name, got, n)
		}
	}
	// A time of 0 counts as 1 ns in a histogram.
	within := 4*float64(n) + 4
	parts := sum(b.Write) + sum(b.Wait) + sum(b.Transfer)
	if d := math.Abs(parts - sum(p.Total.Service)); d > within {
		t.Errorf("write, wait and transfer make %.0f ns, service times %.0f", parts, sum(p.Total.Service))
	}
	made := enginetest.Samples(b.Connect)
	if made < b.NewConnections {
		t.Errorf("the steps of %d connections, and %d are new", made, b.NewConnections)
	}
	if made == b.NewConnections {
		if all := parts + sum(b.Lookup) + sum(b.Connect) + sum(b.TLSHandshake); math.Abs(all-sum(b.Total)) > within {
			t.Errorf("all steps make %.0f ns, the totals %.0f", all, sum(b.Total))
		}
	}
}

func TestBreakdownCounts(t *testing.T) {
	t.Parallel()
	const n = 60
	named := func(s *loaders.Spec) { s.Target.Name = "joust.test" }
	atRate := func(s *loaders.Spec) {
		s.Phases[0].Loop, s.Phases[0].RateRPS, s.Phases[0].Schedule = results.OpenLoop, 2000, loaders.Constant
	}
	reconnect := func(every int) func(*loaders.Spec) {
		return func(s *loaders.Spec) { s.Connection.ReconnectEvery = every }
	}
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		e.System.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")}, nil
		}
		for name, c := range map[string]struct {
			tweak func(*loaders.Spec)
			// least and most bound the number of new connections.
			least, most, lookups uint64
		}{
			"kept":           {func(*loaders.Spec) {}, 1, 3, 0},
			"kept, named":    {named, 1, 3, 3},
			"one request":    {reconnect(1), n, n, 0},
			"one, named":     {func(s *loaders.Spec) { reconnect(1)(s); named(s) }, n, n, n},
			"three requests": {reconnect(3), n / 3, n/3 + 3, 0},
			"pipelined":      {func(s *loaders.Spec) { s.Depth = 4 }, 1, 3, 0},
			"users":          {func(s *loaders.Spec) { s.Users = 9 }, 1, 3, 0},
			"HTTP/1.0":       {func(s *loaders.Spec) { s.Requests[0].Version = "1.0" }, n, n, 0},
			"in steps":       {inSteps, 1, 3, 0},
			"open loop":      {atRate, 1, 3, 0},
			"open loop, one": {func(s *loaders.Spec) { reconnect(1)(s); atRate(s) }, n, n, 0},
			"large requests": {func(s *loaders.Spec) { s.Requests = []scenarios.Request{post(3 << 20)} }, 1, 3, 0},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				server := enginetest.Start(t, enginetest.Good(time.Millisecond))
				spec := specAt(server.Address, counted(n))
				spec.Breakdown = true
				c.tweak(&spec)
				p := &drive(t, e, spec).Phases[0]
				exactly(t, p, n)
				checkBreakdown(t, p)
				b := p.Breakdown
				if b.NewConnections < c.least || b.NewConnections > c.most {
					t.Errorf("%d new connections, want %d to %d", b.NewConnections, c.least, c.most)
				}
				if made := enginetest.Samples(b.Connect); c.lookups == 0 && b.Lookup != nil || c.lookups > 0 && enginetest.Samples(b.Lookup) != made || made > max(3, c.most) {
					t.Errorf("the steps of %d connections, lookups %+v", made, b.Lookup)
				}
				if b.TLSHandshake != nil {
					t.Errorf("handshakes without TLS: %+v", b.TLSHandshake)
				}
			})
		}
	})
}

// Where the time counts from the connect, and where redirects lead to other connections,
// the time until the connection was there is in no part of the answer.
func TestBreakdownOfOtherTimes(t *testing.T) {
	t.Parallel()
	const n = 12
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, enginetest.Good(time.Millisecond))
		spec := specAt(server.Address, counted(n))
		spec.Breakdown, spec.LatencyFrom, spec.Connection.ReconnectEvery = true, loaders.FromConnect, 1
		p := &drive(t, e, spec).Phases[0]
		exactly(t, p, n)
		b := p.Breakdown
		if b.NewConnections != n || sum(b.Total) < sum(b.Connect) || sum(p.Total.Service) < sum(b.Write)+sum(b.Wait)+sum(b.Transfer) {
			t.Errorf("%d new of %d, totals %.0f ns, connects %.0f ns, service %.0f ns", b.NewConnections, n, sum(b.Total), sum(b.Connect), sum(p.Total.Service))
		}
		server = enginetest.Start(t, enginetest.AnsweringBy(route(time.Millisecond, "")))
		spec = following(server.Address, counted(n))
		spec.Breakdown, spec.Connections, spec.Connection.ReconnectEvery = true, 2, 1
		p = &drive(t, e, spec).Phases[0]
		exactly(t, p, n)
		if b = p.Breakdown; b.NewConnections != n || sum(b.Wait) < float64(n*3*time.Millisecond) || math.Abs(sum(b.Total)-sum(p.Total.Service)) > 8*n {
			t.Errorf("%d new of %d, totals %.0f ns, service %.0f ns", b.NewConnections, n, sum(b.Total), sum(p.Total.Service))
		}
	})
}

func TestNoBreakdownUnasked(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, enginetest.Good(0))
		if p := drive(t, e, specAt(server.Address, counted(9))).Phases[0]; p.Breakdown != nil {
			t.Errorf("a breakdown that nobody asked for: %+v", p.Breakdown)
		}
	})
}

// A delay in a known place shows in its own step, and in no other.
func TestBreakdownOfDelays(t *testing.T) {
	t.Parallel()
	const (
		delay = 50 * time.Millisecond
		n     = 4
		large = 8 << 20
	)
	slowBody := func(p *enginetest.Peer) {
		_ = p.SetReadBuffer(64 << 10)
		for {
			_, _, err := p.Head()
			if err != nil {
				return
			}
			time.Sleep(delay)
			if p.Skip(large) != nil {
				return
			}
			p.Send(enginetest.RightAnswer)
		}
	}
	slowAnswer := func(p *enginetest.Peer) {
		for {
			if _, err := p.Next(); err != nil {
				return
			}
			p.Send(enginetest.RightAnswer[:20])
			time.Sleep(delay)
			p.Send(enginetest.RightAnswer[20:])
		}
	}
	for name, c := range map[string]struct {
		behave func(*enginetest.Peer)
		tweak  func(*loaders.Spec)
		in     string
	}{
		"first byte": {enginetest.Good(delay), nil, "wait"},
		"transfer":   {slowAnswer, nil, "transfer"},
		"body": {slowBody, func(s *loaders.Spec) {
			s.Requests, s.SendBuffer = []scenarios.Request{post(large)}, 64<<10
		}, "write"},
		"handshake": {nil, nil, "TLS handshake"},
		"lookup": {enginetest.Good(0), func(s *loaders.Spec) {
			s.Target.Name, s.Connection.ReconnectEvery = "joust.test", 1
		}, "lookup"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overBackends(t, func(t *testing.T, e core.Engine) {
				t.Parallel()
				e.System.Lookup = func(ctx context.Context, _ string) ([]netip.Addr, error) {
					select {
					case <-ctx.Done():
						return nil, ctx.Err()
					case <-time.After(delay):
						return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
					}
				}
				spec := specAt("", counted(n))
				if c.behave == nil {
					a := newAuthority(t)
					spec = a.secureSpec(lateHandshakes(t, a.server(), delay), counted(n))
				} else {
					spec.Target.Address = enginetest.Start(t, c.behave).Address
				}
				spec.Breakdown, spec.Connections = true, 1
				if c.tweak != nil {
					c.tweak(&spec)
				}
				retry.Often(t, func() string {
					p := &drive(t, e, spec).Phases[0]
					exactly(t, p, n)
					checkBreakdown(t, p)
					return delayedIn(p.Breakdown, c.in, int64(delay))
				})
			})
		})
	}
}

// delayedIn returns why most of the delay does not seem to be in the step, or to be in
// another step too: the stamps of a busy machine come late.
func delayedIn(b *results.Breakdown, name string, delay int64) (why string) {
	most := float64(delay) * 3 / 4
	for _, s := range stepsOf(b) {
		switch {
		case s.name == name && (s.Histogram == nil || s.MeanNS < most):
			return fmt.Sprintf("%s: %+v, where each takes %d ns at least", name, s.Histogram, delay)
		case s.name != name && s.name != "total" && s.Histogram != nil && s.MeanNS >= most:
			return fmt.Sprintf("%s took %.0f ns on average, where the delay of %d is in %s", s.name, s.MeanNS, delay, name)
		}
	}
	return ""
}

// lateHandshakes serves TLS: it begins each handshake late.
func lateHandshakes(t *testing.T, config *tls.Config, delay time.Duration) (address string) {
	t.Helper()
	return enginetest.Accept(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		time.Sleep(delay)
		answerFrugally(tls.Server(c, config), enginetest.RightAnswer)
	}).Addr().String()
}

// With several hosts each connection looks up the name of its own, and one that is given by
// its address looks up nothing.
func TestLookupsOfSeveralHosts(t *testing.T) {
	t.Parallel()
	const n = 24
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var mu sync.Mutex
		asked := map[string]uint64{}
		e.System.Lookup = func(_ context.Context, name string) ([]netip.Addr, error) {
			mu.Lock()
			defer mu.Unlock()
			asked[name]++
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		spec := specAt(serveSite(t, hello(), nil, nil).address(), counted(n))
		spec.Target.Name, spec.Requests = "one.test", nil
		for target := range 3 {
			if target > 0 {
				addHost(&spec, serveSite(t, hello(), nil, nil).address(), nil)
			}
			spec.Requests = append(spec.Requests, getFrom(target, 0, 1))
		}
		spec.Hosts[1].Name = "three.test"
		spec.Breakdown, spec.Rotation, spec.Connections, spec.Threads, spec.Connection.ReconnectEvery = true, scenarios.InTurn, 3, 1, 1
		p := &drive(t, e, spec).Phases[0]
		exactly(t, p, n)
		checkBreakdown(t, p)
		if got := enginetest.Samples(p.Breakdown.Lookup); got != n*2/3 {
			t.Errorf("%d lookups of the connections of %d answers, two thirds of them by name", got, n)
		}
		mu.Lock()
		defer mu.Unlock()
		if len(asked) != 2 || asked["one.test"] < n/3 || asked["three.test"] < n/3 {
			t.Errorf("lookups: %v", asked)
		}
	})
}

// A name that is not found is a connection that could not be made, with a cause of its own.
func TestLookupsThatFail(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, enginetest.Good(0))
		for name, lookup := range map[string]func(context.Context) ([]netip.Addr, error){
			"no such host":              func(context.Context) ([]netip.Addr, error) { return nil, errors.New("no such host") },
			"it has no address":         func(context.Context) ([]netip.Addr, error) { return nil, nil },
			"context deadline exceeded": func(ctx context.Context) ([]netip.Addr, error) { <-ctx.Done(); return nil, ctx.Err() },
		} {
			e.System.Lookup = func(ctx context.Context, asked string) ([]netip.Addr, error) {
				if asked != "joust.test" {
					t.Errorf("asked for %s", asked)
				}
				return lookup(ctx)
			}
			spec := specAt(server.Address, counted(5))
			spec.Breakdown, spec.Target.Name, spec.ConnectTimeout = true, "joust.test", time.Second
			err := refused(t, e, spec)
			if err.Cause != results.CauseLookup || !strings.Contains(err.Error(), "looking up the name joust.test: "+name) {
				t.Errorf("%s: %q for the cause %s", name, err, err.Cause)
			}
		}
		if n := server.Connects.Load(); n != 0 {
			t.Errorf("%d connections without an address", n)
		}
	})
}
