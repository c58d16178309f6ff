package sample

import (
	"cmp"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/harness/tree"
)

// quotaGroup is a cgroup with a CPU quota that holds for a tree: its own or one
// above it, in the hierarchy that has the CPU controller.
type quotaGroup struct {
	dir string
	// cpus is the quota in processors.
	cpus float64
}

// throttling sums the counters of groups with a quota, since they were made.
type throttling struct {
	// ns is the time in which threads were held back, every processor's added.
	ns int64
	// periods is the number of periods in which any thread ran, throttled the
	// number of those in which the quota was used up.
	periods, throttled int64
}

// quotas returns the groups with a CPU quota that hold for any of the
// processes. A group that cannot be read has none.
func (f *files) quotas(pids []int) []quotaGroup {
	text, err := f.Read("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	mount := tree.FindHierarchy(string(text), "cpu")
	var groups []quotaGroup
	seen := map[string]bool{}
	for _, pid := range pids {
		text, err := f.Read("/proc/" + strconv.Itoa(pid) + "/cgroup")
		if err != nil {
			continue // it has ended
		}
		for _, dir := range mount.Enclosing(string(text)) {
			if seen[dir] {
				break
			}
			seen[dir] = true
			if cpus, limited := f.quota(dir, mount.V1); limited {
				groups = append(groups, quotaGroup{dir: dir, cpus: cpus})
			}
		}
	}
	return groups
}

// Quota returns the tightest CPU quota that holds for a process, in processors;
// nil for none, and where none can be read.
func Quota(pid int) *float64 { return tightest(new(files).quotas([]int{pid})) }

// quota returns the CPU quota of one cgroup in processors.
func (f *files) quota(dir string, v1 bool) (cpus float64, limited bool) {
	names := []string{"cpu.max"} // both numbers in one file
	if v1 {
		names = []string{"cpu.cfs_quota_us", "cpu.cfs_period_us"}
	}
	var numbers []string
	for _, name := range names {
		text, err := f.Read(filepath.Join(dir, name))
		if err != nil {
			return 0, false
		}
		numbers = append(numbers, strings.Fields(string(text))...)
	}
	if len(numbers) != 2 {
		return 0, false
	}
	// "max" and -1 are no limit.
	limit, err1 := strconv.ParseFloat(numbers[0], 64)
	period, err2 := strconv.ParseFloat(numbers[1], 64)
	if err1 != nil || err2 != nil || limit <= 0 || period <= 0 {
		return 0, false
	}
	return limit / period, true
}

// throttling adds up the counters of the groups now; nil where there are none.
func (f *files) throttling(groups []quotaGroup) *throttling {
	var sum *throttling
	for _, g := range groups {
		text, err := f.Read(filepath.Join(g.dir, "cpu.stat"))
		if err != nil {
			continue
		}
		if sum == nil {
			sum = &throttling{}
		}
		sum.add(text)
	}
	return sum
}

// add adds a cpu.stat of either version: version 1 counts nanoseconds, version 2
// microseconds.
func (t *throttling) add(text []byte) {
	counters, err := parseNamed(text)
	if err != nil {
		return
	}
	t.periods += counters["nr_periods"]
	t.throttled += counters["nr_throttled"]
	t.ns += counters["throttled_time"] + 1000*counters["throttled_usec"]
}

// tightest returns the smallest quota of the groups in processors, nil for none.
func tightest(groups []quotaGroup) *float64 {
	if len(groups) == 0 {
		return nil
	}
	return new(slices.MinFunc(groups, func(a, b quotaGroup) int { return cmp.Compare(a.cpus, b.cpus) }).cpus)
}
