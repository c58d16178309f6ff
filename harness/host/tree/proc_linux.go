package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Lookup reads one process. The error wraps fs.ErrNotExist where there is none
// with that id.
func Lookup(pid int) (Process, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	text, err := os.ReadFile(path)
	if errors.Is(err, unix.ESRCH) {
		// The process ended between open and read.
		err = fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return Process{}, fmt.Errorf("looking for process %d: %w", pid, err)
	}
	p, err := parseStat(string(text))
	if err != nil {
		return Process{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return p, nil
}

// Descendants returns the processes below root, parents before children, root
// itself left out. Processes that have ended and were not reaped are included.
func Descendants(root int) ([]Process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var all []Process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		p, err := Lookup(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return below(root, all), nil
}

// Signal sends a signal to exactly this process: a new one that got its id
// meanwhile is left alone. It is no error when the process has ended.
func (p Process) Signal(sig unix.Signal) error {
	send := func() error { return unix.Kill(p.PID, sig) }
	// The descriptor holds on to the process between the look and the signal.
	// Where the kernel or a sandbox has none, the look alone must do.
	if fd, err := unix.PidfdOpen(p.PID, 0); err == nil {
		defer unix.Close(fd)
		send = func() error { return unix.PidfdSendSignal(fd, sig, nil, 0) }
	}
	now, err := Lookup(p.PID)
	if errors.Is(err, fs.ErrNotExist) || err == nil && now.Start != p.Start {
		return nil
	}
	if err != nil {
		return err
	}
	if err := send(); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("sending %s to process %d: %w", unix.SignalName(sig), p.PID, err)
	}
	return nil
}

// Self is this process as an owner.
func Self() (Owner, error) {
	p, err := Lookup(os.Getpid())
	if err != nil {
		return Owner{}, fmt.Errorf("finding this process's start time: %w", err)
	}
	return Owner{PID: p.PID, Start: p.Start}, nil
}

// Alive tells whether the owner still runs. A killed process that nobody has
// reaped yet does not.
func (o Owner) Alive() (bool, error) {
	p, err := Lookup(o.PID)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return p.Start == o.Start && !p.Ended(), nil
}
