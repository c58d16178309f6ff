// Package doctor says what of this machine distorts numbers, why, and which
// command mends it. Reading (Read, Inventory) is apart from the rules, which
// are pure functions from facts to findings.
package doctor

import (
	"context"
	"os"
	"time"

	"github.com/joust-bench/joust/harness/calibrate"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/results"
)

// look is how long load and steal are watched.
const look = 200 * time.Millisecond

// Facts are what the rules judge. What could not be read is absent or empty.
type Facts struct {
	Host  results.Host
	State machine.State
	// CPUs is the split that a run would use.
	CPUs results.CPUSplit
	// Busy is the mean busy share of all processors just now, Steal the share
	// that the hypervisor took; 0 to 1.
	Busy, Steal *float64
	// QuotaCPUs is the CPU time that control groups allow joust and what it
	// starts, in processors.
	QuotaCPUs *float64
	// Wakeups is what joust calibrate has measured of a loader that sleeps, on
	// this machine and with these CPUs.
	Wakeups *calibrate.Wakeups
}

// Read reads the facts that every run depends on, beside those of the host. It
// takes 0.2 s.
func Read(ctx context.Context, host results.Host, split results.CPUSplit) Facts {
	f := Facts{Host: host, State: machine.Now(), CPUs: split, QuotaCPUs: sample.Quota(os.Getpid())}
	// A calibration that cannot be read tells no more than none.
	if c, err := calibrate.Stored(host, split); err == nil {
		f.Wakeups = c.Wakeups
	}
	now := clock.Now()
	system, err := sample.ReadSystem(ctx, now, now+int64(look))
	if err != nil || len(system.Busy) == 0 {
		return f
	}
	busy := 0.0
	for _, share := range system.Busy {
		busy += share
	}
	busy /= float64(len(system.Busy))
	f.Busy, f.Steal = &busy, &system.Steal
	return f
}

// Worst is the worst state among findings.
func Worst(findings []results.Finding) results.State {
	worst := results.StateOK
	for _, f := range findings {
		if f.State == results.StateFail || f.State == results.StateWarn && worst == results.StateOK {
			worst = f.State
		}
	}
	return worst
}
