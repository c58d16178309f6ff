package tree

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// ErrNoCgroup says that this machine has no control group of version 2 for
// this process.
var ErrNoCgroup = errors.New("no cgroup version 2 hierarchy")

// cgroupDir finds the directory of a process's own control group from the
// texts of /proc/self/mountinfo and /proc/self/cgroup. On machines with both
// versions the second is mounted beside the first, often at
// /sys/fs/cgroup/unified.
func cgroupDir(mountinfo, cgroup string) (string, error) {
	own, ok := ownPath(cgroup)
	if !ok {
		return "", ErrNoCgroup
	}
	for line := range strings.Lines(mountinfo) {
		root, point, ok := cgroup2Mount(line)
		if !ok {
			continue
		}
		// In a container the mount may show only a part of the hierarchy.
		rel, inside := strings.CutPrefix(own, strings.TrimSuffix(root, "/"))
		if !inside || rel != "" && rel[0] != '/' || strings.HasPrefix(own, "/..") {
			return "", fmt.Errorf("%w: %s is mounted from %s and does not hold this process's %s", ErrNoCgroup, point, root, own)
		}
		return path.Join(point, rel), nil
	}
	return "", ErrNoCgroup
}

// ownPath is the path after "0::" of /proc/self/cgroup.
func ownPath(cgroup string) (string, bool) {
	for line := range strings.Lines(cgroup) {
		if p, ok := strings.CutPrefix(line, "0::"); ok {
			p = strings.TrimSuffix(p, "\n")
			return p, strings.HasPrefix(p, "/")
		}
	}
	return "", false
}

// cgroup2Mount reads one line of mountinfo: the root within the hierarchy and
// the mount point, where the line is a cgroup2 mount. See proc(5): the type
// follows a lone dash, before which a varying number of fields may stand.
func cgroup2Mount(line string) (root, point string, ok bool) {
	before, after, found := strings.Cut(line, " - ")
	fields := strings.Fields(before)
	if !found || len(fields) < 5 || !strings.HasPrefix(after, "cgroup2 ") {
		return "", "", false
	}
	return unescape(fields[3]), unescape(fields[4]), true
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
