package judge

import (
	"fmt"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

const (
	// A delayed acknowledgement comes after 40 ms (TCP_DELACK_MIN), and a tick
	// of the kernel's timers or two later.
	nagleFrom = 38 * time.Millisecond
	nagleTo   = 49 * time.Millisecond
	// A lost SYN is sent again after 1 s (TCP_TIMEOUT_INIT), then after 2 s more.
	firstRetry, secondRetry = time.Second, 3 * time.Second
	retryWidth              = 400 * time.Millisecond
	// retriedShare is the least share of connects that makes a mode.
	retriedShare = 0.01
)

// witnesses adds the kernel's witnesses and the signatures that have names.
func (v *verdict) witnesses() {
	v.throttling()
	v.nagle()
	v.backlog()
	v.pressure()
	v.network()
}

func (v *verdict) throttling() {
	u := v.Measured.Server
	if u == nil || u.ThrottledNS == nil || *u.ThrottledNS <= 0 {
		return
	}
	v.flag(results.FlagThrottled)
	text := fmt.Sprintf("a CPU quota held the server back for %v > 0", duration(*u.ThrottledNS))
	if u.ThrottledPeriods != nil && u.QuotaPeriods != nil {
		text += fmt.Sprintf(", in %d of %d periods", *u.ThrottledPeriods, *u.QuotaPeriods)
	}
	v.because("throttled", "%s", text)
}

// nagle recognises answers that wait for the acknowledgement of their first part.
func (v *verdict) nagle() {
	total := v.Evidence.Loader.Total
	d, err := stats.Decode(total.Service)
	if err != nil || d.Count() == 0 {
		return
	}
	low, high := time.Duration(d.Quantile(0.25)), time.Duration(d.Quantile(0.75))
	if low < nagleFrom || high > nagleTo {
		return
	}
	timer := ""
	if k := v.Measured.Kernel; k != nil && k.DelayedACKs != nil {
		if 2**k.DelayedACKs < total.Completed {
			return
		}
		timer = fmt.Sprintf(", and the kernel delayed %d acknowledgements", *k.DelayedACKs)
	}
	v.flag(results.FlagNagle)
	v.because("nagle", "half of all answers took %v to %v, a flat 40 ms (%v to %v)%s: Nagle's algorithm waits for a delayed acknowledgement; the server should set TCP_NODELAY or write each answer at once",
		duration(int64(low)), duration(int64(high)), nagleFrom, nagleTo, timer)
}

// backlog recognises a full accept queue, in the window or at the connects.
func (v *verdict) backlog() {
	if n := overflows(v.Measured.Kernel); n > 0 {
		v.flag(results.FlagBacklog)
		v.because("backlog", "the kernel dropped %d connections > 0 at a full accept queue in the window: the server's listen backlog is too small", n)
		return
	}
	n := overflows(v.Kernel)
	share := retriedConnects(v.Report.Connect)
	if n == 0 || share < retriedShare {
		return
	}
	v.flag(results.FlagBacklog)
	v.because("backlog", "%s of the connections took 1 s or 3 s to make ≥ %s, since the kernel dropped %d at a full accept queue: the server's listen backlog is too small", percent(share), percent(retriedShare), n)
}

func overflows(k *results.Kernel) uint64 {
	if k == nil || k.ListenOverflows == nil {
		return 0
	}
	return *k.ListenOverflows
}

// retriedConnects returns the share of connects that lost one or two SYNs.
func retriedConnects(h *results.Histogram) float64 {
	d, err := stats.Decode(h)
	if err != nil || d.Count() == 0 {
		return 0
	}
	const steps = 100
	n := 0
	for i := range steps {
		t := time.Duration(d.Quantile(float64(i+1) / steps))
		if first, second := t-firstRetry, t-secondRetry; first >= 0 && first < retryWidth || second >= 0 && second < retryWidth {
			n++
		}
	}
	return float64(n) / steps
}

// pressure flags waiting for memory or for a disk. Benchmarks make threads wait
// for processors: that is no disturbance.
func (v *verdict) pressure() {
	k, window := v.Measured.Kernel, float64(v.Evidence.Loader.WindowNS())
	if k == nil || window <= 0 {
		return
	}
	for _, p := range []struct {
		resource string
		ns       *int64
	}{{"memory", k.MemoryPressureNS}, {"a disk", k.IOPressureNS}} {
		if p.ns == nil {
			continue
		}
		if share := float64(*p.ns) / window; share > v.Limits.Pressure {
			v.disturbed("pressure", "something on this machine waited for %s during %s of the window > %s", p.resource, above(share, v.Limits.Pressure), percent(v.Limits.Pressure))
		}
	}
}

// network lists the kernel's counts of lost and broken connections. The counters
// are the network namespace's: other programs count too.
func (v *verdict) network() {
	k := v.Measured.Kernel
	if k == nil {
		return
	}
	var counts []string
	for _, w := range []struct {
		n    *uint64
		noun string
	}{
		{k.RetransmittedSegments, "segments sent again"},
		{k.ListenDrops, "connections dropped at the listening socket"},
		{k.EstabResets, "connections reset"},
		{k.ResetsSent, "resets sent"},
	} {
		if w.n != nil && *w.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", *w.n, w.noun))
		}
	}
	if len(counts) > 0 {
		v.because("kernel", "the kernel counted in the window: %s", strings.Join(counts, ", "))
	}
}
