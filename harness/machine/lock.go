package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/joust-bench/joust/results/files"
)

// Two kinds of jousts measure on a machine. A comparison is alone: it holds the
// measuring lock from before its wait for loads until its end. A load holds a file
// of its own and waits while a comparison holds the lock: so a comparison that
// waits meets no new loads.
const (
	// measuringLock is the file that one comparison at a time locks.
	measuringLock = "joust-measuring.lock"
	// loadLocks matches the files that loads lock, one each.
	loadLocks = "joust-load-*.lock"
)

// lockPoll is the pause between two tries of a waiting joust. A wait in the kernel
// would not end with its context.
const lockPoll = 100 * time.Millisecond

// Lock takes the machine-wide measuring lock for a comparison: two jousts that
// measure at once measure each other. While another comparison or a load measures,
// Lock waits and calls waiting with that process, again whenever it is another one.
// The lock ends with unlock or with the process.
func Lock(ctx context.Context, waiting func(holder *files.HeldError)) (unlock func() error, err error) {
	return lockIn(ctx, os.TempDir(), waiting)
}

// lockIn takes the lock in the folder, which all users of the machine share.
func lockIn(ctx context.Context, dir string, waiting func(holder *files.HeldError)) (unlock func() error, err error) {
	path := filepath.Join(dir, measuringLock)
	var lock *files.Lock
	w := waiter{wanted: "the measuring lock " + path, waiting: waiting}
	err = w.wait(ctx, func() (*files.HeldError, error) {
		var err error
		lock, err = files.TryLock(path, 0o666)
		var held *files.HeldError
		if err == nil || errors.As(err, &held) {
			return held, nil
		}
		return nil, leftover(path, err)
	})
	if err != nil {
		return nil, err
	}
	err = w.wait(ctx, func() (*files.HeldError, error) {
		if all := loads(dir, ""); len(all) > 0 {
			return all[0], nil
		}
		return nil, nil
	})
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return lock.Release, nil
}

// leftover returns an error about a file of the locks, with the way out.
func leftover(path string, err error) error {
	return fmt.Errorf("take the measuring lock: %w; remove %s if it is a leftover, or set TMPDIR to a folder that can be written", err, path)
}

// waiter waits for other processes.
type waiter struct {
	// wanted names in errors what the process waits for.
	wanted  string
	waiting func(holder *files.HeldError)
	// reported is the last process that waiting was called with.
	reported string
}

// wait returns when try finds no process to wait for.
func (w *waiter) wait(ctx context.Context, try func() (*files.HeldError, error)) error {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for {
		held, err := try()
		if err != nil || held == nil {
			return err
		}
		if held.Owner != w.reported && w.waiting != nil {
			w.reported = held.Owner
			w.waiting(held)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("take %s: waiting for %s: %w", w.wanted, held.Owner, ctx.Err())
		case <-ticker.C:
		}
	}
}
