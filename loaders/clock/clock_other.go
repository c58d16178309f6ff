//go:build !linux

package clock

import (
	"context"
	"time"
)

func systemOffset(time.Time) int64 { return 1 }

// SleepUntil returns at the instant, or earlier with an error when ctx ends.
func SleepUntil(ctx context.Context, at int64) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
