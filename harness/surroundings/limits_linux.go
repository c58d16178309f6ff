package surroundings

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results"
)

// The soft limits that joust sets, where the hard ones are not lower.
const (
	// maxOpenFiles is the number of open files. Where the hard limit is far
	// beyond, some programs make tables of as many entries.
	maxOpenFiles = 1 << 20
	// stackBytes is the stack of a program's first thread, and by default that
	// of its other ones.
	stackBytes = 8 << 20
)

// Limit is one limit of setrlimit(2).
type Limit struct {
	// Name is as in results.Surroundings, such as "nofile".
	Name string
	// Soft and Hard are unlimited at unix.RLIM_INFINITY.
	Soft, Hard uint64

	resource int
}

// Limits returns the limits that joust sets for programs. Programs inherit all
// other limits from joust.
func Limits() ([]Limit, error) {
	limits := []Limit{
		{Name: "nofile", Soft: maxOpenFiles, resource: unix.RLIMIT_NOFILE},
		{Name: "core", Soft: 0, resource: unix.RLIMIT_CORE},
		{Name: "stack", Soft: stackBytes, resource: unix.RLIMIT_STACK},
	}
	for i := range limits {
		l := &limits[i]
		var own syscall.Rlimit
		if err := syscall.Getrlimit(l.resource, &own); err != nil {
			return nil, fmt.Errorf("reading the limit %s: %w", l.Name, err)
		}
		l.Hard = own.Max
		l.Soft = min(l.Soft, own.Max)
	}
	return limits, nil
}

// Note enters the limit into those of results.Surroundings.
func (l Limit) Note(limits map[string]string) {
	text := func(n uint64) string {
		if n == unix.RLIM_INFINITY {
			return "unlimited"
		}
		return strconv.FormatUint(n, 10)
	}
	limits[l.Name+" soft"], limits[l.Name+" hard"] = text(l.Soft), text(l.Hard)
}

// SetLimits sets the limits of this process. Its programs inherit them.
func SetLimits() error {
	limits, err := Limits()
	if err != nil {
		return err
	}
	for _, l := range limits {
		// Package syscall, and not unix: os/exec gives programs the limit of open
		// files that this process was started with, unless it knows of a new one.
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: l.Soft, Max: l.Hard}); err != nil {
			return fmt.Errorf("setting the limit %s to %d: %w", l.Name, l.Soft, err)
		}
	}
	return nil
}

// Read returns the umask, niceness and limits of a process. A fact that cannot be
// read is absent.
func Read(pid int) results.Surroundings {
	var s results.Surroundings
	dir := "/proc/" + strconv.Itoa(pid)
	if status, err := os.ReadFile(dir + "/status"); err == nil {
		s.Umask = umaskOf(string(status))
	}
	if limits, err := os.ReadFile(dir + "/limits"); err == nil {
		s.Limits = limitsOf(string(limits))
	}
	// The kernel returns 20 - niceness: no valid answer is negative.
	if priority, err := unix.Getpriority(unix.PRIO_PROCESS, pid); err == nil {
		s.Niceness = new(20 - priority)
	}
	return s
}

// umaskOf reads /proc/PID/status.
func umaskOf(status string) string {
	_, rest, found := strings.Cut(status, "\nUmask:\t")
	if !found {
		return "" // before Linux 4.7
	}
	umask, _, _ := strings.Cut(rest, "\n")
	return umask
}

// limitsOf reads /proc/PID/limits.
func limitsOf(text string) map[string]string {
	limits := map[string]string{}
	for _, known := range [][2]string{
		{"as", "Max address space"}, {"core", "Max core file size"}, {"memlock", "Max locked memory"},
		{"nofile", "Max open files"}, {"nproc", "Max processes"}, {"stack", "Max stack size"},
	} {
		_, rest, found := strings.Cut(text, "\n"+known[1])
		if values := strings.Fields(rest); found && len(values) > 1 {
			limits[known[0]+" soft"], limits[known[0]+" hard"] = values[0], values[1]
		}
	}
	return limits
}
