package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CgroupBase is the directory of this process's own control group, in which
// groups for trials are made. The error wraps ErrNoCgroup where there is none.
func CgroupBase() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("looking for the cgroup mount: %w", err)
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", fmt.Errorf("looking for this process's cgroup: %w", err)
	}
	return cgroupDir(string(mounts), string(own))
}

// Cgroup is the directory of one control group of version 2.
type Cgroup string

// MakeCgroup makes a control group with that name under this process's own.
func MakeCgroup(name string) (Cgroup, error) {
	base, err := CgroupBase()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", fmt.Errorf("making a control group: %w", err)
	}
	return Cgroup(dir), nil
}

// Kill sends SIGKILL to every process of the group and of those below it. It
// is no error when the group is gone.
func (c Cgroup) Kill() error {
	err := os.WriteFile(filepath.Join(string(c), "cgroup.kill"), []byte("1"), 0)
	if err == nil {
		return nil
	}
	if _, gone := os.Stat(string(c)); errors.Is(gone, fs.ErrNotExist) {
		return nil
	}
	// Kernels before 5.14 have no cgroup.kill.
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return c.killOneByOne()
	}
	return fmt.Errorf("killing control group %s: %w", c, err)
}

// killOneByOne kills what is listed now. What is forked meanwhile is left for
// the next call.
func (c Cgroup) killOneByOne() error {
	pids, err := c.PIDs()
	if err != nil {
		return err
	}
	var errs []error
	for _, pid := range pids {
		p, err := Lookup(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = p.Signal(unix.SIGKILL)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// PIDs lists the processes of the group and of those below it; none when the
// group is gone.
func (c Cgroup) PIDs() ([]int, error) {
	var pids []int
	err := c.walk(func(dir string) error {
		text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("listing control group %s: %w", dir, err)
		}
		for _, field := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				return fmt.Errorf("listing control group %s: %w", dir, err)
			}
			pids = append(pids, pid)
		}
		return nil
	})
	return pids, err
}

// Remove removes the group and those below it. The kernel refuses for a moment
// after the last process has ended, so it is tried until ctx ends. It is no
// error when the group is gone.
func (c Cgroup) Remove(ctx context.Context) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := c.removeOnce()
		if err == nil || !errors.Is(err, unix.EBUSY) {
			return err
		}
		select {
		case <-ctx.Done():
			pids, _ := c.PIDs()
			return fmt.Errorf("removing control group %s, which still holds processes %v: %w", c, pids, err)
		case <-time.After(wait):
		}
	}
}

func (c Cgroup) removeOnce() error {
	var dirs []string
	if err := c.walk(func(dir string) error { dirs = append(dirs, dir); return nil }); err != nil {
		return err
	}
	// Parents were listed before their children.
	for i := len(dirs) - 1; i >= 0; i-- {
		if err := unix.Rmdir(dirs[i]); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("removing control group %s: %w", dirs[i], err)
		}
	}
	return nil
}

// walk visits the group's directory and those below it, parents first.
func (c Cgroup) walk(visit func(dir string) error) error {
	return filepath.WalkDir(string(c), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("walking control group %s: %w", c, err)
		}
		if !d.IsDir() {
			return nil
		}
		return visit(path)
	})
}

// GroupsOf finds the control groups that a process is in.
func GroupsOf(pid int) (Groups, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Groups{}, fmt.Errorf("looking for the cgroup mounts: %w", err)
	}
	cgroup, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return Groups{}, fmt.Errorf("looking for the control groups of process %d: %w", pid, err)
	}
	g, err := parseGroups(string(mounts), string(cgroup))
	if err != nil {
		return Groups{}, fmt.Errorf("looking for the control groups of process %d: %w", pid, err)
	}
	return g, nil
}
