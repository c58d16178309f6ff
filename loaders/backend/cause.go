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

// Error is the failure in the system's words.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the system's own error.
func (e *Error) Unwrap() error { return e.Err }

// ErrTimeout is why a read or a write of a lent stream fails that takes too long.
var ErrTimeout = os.ErrDeadlineExceeded

// CauseOf returns the cause that an error of a backend names. Any other error is a
// failure of the loader's own side.
func CauseOf(err error) results.Cause {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Cause
	}
	return results.CauseLocal
}

// ConnectError names why a connection could not be made.
func ConnectError(err error) error {
	cause := results.CauseConnect
	switch errnoOf(err) {
	case syscall.ECONNREFUSED, syscall.ENOENT:
		cause = results.CauseConnectRefused
	case syscall.ECONNRESET:
		cause = results.CauseConnectReset
	case syscall.ETIMEDOUT:
		cause = results.CauseConnectTimeout
	case syscall.EADDRNOTAVAIL:
		cause = results.CauseLocalPorts
	case syscall.EMFILE, syscall.ENFILE:
		cause = results.CauseLocalFiles
	case syscall.ENOBUFS, syscall.ENOMEM:
		cause = results.CauseLocal
	}
	return &Error{cause, err}
}

// ReadError names why a connection broke while it was read.
func ReadError(err error) error {
	cause := results.CauseRead
	switch errnoOf(err) {
	case syscall.ECONNRESET, syscall.EPIPE:
		cause = results.CauseReset
	case syscall.ETIMEDOUT:
		cause = results.CauseTimeout
	}
	return &Error{cause, err}
}

// WriteError names why a connection broke while it was written to.
func WriteError(err error) error {
	cause := results.CauseWrite
	switch errnoOf(err) {
	case syscall.ECONNRESET, syscall.EPIPE:
		cause = results.CauseReset
	}
	return &Error{cause, err}
}

func errnoOf(err error) syscall.Errno {
	errno, _ := errors.AsType[syscall.Errno](err)
	return errno
}
