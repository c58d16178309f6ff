// Package retry repeats the assertions of tests that a busy machine may break, and
// judges by the share of tries in which they held. It also lets tests that wait run at once.
package retry

import "testing"

const (
	// most is the greatest number of tries.
	most = 12
	// One try in share must hold.
	share = 4
)

// Often repeats try, which returns "" or the reason why it did not hold, until at
// least a quarter of the tries have held: on a quiet machine that is one try. It fails
// t as soon as a quarter of twelve tries is out of reach: an assertion that holds once
// in twenty tries must not pass by twenty tries.
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
