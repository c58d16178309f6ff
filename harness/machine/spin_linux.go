package machine

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/loaders/clock"
)

const (
	// spinSteps is the work of one spin: some 5 ms of a core, longer than the
	// kernel lets one thread run while another waits for the processor.
	spinSteps = 4_000_000
	// spinPause lies between two tries: they shall not meet the same short work of
	// other programs.
	spinPause = 2 * time.Millisecond
)

// Spin does a fixed piece of arithmetic on all the processors at once and returns
// the time of the best try on the slowest processor, in nanoseconds by the wall
// clock. Other programs, the hypervisor and a lower frequency make it longer. A
// processor's tries end early with one that takes at most enough; 0 for never.
func Spin(ctx context.Context, cpus []int, tries int, enough time.Duration) (int64, error) {
	best, errs := make([]int64, len(cpus)), make([]error, len(cpus))
	var all sync.WaitGroup
	for i, cpu := range cpus {
		all.Go(func() { best[i], errs[i] = spinOn(ctx, cpu, tries, enough) })
	}
	all.Wait()
	slowest := int64(0)
	for i := range cpus {
		if errs[i] != nil {
			return 0, fmt.Errorf("timing a spin on processor %d: %w", cpus[i], errs[i])
		}
		slowest = max(slowest, best[i])
	}
	return slowest, nil
}

// spinOn returns the best try on one processor. Its thread keeps the affinity and
// is never unlocked: it ends with the goroutine.
func spinOn(ctx context.Context, cpu, tries int, enough time.Duration) (int64, error) {
	runtime.LockOSThread()
	if err := cpuset.Pin([]int{cpu}); err != nil {
		return 0, err
	}
	best := int64(math.MaxInt64)
	for n := range tries {
		if n > 0 {
			time.Sleep(spinPause)
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		began := clock.Now()
		runtime.KeepAlive(work(spinSteps))
		if best = min(best, clock.Now()-began); best <= int64(enough) {
			break
		}
	}
	return best, nil
}

// work runs the steps of Marsaglia's xorshift64. Each step needs the result of the
// step before, so neither the compiler nor the processor can shorten the work.
//
//go:noinline
func work(steps int) uint64 {
	x := uint64(88172645463325252)
	for range steps {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
