//go:build !linux

package clock

import "time"

func systemOffset(time.Time) int64 { return 1 }
