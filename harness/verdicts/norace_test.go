//go:build !race

package verdicts

// raced reports whether the race detector is on.
const raced = false
