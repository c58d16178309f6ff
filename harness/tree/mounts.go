package tree

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ErrNoCgroup says that this machine has no control group of version 2 for
// this process.
var ErrNoCgroup = errors.New("no cgroup version 2 hierarchy")

// Hierarchy is a mounted hierarchy of control groups. See cgroups(7): version 1
// has one or several controllers in each, version 2 has all in one, which may be
// mounted beside those of version 1.
type Hierarchy struct {
	// V1 is true for a hierarchy of version 1.
	V1 bool
	// point is the directory at which the group root is mounted. In a container
	// that may be a part of the hierarchy.
	point, root string
	// options are those of the mount, the controllers of version 1 among them.
	options []string
}

// FindHierarchy returns the hierarchy that has the controller according to the
// text of /proc/self/mountinfo: one of version 1 with the controller, else that
// of version 2, else the zero Hierarchy, which has no groups. The empty
// controller stands for version 2.
func FindHierarchy(mountinfo, controller string) Hierarchy {
	var h Hierarchy
	for line := range strings.Lines(mountinfo) {
		// See proc_pid_mountinfo(5): the type follows a lone dash, before which a
		// varying number of fields may stand.
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) < 3 {
			continue
		}
		one := Hierarchy{root: unescape(fields[3]), point: unescape(fields[4]), options: strings.Split(kind[2], ",")}
		switch {
		case kind[0] == "cgroup" && slices.Contains(one.options, controller):
			one.V1 = true
			return one
		case kind[0] == "cgroup2" && h.point == "":
			h = one
		}
	}
	return h
}

// dir returns the directory of the group that the text of /proc/PID/cgroup
// names. The error wraps ErrNoCgroup.
func (h Hierarchy) dir(cgroup string) (string, error) {
	if h.point == "" {
		return "", ErrNoCgroup
	}
	for line := range strings.Lines(cgroup) {
		// Number of the hierarchy, its controllers, path.
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 || !strings.HasPrefix(parts[2], "/") || !h.named(parts[0], parts[1]) {
			continue
		}
		below, inside := strings.CutPrefix(parts[2], strings.TrimSuffix(h.root, "/"))
		if !inside || below != "" && below[0] != '/' || strings.HasPrefix(below, "/..") {
			return "", fmt.Errorf("%w: %s is mounted from %s and does not hold this process's %s", ErrNoCgroup, h.point, h.root, parts[2])
		}
		return path.Join(h.point, below), nil
	}
	return "", ErrNoCgroup
}

// named reports whether a line of /proc/PID/cgroup is about the hierarchy.
func (h Hierarchy) named(number, controllers string) bool {
	if !h.V1 {
		return number == "0" && controllers == ""
	}
	return slices.ContainsFunc(strings.Split(controllers, ","), func(c string) bool { return slices.Contains(h.options, c) })
}

// Enclosing returns the directories of the group that the text of
// /proc/PID/cgroup names and of those above it, up to the mount.
func (h Hierarchy) Enclosing(cgroup string) []string {
	dir, err := h.dir(cgroup)
	if err != nil {
		return nil
	}
	dirs := []string{dir}
	for len(dir) > len(h.point) {
		dir = path.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}

// cgroupDir returns the directory of the group of version 2.
func cgroupDir(mountinfo, cgroup string) (string, error) {
	return FindHierarchy(mountinfo, "").dir(cgroup)
}

// Groups are the directories of the control groups that a process is in,
// absolute paths, empty where there is none.
type Groups struct {
	// Unified is the group of version 2.
	Unified string
	// CPUAcctV1 and MemoryV1 are the groups of those controllers of version 1.
	CPUAcctV1, MemoryV1 string
}

// parseGroups finds the directories from the texts of /proc/self/mountinfo and
// /proc/PID/cgroup.
func parseGroups(mountinfo, cgroup string) Groups {
	var g Groups
	// A group that is not mounted here is none.
	g.Unified, _ = cgroupDir(mountinfo, cgroup)
	for controller, dir := range map[string]*string{"cpuacct": &g.CPUAcctV1, "memory": &g.MemoryV1} {
		if h := FindHierarchy(mountinfo, controller); h.V1 {
			*dir, _ = h.dir(cgroup)
		}
	}
	return g
}

// unescape undoes the octal escapes of mountinfo, such as \040 for a space.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
