//go:build race

package verdicts

// raced tells that the race detector is on.
const raced = true
