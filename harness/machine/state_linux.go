package machine

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"

	"github.com/joust-bench/joust/harness/tree"
)

// Now reads the machine's state.
func Now() State { return stateFiles(os.DirFS("/")) }

// stateFiles reads the state from a file tree in which /proc and /sys are mounted.
func stateFiles(root fs.FS) State {
	return State{
		ClockSource:      line(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"),
		PowerProfile:     line(root, "sys/firmware/acpi/platform_profile"),
		SMT:              map[string]string{"1": "on", "0": "off"}[line(root, "sys/devices/system/cpu/smt/active")],
		TimeWait:         timeWait(root),
		MemoryLimitBytes: memoryLimit(root),
	}
}

// timeWait returns the field "tw" of the line "TCP:" of /proc/net/sockstat.
func timeWait(root fs.FS) *int {
	text, _ := fs.ReadFile(root, "proc/net/sockstat") // no file has no such field
	field := regexp.MustCompile(`(?m)^TCP:.* tw (\d+)`).FindSubmatch(text)
	if field == nil {
		return nil
	}
	n, err := strconv.Atoi(string(field[1]))
	if err != nil {
		return nil
	}
	return &n
}

// memoryLimit returns the least memory limit of this process's control group and
// of those above it, in bytes; nil for none.
func memoryLimit(root fs.FS) *uint64 {
	mounts, err := fs.ReadFile(root, "proc/self/mountinfo")
	group, groupErr := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil || groupErr != nil {
		return nil
	}
	h := tree.FindHierarchy(string(mounts), "memory")
	name := "memory.max"
	if h.V1 {
		name = "memory.limit_in_bytes"
	}
	const unlimited = 1 << 60 // version 1 has a huge number for no limit
	least := uint64(unlimited)
	for _, dir := range h.Enclosing(string(group)) {
		if n, err := strconv.ParseUint(line(root, path.Join(dir, name)[1:]), 10, 64); err == nil {
			least = min(least, n)
		}
	}
	if least == unlimited {
		return nil
	}
	return &least
}
