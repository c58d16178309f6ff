// Package verdicts proves results/judge: a battery of staged situations whose right
// verdict is known, each run for real through harness/run. It has tests only; "make
// verdicts" runs it many times.
package verdicts
