package core_test

import (
	"fmt"
	"math"
	"net"
	"net/http"
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

// addHost adds a target to the load, and returns its number.
func addHost(s *loaders.Spec, address string, tls *loaders.TLS) int {
	s.Hosts = append(s.Hosts, loaders.Host{Target: loaders.Target{Network: "tcp", Address: address, Host: "joust.test"}, TLS: tls})
	return len(s.Hosts)
}

// getFrom is a request of its own name and path for the target of that number.
func getFrom(target, n, weight int) scenarios.Request {
	r := enginetest.Get(fmt.Sprintf("%d/%d", target, n), fmt.Sprintf("/%d", n), hello())
	r.Target, r.Weight = target, weight
	return r
}

// tally counts the requests of each path.
type tally struct {
	mu    sync.Mutex
	paths map[string]uint64
}

func (c *tally) look(_ *site, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paths == nil {
		c.paths = map[string]uint64{}
	}
	c.paths[r.URL.Path]++
}

func (c *tally) of(path string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paths[path]
}

// Each server counts the requests that the report has of each name, whatever the loop, and
// gets no other's. One of the servers speaks TLS. Weights of one kind are obeyed to
// within six standard deviations.
func TestSeveralHosts(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, rotation := range []scenarios.Rotation{scenarios.Weighted, scenarios.InTurn} {
			for _, loop := range []results.Loop{results.ClosedLoop, results.OpenLoop} {
				for _, depth := range []int{1, 4} {
					t.Run(fmt.Sprintf("%s %s %d", rotation, loop, depth), func(t *testing.T) {
						t.Parallel()
						const count = 180
						a := newAuthority(t)
						var tallies [3]tally
						phase := counted(count)
						if loop == results.OpenLoop {
							phase.Loop, phase.Schedule, phase.RateRPS = loop, loaders.Poisson, 500
						}
						first := serveSite(t, hello(), nil, tallies[0].look)
						spec := specAt(first.address(), phase)
						addHost(&spec, serveSite(t, hello(), a.server(), tallies[1].look).address(), &loaders.TLS{CAFile: a.file, ServerName: "joust.test"})
						addHost(&spec, serveSite(t, hello(), nil, tallies[2].look).address(), nil)
						spec.Connections, spec.Threads, spec.Depth, spec.Rotation = 11, 2, depth, rotation
						spec.Requests = nil
						for target := range 3 {
							for n := range 3 {
								spec.Requests = append(spec.Requests, getFrom(target, n, 1+target*n))
							}
						}
						report := drive(t, e, spec)
						p := &report.Phases[0]
						exactly(t, p, count)
						checkHosts(t, &spec, p, count, &tallies)
					})
				}
			}
		}
	})
}

// checkHosts compares the report with what the servers counted and with the weights.
func checkHosts(t *testing.T, spec *loaders.Spec, p *results.Phase, count uint64, tallies *[3]tally) {
	t.Helper()
	total := 0
	for i := range spec.Requests {
		total += spec.Requests[i].Weight
	}
	var right [3]uint64
	for i := range spec.Requests {
		r := &spec.Requests[i]
		got := p.Groups[r.Name].Completed
		if served := tallies[r.Target].of(r.Path); got != served {
			t.Errorf("%s: %d in the report, %d served", r.Name, got, served)
		}
		right[r.Target] += got
		share := float64(r.Weight) / float64(total)
		if spec.Rotation == scenarios.InTurn {
			if got != count/uint64(len(spec.Requests)) {
				t.Errorf("%s: asked %d times in turn of %d", r.Name, got, count)
			}
		} else if off := math.Abs(float64(got) - share*float64(count)); off > 6*math.Sqrt(share*(1-share)*float64(count)) {
			t.Errorf("%s of weight %d in %d: %d of %d", r.Name, r.Weight, total, got, count)
		}
	}
	if len(p.Targets) != 3 {
		t.Fatalf("%d targets in the report", len(p.Targets))
	}
	connections := 0
	for i, use := range p.Targets {
		connections += use.Connections
		if use.Right != right[i] || use.Failed != 0 || use.Connections < spec.Threads || use.ConnectionsOpen != use.Connections {
			t.Errorf("target %d: %+v, want %d right", i, use, right[i])
		}
	}
	if connections != spec.Connections {
		t.Errorf("%d connections of %d are divided", connections, spec.Connections)
	}
}

// closedPort returns an address on which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Where one of two hosts is down its requests fail, with the reason, and all others are
// answered.
func TestOneHostIsDown(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, loop := range []results.Loop{results.ClosedLoop, results.OpenLoop} {
			t.Run(string(loop), func(t *testing.T) {
				t.Parallel()
				const count = 100
				phase := counted(count)
				if loop == results.OpenLoop {
					phase.Loop, phase.Schedule, phase.RateRPS = loop, loaders.Constant, 500
				}
				server := enginetest.Start(t, enginetest.Good(0))
				spec := specAt(server.Address, phase)
				down := closedPort(t)
				addHost(&spec, down, nil)
				spec.Connections, spec.Rotation = 6, scenarios.InTurn
				spec.Requests = []scenarios.Request{getFrom(0, 0, 1), getFrom(1, 0, 1)}
				report := drive(t, e, spec)
				p := &report.Phases[0]
				up, lost := p.Groups["0/0"], p.Groups["1/0"]
				if up.Completed != count/2 || up.Failed != 0 || up.Completed != uint64(server.Requests.Load()) {
					t.Errorf("the host that is up: %d right of %d served, %d failed: %s", up.Completed, server.Requests.Load(), up.Failed, up.FirstError)
				}
				if lost.Failed != count/2 || lost.Errors[results.CauseConnectRefused] != count/2 || !strings.Contains(lost.FirstError, "is down") {
					t.Errorf("the host that is down: %d failed, %v: %s", lost.Failed, lost.Errors, lost.FirstError)
				}
				use := p.Targets[1]
				if use.Failed != count/2 || use.Address != down || use.ConnectionsOpen != 0 || p.Targets[0].Right != count/2 {
					t.Errorf("targets %+v", p.Targets)
				}
			})
		}
	})
}

