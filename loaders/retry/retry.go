// Package retry repeats in tests what a busy machine may break, and judges by
// how often it held.
package retry

import "testing"

const (
	// most is how often something is tried.
	most = 12
	// share of the tries, one in that many, must hold.
	share = 4
)

// Often repeats try, which returns why it did not hold, or nothing, until it has
// held in at least a quarter of the tries so far: on a quiet machine that is one
// try. It fails t as soon as a quarter of twelve tries is out of reach. So what
// holds once in twenty tries does not pass by being tried twenty times.
func Often(t testing.TB, try func() (why string)) {
	t.Helper()
	held, last := 0, ""
	for tries := 1; ; tries++ {
		if why := try(); why == "" {
			held++
		} else {
			last = why
		}
		if held*share >= tries {
			return
		}
		if (held+most-tries)*share < most {
			t.Fatalf("held in %d of %d tries, less than a quarter: %s", held, tries, last)
		}
		t.Logf("held in %d of %d tries: %s", held, tries, last)
	}
}
