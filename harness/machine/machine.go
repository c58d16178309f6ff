// Package machine knows the facts on which numbers depend besides the servers:
// the host, the joust that measures, the limits on connections, and the locks that
// let one comparison, or several loads, measure on this machine at a time.
package machine

import (
	"net"
	"os"
	"runtime"

	"github.com/shirou/gopsutil/v3/mem"

	"github.com/joust-bench/joust/results"
)

// Facts describes this machine. A fact that cannot be read is empty: it must not
// prevent a run.
func Facts() results.Host {
	h := results.Host{OS: runtime.GOOS, CPUs: runtime.NumCPU(), LoopbackMTU: loopbackMTU(), Limits: fileLimits()}
	if name, err := os.Hostname(); err == nil {
		h.Hostname = name
	}
	if memory, err := mem.VirtualMemory(); err == nil {
		h.MemoryBytes = memory.Total
	}
	system(&h)
	return h
}

// loopbackMTU returns bytes, 0 when there is no loopback interface.
func loopbackMTU() int {
	interfaces, err := net.Interfaces()
	if err != nil {
		return 0
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 {
			return i.MTU
		}
	}
	return 0
}
