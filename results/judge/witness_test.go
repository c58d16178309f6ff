package judge

import (
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

func TestWitnesses(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	kernel := func(k results.Kernel) func(*testing.T, *Evidence) {
		return func(_ *testing.T, e *Evidence) { e.Measured.Kernel = &k }
	}
	// answers are 10 000 of that service time, with that many delayed ACKs.
	answers := func(d time.Duration, acks *uint64) func(*testing.T, *Evidence) {
		return func(t *testing.T, e *Evidence) {
			e.Loader.Total.Service, e.Reconnects = histogram(t, 10000, d), true
			e.Measured.Kernel = &results.Kernel{DelayedACKs: acks}
		}
	}
	// connects are a hundred, slow of them slow, while the kernel dropped some.
	connects := func(slow int, d time.Duration, dropped uint64) func(*testing.T, *Evidence) {
		return func(t *testing.T, e *Evidence) {
			e.Report.Connect = mixed(t, map[time.Duration]int{ms: 100 - slow, d: slow})
			e.Kernel = &results.Kernel{ListenOverflows: &dropped}
		}
	}
	tests := map[string]struct {
		edit func(*testing.T, *Evidence)
		flag results.Flag
		code string
		says string
	}{
		"a flat 40 ms": {answers(41*ms, ptr(uint64(9000))), results.FlagNagle, "nagle",
			"half of all answers took 41ms to 41ms, a flat 40 ms (38ms to 49ms), and the kernel delayed 9000 acknowledgements: Nagle's algorithm"},
		"at the lower edge":                 {answers(38*ms, ptr(uint64(5000))), results.FlagNagle, "nagle", "38"},
		"below it":                          {answers(37*ms, ptr(uint64(9000))), "", "", ""},
		"above it":                          {answers(50*ms, ptr(uint64(9000))), "", "", ""},
		"40 ms without delayed ACKs":        {answers(41*ms, ptr(uint64(4999))), "", "", ""},
		"40 ms where the kernel is mute":    {answers(41*ms, nil), results.FlagNagle, "nagle", "a flat 40 ms"},
		"a second to connect, and drops":    {connects(50, 1010*ms, 3), results.FlagBacklog, "backlog", "50.0 % of the connections took 1 s or 3 s to make ≥ 1.0 %, since the kernel dropped 3 at a full accept queue"},
		"three seconds":                     {connects(1, 3030*ms, 3), results.FlagBacklog, "backlog", "1.0 % of the connections"},
		"two seconds are something else":    {connects(50, 2000*ms, 3), "", "", ""},
		"slow connects without drops":       {connects(50, 1010*ms, 0), "", "", ""},
		"drops that nobody waited for":      {connects(0, 1010*ms, 3), "", "", ""},
		"2 % of the time without memory":    {kernel(results.Kernel{MemoryPressureNS: ptr(int64(20e6))}), "", "", ""},
		"more of it":                        {kernel(results.Kernel{MemoryPressureNS: ptr(int64(30e6))}), results.FlagDisturbed, "pressure", "something on this machine waited for memory during 3.0 % of the window > 2.0 %"},
		"a disk":                            {kernel(results.Kernel{IOPressureNS: ptr(int64(500e6))}), results.FlagDisturbed, "pressure", "waited for a disk during 50.0 %"},
		"waiting for a processor is normal": {kernel(results.Kernel{CPUPressureNS: ptr(int64(900e6))}), "", "", ""},
		"counters that stood still":         {kernel(results.Kernel{RetransmittedSegments: ptr(uint64(0)), EstabResets: ptr(uint64(0))}), "", "", ""},
		"counters that did not": {kernel(results.Kernel{RetransmittedSegments: ptr(uint64(4)), ResetsSent: ptr(uint64(2)), ListenDrops: ptr(uint64(1)), EstabResets: ptr(uint64(3))}), "", "kernel",
			"the kernel counted in the window: 4 segments sent again, 1 connections dropped at the listening socket, 3 connections reset, 2 resets sent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := served()
			tt.edit(t, &e)
			w := want{limit: results.LimitServer, codes: []string{"shares"}}
			if tt.code != "" {
				w.codes, w.says = append(w.codes, tt.code), []string{tt.says}
			}
			if tt.flag != "" {
				w.flags = []results.Flag{tt.flag}
			}
			w.hold(t, Phase(e))
		})
	}
}

