package cli

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// Signals within half a second of the first are the same stop.
func TestStopsAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// at are the times of the signals after the first.
		at   []time.Duration
		want bool
	}{
		"none":             {nil, false},
		"at once":          {[]time.Duration{0, 0, 0}, false},
		"just before":      {[]time.Duration{sameStop - 1}, false},
		"half a second":    {[]time.Duration{sameStop}, true},
		"at once and late": {[]time.Duration{0, sameStop}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal)
				go func() {
					defer close(signals)
					began := time.Now()
					for _, at := range c.at {
						time.Sleep(at - time.Since(began))
						signals <- os.Interrupt
					}
				}()
				if got := stopsAgain(signals); got != c.want {
					t.Errorf("stops again: %v", got)
				}
			})
		})
	}
}
