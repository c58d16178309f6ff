package core_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// A phase with a count makes exactly that many requests, on any number of threads and
// places.
func TestCount(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		for _, c := range []struct {
			loop           results.Loop
			threads, depth int
			n              uint64
		}{
			{results.ClosedLoop, 1, 1, 61}, {results.ClosedLoop, 2, 4, 61}, {results.ClosedLoop, 3, 1, 2},
			{results.OpenLoop, 1, 4, 61}, {results.OpenLoop, 2, 1, 61}, {results.OpenLoop, 3, 4, 2},
		} {
			t.Run(fmt.Sprintf("%s %d threads depth %d count %d", c.loop, c.threads, c.depth, c.n), func(t *testing.T) {
				t.Parallel()
				countExactly(t, e, c.loop, c.threads, c.depth, c.n)
			})
		}
	})
}

// countExactly runs two phases: the second shows what the first has left behind.
func countExactly(t *testing.T, e core.Engine, loop results.Loop, threads, depth int, n uint64) {
	t.Helper()
	var asked atomic.Int64
	phase := counted(n)
	if loop == results.OpenLoop {
		phase.Loop, phase.RateRPS, phase.Schedule = loop, 3000, loaders.Constant
	}
	spec := specAt(local(t, answering(&asked)), phase, phase)
	spec.Connections, spec.Threads, spec.Depth = 5, threads, depth
	report := drive(t, e, spec)
	for i := range report.Phases {
		p := &report.Phases[i]
		exactly(t, p, n)
		if p.Rate != nil && (p.Rate.Offered != n || p.Rate.BacklogT1 != 0 || p.Total.Corrected.Count != n) {
			t.Errorf("offered %d with a backlog of %d and %d samples, want %d and none", p.Rate.Offered, p.Rate.BacklogT1, p.Total.Corrected.Count, n)
		}
		if p.WindowNS() <= 0 || p.WindowNS() > int64(long) {
			t.Errorf("a window of %d ns", p.WindowNS())
		}
	}
	if asked.Load() != int64(2*n) {
		t.Errorf("the server counts %d requests, want %d", asked.Load(), 2*n)
	}
}

// Requests that cannot be sent in time, to a server that is overloaded by far, are
// given up, counted, and in the corrected latency as lower bounds.
func TestShedAfter(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var sent atomic.Int64
		address := local(t, func(c net.Conn, in *bufio.Reader) {
			for {
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				sent.Add(1)
				time.Sleep(5 * time.Millisecond)
				if _, err := c.Write([]byte(enginetest.RightAnswer)); err != nil {
					return
				}
			}
		})
		const deadline = 20 * time.Millisecond
		phase := enginetest.Open(2000, 300*time.Millisecond)
		phase.ShedAfter = deadline
		spec := specAt(address, phase)
		spec.Connections, spec.Threads = 2, 2
		p := drive(t, e, spec).Phases[0]
		if p.Failures() != 0 || p.Rate.Offered != 600 {
			t.Fatalf("offered %d, want 600, with %d failures: %s", p.Rate.Offered, p.Failures(), p.Total.FirstError)
		}
		if sum := p.Shed + uint64(sent.Load()) + p.Rate.NeverSent; sum != 600 || p.Shed < 300 {
			t.Errorf("%d shed, %d sent and %d never sent make %d of 600", p.Shed, sent.Load(), p.Rate.NeverSent, sum)
		}
		if p.Total.Corrected.Count != 600 || p.Rate.CensoredFromNS < int64(deadline) || p.Total.Corrected.MaxNS < p.Rate.CensoredFromNS {
			t.Errorf("%d corrected samples, bounds from %d ns, the longest %d ns", p.Total.Corrected.Count, p.Rate.CensoredFromNS, p.Total.Corrected.MaxNS)
		}
		if answered := p.Right(); answered+p.Rate.Censored != uint64(sent.Load()) || p.Total.Service.Count != answered {
			t.Errorf("%d answered and %d censored of %d sent, %d service times", answered, p.Rate.Censored, sent.Load(), p.Total.Service.Count)
		}
	})
}

// The loader reports its own lags, stalls and slowest requests.
func TestErrorBars(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		open := enginetest.Open(1000, long)
		open.Count = 120
		for _, phase := range []loaders.Phase{counted(300), open} {
			t.Run(string(phase.Loop), func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				spec := specAt(local(t, answering(&asked)), phase)
				spec.Threads, spec.Connections = 2, 4
				p := drive(t, e, spec).Phases[0]
				if stamps := !e.System.Sleeps; stamps {
					checkReceiveLag(t, p.ReceiveLag)
				} else if p.ReceiveLag != nil {
					t.Errorf("receive lags of a backend that stamps nothing: %+v", p.ReceiveLag)
				}
				if p.LoopGaps == nil || p.LoopGaps.Count == 0 || p.StallNS == nil || *p.StallNS < 0 || *p.StallNS > 2*p.WindowNS() {
					t.Errorf("loop gaps %v, stalls %v", p.LoopGaps, p.StallNS)
				}
				checkSlowest(t, &p)
			})
		}
	})
}

