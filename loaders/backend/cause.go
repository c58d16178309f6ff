package backend

import (
	"errors"
	"os"
	"syscall"

	"github.com/joust-bench/joust/results"
)

// Error is a failure of a connection with its cause.
type Error struct {
	Cause results.Cause
	Err   error
}

// Error returns the failure in the system's words.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the system's own error.
func (e *Error) Unwrap() error { return e.Err }

// ErrTimeout ends a read or a write of a lent stream that takes too long.
var ErrTimeout = os.ErrDeadlineExceeded

// CauseOf returns the cause that an error of a backend names. Any other error is a
// failure of the loader's own side.
func CauseOf(err error) results.Cause {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Cause
	}
	return results.CauseLocal
}

// ConnectError names the cause for which a connection could not be made.
func ConnectError(err error) error {
	switch errnoOf(err) {
	case syscall.ECONNREFUSED, syscall.ENOENT:
		return &Error{results.CauseConnectRefused, err}
	case syscall.ECONNRESET:
		return &Error{results.CauseConnectReset, err}
	case syscall.ETIMEDOUT:
		return &Error{results.CauseConnectTimeout, err}
	case syscall.EADDRNOTAVAIL:
		return &Error{results.CauseLocalPorts, err}
	case syscall.EMFILE, syscall.ENFILE:
		return &Error{results.CauseLocalFiles, err}
	case syscall.ENOBUFS, syscall.ENOMEM:
		return &Error{results.CauseLocal, err}
	}
	return &Error{results.CauseConnect, err}
}

// ReadError names the cause for which a connection broke while it was read.
func ReadError(err error) error {
	if errnoOf(err) == syscall.ETIMEDOUT {
		return &Error{results.CauseTimeout, err}
	}
	return broken(err, results.CauseRead)
}

// WriteError names the cause for which a connection broke while it was written to.
func WriteError(err error) error { return broken(err, results.CauseWrite) }

// broken names a reset where the error is one, and else the other cause.
func broken(err error, other results.Cause) error {
	switch errnoOf(err) {
	case syscall.ECONNRESET, syscall.EPIPE:
		other = results.CauseReset
	}
	return &Error{other, err}
}

func errnoOf(err error) syscall.Errno {
	errno, _ := errors.AsType[syscall.Errno](err)
	return errno
}
