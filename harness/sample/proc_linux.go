package sample

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// files reads small files of /proc and of cgroups with three system calls each
// and one buffer for all, so that sampling costs little inside a window. What
// it returns is valid until the next read. It is not for several goroutines.
type files struct{ buf []byte }

func newFiles() *files { return &files{buf: make([]byte, 8<<10)} }

// read returns the file's content.
func (f *files) read(path string) ([]byte, error) {
	fd, err := retryInterrupted(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd) // nothing was written: closing cannot lose anything
	n := 0
	for {
		if n == len(f.buf) {
			f.buf = append(f.buf, make([]byte, len(f.buf))...)
		}
		m, err := retryInterrupted(func() (int, error) { return unix.Read(fd, f.buf[n:]) })
		if err != nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if m == 0 {
			return f.buf[:n], nil
		}
		n += m
	}
}

func retryInterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// gone tells the errors of a process that has ended from all others.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

func (f *files) stat(pid int) (procStat, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	text, err := f.read(path)
	if err != nil {
		return procStat{}, err
	}
	return parseStat(text)
}

func (f *files) status(pid int) (procStatus, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/status"
	text, err := f.read(path)
	if err != nil {
		return procStatus{}, err
	}
	return parseStatus(text)
}

// pids lists the processes of the tree now, at least one.
func (t Tree) pids(f *files) ([]int, error) {
	var pids []int
	var err error
	if dir := t.group(); dir != "" {
		pids, err = groupPIDs(f, dir)
	} else {
		pids, err = descendants(f, t.Root)
	}
	if err != nil {
		return nil, fmt.Errorf("list the processes of %s: %w", t, err)
	}
	if len(pids) == 0 {
		return nil, fmt.Errorf("list the processes of %s: %w: all of them have ended", t, syscall.ESRCH)
	}
	return pids, nil
}

// String names the tree in messages.
func (t Tree) String() string {
	if dir := t.group(); dir != "" {
		return "process " + strconv.Itoa(t.Root) + " (cgroup " + dir + ")"
	}
	return "process " + strconv.Itoa(t.Root)
}

// groupPIDs lists the processes in a cgroup and in those below it.
func groupPIDs(f *files, dir string) ([]int, error) {
	var pids []int
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path != dir && gone(err) {
				return nil // a cgroup below was removed meanwhile
			}
			return err
		}
		if !entry.IsDir() {
			return nil
		}
		text, err := f.read(filepath.Join(path, "cgroup.procs"))
		if err != nil {
			if path != dir && (gone(err) || errors.Is(err, syscall.ENODEV)) {
				return nil
			}
			return err
		}
		for field := range strings.FieldsSeq(string(text)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				return fmt.Errorf("%s/cgroup.procs: %w", path, err)
			}
			if pid > 0 { // 0 stands for a process of another pid namespace
				pids = append(pids, pid)
			}
		}
		return nil
	})
	return pids, err
}

// descendants walks the parents of all processes. gopsutil would fork a pgrep
// for every level, which costs more than what is measured.
func descendants(f *files, root int) ([]int, error) {
	all, err := numbers("/proc")
	if err != nil {
		return nil, err
	}
	children := make(map[int][]int)
	alive := false
	for _, pid := range all {
		s, err := f.stat(pid)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		alive = alive || pid == root
		children[s.ppid] = append(children[s.ppid], pid)
	}
	if !alive {
		return nil, nil
	}
	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	slices.Sort(tree)
	return tree, nil
}

// numbers lists the entries of a directory whose names are numbers.
func numbers(dir string) ([]int, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	out := make([]int, 0, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			out = append(out, n)
		}
	}
	return out, nil
}
