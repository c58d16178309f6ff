// Package files holds the rules for files that several processes may want at
// once. A Lock gives a file one owner, which is named in it. Replace changes a
// file from one whole content to the next.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results/table"
)

const (
	// nameReads is how often TryLock reads the name of an owner that has not
	// written it yet, and nameWait the time between two reads.
	nameReads = 10
	nameWait  = 20 * time.Millisecond
	// mostName is how many bytes of an owner's name are read.
	mostName = 4 << 10
)

// Lock is a locked file with the name of its owner, this process. The lock
// ends with Release, with Remove, or with the process, even by kill -9.
// Programs that the process starts have no part in it, unless they are handed
// File.
type Lock struct{ file *os.File }

// HeldError is the error of TryLock for a file that another process has locked.
type HeldError struct {
	// Owner is what the owner wrote into the file: its process ID, the time of
	// the lock and its command line. It has one line and no control characters.
	Owner string
	// PID is the owner's process ID; 0 where no such process is seen here, as
	// from within another container.
	PID int
}

func (e *HeldError) Error() string { return "another joust has it (" + e.Owner + ")" }

// TryLock locks the file at path and writes this process's name into it. It
// does not wait for another owner: that one is returned as a *HeldError. A
// missing file is made with the permissions of perm, whatever the umask is. A
// symbolic link is refused.
func TryLock(path string, perm fs.FileMode) (*Lock, error) {
	for read := 1; ; read++ {
		lock, err := try(path, perm)
		var held *HeldError
		// Between locking and writing, an owner has no name, or that of an
		// owner before it which was killed.
		if !errors.As(err, &held) || held.PID != 0 || read == nameReads {
			return lock, err
		}
		time.Sleep(nameWait)
	}
}

// File is the locked file. A child process that is handed it has a share in the
// lock, until Release.
func (l *Lock) File() *os.File { return l.file }

// Release gives the lock up and leaves the file, empty.
func (l *Lock) Release() error {
	return errors.Join(l.file.Truncate(0), unix.Flock(int(l.file.Fd()), unix.LOCK_UN), l.file.Close())
}

// Remove gives the lock up and removes the file.
func (l *Lock) Remove() error {
	// Removed while it is locked: afterwards it may be another's.
	err := os.Remove(l.file.Name())
	return errors.Join(err, l.Release())
}

// try is TryLock with the owner's name as it is at this moment.
func try(path string, perm fs.FileMode) (*Lock, error) {
	for {
		file, err := open(path, perm)
		if err != nil {
			return nil, err
		}
		err = flock(file)
		if err == nil && !isAt(path, file) {
			// Its owner removed it after it was opened here.
			err = file.Close()
			if err == nil {
				continue
			}
		}
		if err == nil {
			err = writeName(file)
		}
		if err != nil {
			file.Close() // the first error is the one that matters
			return nil, err
		}
		return &Lock{file: file}, nil
	}
}

// open opens the file, and makes it where it is missing. It is created only
// then: in a folder like /tmp the kernel refuses O_CREAT on another user's file
// (fs.protected_regular), even to root.
func open(path string, perm fs.FileMode) (*os.File, error) {
	const flags = os.O_RDWR | unix.O_NOFOLLOW
	for {
		file, err := os.OpenFile(path, flags, 0)
		if errors.Is(err, unix.ELOOP) {
			return nil, fmt.Errorf("%s is a symbolic link, which is not followed: remove it", path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
		file, err = os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue // another process was faster
		}
		if err != nil {
			return nil, err
		}
		if err := file.Chmod(perm); err != nil { // the umask took rights away
			file.Close()
			return nil, err
		}
		return file, nil
	}
}

// flock locks an open file, or returns a *HeldError.
func flock(file *os.File) error {
	for {
		switch err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
		case nil:
			return nil
		case unix.EINTR:
		case unix.EWOULDBLOCK:
			return readOwner(file)
		default:
			return &fs.PathError{Op: "lock", Path: file.Name(), Err: err}
		}
	}
}

// isAt reports whether path still names the open file.
func isAt(path string, file *os.File) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, there)
}

// writeName writes who owns the file from now on, in the form that readOwner
// reads.
func writeName(file *os.File) error {
	name := fmt.Sprintf("process %d, since %s: %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339), strings.Join(os.Args, " "))
	_, err := file.WriteAt([]byte(name), 0)
	return errors.Join(file.Truncate(int64(len(name))), err)
}

// readOwner returns the owner that is named in the file. Anybody may have
// written that name: it is made safe to print, and its process is looked for.
func readOwner(file *os.File) *HeldError {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, mostName))
	if err != nil {
		text = nil
	}
	held := &HeldError{Owner: strings.TrimSpace(table.OneLine(string(text)))}
	if held.Owner == "" {
		held.Owner = "without a name"
	}
	var pid int
	if _, err := fmt.Sscanf(held.Owner, "process %d", &pid); err == nil && pid > 0 && isAlive(pid) {
		held.PID = pid
	}
	return held
}

// isAlive reports whether there is a process of that ID, whoever's it is.
func isAlive(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}
