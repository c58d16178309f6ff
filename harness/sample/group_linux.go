package sample

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/joust-bench/joust/results"
)

// groupCPU is the CPU time of a control group since it was made, in nanoseconds.
type groupCPU struct {
	source              string
	total, user, system int64
}

// groupCPU reads the CPU time of the tree's control group. See
// Documentation/admin-guide/cgroup-v1/cpuacct.rst of the kernel for version 1:
// its times are exact.
func (f *files) groupCPU(t Tree) (groupCPU, error) {
	if t.CPUAcctV1 == "" {
		path := filepath.Join(t.Unified, "cpu.stat")
		text, err := f.Read(path)
		if err != nil {
			return groupCPU{}, err
		}
		g, err := parseCPUStat(text)
		if err != nil {
			return groupCPU{}, fmt.Errorf("%s: %w", path, err)
		}
		return g, nil
	}
	g := groupCPU{source: SourceCPUAcct}
	var errs [3]error
	g.total, errs[0] = f.number(filepath.Join(t.CPUAcctV1, "cpuacct.usage"))
	g.user, errs[1] = f.number(filepath.Join(t.CPUAcctV1, "cpuacct.usage_user"))
	g.system, errs[2] = f.number(filepath.Join(t.CPUAcctV1, "cpuacct.usage_sys"))
	return g, cmp.Or(errs[:]...)
}

// parseCPUStat reads the cpu.stat file of a control group of version 2.
func parseCPUStat(text []byte) (groupCPU, error) {
	counters, err := parseNamed(text)
	if err != nil {
		return groupCPU{}, err
	}
	used, found := counters["usage_usec"]
	if !found {
		return groupCPU{}, errors.New("no usage_usec line")
	}
	return groupCPU{
		source: SourceCgroup, total: 1000 * used, user: 1000 * counters["user_usec"], system: 1000 * counters["system_usec"],
	}, nil
}

// number reads a file that holds one number.
func (f *files) number(path string) (int64, error) {
	text, err := f.Read(path)
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

// memoryDir returns the directory in which a memory controller counts the tree,
// empty where there can be none.
func (t Tree) memoryDir() string {
	if t.CPUAcctV1 != "" {
		return t.MemoryV1
	}
	return t.Unified
}

// split adds the kinds of memory that the tree's control group is charged for.
// They stay absent without a controller, and for a group that has ended.
func (t Tree) split(f *files, point *results.UsageSample) {
	dir := t.memoryDir()
	text, err := f.Read(dir + "/memory.stat") // without a group there is none
	if err != nil {
		return
	}
	counters, err := parseNamed(text)
	if err != nil {
		return
	}
	// Version 1 has the sums over the groups below under names of their own.
	anonymous, file := "anon", "file"
	if t.CPUAcctV1 != "" {
		anonymous, file = "total_rss", "total_cache"
		// Where nobody has limited sockets, nobody counts them either.
		peak, err := f.number(filepath.Join(dir, "memory.kmem.tcp.max_usage_in_bytes"))
		if err == nil && peak > 0 {
			if n, err := f.number(filepath.Join(dir, "memory.kmem.tcp.usage_in_bytes")); err == nil {
				counters["sock"] = n
			}
		}
	}
	amount := func(name string) *uint64 {
		if n, counted := counters[name]; counted && n >= 0 {
			return new(uint64(n))
		}
		return nil
	}
	point.AnonymousBytes, point.FileBytes, point.SocketBytes = amount(anonymous), amount(file), amount("sock")
}

// groupPeak returns the kernel's memory peak of the control group, nil where no
// memory controller counts it.
func (t Tree) groupPeak(f *files) *uint64 {
	file := "memory.peak"
	if t.CPUAcctV1 != "" {
		file = peakV1
	}
	n, err := f.number(t.memoryDir() + "/" + file) // without a group there is none
	if err != nil || n < 0 {
		return nil
	}
	return new(uint64(n))
}

// peakV1 holds the peak of version 1. Any text that is written there resets it.
const peakV1 = "memory.max_usage_in_bytes"

// resetGroupPeak resets the peak of a control group of version 1. The peak of
// version 2 counts from the container's start: only a reader that keeps its file
// open can reset it, and only since Linux 6.12.
func (t Tree) resetGroupPeak() error {
	if t.MemoryV1 == "" {
		return nil
	}
	err := os.WriteFile(filepath.Join(t.MemoryV1, peakV1), []byte("0"), 0)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil // without a reset it counts from the container's start
	}
	return fmt.Errorf("reset the memory peak of %s: %w", t, err)
}
