package cpuset

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const cpuDir = "sys/devices/system/cpu"

// Read finds the processors on which this process may run. It is to be called
// before joust pins itself, since what is outside of the process's affinity is
// left out.
func Read() (Topology, error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return Topology{}, fmt.Errorf("read which processors joust may use: %w", err)
	}
	// Any thread may have been pinned by whoever locked it, the first one too:
	// the process may run where any of them may.
	allowed := map[int]bool{}
	for _, thread := range threads {
		tid, err := strconv.Atoi(thread.Name())
		if err != nil {
			continue
		}
		var set unix.CPUSet
		switch err := unix.SchedGetaffinity(tid, &set); {
		case errors.Is(err, unix.ESRCH): // it has ended meanwhile
			continue
		case err != nil:
			return Topology{}, fmt.Errorf("read which processors joust may use: %w", err)
		}
		for id := 0; id <= MaxID; id++ {
			if set.IsSet(id) {
				allowed[id] = true
			}
		}
	}
	return readFrom(os.DirFS("/"), slices.Sorted(maps.Keys(allowed)))
}

// readFrom reads the topology of the allowed processors from a file tree in
// which sys is mounted. What the kernel does not tell is left out: a machine
// without topology files has cores of one thread each.
func readFrom(root fs.FS, allowed []int) (Topology, error) {
	var t Topology
	for _, id := range allowed {
		dir := path.Join(cpuDir, "cpu"+strconv.Itoa(id))
		c := CPU{ID: id, Package: -1, Core: -1, Siblings: []int{id}}
		if n, err := readInt(root, path.Join(dir, "topology/physical_package_id")); err == nil {
			c.Package = n
		}
		if n, err := readInt(root, path.Join(dir, "topology/core_id")); err == nil {
			c.Core = n
		}
		list, err := fs.ReadFile(root, path.Join(dir, "topology/thread_siblings_list"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Topology{}, fmt.Errorf("read the threads of the core of processor %d: %w", id, err)
		}
		if err == nil {
			if c.Siblings, err = Parse(string(list)); err != nil {
				return Topology{}, fmt.Errorf("read the threads of the core of processor %d: %w", id, err)
			}
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

// setCapacities takes the speed of the cores from one file; it must be there
// for all of them, or they could not be compared.
func setCapacities(root fs.FS, cpus []CPU, file string) bool {
	capacities := make([]int, len(cpus))
	for i, c := range cpus {
		n, err := readInt(root, path.Join(cpuDir, "cpu"+strconv.Itoa(c.ID), file))
		if err != nil {
			return false
		}
		capacities[i] = n
	}
	for i := range cpus {
		cpus[i].Capacity = capacities[i]
	}
	return true
}

func readInt(root fs.FS, name string) (int, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
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
	done := make(map[int]bool)
	// A thread that is born while the list is read may have inherited the old
	// set, so the list is read until it holds nobody new.
	for {
		fresh, err := setThreads(pid, &set, done)
		if err != nil {
			return fmt.Errorf("pin process %d to processors %s: %w", pid, Format(cpus), err)
		}
		if fresh == 0 {
			return nil
		}
	}
}

// setThreads pins the threads that are not done yet and counts them.
func setThreads(pid int, set *unix.CPUSet, done map[int]bool) (int, error) {
	entries, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		return 0, err
	}
	fresh := 0
	for _, entry := range entries {
		tid, err := strconv.Atoi(entry.Name())
		if err != nil || done[tid] {
			continue
		}
		done[tid] = true
		fresh++
		if err := unix.SchedSetaffinity(tid, set); err != nil && err != unix.ESRCH {
			return fresh, fmt.Errorf("thread %d: %w", tid, err)
		}
	}
	return fresh, nil
}

// kernelSet refuses what the kernel would silently leave out.
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

// OfProcess are the processors on which the first thread of a process may run,
// ascending.
func OfProcess(pid int) ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(pid, &set); err != nil {
		return nil, fmt.Errorf("read the processors of process %d: %w", pid, err)
	}
	var cpus []int
	for id, left := 0, set.Count(); left > 0; id++ {
		if set.IsSet(id) {
			cpus = append(cpus, id)
			left--
		}
	}
	return cpus, nil
}
