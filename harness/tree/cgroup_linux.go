package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// groupsTexts returns the texts that name the mounts of control groups and the
// groups of a process: "self", or the number of one.
func groupsTexts(process string) (mountinfo, cgroup string, err error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", "", fmt.Errorf("looking for the cgroup mounts: %w", err)
	}
	own, err := os.ReadFile("/proc/" + process + "/cgroup")
	if err != nil {
		return "", "", fmt.Errorf("looking for the control groups of process %s: %w", process, err)
	}
	return string(mounts), string(own), nil
}

// CgroupBase returns the directory of this process's own control group, in which
// groups for trials are made. The error wraps ErrNoCgroup where there is none.
func CgroupBase() (string, error) {
	mountinfo, cgroup, err := groupsTexts("self")
	if err != nil {
		return "", err
	}
	return cgroupDir(mountinfo, cgroup)
}

// GroupsOf finds the control groups that a process is in.
func GroupsOf(pid int) (Groups, error) {
	mountinfo, cgroup, err := groupsTexts(strconv.Itoa(pid))
	if err != nil {
		return Groups{}, err
	}
	return parseGroups(mountinfo, cgroup), nil
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

// killOneByOne kills the processes that the group holds now. One that is forked
// meanwhile remains for the next call.
func (c Cgroup) killOneByOne() error {
	pids, err := c.PIDs()
	if err != nil {
		return err
	}
	var errs []error
	for _, pid := range pids {
		p, err := Lookup(pid)
		if err == nil {
			err = p.Signal(unix.SIGKILL)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// PIDs lists the processes of the group and of those below it; none when the
// group is gone.
func (c Cgroup) PIDs() ([]int, error) { return new(Reader).PIDs(c) }

// PIDs is like Cgroup.PIDs.
func (r *Reader) PIDs(c Cgroup) ([]int, error) {
	dirs, err := c.dirs()
	var pids []int
	for _, dir := range dirs {
		text, readErr := r.Read(filepath.Join(dir, "cgroup.procs"))
		if readErr != nil && !removed(readErr) {
			return pids, fmt.Errorf("listing control group %s: %w", dir, readErr)
		}
		for field := range strings.FieldsSeq(string(text)) {
			// 0 stands for a process of another namespace.
			if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
				pids = append(pids, pid)
			}
		}
	}
	return pids, err
}

// End kills the processes of the group and of those below it, and removes the
// groups. Processes may fork meanwhile, and the kernel refuses the removal for a
// moment after the last has ended: End tries until ctx ends. It is no error when
// the group is gone.
func (c Cgroup) End(ctx context.Context) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := c.Kill()
		if err == nil {
			err = c.remove()
		}
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

// remove removes the group and those below it, which must be empty.
func (c Cgroup) remove() error {
	dirs, err := c.dirs()
	if err != nil {
		return err
	}
	// Parents were listed before their children.
	for _, dir := range slices.Backward(dirs) {
		if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("removing control group %s: %w", dir, err)
		}
	}
	return nil
}

// dirs lists the group's directory and those below it, parents first.
func (c Cgroup) dirs() (dirs []string, err error) {
	err = filepath.WalkDir(string(c), func(path string, d fs.DirEntry, err error) error {
		switch {
		case removed(err):
			return nil
		case err != nil:
			return fmt.Errorf("walking control group %s: %w", c, err)
		case d.IsDir():
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs, err
}

// removed reports whether the error is that of a group that was removed.
func removed(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) }
