package clock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// SleepUntil returns at the instant, to within some 0.1 ms, or earlier with an
// error when ctx ends. A timer of the runtime may fire a millisecond late, and many
// short sleeps cost CPU time: a timer of the kernel wakes the goroutine once, in
// time.
func SleepUntil(ctx context.Context, at int64) error {
	for ctx.Err() == nil && Until(at) > 0 {
		if err := alarm(ctx, at); err != nil && ctx.Err() == nil {
			return fmt.Errorf("waiting for an instant: %w", err)
		}
	}
	return context.Cause(ctx)
}

// alarm waits for one timer of the kernel, or for the end of ctx.
func alarm(ctx context.Context, at int64) (err error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return err
	}
	timer := os.NewFile(uintptr(fd), "timer")
	defer func() { err = errors.Join(err, timer.Close()) }()
	when := unix.ItimerSpec{Value: unix.NsecToTimespec(at)}
	if err := unix.TimerfdSettime(fd, unix.TFD_TIMER_ABSTIME, &when, nil); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = timer.SetReadDeadline(time.Unix(1, 0)) })()
	var expirations [8]byte
	_, err = timer.Read(expirations[:])
	return err
}
