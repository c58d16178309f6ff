package core_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// crowd is a server of waves: it answers nobody before as many as the wave has have asked.
type crowd struct {
	mu    sync.Mutex
	all   *sync.Cond
	size  int
	asked int
	// answered counts the answers, early the requests that came before all of the last
	// wave were answered.
	answered, early int
	gone            bool
}

func newCrowd(t *testing.T, size int) *crowd {
	c := &crowd{size: size}
	c.all = sync.NewCond(&c.mu)
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.gone = true
		c.all.Broadcast()
	})
	return c
}

func (c *crowd) serve(conn net.Conn, in *bufio.Reader) {
	if _, err := http.ReadRequest(in); err != nil {
		return
	}
	c.mu.Lock()
	before := c.asked / c.size * c.size
	if c.answered < before {
		c.early++
	}
	if c.asked++; c.asked%c.size == 0 {
		c.all.Broadcast()
	}
	for c.asked < before+c.size && !c.gone {
		c.all.Wait()
	}
	c.answered++
	c.mu.Unlock()
	_, _ = io.WriteString(conn, enginetest.RightAnswer)
	_, _ = io.Copy(io.Discard, in)
}

// together makes all connections of the load at once.
func together(spec *loaders.Spec, connections, threads int) {
	spec.Connections, spec.Threads = connections, threads
	spec.Connection = scenarios.Connection{ReconnectEvery: 1, CloseWith: scenarios.FIN, Together: true}
}

// All connections ask in one wave before any is answered, and none asks in the next before
// all are.
func TestWaves(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, threads := range []int{1, 3} {
			for _, idle := range []loaders.IdleStrategy{loaders.Wait, loaders.Hybrid} {
				t.Run(string(idle)+" on "+results.Counted(threads, "thread"), func(t *testing.T) {
					t.Parallel()
					c := newCrowd(t, 9)
					spec := specAt(local(t, c.serve), counted(90))
					spec.Idle = idle
					together(&spec, 9, threads)
					report := drive(t, e, spec)
					p := &report.Phases[0]
					exactly(t, p, 90)
					if p.Waves != 10 || c.early != 0 || c.asked != 90 {
						t.Errorf("%d waves, the server has %d requests, %d of them before the end of the last wave", p.Waves, c.asked, c.early)
					}
					if p.BackoffNS != 0 || len(p.ConnectionErrors) != 0 || p.Closes() != 0 || p.Reconnects < 90 {
						t.Errorf("%d ns of back-off, connection errors %v, %d closes, %d reconnects", p.BackoffNS, p.ConnectionErrors, p.Closes(), p.Reconnects)
					}
					if made := enginetest.Samples(report.Connect); made != p.Reconnects+9 {
						t.Errorf("%d times to connect, %d reconnects", made, p.Reconnects)
					}
				})
			}
		}
	})
}

// Waves go on while the window lasts, one phase after the other, and over failures: a
// failed request ends its connection's part of the wave.
func TestWavesOfPhases(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		a := newAuthority(t)
		for _, secure := range []bool{false, true} {
			t.Run(map[bool]string{false: "plain", true: "secure"}[secure], func(t *testing.T) {
				t.Parallel()
				phases := []loaders.Phase{counted(40), enginetest.Closed(100 * time.Millisecond)}
				phases[0].Name = "counted"
				spec := specAt("", phases...)
				s := &site{}
				failing := func(w http.ResponseWriter, _ *http.Request) {
					if s.requests.Add(1)%7 == 0 {
						panic(http.ErrAbortHandler)
					}
					_, _ = io.WriteString(w, hello())
				}
				if secure {
					s.start(t, a.server(), failing)
					spec = a.secureSpec("", phases...)
				} else {
					s.start(t, nil, failing)
				}
				spec.Target.Address = s.address()
				together(&spec, 4, 2)
				report := drive(t, e, spec)
				var asked uint64
				for _, p := range report.Phases {
					asked += p.Asked
					if p.Asked < 4*p.Waves || p.Asked > 4*(p.Waves+1) || p.Name == "counted" && (p.Waves != 10 || p.Right() == 0) {
						t.Errorf("phase %s: %d requests, %d right, in %d waves of 4", p.Name, p.Asked, p.Right(), p.Waves)
					}
					if p.Unanswered != 0 || p.SurplusAnswers != 0 {
						t.Errorf("phase %s: %d unanswered, %d surplus", p.Name, p.Unanswered, p.SurplusAnswers)
					}
				}
				if n := uint64(s.requests.Load()); n != asked {
					t.Errorf("the server counts %d requests, the loader %d", n, asked)
				}
			})
		}
	})
}

func TestWavesRefused(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(*loaders.Spec){
		"ask 2 requests each": func(s *loaders.Spec) { s.Connection.ReconnectEvery = 2 },
		"with a depth of 4":   func(s *loaders.Spec) { s.Depth = 4 },
		"with 9 users":        func(s *loaders.Spec) { s.Users = 9 },
		"in an open loop":     func(s *loaders.Spec) { s.Phases = []loaders.Phase{enginetest.Open(5, time.Second)} },
	} {
		spec := specAt("127.0.0.1:1", counted(1))
		together(&spec, 3, 1)
		change(&spec)
		expectRefusal(t, spec, says)
	}
}
