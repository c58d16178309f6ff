package keeper

import (
	"errors"
	"fmt"

	"github.com/joust-bench/joust/harness/cpuset"
)

// withAffinity runs f while the calling thread, which must be locked, may use
// only these CPUs. A process started by f inherits them; a runtime that sizes
// itself at its start then sees them.
func withAffinity(cpus []int, f func() error) error {
	before, err := cpuset.OfProcess(0)
	if err != nil {
		return err
	}
	if err := cpuset.Pin(cpus); err != nil {
		return fmt.Errorf("pinning the program: %w (are all of these CPUs online, and allowed by taskset and cpuset?)", err)
	}
	err = f()
	if back := cpuset.Pin(before); back != nil {
		err = errors.Join(err, fmt.Errorf("unpinning the keeper: %w", back))
	}
	return err
}
