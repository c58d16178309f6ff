// Package cpuset reads the processors and their cores, divides them between
// server and loader, and pins threads and processes.
//
// A benchmark on one machine measures the pair of server and loader unless each
// has processors of its own. joust gives them by affinity and not by quota: quotas
// throttle, and runtimes size themselves wrongly under them.
package cpuset

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/joust-bench/joust/results"
)

// CPU is one logical processor.
type CPU struct {
	// ID is the kernel's number of the processor, from 0.
	ID int
	// Package is the number of the socket and Core that of the core within it,
	// -1 where it is not known.
	Package, Core int
	// Siblings are the processors of the same core, itself included. Empty
	// stands for a core of one thread.
	Siblings []int
	// Capacity compares the speed of cores within one machine, without a unit; 0
	// where it is not known.
	Capacity int
}

// Topology is the processors that may be used, by ascending ID.
type Topology struct {
	CPUs []CPU
}

// IDs returns the processors' numbers, ascending.
func (t Topology) IDs() []int {
	ids := make([]int, 0, len(t.CPUs))
	for _, c := range t.CPUs {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return ids
}

// String counts sockets, cores and threads, such as "1 socket, 4 cores, 8
// threads".
func (t Topology) String() string {
	sockets := make(map[int]bool)
	for _, c := range t.CPUs {
		sockets[c.Package] = true
	}
	cores := t.cores(t.IDs())
	kinds := make(map[int]bool)
	for _, c := range cores {
		kinds[c.capacity] = true
	}
	text := fmt.Sprintf("%s, %s, %s", results.Counted(len(sockets), "socket"), results.Counted(len(cores), "core"), results.Counted(len(t.CPUs), "thread"))
	if len(kinds) > 1 {
		text += fmt.Sprintf(", cores of %d speeds", len(kinds))
	}
	return text
}

// core holds the usable processors of one physical core.
type core struct {
	cpus     []int
	pkg      int
	capacity int
}

// cores groups the allowed processors by core, fastest and widest cores first,
// then by socket and number.
func (t Topology) cores(allowed []int) []core {
	var out []core
	done := make(map[int]bool)
	for _, c := range t.CPUs {
		if done[c.ID] || !slices.Contains(allowed, c.ID) {
			continue
		}
		one := core{pkg: c.Package, capacity: c.Capacity}
		for _, id := range append([]int{c.ID}, c.Siblings...) {
			if !done[id] && slices.Contains(allowed, id) {
				done[id] = true
				one.cpus = append(one.cpus, id)
			}
		}
		slices.Sort(one.cpus)
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b core) int {
		return cmp.Or(
			cmp.Compare(b.capacity, a.capacity),
			cmp.Compare(len(b.cpus), len(a.cpus)),
			cmp.Compare(a.pkg, b.pkg),
			cmp.Compare(a.cpus[0], b.cpus[0]),
		)
	})
	return out
}
