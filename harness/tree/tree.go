// Package tree names, finds and ends whole trees of processes on Linux: the
// descendants of a process in /proc, and control groups, which hold a tree even
// when its processes detach themselves. It also names the owner of everything
// that joust leaves on a machine: a later joust then knows a dead owner from a
// living one.
package tree

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Process is one process as /proc/PID/stat describes it. Times are in clock
// ticks.
type Process struct {
	PID, Parent int
	// State is the kernel's letter: 'R' running, 'S' sleeping, 'Z' zombie.
	State byte
	// User and System are the CPU time of the process, ReapedUser and
	// ReapedSystem that of its children which ended and were waited for.
	User, System, ReapedUser, ReapedSystem int64
	// Start is the start time after boot. PID and Start together name a process
	// for as long as the machine is up.
	Start uint64
}

// Ended reports whether the process runs no more and only waits to be reaped.
func (p Process) Ended() bool { return p.State == 'Z' || p.State == 'X' }

// parseStat reads the text of /proc/PID/stat, see proc_pid_stat(5). The
// command's name stands in parentheses and may hold spaces and parentheses
// itself, so the fields are counted from the last closing one.
func parseStat(text []byte) (Process, error) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return Process{}, errors.New("no command name in parentheses")
	}
	// The first field after the name is field 3 of the manual page, the state.
	fields := bytes.Fields(text[end+1:])
	if len(fields) < 20 || len(fields[0]) != 1 {
		return Process{}, fmt.Errorf("%d fields after the name, not the state and 19 more", len(fields))
	}
	p := Process{State: fields[0][0]}
	var errs [7]error
	p.PID, errs[0] = strconv.Atoi(string(bytes.TrimSpace(text[:open])))
	p.Parent, errs[1] = strconv.Atoi(string(fields[1]))
	for i, ticks := range []*int64{&p.User, &p.System, &p.ReapedUser, &p.ReapedSystem} {
		*ticks, errs[2+i] = strconv.ParseInt(string(fields[11+i]), 10, 64)
	}
	p.Start, errs[6] = strconv.ParseUint(string(fields[19]), 10, 64)
	if err := errors.Join(errs[:]...); err != nil {
		return Process{}, err
	}
	return p, nil
}

// below returns the processes that descend from root, parents before children.
func below(root int, all []Process) []Process {
	children := make(map[int][]Process)
	for _, p := range all {
		children[p.Parent] = append(children[p.Parent], p)
	}
	// A torn read may show a loop of parents.
	seen := map[int]bool{root: true}
	var tree []Process
	visit := func(parent int) {
		for _, p := range children[parent] {
			if !seen[p.PID] {
				seen[p.PID] = true
				tree = append(tree, p)
			}
		}
	}
	visit(root)
	for i := 0; i < len(tree); i++ {
		visit(tree[i].PID)
	}
	return tree
}
