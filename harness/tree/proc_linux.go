package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Reader reads small files of /proc and of control groups with three system
// calls each into one buffer, which makes it cheap enough for measured windows.
// The zero value is ready to use, by one goroutine.
type Reader struct{ buf []byte }

// Read returns the file's content, which is valid until the next call.
func (r *Reader) Read(path string) ([]byte, error) {
	fd, err := retryInterrupted(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd) // nothing was written: closing cannot lose anything
	for n := 0; ; {
		if n == len(r.buf) {
			r.buf = append(r.buf, make([]byte, max(len(r.buf), 8<<10))...)
		}
		m, err := retryInterrupted(func() (int, error) { return unix.Read(fd, r.buf[n:]) })
		if err != nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if m == 0 {
			return r.buf[:n], nil
		}
		n += m
	}
}

func retryInterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// Lookup reads one process. The error wraps fs.ErrNotExist where there is none
// with that id.
func Lookup(pid int) (Process, error) { return new(Reader).Lookup(pid) }

// Lookup is like the function Lookup.
func (r *Reader) Lookup(pid int) (Process, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	text, err := r.Read(path)
	if errors.Is(err, unix.ESRCH) {
		// The process ended between open and read.
		err = fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return Process{}, fmt.Errorf("looking for process %d: %w", pid, err)
	}
	p, err := parseStat(text)
	if err != nil {
		return Process{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return p, nil
}

// Descendants returns the processes below root, parents before children and
// without root itself. Processes that have ended and were not reaped are
// included. gopsutil would fork a pgrep for every level.
func Descendants(root int) ([]Process, error) { return new(Reader).Descendants(root) }

// Descendants is like the function Descendants.
func (r *Reader) Descendants(root int) ([]Process, error) {
	pids, err := Numbers("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var all []Process
	for _, pid := range pids {
		p, err := r.Lookup(pid)
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

// Numbers lists the entries of a directory whose names are numbers, such as
// /proc with its processes and /proc/PID/task with its threads.
func Numbers(dir string) ([]int, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	numbers := make([]int, 0, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// Signal sends a signal to exactly this process, and not to a new one that got its
// id meanwhile. It is no error when the process has ended.
func (p Process) Signal(sig unix.Signal) error {
	send := func() error { return unix.Kill(p.PID, sig) }
	// The descriptor holds on to the process between the lookup and the signal.
	// Where the kernel or a sandbox has none, the lookup alone must do.
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

// AwaitEnd returns when the process has ended, or with an error when ctx ends.
func (p Process) AwaitEnd(ctx context.Context) error {
	const pause = 50 * time.Millisecond
	for {
		if alive, err := p.Owner().Alive(); err == nil && !alive {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Self returns this process as an owner.
func Self() (Owner, error) {
	p, err := Lookup(os.Getpid())
	if err != nil {
		return Owner{}, fmt.Errorf("finding this process's start time: %w", err)
	}
	return p.Owner(), nil
}

// Alive reports whether the owner still runs. A zombie does not.
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
