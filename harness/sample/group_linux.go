package sample

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/joust-bench/joust/results"
)

// groupV1 reads the CPU counters of control groups of version 1. See
// Documentation/admin-guide/cgroup-v1/cpuacct.rst of the kernel: usage is
// exact, in nanoseconds.
func (f *files) groupV1(g GroupsV1) (groupStat, error) {
	s := groupStat{source: SourceCPUAcct}
	for _, counter := range []struct {
		file string
		into *int64
	}{{"cpuacct.usage", &s.usage}, {"cpuacct.usage_user", &s.user}, {"cpuacct.usage_sys", &s.system}} {
		n, err := f.number(filepath.Join(g.CPUAcct, counter.file))
		if err != nil {
			return groupStat{}, err
		}
		*counter.into = n
	}
	return s, nil
}

// number reads a file that holds one number.
func (f *files) number(path string) (int64, error) {
	text, err := f.read(path)
	if err != nil {
		return 0, err
	}
	n, err := parseInt(bytes.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// parseNamed reads lines of a name and a number.
func parseNamed(text []byte) (map[string]int64, error) {
	counters := make(map[string]int64)
	for line := range bytes.Lines(text) {
		name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		if !ok {
			continue
		}
		n, err := parseInt(bytes.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", clip(line), err)
		}
		counters[string(name)] = n
	}
	return counters, nil
}

// memoryDir is the directory in which a memory controller tells of the tree,
// empty where there can be none.
func (t Tree) memoryDir() string {
	if t.V1 != nil {
		return t.V1.Memory
	}
	return t.Cgroup
}

// split adds what the tree's control group is charged for. A controller that
// is not there, or a group that has ended, leaves it absent.
func (t Tree) split(f *files, point *results.UsageSample) {
	dir := t.memoryDir()
	if dir == "" {
		return
	}
	text, err := f.read(filepath.Join(dir, "memory.stat"))
	if err != nil {
		return
	}
	counters, err := parseNamed(text)
	if err != nil {
		return
	}
	// Of version 1 the sums over the groups below are wanted.
	anonymous, file := "anon", "file"
	if t.V1 != nil {
		anonymous, file = "total_rss", "total_cache"
		// Where nobody has limited sockets, nobody counts them either.
		peak, err := f.number(filepath.Join(dir, "memory.kmem.tcp.max_usage_in_bytes"))
		if err == nil && peak > 0 {
			if n, err := f.number(filepath.Join(dir, "memory.kmem.tcp.usage_in_bytes")); err == nil {
				counters["sock"] = n
			}
		}
	}
	point.AnonymousBytes = amount(counters, anonymous)
	point.FileBytes = amount(counters, file)
	point.SocketBytes = amount(counters, "sock")
}

// amount is a counter of bytes, nil where it is absent.
func amount(counters map[string]int64, name string) *uint64 {
	n, ok := counters[name]
	if !ok || n < 0 {
		return nil
	}
	bytes := uint64(n)
	return &bytes
}

// groupPeak is the kernel's memory peak of the control group, nil where no
// memory controller tells it.
func (t Tree) groupPeak(f *files) *uint64 {
	dir, file := t.memoryDir(), "memory.peak"
	if t.V1 != nil {
		file = peakV1
	}
	if dir == "" {
		return nil
	}
	n, err := f.number(filepath.Join(dir, file))
	if err != nil {
		return nil
	}
	return amount(map[string]int64{file: n}, file)
}

// peakV1 holds the peak of version 1; whatever is written there resets it.
const peakV1 = "memory.max_usage_in_bytes"

// resetGroupPeak resets the peak of a control group of version 1. That of
// version 2 can be reset only for the reader that keeps its file open, and
// only since Linux 6.12: it counts from the container's start.
func (t Tree) resetGroupPeak() error {
	if t.V1 == nil || t.V1.Memory == "" {
		return nil
	}
	err := os.WriteFile(filepath.Join(t.V1.Memory, peakV1), []byte("0"), 0)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // who may not reset it reads it since the container's start
	}
	return fmt.Errorf("reset the memory peak of %s: %w", t, err)
}