// A server can use its quota.
func TestQuota(t *testing.T) {
	t.Parallel()
	throttled := []results.Flag{results.FlagThrottled}
	usage := func(cpu time.Duration, throttledPeriods int64) *results.Usage {
		return &results.Usage{
			AskedT0NS: second, AskedT1NS: 2 * second, ReadT0NS: second, ReadT1NS: 2 * second, CPUNS: int64(cpu),
			QuotaCPUs: ptr(0.5), QuotaPeriods: ptr(int64(10)), ThrottledPeriods: &throttledPeriods, ThrottledNS: ptr(throttledPeriods * int64(50*time.Millisecond)),
		}
	}
	tests := map[string]struct {
		server *results.Usage
		want   want
	}{
		"used up": {usage(475*time.Millisecond, 3), want{limit: results.LimitServer, flags: throttled, codes: []string{"shares", "throttled"}, says: []string{
			"server's quota of 0.50 CPUs 95.0 % used ≥ 95.0 %", "a CPU quota held the server back for 150ms > 0, in 3 of 10 periods",
		}}},
		"in every period": {usage(440*time.Millisecond, 10), want{limit: results.LimitServer, flags: throttled, codes: []string{"shares", "throttled"}, says: []string{
			"server's quota of 0.50 CPUs 100.0 % used",
		}}},
		"not used up": {usage(300*time.Millisecond, 0), want{limit: results.LimitConnections, codes: []string{"shares"}, says: []string{"server's quota of 0.50 CPUs 60.0 % used"}}},
		"of no effect": {&results.Usage{
			AskedT0NS: second, AskedT1NS: 2 * second, ReadT0NS: second, ReadT1NS: 2 * second, CPUNS: 4e8, QuotaCPUs: ptr(8.0),
		}, want{limit: results.LimitConnections, codes: []string{"shares"}, says: []string{"server CPUs 45.0 % busy"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := closed(0.45, 0.3)
			e.Measured.Server = tt.server
			tt.want.hold(t, Phase(e))
		})
	}
}

// The work of other programs on the server's CPUs is not the server's.
func TestForeignWork(t *testing.T) {
	t.Parallel()
	disturbed := []results.Flag{results.FlagDisturbed}
	// use is a second on two CPUs: busy, the server's own, interrupts and waiting.
	use := func(busy, own, interrupts, waited float64) func(*Evidence) {
		return func(e *Evidence) {
			e.Measured.ServerCPUBusy, e.Measured.ServerCPUs, e.Measured.ServerInterrupts = &busy, 2, &interrupts
			e.Measured.Server = &results.Usage{
				AskedT0NS: second, AskedT1NS: 2 * second, ReadT0NS: second, ReadT1NS: 2 * second,
				CPUNS: int64(own * 2 * float64(second)), CPUPressureNS: ptr(int64(waited * float64(second))),
			}
		}
	}
	tests := map[string]struct {
		edit func(*Evidence)
		want want
	}{
		"a full server":              {use(1, 0.80, 0.05, 0), want{limit: results.LimitServer, codes: []string{"shares"}}},
		"a little more than its own": {use(0.9599, 0.70, 0.11, 0), want{limit: results.LimitServer, codes: []string{"shares"}}},
		"a sleeper beside a busy program": {use(1, 0.04, 0.01, 0.10), want{limit: results.LimitConnections, flags: disturbed, codes: []string{"shares", "foreign-work"}, says: []string{
			"the server's own work and waiting for its CPUs took 15.0 % and loader thread 2 worked 50.0 %, both < 80.0 %",
			"other programs kept the server's CPUs busy for 85.0 % of the window > 15.0 %, and the server itself for 15.0 %",
		}}},
		"a worker that has to wait its turn": {use(1, 0.50, 0.01, 0.49), want{limit: results.LimitServer, codes: []string{"shares"}}},
		"interrupts that were not read": {func(e *Evidence) {
			use(1, 0.04, 0.01, 0.10)(e)
			e.Measured.ServerInterrupts = nil
		}, want{limit: results.LimitServer, codes: []string{"shares"}}},
		"a tree without a cgroup": {func(e *Evidence) {
			use(1, 0.04, 0.01, 0.10)(e)
			e.Measured.Server.CPUPressureNS = nil
		}, want{limit: results.LimitServer, codes: []string{"shares"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := closed(0.5, 0.5)
			tt.edit(&e)
			tt.want.hold(t, Phase(e))
		})
	}
}
