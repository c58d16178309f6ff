package session

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A long build shows its first line at once, and then one line in five seconds.
func TestLinesOfLongBuildsArePaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		o := &Opener{Say: func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }}
		show := o.paced()
		for second := range 12 {
			show("second %d", second)
			time.Sleep(time.Second)
		}
		if want := []string{"second 0", "second 6"}; !slices.Equal(lines, want) {
			t.Errorf("%q, want %q", lines, want)
		}
	})
}
