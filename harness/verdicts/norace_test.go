//go:build !race

package verdicts

// raced tells whether the race detector is on.
const raced = false
