package host

import "errors"

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
