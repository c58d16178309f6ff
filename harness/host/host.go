// Package host starts programs under a keeper, pinned and owned as whole trees,
// and reads their usage between two instants. Servers under test and loader
// processes are started the same way.
package host

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/results"
)

// Host starts programs somewhere: as processes of this machine, or in
// containers (package container).
type Host interface {
	// Start starts the program under a keeper and returns when it runs; it
	// does not wait for readiness.
	Start(ctx context.Context, p Program) (Handle, error)
}

// Program is a program to start.
type Program struct {
	// Name is for messages and log names.
	Name string
	Argv []string
	// Env are NAME=VALUE, which win over the stated environment of package
	// surroundings. Nothing else of joust's own reaches the program.
	Env []string
	// Dir is the working directory, and the program's TMPDIR. Where it is empty
	// both are joust's.
	Dir string
	// CPUs pins the whole tree; empty leaves it alone.
	CPUs []int
	// Log receives standard output and error, at most LogCap bytes (the first
	// and last halves); with Pipes only standard error.
	Log    string
	LogCap int64
	// Pipes connects standard input and output to the Handle.
	Pipes bool
	// StopTimeout is the time between SIGTERM and SIGKILL.
	StopTimeout time.Duration
	// Container is set for a program in a container. Argv then holds arguments
	// for the image's program, and Dir and Pipes have no meaning.
	Container *Container
}

// Container holds the settings of a container.
type Container struct {
	// Image is the engine's id of an image that it has.
	Image string
	// User is "UID:GID" within the container; empty leaves it to the image.
	User string
	// Entrypoint replaces the image's program; empty leaves it.
	Entrypoint []string
	// Published is a port within the container that the engine publishes on
	// the loopback address as HostPort, over a bridge; 0 has the container
	// share this machine's network.
	Published, HostPort int
	// MemoryBytes is the memory limit; 0 is none.
	MemoryBytes int64
	// Mounts are files and folders of this machine that the container may read.
	Mounts []catalog.Mount
}

// Handle is a started program. All methods may be called from several
// goroutines.
type Handle interface {
	// PID is the program's first process.
	PID() int
	// Exited is closed when the first process has ended. Exit is valid then.
	Exited() <-chan struct{}
	Exit() Exit
	// Stdin and Stdout are nil unless Program.Pipes was set.
	Stdin() io.WriteCloser
	Stdout() io.Reader
	// LogTail returns the last lines of the log, at most n bytes.
	LogTail(n int) string
	// ResetPeak sets the kernel's memory peak back to the memory that is resident
	// now.
	ResetPeak() error
	// Memory returns the resident memory of the tree now, in bytes.
	Memory() (uint64, error)
	// Used returns the usage since the program started.
	Used() (sample.Used, error)
	// Usage reads the counters at t0 and at t1 (CLOCK_MONOTONIC nanoseconds)
	// and polls the timeline between them. It blocks until t1.
	Usage(ctx context.Context, t0, t1 int64, poll time.Duration) (results.Usage, error)
	// Surroundings returns the surroundings in which the program started; nil
	// where they are not known.
	Surroundings() *results.Surroundings
	// Stop ends the whole tree: SIGTERM, after StopTimeout SIGKILL, and waits
	// until the tree is gone. It may be called more than once.
	Stop(ctx context.Context) error
}

// Exit is how a program ended.
type Exit = keeper.Exit

// ErrNotLinux says that programs can be started and measured on Linux only.
var ErrNotLinux = errors.New("joust measures on Linux only: run it on a Linux machine; report, compare and list work here")

// LocalOptions are the settings of a Local. The zero value is ready to use.
type LocalOptions struct {
	// Keeper is the command that runs keeper.Main; empty takes this program
	// with the one argument "keep".
	Keeper []string
	// KeeperCPUs pins the keepers, away from the CPUs under test; empty gives them
	// the CPUs of joust.
	KeeperCPUs []int
	// NoCgroups starts programs without control groups of their own. Where joust
	// may not make any, none has one anyway.
	NoCgroups bool
}
