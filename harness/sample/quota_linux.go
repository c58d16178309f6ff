package sample

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// quotaGroup is a cgroup with a CPU quota that holds for a tree: its own or one
// above it, in the hierarchy that has the CPU controller.
type quotaGroup struct {
	dir string
	// cpus is the quota in processors.
	cpus float64
}

// throttling is what the groups with a quota tell: since they were made.
type throttling struct {
	// ns is the time in which threads were held back, every processor's added.
	ns int64
	// periods is the number of periods in which anything ran, throttled those
	// in which the quota was used up.
	periods, throttled int64
}

// quotas are the groups with a CPU quota that hold for any of the processes.
// What cannot be read has none.
func (f *files) quotas(pids []int) []quotaGroup {
	text, err := f.read("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	mount, ok := cpuMount(string(text))
	if !ok {
		return nil
	}
	var groups []quotaGroup
	seen := map[string]bool{}
	for _, pid := range pids {
		text, err := f.read("/proc/" + strconv.Itoa(pid) + "/cgroup")
		if err != nil {
			continue // it has ended
		}
		path, ok := mount.pathOf(string(text))
		if !ok {
			continue
		}
		for dir := filepath.Join(mount.point, path); !seen[dir] && strings.HasPrefix(dir, mount.point); dir = filepath.Dir(dir) {
			seen[dir] = true
			if cpus, ok := f.quota(dir, mount.v1); ok {
				groups = append(groups, quotaGroup{dir: dir, cpus: cpus})
			}
		}
	}
	return groups
}

// Quota is the tightest CPU quota that holds for a process, in processors; nil
// for none, and for what cannot be read.
func Quota(pid int) *float64 { return tightest(newFiles().quotas([]int{pid})) }

// quota is the CPU quota of one cgroup in processors.
func (f *files) quota(dir string, v1 bool) (float64, bool) {
	if !v1 {
		text, err := f.read(filepath.Join(dir, "cpu.max"))
		if err != nil {
			return 0, false
		}
		limit, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		return ratio(limit, period)
	}
	limit, err := f.read(filepath.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return 0, false
	}
	quota := strings.TrimSpace(string(limit)) // before the buffer is used again
	period, err := f.read(filepath.Join(dir, "cpu.cfs_period_us"))
	if err != nil {
		return 0, false
	}
	return ratio(quota, strings.TrimSpace(string(period)))
}

// ratio is limit ÷ period; "max" and -1 are no limit.
func ratio(limit, period string) (float64, bool) {
	a, err1 := strconv.ParseFloat(limit, 64)
	b, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || a <= 0 || b <= 0 {
		return 0, false
	}
	return a / b, true
}

// throttling adds up what the groups tell now; nil where there are none.
func (f *files) throttling(groups []quotaGroup) *throttling {
	var sum *throttling
	for _, g := range groups {
		text, err := f.read(filepath.Join(g.dir, "cpu.stat"))
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

// add adds a cpu.stat of either version: version 1 tells nanoseconds, version 2
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

// tightest is the smallest quota of the groups in processors, nil for none.
func tightest(groups []quotaGroup) *float64 {
	if len(groups) == 0 {
		return nil
	}
	least := groups[0].cpus
	for _, g := range groups[1:] {
		least = min(least, g.cpus)
	}
	return &least
}

// hierarchy is the mount of the cgroup hierarchy with the CPU controller.
type hierarchy struct {
	// root is the cgroup that is mounted at point.
	root, point string
	v1          bool
}

// cpuMount finds it in the text of /proc/self/mountinfo: a version 1 hierarchy
// with the controller, else version 2.
func cpuMount(mountinfo string) (found hierarchy, ok bool) {
	for line := range strings.Lines(mountinfo) {
		before, after, cut := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if !cut || len(fields) < 5 || len(kind) < 3 {
			continue
		}
		switch {
		case kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), "cpu"):
			return hierarchy{root: fields[3], point: fields[4], v1: true}, true
		case kind[0] == "cgroup2" && !ok:
			found, ok = hierarchy{root: fields[3], point: fields[4]}, true
		}
	}
	return found, ok
}

// pathOf is the place below the mount of the cgroup that the text of a
// /proc/PID/cgroup names; false where it lies outside.
func (h hierarchy) pathOf(cgroup string) (string, bool) {
	for line := range strings.Lines(cgroup) {
		id, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		if h.v1 != slices.Contains(strings.Split(controllers, ","), "cpu") || !h.v1 && id != "0" {
			continue
		}
		below, inside := strings.CutPrefix(path, strings.TrimSuffix(h.root, "/"))
		return below, inside && !strings.HasPrefix(below, "/..")
	}
	return "", false
}
