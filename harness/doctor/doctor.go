// Package doctor names the facts of this machine that distort numbers, says why,
// and gives the command that mends each. Read and Inventory read facts; the rules
// are pure functions from facts to findings.
package doctor

import (
	"context"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/calibrate"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// watch is the time for which load and steal are watched.
const watch = 200 * time.Millisecond

// Facts are the facts that the rules judge. A fact that could not be read is
// absent or empty.
type Facts struct {
	Host  results.Host
	State machine.State
	// CPUs is the split that a run would use.
	CPUs results.CPUSplit
	// Busy is the mean busy share of all processors just now, Steal the share
	// that the hypervisor took; 0 to 1.
	Busy, Steal *float64
	// QuotaCPUs is the CPU time that control groups allow joust and the programs
	// that it starts, in processors; absent for no quota.
	QuotaCPUs *float64
	// Wakeups is joust calibrate's measurement of a loader that sleeps, on this
	// machine and with these CPUs.
	Wakeups *calibrate.Wakeups
}

// Read adds the facts that every run depends on to those of the host. It takes
// 0.2 s.
func Read(ctx context.Context, host results.Host, split results.CPUSplit) Facts {
	f := Facts{Host: host, State: machine.Now(), CPUs: split, QuotaCPUs: sample.Quota(os.Getpid())}
	// A calibration that cannot be read is as good as none.
	if c, err := calibrate.Stored(host, split); err == nil {
		f.Wakeups = c.Wakeups
	}
	now := clock.Now()
	system, err := sample.ReadSystem(ctx, now, now+int64(watch))
	if err != nil {
		return f
	}
	if busy, ok := system.BusyOf(slices.Collect(maps.Keys(system.Busy))); ok {
		f.Busy, f.Steal = &busy, &system.Steal
	}
	return f
}

// Worst returns the worst state among the findings.
func Worst(findings []results.Finding) results.State {
	worst := results.StateOK
	for _, f := range findings {
		if f.State == results.StateFail || f.State == results.StateWarn && worst == results.StateOK {
			worst = f.State
		}
	}
	return worst
}
