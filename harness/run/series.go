package run

import (
	"context"
	"time"
)

// Series is Execute with an order that is decided while the run goes on: after
// the checks, next names one trial after another, until it is false. It finds
// what the last trial came to with the Observer, and what the checks found in
// the servers of Run. Planned is the time that all trials may take.
func (r *Runner) Series(ctx context.Context, planned time.Duration, next func() (Progress, bool)) error {
	return r.whole(ctx, func(ctx context.Context) error {
		r.repeats = newRepeats(planned, r.RepeatBudget)
		begun := false
		for ctx.Err() == nil {
			p, more := next()
			if !more {
				return nil
			}
			if !begun && p.Trial.Block > 0 {
				begun = true
				if err := r.fixCommonRates(p.Trial.Block); err != nil {
					return err
				}
			}
			r.Observer.TrialBegins(p)
			if err := r.measure(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
}
