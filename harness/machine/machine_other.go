//go:build !linux

package machine

import (
	"context"
	"errors"
	"time"
)

// Spin is available on Linux only.
func Spin(context.Context, []int, int, time.Duration) (int64, error) {
	return 0, errors.New("timing a spin on chosen processors works on Linux only")
}

// Now returns nothing on this system.
func Now() State { return State{} }
