// Package files has the rules for files that several processes use at once. A
// Lock gives a file one owner, which the file names. Replace changes a file from
// one whole content to the next.
package files

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

const (
	// nameReads is the number of times that TryLock reads the name of an owner that
	// has not written it yet, and nameWait the time between two reads.
	nameReads = 10
	nameWait  = 20 * time.Millisecond
	// mostName is the number of bytes of an owner's name that are read.
	mostName = 4 << 10
	// ownerForm is the form of an owner's name: its process ID, the time of the
	// lock, and its command line.
	ownerForm = "process %d, since %s: %s"
)

// ownerName matches a text in ownerForm.
var ownerName = regexp.MustCompile(`^process \d+, since (\S+): (.*)$`)

// Lock is a locked file with the name of its owner, this process. The lock
// ends with Release, with Remove, or with the process, even by kill -9.
// Programs that the process starts do not share it, unless they get File.
type Lock struct{ file *os.File }

// HeldError is the error of TryLock for a file that another process has locked.
type HeldError struct {
	// Owner is the text that the owner wrote into the file: its process ID, the
	// time of the lock and its command line. It has one line and no control
	// characters.
	Owner string
	// PID is the owner's process ID; 0 where this process sees none, as from
	// within another container.
	PID int
	// Since is the time of the lock and Command the owner's command line, as the
	// owner wrote them; both are zero where the text has another form.
	Since   time.Time
	Command string
}

func (e *HeldError) Error() string { return "another joust has it (" + e.Owner + ")" }

// Holder returns the process that has locked the file at path, nil where none has
// or there is no such file. It changes nothing.
func Holder(path string) (*HeldError, error) { return holder(path, false) }

// Clear removes the file at path unless a process has locked it: that one is
// returned. It is no error where there is no such file.
func Clear(path string) (*HeldError, error) { return holder(path, true) }

// holder looks for the owner of a file, and may remove a file without one.
func holder(path string, remove bool) (*HeldError, error) {
	// A pipe in the file's place would let an opener wait.
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, notFollowed(path, err)
	}
	defer file.Close() // it ends the lock; nothing was written
	err = flock(file, unix.LOCK_SH)
	var held *HeldError
	if errors.As(err, &held) {
		return held, nil
	}
	// Until Close nobody becomes the owner, so no owner loses the file.
	if err == nil && remove && isAt(path, file) {
		err = os.Remove(path)
	}
	return nil, err
}

// TryLock locks the file at path and writes this process's name into it. It
// does not wait for another owner but returns a *HeldError. It creates a missing
// file with the permissions perm, whatever the umask is, and refuses a symbolic
// link.
func TryLock(path string, perm fs.FileMode) (*Lock, error) {
	for read := 1; ; read++ {
		lock, err := try(path, perm)
		var held *HeldError
		// Between locking and writing, the file has no name, or that of an
		// earlier owner that was killed.
		if !errors.As(err, &held) || held.PID != 0 || read == nameReads {
			return lock, err
		}
		time.Sleep(nameWait)
	}
}

// Release ends the lock and leaves the file, empty.
func (l *Lock) Release() error {
	return errors.Join(l.file.Truncate(0), unix.Flock(int(l.file.Fd()), unix.LOCK_UN), l.file.Close())
}

// Remove ends the lock and removes the file.
func (l *Lock) Remove() error {
	// Removal comes first: after Release the file may be another owner's.
	return errors.Join(os.Remove(l.file.Name()), l.Release())
}

// try locks the file and reads the owner's name once.
func try(path string, perm fs.FileMode) (*Lock, error) {
	for {
		file, err := open(path, perm)
		if err != nil {
			return nil, err
		}
		err = flock(file, unix.LOCK_EX)
		// An owner may have removed the file after it was opened here.
		current := err == nil && isAt(path, file)
		if current {
			err = writeName(file)
		}
		if err == nil && current {
			return &Lock{file: file}, nil
		}
		file.Close() // nothing was written, or err says why not
		if err != nil {
			return nil, err
		}
	}
}

// open opens the file, or creates it where it is missing. O_CREAT on an existing
// file would fail: in a folder like /tmp the kernel refuses it for another user's
// file (fs.protected_regular), even to root.
func open(path string, perm fs.FileMode) (*os.File, error) {
	const flags = os.O_RDWR | unix.O_NOFOLLOW
	for {
		file, err := os.OpenFile(path, flags, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, notFollowed(path, err)
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

// notFollowed returns the error of opening path, in plain words for a symbolic link.
func notFollowed(path string, err error) error {
	if errors.Is(err, unix.ELOOP) {
		return fmt.Errorf("%s is a symbolic link, which is not followed: remove it", path)
	}
	return err
}

// flock locks an open file, how is LOCK_EX or LOCK_SH, or returns a *HeldError.
func flock(file *os.File, how int) error {
	for {
		switch err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB); err {
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

// writeName writes the new owner into the file, in the form that readOwner reads.
func writeName(file *os.File) error {
	name := fmt.Sprintf(ownerForm+"\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339), results.RedactedCommand(os.Args))
	_, err := file.WriteAt([]byte(name), 0)
	return errors.Join(file.Truncate(int64(len(name))), err)
}

// readOwner returns the owner that the file names. Anybody may have written the
// name: readOwner makes it safe to print and looks for its process.
func readOwner(file *os.File) *HeldError {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, mostName))
	if err != nil {
		text = nil
	}
	held := &HeldError{Owner: cmp.Or(strings.TrimSpace(table.OneLine(string(text))), "without a name")}
	var pid int
	if _, err := fmt.Sscanf(held.Owner, "process %d", &pid); err == nil && pid > 0 && isAlive(pid) {
		held.PID = pid
	}
	if parts := ownerName.FindStringSubmatch(held.Owner); parts != nil {
		if since, err := time.Parse(time.RFC3339, parts[1]); err == nil {
			held.Since, held.Command = since, parts[2]
		}
	}
	return held
}

// isAlive reports whether any user has a process with that ID.
func isAlive(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}