// Requests of an open loop for a host that never answers do not hold up the others. They
// are counted as never sent or without an answer, in an account that is whole.
func TestOneHostIsSilent(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		retry.Often(t, func() string {
			server := enginetest.Start(t, enginetest.Good(0))
			spec := specAt(server.Address, enginetest.Open(100, 500*time.Millisecond))
			addHost(&spec, local(t, silent), nil)
			spec.Connections, spec.Rotation, spec.Drain = 4, scenarios.InTurn, time.Second
			spec.Requests = []scenarios.Request{getFrom(0, 0, 1), getFrom(1, 0, 1)}
			report := drive(t, e, spec)
			p := &report.Phases[0]
			answered, lost := p.Targets[0].Right, p.Groups["1/0"]
			if answered != uint64(server.Requests.Load()) || lost.Completed != 0 || p.Failures() != 0 {
				t.Errorf("%d requests of the one and %d of the other host are answered, %d failed", answered, lost.Completed, p.Failures())
			}
			in := uint64(p.Targets[1].Connections)
			if p.Unanswered != in || p.Asked+p.Rate.NeverSent != p.Rate.Offered {
				t.Errorf("%d unanswered, %d asked and %d never sent of %d, on %d connections", p.Unanswered, p.Asked, p.Rate.NeverSent, p.Rate.Offered, in)
			}
			if answered != p.Rate.Offered/2 {
				return fmt.Sprintf("%d of %d requests of the host that answers are answered", answered, p.Rate.Offered/2)
			}
			return ""
		})
	})
}

// Requests that wait for a busy host are given up after their deadline, each once.
func TestShedOnOneOfTwoHosts(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, enginetest.Good(0))
		phase := enginetest.Open(100, 500*time.Millisecond)
		phase.ShedAfter = 50 * time.Millisecond
		spec := specAt(server.Address, phase)
		addHost(&spec, local(t, silent), nil)
		spec.Connections, spec.Rotation, spec.Drain = 2, scenarios.InTurn, 300*time.Millisecond
		spec.Requests = []scenarios.Request{getFrom(0, 0, 1), getFrom(1, 0, 1)}
		report := drive(t, e, spec)
		p := &report.Phases[0]
		if p.Unanswered != 1 || p.Shed == 0 || p.Asked+p.Shed+p.Rate.NeverSent != p.Rate.Offered {
			t.Errorf("%d asked, %d shed, %d never sent of %d, %d unanswered", p.Asked, p.Shed, p.Rate.NeverSent, p.Rate.Offered, p.Unanswered)
		}
	})
}

// Users of several phases come back from the hosts for which they waited.
func TestUsersOfSeveralHostsInPhases(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		server := enginetest.Start(t, enginetest.Good(0))
		slow := enginetest.Start(t, enginetest.Good(20*time.Millisecond))
		spec := specAt(server.Address, enginetest.Closed(100*time.Millisecond), enginetest.Closed(100*time.Millisecond), counted(100))
		spec.Phases[1].Name, spec.Phases[2].Name = "second", "third"
		addHost(&spec, slow.Address, nil)
		spec.Connections, spec.Users, spec.Rotation = 2, 9, scenarios.InTurn
		spec.Requests = []scenarios.Request{getFrom(0, 0, 1), getFrom(1, 0, 1)}
		report := drive(t, e, spec)
		var asked uint64
		for i := range report.Phases {
			asked += report.Phases[i].Asked
			if p := &report.Phases[i]; p.Failures()+p.Unanswered != 0 {
				t.Errorf("phase %s: %d failed, %d unanswered: %s", p.Name, p.Failures(), p.Unanswered, p.Total.FirstError)
			}
		}
		exactly(t, &report.Phases[2], 100)
		if served := uint64(server.Requests.Load() + slow.Requests.Load()); asked != served {
			t.Errorf("%d asked, %d served", asked, served)
		}
	})
}

func TestHostsRefused(t *testing.T) {
	t.Parallel()
	for want, tweak := range map[string]func(*loaders.Spec){
		"3 connections for 2 hosts and 2 threads: each thread needs one for each host, 4 in all": func(s *loaders.Spec) { s.Threads = 2 },
		"through a proxy":                func(s *loaders.Spec) { s.Proxy = &loaders.Proxy{Address: "127.0.0.1:1"} },
		"made together":                  func(s *loaders.Spec) { s.Connection = scenarios.Connection{Together: true, ReconnectEvery: 1} },
		"change with the connection":     func(s *loaders.Spec) { s.Rotation = scenarios.PerConnection },
		"latency from connect":           func(s *loaders.Spec) { s.LatencyFrom = loaders.FromConnect },
		"goes to target 2 of 2":          func(s *loaders.Spec) { s.Requests[0].Target = 2 },
		"target 1 of several has no TCP": func(s *loaders.Spec) { s.Hosts[0].Network = "unix" },
		`socket of the network "unix"`:   func(s *loaders.Spec) { s.Target.Network = "unix" },
	} {
		spec := specAt("127.0.0.1:1", enginetest.Closed(time.Second))
		addHost(&spec, "127.0.0.1:2", nil)
		tweak(&spec)
		if err := spec.WithDefaults().Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
