// Package verdicts is the proof of harness/judge: a battery of staged
// situations, each run for real through harness/run, of which the right verdict
// is known before. It has tests only; "make verdicts" runs it many times.
package verdicts