func checkReceiveLag(t *testing.T, h *results.Histogram) {
	t.Helper()
	if h == nil {
		t.Fatal("no receive lag: the kernel stamps nothing here")
	}
	d, err := stats.Decode(h)
	if err != nil {
		t.Fatal(err)
	}
	if half := d.Quantile(0.5); half < 0 || half > int64(50*time.Millisecond) {
		t.Errorf("half of the receive lags exceed %v", time.Duration(half))
	}
}

// checkSlowest compares the slowest requests with the histogram of all.
func checkSlowest(t *testing.T, p *results.Phase) {
	t.Helper()
	h, latency := p.Total.Service, func(s results.SlowRequest) int64 { return s.EndNS - s.IntendedNS }
	if p.Loop == results.OpenLoop {
		h = p.Total.Corrected
	}
	if want := min(32, h.Count); uint64(len(p.Slowest)) != want {
		t.Fatalf("%d slowest of %d requests, want %d", len(p.Slowest), h.Count, want)
	}
	if !slices.IsSortedFunc(p.Slowest, func(a, b results.SlowRequest) int { return int(latency(b) - latency(a)) }) {
		t.Errorf("not sorted: %+v", p.Slowest)
	}
	if got := latency(p.Slowest[0]); got != h.MaxNS {
		t.Errorf("the slowest took %d ns, the histogram's greatest is %d", got, h.MaxNS)
	}
	for _, s := range p.Slowest {
		if s.IntendedNS > s.SentNS || s.SentNS > s.FirstByteNS || s.FirstByteNS > s.EndNS || s.Request != "hello" || s.Thread > 1 || s.Connection > 1 {
			t.Errorf("stamps out of order, or of an unknown request: %+v", s)
		}
	}
}

// Ramps and bursts offer the requests that their schedules intend.
func TestShapedSchedules(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		const window = 300 * time.Millisecond
		ramp, burst := enginetest.Open(200, window), enginetest.Open(1000, window)
		ramp.Schedule, ramp.RampToRPS = loaders.Ramp, 1800
		burst.Schedule, burst.BurstSize = loaders.Burst, 50
		rise := enginetest.Open(0, window)
		rise.Schedule, rise.RampToRPS = loaders.Ramp, 2000
		for _, phase := range []loaders.Phase{ramp, burst, rise} {
			var asked atomic.Int64
			spec := specAt(local(t, answering(&asked)), phase)
			spec.Threads, spec.Drain = 2, 25*time.Second
			p := drive(t, e, spec).Phases[0]
			if n := p.Rate.Offered; n != 300 || p.Failures() != 0 || p.Total.Corrected.Count != n {
				t.Errorf("%s: offered %d, want a mean of 1000/s for 300 ms, with %d failures", p.Schedule, n, p.Failures())
			}
			if n := asked.Load(); n != 300 {
				t.Errorf("%s: the server counts %d requests", p.Schedule, n)
			}
		}
	})
}

// The kernel's receive queues show whether requests in flight wait for a server that
// does not answer or for a loader that does not read.
func TestReceiveQueues(t *testing.T) {
	t.Parallel()
	overBackends(t, func(t *testing.T, e core.Engine) {
		t.Parallel()
		var asked atomic.Int64
		for name, c := range map[string]struct {
			serve func(net.Conn, *bufio.Reader)
			spin  time.Duration
			holds func(inFlight, unanswered int) bool
		}{
			"a silent server":  {silent, 0, func(n, unanswered int) bool { return n == 8 && unanswered == n }},
			"a slow loader":    {answering(&asked), 10 * time.Millisecond, func(n, unanswered int) bool { return n >= 4 && 2*unanswered < n }},
			"nobody is behind": {answering(&asked), 0, func(n, unanswered int) bool { return unanswered <= n && n <= 8 }},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				phase := enginetest.Open(1000, 200*time.Millisecond)
				phase.ThinkSpin = c.spin
				spec := specAt(local(t, c.serve), phase)
				spec.Connections, spec.Threads, spec.Drain = 8, 1, 50*time.Millisecond
				retry.Often(t, func() string {
					p := drive(t, e, spec).Phases[0]
					if p.QueuesRead == nil || p.QueuesEmpty == nil {
						t.Fatal("nobody looked")
					}
					if !c.holds(*p.QueuesRead, *p.QueuesEmpty) {
						return fmt.Sprintf("%d of %d connections in flight were unanswered", *p.QueuesEmpty, *p.QueuesRead)
					}
					return ""
				})
			})
		}
	})
}
