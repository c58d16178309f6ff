package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
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
	file, err := AcquireLock(ctx, waiting)
	if err != nil {
		return nil, err
	}
	return func() error { return ReleaseLock(file) }, nil
}

// AcquireLock is Lock for a program that hands the lock to its children: as
// one of exec.Cmd's ExtraFiles, its number there in LockEnv. The caller gives
// it up with ReleaseLock.
func AcquireLock(ctx context.Context, waiting func(holder string)) (*os.File, error) {
	return lockAt(ctx, filepath.Join(os.TempDir(), "joust-measuring.lock"), waiting)
}

// ReleaseLock gives up a lock from AcquireLock. Children that still have the
// descriptor lose the lock too.
func ReleaseLock(file *os.File) error {
	err := errors.Join(file.Truncate(0), unix.Flock(int(file.Fd()), unix.LOCK_UN), file.Close())
	if err != nil {
		return fmt.Errorf("give up the measuring lock: %w", err)
	}
	return nil
}

// lockAt takes the lock on the file.
func lockAt(ctx context.Context, path string, waiting func(holder string)) (*os.File, error) {
	file, err := openLock(path)
	if err != nil {
		return nil, fmt.Errorf("open the measuring lock: %w; remove %s if it is a leftover, or set TMPDIR to a folder that can be written", err, path)
	}
	if err := waitLock(ctx, file, waiting); err != nil {
		file.Close() // the first error is the one that matters
		return nil, fmt.Errorf("take the measuring lock %s: %w", path, err)
	}
	holder := fmt.Sprintf("process %d: %s\n", os.Getpid(), strings.Join(os.Args, " "))
	if err := errors.Join(file.Truncate(0), writeAt(file, holder)); err != nil {
		file.Close()
		return nil, fmt.Errorf("write who holds the measuring lock: %w", err)
	}
	return file, nil
}

// openLock opens the file that all users of the machine share. It is created
// only when missing: in a folder like /tmp the kernel refuses O_CREAT on
// another user's file (fs.protected_regular), even to root.
func openLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) { // another joust was faster
		return os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(0o666); err != nil { // the umask took the others' right away
		file.Close()
		return nil, err
	}
	return file, nil
}

// waitLock tries until it has the lock or ctx ends.
func waitLock(ctx context.Context, file *os.File, waiting func(holder string)) error {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	told, unnamed := "", 0
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case err == unix.EINTR:
			continue
		case err != unix.EWOULDBLOCK:
			return err
		}
		holder := readHolder(file)
		if holder == "" { // for a moment at the beginning and end of a hold
			unnamed++
			holder = "another joust"
		} else {
			unnamed = 0
		}
		if unnamed != 1 && holder != told && waiting != nil {
			told = holder
			waiting(holder)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", holder, ctx.Err())
		case <-ticker.C:
		}
	}
}

// readHolder is who wrote the file, empty when nobody did.
func readHolder(file *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 4<<10))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
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
