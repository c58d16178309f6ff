package tree

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// Groups are the directories of the control groups that a process is in,
// absolute paths, empty where there is none. An engine of containers that uses
// version 1 gives each controller a directory of its own.
type Groups struct {
	// Unified is the group of version 2.
	Unified string
	// CPUAcct and Memory are the groups of those controllers of version 1.
	CPUAcct, Memory string
}

// parseGroups finds the directories from the texts of /proc/self/mountinfo and
// /proc/PID/cgroup, whose lines are "ID:controller,controller:path", and
// "0::path" for version 2.
func parseGroups(mountinfo, cgroup string) (Groups, error) {
	var g Groups
	if dir, err := cgroupDir(mountinfo, cgroup); err == nil {
		g.Unified = dir
	} else if !errors.Is(err, ErrNoCgroup) {
		return g, err
	}
	for line := range strings.Lines(cgroup) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) < 3 {
			return Groups{}, fmt.Errorf("%q is no line of a cgroup file", line)
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			into := map[string]*string{"cpuacct": &g.CPUAcct, "memory": &g.Memory}[controller]
			if into != nil {
				*into = controllerDir(mountinfo, controller, fields[2])
			}
		}
	}
	return g, nil
}

// controllerDir is the directory of a group of a controller of version 1,
// empty where its hierarchy is not mounted.
func controllerDir(mountinfo, controller, own string) string {
	for line := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) < 3 || kind[0] != "cgroup" {
			continue
		}
		for option := range strings.SplitSeq(kind[2], ",") {
			if option != controller {
				continue
			}
			root := strings.TrimSuffix(unescape(fields[3]), "/")
			if rel, inside := strings.CutPrefix(own, root); inside && (rel == "" || rel[0] == '/') {
				return path.Join(unescape(fields[4]), rel)
			}
		}
	}
	return ""
}
