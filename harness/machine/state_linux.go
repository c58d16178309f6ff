package machine

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/harness/tree"
)

// Now reads the machine's state.
func Now() State { return stateFiles(os.DirFS("/")) }

// stateFiles reads it from a file tree in which /proc and /sys are mounted.
func stateFiles(root fs.FS) State {
	s := State{
		ClockSource:  line(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"),
		PowerProfile: line(root, "sys/firmware/acpi/platform_profile"),
		TimeWait:     timeWait(root),
	}
	switch line(root, "sys/devices/system/cpu/smt/active") {
	case "1":
		s.SMT = "on"
	case "0":
		s.SMT = "off"
	}
	s.MemoryLimitBytes = memoryLimit(root)
	return s
}

// timeWait returns the field "tw" of the line "TCP:" of /proc/net/sockstat.
func timeWait(root fs.FS) *int {
	text, err := fs.ReadFile(root, "proc/net/sockstat")
	if err != nil {
		return nil
	}
	for l := range strings.Lines(string(text)) {
		fields := strings.Fields(l)
		if at := slices.Index(fields, "tw"); at > 0 && fields[0] == "TCP:" && at+1 < len(fields) {
			if n, err := strconv.Atoi(fields[at+1]); err == nil {
				return &n
			}
		}
	}
	return nil
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
