package sample

import (
	"bytes"
	"strconv"

	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/loaders/clock"
)

// threadTimes holds the time on a processor of every thread of a tree, in
// nanoseconds by thread id.
type threadTimes struct {
	at int64
	ns map[int]int64
}

// threads reads the schedstat of every thread. /proc/PID/schedstat holds the
// time of the first thread only.
func (f *files) threads(pids []int) threadTimes {
	t := threadTimes{at: clock.Now(), ns: make(map[int]int64)}
	for _, pid := range pids {
		dir := "/proc/" + strconv.Itoa(pid) + "/task/"
		tids, err := tree.Numbers(dir)
		if err != nil {
			continue // the process ended
		}
		for _, tid := range tids {
			text, err := f.Read(dir + strconv.Itoa(tid) + "/schedstat")
			if err != nil {
				continue // the thread ended, or the kernel has no schedstat
			}
			onCPU, _, _ := bytes.Cut(text, []byte{' '})
			if ns, err := parseInt(onCPU); err == nil {
				t.ns[tid] = ns
			}
		}
	}
	return t
}

// busiest returns the largest share of the time between two readings that one
// thread ran, 0 to 1; nil where no thread could be read.
func busiest(a, b threadTimes) *float64 {
	window := b.at - a.at
	if len(a.ns) == 0 || len(b.ns) == 0 || window <= 0 {
		return nil
	}
	most := int64(0)
	for tid, ns := range b.ns {
		before := a.ns[tid]
		if before > ns {
			before = 0 // another thread under a number used again
		}
		most = max(most, ns-before)
	}
	return new(min(float64(most)/float64(window), 1))
}
