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

// lockPoll is the pause between two tries of a waiting joust. A wait in the kernel
// would not end with its context.
const lockPoll = 100 * time.Millisecond

// Lock takes the machine-wide measuring lock: two jousts that measure at once
// measure each other. While another process holds it, Lock waits and calls
// waiting with that one's pid and command, again whenever the holder changes.
// The lock ends with unlock or with the process.
func Lock(ctx context.Context, waiting func(holder string)) (unlock func() error, err error) {
	return lockAt(ctx, filepath.Join(os.TempDir(), "joust-measuring.lock"), waiting)
}

// lockAt takes the lock on the file, which all users of the machine share.
func lockAt(ctx context.Context, path string, waiting func(holder string)) (unlock func() error, err error) {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	reported := ""
	for {
		lock, err := files.TryLock(path, 0o666)
		if err == nil {
			return lock.Release, nil
		}
		var held *files.HeldError
		if !errors.As(err, &held) {
			return nil, fmt.Errorf("take the measuring lock: %w; remove %s if it is a leftover, or set TMPDIR to a folder that can be written", err, path)
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
