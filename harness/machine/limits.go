package machine

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// reservedFiles is the number of descriptors that a loader needs besides its
// connections: standard streams, event queues, timers, the runtime's own.
const reservedFiles = 64

// portRangeFile holds the first and last port of outgoing connections.
const portRangeFile = "/proc/sys/net/ipv4/ip_local_port_range"

// RaiseNoFile raises this process's limit on open files to the greatest that is
// allowed without privileges. Processes that joust starts afterwards inherit it;
// otherwise Go would give them joust's own lower limit.
func RaiseNoFile() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit on open files: %w", err)
	}
	was := limit.Cur
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raise the limit on open files from %d to %d (ulimit -n): %w", was, limit.Max, err)
	}
	return nil
}

// MaxConnections returns the number of connections to one address that a process
// of joust can hold open after RaiseNoFile. The reason names the limit and the
// command that raises it.
func MaxConnections() (n int, reason string) {
	files := uint64(math.MaxInt64)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		files = uint64(limit.Max)
	}
	ports := math.MaxInt
	if first, last, err := PortRange(); err == nil {
		ports = last - first + 1
	}
	return maxConnections(files, ports)
}

// Room raises the limit on open files and returns an error where that many
// connections are not possible even so. The error names the limit and the command that
// raises it.
func Room(connections int) error {
	if err := RaiseNoFile(); err != nil {
		return err
	}
	if limit, reason := MaxConnections(); connections > limit {
		return fmt.Errorf("%d connections are possible here: %s", limit, reason)
	}
	return nil
}

// maxConnections returns the smaller number of those that files and ports allow.
func maxConnections(files uint64, ports int) (int, string) {
	byFiles := 0
	if files > reservedFiles {
		byFiles = int(min(files-reservedFiles, math.MaxInt))
	}
	if byFiles <= ports {
		return byFiles, fmt.Sprintf("a process may open %d files, and joust keeps %d for itself; "+
			"raise the limit of this shell with: sudo prlimit --pid $$ --nofile=1048576:1048576", files, reservedFiles)
	}
	return ports, fmt.Sprintf("net.ipv4.ip_local_port_range leaves %d ports for connections to one address; "+
		"widen it with: sudo sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"", ports)
}

// PortRange returns the first and last port of outgoing connections, both
// included.
func PortRange() (first, last int, err error) {
	text, err := os.ReadFile(portRangeFile)
	if err != nil {
		return 0, 0, err
	}
	return parsePortRange(string(text))
}

func parsePortRange(text string) (first, last int, err error) {
	var ports [2]uint16
	if n, err := fmt.Sscan(text, &ports[0], &ports[1]); err != nil || n != len(strings.Fields(text)) {
		return 0, 0, fmt.Errorf("range of ports %q: two numbers expected", text)
	}
	if ports[1] < ports[0] {
		return 0, 0, fmt.Errorf("range of ports %q goes backwards", text)
	}
	return int(ports[0]), int(ports[1]), nil
}

// fileLimits returns the limits on open files for results.Host.
func fileLimits() map[string]string {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil
	}
	return map[string]string{
		"nofile soft": strconv.FormatUint(uint64(limit.Cur), 10),
		"nofile hard": strconv.FormatUint(uint64(limit.Max), 10),
	}
}
