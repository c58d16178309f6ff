package cpuset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/tree"
)

const cpuDir = "sys/devices/system/cpu"

// Read finds the processors on which this process may run. joust calls it before
// it pins itself: the result holds only the process's affinity.
func Read() (Topology, error) {
	threads, err := tree.Numbers("/proc/self/task")
	if err != nil {
		return Topology{}, fmt.Errorf("read which processors joust may use: %w", err)
	}
	// A locked thread may be pinned, the first one too: the process may run where
	// any of its threads may.
	var allowed []int
	for _, tid := range threads {
		cpus, err := OfProcess(tid)
		if errors.Is(err, unix.ESRCH) { // it has ended meanwhile
			continue
		}
		if err != nil {
			return Topology{}, fmt.Errorf("read which processors joust may use: %w", err)
		}
		allowed = append(allowed, cpus...)
	}
	slices.Sort(allowed)
	return readFrom(os.DirFS("/"), slices.Compact(allowed))
}

// readFrom reads the topology of the allowed processors from a file tree in
// which sys is mounted. A machine without topology files has cores of one thread
// each.
func readFrom(root fs.FS, allowed []int) (Topology, error) {
	var t Topology
	for _, id := range allowed {
		dir := path.Join(cpuDir, "cpu"+strconv.Itoa(id))
		c := CPU{ID: id, Siblings: []int{id}}
		c.Package = readInt(root, path.Join(dir, "topology/physical_package_id"))
		c.Core = readInt(root, path.Join(dir, "topology/core_id"))
		list, err := fs.ReadFile(root, path.Join(dir, "topology/thread_siblings_list"))
		if err == nil {
			c.Siblings, err = Parse(string(list))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Topology{}, fmt.Errorf("read the threads of the core of processor %d: %w", id, err)
		}
		t.CPUs = append(t.CPUs, c)
	}
	for _, file := range []string{"cpu_capacity", "cpufreq/cpuinfo_max_freq"} {
		if setCapacities(root, t.CPUs, file) {
			break
		}
	}
	return t, nil
}

// setCapacities sets the speed of the cores from one file each. It reports whether
// all cores have the file; else they could not be compared.
func setCapacities(root fs.FS, cpus []CPU, file string) bool {
	capacities := make([]int, len(cpus))
	for i, c := range cpus {
		capacities[i] = readInt(root, path.Join(cpuDir, "cpu"+strconv.Itoa(c.ID), file))
		if capacities[i] < 0 {
			return false
		}
	}
	for i := range cpus {
		cpus[i].Capacity = capacities[i]
	}
	return true
}

// readInt returns the number in a file, -1 where there is none.
func readInt(root fs.FS, name string) int {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return -1
	}
	return n
}

// Pin keeps the calling thread on the processors. The caller holds the thread
// with runtime.LockOSThread.
func Pin(cpus []int) error {
	set, err := kernelSet(cpus)
	if err != nil {
		return err
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin a thread to processors %s: %w", Format(cpus), err)
	}
	return nil
}

// SetProcess keeps every thread of a process on the processors. Threads and
// processes that they start later inherit it.
func SetProcess(pid int, cpus []int) error {
	set, err := kernelSet(cpus)
	if err != nil {
		return err
	}
	// A thread that is born while the list is read may have inherited the old
	// set: the list is read again until it holds no new thread.
	done := make(map[int]bool)
	for fresh := true; fresh; {
		fresh = false
		threads, err := tree.Numbers("/proc/" + strconv.Itoa(pid) + "/task")
		for _, tid := range threads {
			if err != nil || done[tid] {
				continue
			}
			done[tid], fresh = true, true
			if failure := unix.SchedSetaffinity(tid, &set); failure != nil && failure != unix.ESRCH {
				err = fmt.Errorf("thread %d: %w", tid, failure)
			}
		}
		if err != nil {
			return fmt.Errorf("pin process %d to processors %s: %w", pid, Format(cpus), err)
		}
	}
	return nil
}

// kernelSet refuses numbers that the kernel would silently drop.
func kernelSet(cpus []int) (unix.CPUSet, error) {
	var set unix.CPUSet
	if len(cpus) == 0 {
		return set, errors.New("pin to processors: the list is empty")
	}
	for _, id := range cpus {
		if id < 0 || id > MaxID {
			return set, fmt.Errorf("pin to processors: number %d is outside of 0-%d", id, MaxID)
		}
		set.Set(id)
	}
	return set, nil
}

// OfProcess returns the processors on which the first thread of a process may
// run, ascending. 0 stands for the calling thread.
func OfProcess(pid int) ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(pid, &set); err != nil {
		return nil, fmt.Errorf("read the processors of process %d: %w", pid, err)
	}
	var cpus []int
	for id := range MaxID + 1 {
		if set.IsSet(id) {
			cpus = append(cpus, id)
		}
	}
	return cpus, nil
}
