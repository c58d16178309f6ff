package sample

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"syscall"

	"github.com/joust-bench/joust/harness/tree"
)

// files reads the kernel's files; see tree.Reader.
type files struct{ tree.Reader }

// gone reports whether the error is that of a process or a cgroup that has ended.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// pids lists the processes of the tree now, at least one.
func (t Tree) pids(f *files) ([]int, error) {
	var pids []int
	var err error
	if dir := t.group(); dir != "" {
		pids, err = f.PIDs(tree.Cgroup(dir))
	} else if _, err = f.Lookup(t.Root); err == nil {
		var below []tree.Process
		below, err = f.Descendants(t.Root)
		pids = []int{t.Root}
		for _, p := range below {
			pids = append(pids, p.PID)
		}
	}
	if err != nil && !gone(err) {
		return nil, fmt.Errorf("list the processes of %s: %w", t, err)
	}
	if err != nil || len(pids) == 0 {
		return nil, fmt.Errorf("list the processes of %s: %w: all of them have ended", t, syscall.ESRCH)
	}
	return pids, nil
}

// String returns the tree as messages name it.
func (t Tree) String() string {
	if dir := t.group(); dir != "" {
		return "process " + strconv.Itoa(t.Root) + " (cgroup " + dir + ")"
	}
	return "process " + strconv.Itoa(t.Root)
}
