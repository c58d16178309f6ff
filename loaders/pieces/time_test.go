package pieces

import (
	"testing"
	"time"
)

// The text is that of the standard library, in whatever order instants come.
func TestTime(t *testing.T) {
	t.Parallel()
	var v Values
	start := time.Date(2026, 2, 28, 23, 59, 58, 999_999_999, time.FixedZone("", 3600))
	for _, after := range []time.Duration{0, 1, 999, 1001, time.Second, time.Second + time.Millisecond, time.Hour, -time.Hour, 0} {
		at := start.Add(after)
		want := at.UTC().Format("2006-01-02T15:04:05.000000Z07:00")
		if got := string(v.time(nil, at)); got != want {
			t.Errorf("%v is %s, want %s", at, got, want)
		}
	}
}
