package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results/files"
)

// LockEnv is the environment variable that names an inherited descriptor of
// the measuring lock. A process that has it counts as holding the lock.
const LockEnv = "JOUST_LOCK_FD"

// lockPoll is how often a waiting joust tries again. The lock is polled and
// not waited for in the kernel, so that the end of a context ends the wait.
const lockPoll = 100 * time.Millisecond

// Lock takes the machine-wide measuring lock: two jousts that measure at once
// measure each other. While another process holds it, Lock waits and calls
// waiting with that one's pid and command, again whenever the holder changes.
// The lock ends with unlock or with the process.
func Lock(ctx context.Context, waiting func(holder string)) (unlock func() error, err error) {
	if text := os.Getenv(LockEnv); text != "" {
		if err := inherited(text); err != nil {
			return nil, err
		}
		return func() error { return nil }, nil // it is the parent's to give up
	}
	lock, err := AcquireLock(ctx, waiting)
	if err != nil {
		return nil, err
	}
	return lock.Release, nil
}

// AcquireLock is Lock for a program that hands the lock to its children: its
// File as one of exec.Cmd's ExtraFiles, the number there in LockEnv. Children
// that have it lose the lock when the caller releases it.
func AcquireLock(ctx context.Context, waiting func(holder string)) (*files.Lock, error) {
	return lockAt(ctx, filepath.Join(os.TempDir(), "joust-measuring.lock"), waiting)
}

// lockAt takes the lock on the file, which all users of the machine share. It
// tries until it has the lock or ctx ends.
func lockAt(ctx context.Context, path string, waiting func(holder string)) (*files.Lock, error) {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	reported := ""
	for {
		lock, err := files.TryLock(path, 0o666)
		var held *files.HeldError
		if err != nil && !errors.As(err, &held) {
			return nil, fmt.Errorf("take the measuring lock: %w; remove %s if it is a leftover, or set TMPDIR to a folder that can be written", err, path)
		}
		if err == nil {
			return lock, nil
		}
		if held.Owner != reported && waiting != nil {
			reported = held.Owner
			waiting(held.Owner)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("take the measuring lock %s: waiting for %s: %w", path, held.Owner, ctx.Err())
		case <-ticker.C:
		}
	}
}

// inherited checks that the descriptor holds the lock. Locking what is held
// through the same open file does nothing; it fails when somebody else does
// hold it.
func inherited(text string) error {
	fd, err := strconv.Atoi(text)
	if err != nil || fd < 0 {
		return fmt.Errorf("%s=%q is not the number of a descriptor; unset it", LockEnv, text)
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("%s=%s is not a descriptor that holds the measuring lock: %w; unset it", LockEnv, text, err)
	}
	return nil
}
