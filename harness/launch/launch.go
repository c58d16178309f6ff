// Package launch starts and ends the programs of a measurement: a server that has
// proved that it answers, a loader process, a foreign tool. Each side is pinned
// to its CPUs, and every program has a keeper.
package launch

import (
	"context"
	"path/filepath"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/profile"
	"github.com/joust-bench/joust/results"
)

const (
	// loopback is the address that servers bind.
	loopback = "127.0.0.1"
	// logCap bounds the log of a program's output, in bytes.
	logCap = 256 << 10
	// logTail is the size of a log's end in an error, in bytes.
	logTail = 2 << 10
	// closeLimit bounds the wait for a port to close behind a server.
	closeLimit = 10 * time.Second
	// stopTimeout is the time between SIGTERM and SIGKILL for loaders and for
	// joust's own programs.
	stopTimeout = time.Second
)

// Launcher starts servers and loaders. It may be copied.
type Launcher struct {
	Host host.Host
	// Containers starts servers with an image; nil where none has one.
	Containers host.Host
	// CPUs are those of each side; nothing is pinned where it is not Pinned.
	CPUs results.CPUSplit
	// LoaderArgv starts a loader process.
	LoaderArgv []string
	// Logs is the folder of the logs.
	Logs string
	// NoConformance leaves out the HTTP/1.1 battery of checks.
	NoConformance bool
	// Checking, where set, is called before a row, or the whole server, is checked.
	Checking func(what string)
	// Data is the folder of the data set.
	Data string
}

// Fixture is a server that can be started: its manifest and what was built for it. Or
// it runs already, and the manifest has its URL.
type Fixture struct {
	Manifest catalog.Manifest
	// Built is the program of a Go package, or the folder that a build made; empty
	// where there is nothing to build.
	Built string
	// Running samples a server that runs already; nil where that cannot be.
	// Trials do not stop it.
	Running host.Handle
	// RunningCPUs are the CPUs of that server, none where it may also use those of
	// the loader.
	RunningCPUs []int
	// Image is the engine's id of the image for a container; empty for a
	// process.
	Image string
	// Profile is captured of the server while it runs; nil for none.
	Profile *profile.Plan
	// Env are variables of the user, which win over the manifest's.
	Env map[string]string
}

// pinned returns the CPUs to pin to: none in a run without pinning.
func (l Launcher) pinned(cpus []int) []int {
	if !l.CPUs.Pinned {
		return nil
	}
	return cpus
}

// StartBeside starts a program of joust's own on the server's CPUs, with pipes
// to its standard input and output.
func (l Launcher) StartBeside(ctx context.Context, name string, argv []string) (host.Handle, error) {
	return l.piped(ctx, name, argv, l.CPUs.Server)
}

// piped starts a program with pipes on the CPUs of one side.
func (l Launcher) piped(ctx context.Context, name string, argv []string, cpus []int) (host.Handle, error) {
	return l.Host.Start(ctx, host.Program{
		Name: name, Argv: argv, CPUs: l.pinned(cpus), Pipes: true,
		Log: filepath.Join(l.Logs, name+".log"), LogCap: logCap, StopTimeout: stopTimeout,
	})
}
