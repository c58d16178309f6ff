// Package tree names, finds and ends whole trees of processes on Linux: the
// descendants of a process in /proc, and control groups of version 2 that hold
// a tree even when its processes detach themselves. It also names the owner of
// what joust leaves on a machine, so that a later joust can tell a dead owner
// from a living one.
package tree

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Process is what /proc/PID/stat says of a process's place.
type Process struct {
	PID, Parent int
	// State is the kernel's letter: 'R' running, 'S' sleeping, 'Z' zombie.
	State byte
	// Start is the start time in clock ticks after boot. PID and Start
	// together name a process for as long as the machine is up.
	Start uint64
}

// Ended tells whether the process runs no more and only waits to be reaped.
func (p Process) Ended() bool { return p.State == 'Z' || p.State == 'X' }

// parseStat reads the text of /proc/PID/stat. The command's name stands in
// parentheses and may hold spaces and parentheses itself, so the fields are
// counted from the last closing one.
func parseStat(text string) (Process, error) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return Process{}, errors.New("no command name in parentheses")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:open]))
	if err != nil {
		return Process{}, fmt.Errorf("process id: %w", err)
	}
	// After the name: state, ppid, then field 22 of proc(5) is the start time.
	fields := strings.Fields(text[end+1:])
	if len(fields) < 20 || len(fields[0]) != 1 {
		return Process{}, fmt.Errorf("%d fields after the name, not the state and 19 more", len(fields))
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return Process{}, fmt.Errorf("parent: %w", err)
	}
	start, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return Process{}, fmt.Errorf("start time: %w", err)
	}
	return Process{PID: pid, Parent: parent, State: fields[0][0], Start: start}, nil
}

// below returns the processes that descend from root, parents before children.
func below(root int, all []Process) []Process {
	children := make(map[int][]Process)
	for _, p := range all {
		children[p.Parent] = append(children[p.Parent], p)
	}
	found := children[root]
	// found grows while it is walked. A process appears under one parent only,
	// so the walk ends.
	seen := map[int]bool{root: true}
	var tree []Process
	for len(found) > 0 {
		p := found[0]
		found = found[1:]
		if seen[p.PID] {
			continue
		}
		seen[p.PID] = true
		tree = append(tree, p)
		found = append(found[:len(found):len(found)], children[p.PID]...)
	}
	return tree
}
