package source

import (
	"testing"

	"pgregory.net/rapid"
)

// The shares of an alias table are the weights, exactly.
func TestAliases(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		weights := rapid.SliceOfN(rapid.Uint64Range(1, 1_000_000), 1, 300).Draw(rt, "weights")
		total := uint64(0)
		for _, w := range weights {
			total += w
		}
		shares := make([]uint64, len(weights))
		for i, c := range aliases(weights, total) {
			own := min(c.share, total)
			shares[i] += own
			shares[c.other] += total - own
		}
		for i, w := range weights {
			if shares[i] != w*uint64(len(weights)) {
				rt.Fatalf("request %d of weight %d has %d of %d", i, w, shares[i], total*uint64(len(weights)))
			}
		}
	})
}
