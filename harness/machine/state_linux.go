package machine

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
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
	for _, dir := range groupDirs(root) {
		if limit, ok := memoryLimitOf(root, dir); ok && (s.MemoryLimitBytes == nil || limit < *s.MemoryLimitBytes) {
			s.MemoryLimitBytes = &limit
		}
	}
	return s
}

// timeWait is the field "tw" of the line "TCP:" of /proc/net/sockstat.
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

// groupDirs are the directories of this process's control groups and of those
// above them, in every hierarchy.
func groupDirs(root fs.FS) []string {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	const mounts = "sys/fs/cgroup"
	var dirs []string
	for l := range strings.Lines(string(text)) {
		// Number of the hierarchy, its controllers, path: cgroups(7).
		parts := strings.SplitN(strings.TrimSpace(l), ":", 3)
		if len(parts) != 3 {
			continue
		}
		tops := []string{mounts, mounts + "/unified"} // version 2, alone or beside 1
		if parts[1] != "" {
			tops = []string{path.Join(mounts, parts[1])}
		}
		for _, top := range tops {
			for dir := path.Join(top, parts[2]); strings.HasPrefix(dir, top); dir = path.Dir(dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// memoryLimitOf is the limit of one control group in bytes. Version 1 has a
// huge number for none.
func memoryLimitOf(root fs.FS, dir string) (bytes uint64, limited bool) {
	const none = 1 << 60
	for _, name := range []string{"memory.max", "memory.limit_in_bytes"} {
		if n, err := strconv.ParseUint(line(root, path.Join(dir, name)), 10, 64); err == nil && n < none {
			return n, true
		}
	}
	return 0, false
}
