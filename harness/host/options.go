package host

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrNotLinux says that programs can be started and measured on Linux only.
var ErrNotLinux = errors.New("joust measures on Linux only: run it on a Linux machine; report, compare and list work here")

// Options says how a Local starts programs. The zero value is ready to use.
type Options struct {
	// Keeper is the command that runs keeper.Main; empty takes this program
	// with the one argument "keep".
	Keeper []string
	// KeeperCPUs pins the keepers, away from the CPUs under test; empty leaves
	// them where joust runs.
	KeeperCPUs []int
	// NoCgroups starts programs without control groups of their own, as it
	// happens by itself where joust may not make any.
	NoCgroups bool
}

// SweepReport tells what a Sweep removed, as absolute paths.
type SweepReport struct {
	Cgroups  []string
	TempDirs []string
}

// tempRoot is where temporary folders of this user's jousts stand.
func tempRoot(uid string) string { return filepath.Join(os.TempDir(), "joust-"+uid) }
