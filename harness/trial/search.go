package trial

import (
	"fmt"
	"time"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/judge"
)

// searchStart is the share of the closed loop's peak at which a search for a
// rate starts.
const searchStart = 0.25

// seeker decides the next rate of a search or of a confirmation.
type seeker interface {
	Next() (rate float64, ok bool)
	Note(kept bool)
	Bracket() (kept, missed float64)
}

var (
	_ seeker = (*knee.Bisection)(nil)
	_ seeker = (*knee.Confirmation)(nil)
)

// hunt is the search of one trial for the highest rate that keeps the table's
// objective.
type hunt struct {
	seeker seeker
	// loaderCeiling is true when what the loader can pace bounds the search.
	loaderCeiling bool
	// ended says why there is no search, or no further step; empty while the
	// seeker decides.
	ended string
	// asked is the step that runs now; nil between steps.
	asked *asking
	steps []results.SearchStep
	// confirms is what a confirmation is about.
	confirms Found
}

type asking struct {
	phase  string
	rate   float64
	window time.Duration
}

// searchStep notes how the last step went and decides the next.
func (r *rates) searchStep(phase string) loaders.Adjustment {
	if r.hunt == nil {
		r.hunt = r.newHunt()
	}
	r.settle()
	h := r.hunt
	if h.ended != "" {
		return loaders.Adjustment{Phase: phase, Skip: h.ended}
	}
	rate, ok := h.seeker.Next()
	if !ok {
		return loaders.Adjustment{Phase: phase, Skip: "the search has ended"}
	}
	window, ok := plan.SearchWindow(r.trial, rate)
	if !ok {
		h.ended = tooSlow(r.trial, rate)
		return loaders.Adjustment{Phase: phase, Skip: h.ended}
	}
	h.asked = &asking{phase: phase, rate: rate, window: window}
	return loaders.Adjustment{Phase: phase, RateRPS: rate, Duration: window}
}

// tooSlow says that a window at the rate has too few requests.
func tooSlow(t plan.Trial, rate float64) string {
	o, samples := t.Table.Objective, plan.SamplesFor(t.Table.Objective.Quantile)
	return fmt.Sprintf("%s takes %.0f requests a window: at %.0f req/s that is %.1f s, more than the %v allowed; ask for longer windows with --duration",
		o.Percentile, samples, rate, samples/rate, plan.LongestWindow(t))
}

// newHunt begins the search around the peak of this trial's closed loop, or the
// confirmation of the rate that another trial found.
func (r *rates) newHunt() *hunt {
	h := &hunt{}
	if r.trial.Kind == results.TrialConfirm {
		h.confirms = r.Found
		h.seeker = knee.NewConfirmation(h.confirms.RateRPS)
		return h
	}
	ceiling, most := r.peak*plan.MaxFraction, judge.MostPaced(r.Plan.Limits(), r.cost, r.threads)
	if most < ceiling {
		ceiling, h.loaderCeiling = most, true
	}
	bounds, ok := knee.BoundsAround(r.peak*searchStart, plan.LeastRate(r.trial), ceiling)
	switch {
	case ok:
		h.seeker = knee.NewBisection(bounds)
	case r.peak <= 0:
		h.ended = "there is no peak to start from: the closed loop completed nothing"
	default:
		h.ended = tooSlow(r.trial, ceiling)
	}
	return h
}

// settle judges the step that has ended, if there is one, and tells the seeker.
func (r *rates) settle() {
	h, p := r.hunt, r.last
	if h.asked == nil || p == nil || p.Name != h.asked.phase {
		return
	}
	m := r.judge(p, h.asked.window)
	o := *r.trial.Table.Objective
	k := judge.Objective(r.Plan.Limits(), o, plan.LeastSamples(o.Quantile), p, m.Verdict)
	h.steps = append(h.steps, results.SearchStep{
		RateRPS: h.asked.rate, Kept: k.Kept, Why: k.Why, Loader: k.Loader,
		LatencyNS: k.LatencyNS, Achieved: k.Achieved, Seen: *m,
	})
	h.seeker.Note(k.Kept)
	h.asked = nil
}

// result puts what the search found and why it stopped into words.
func (h *hunt) result() *results.Search {
	out := &results.Search{Steps: h.steps, Stop: h.ended}
	if h.seeker == nil {
		return out
	}
	kept, missed := h.seeker.Bracket()
	if kept > 0 {
		out.KeptRPS = &kept
	}
	search, searching := h.seeker.(*knee.Bisection)
	step := h.lastAt(missed)
	switch {
	case h.ended != "":
	case searching && search.End() == knee.Ceiling && h.loaderCeiling:
		out.Stop, out.AtLeast = "beyond the loader, which can pace no more here", true
	case searching && search.End() == knee.Ceiling:
		out.Stop, out.AtLeast = fmt.Sprintf("no more than %g × the closed loop's peak is asked for", plan.MaxFraction), true
	case step != nil:
		out.Stop, out.AtLeast = fmt.Sprintf("at %.0f req/s %s", missed, step.Why), step.Loader
	case !searching && kept > 0:
		out.Stop, out.AtLeast = h.confirms.Stop, h.confirms.AtLeast
	default:
		out.Stop = "the trial ended before its search"
	}
	return out
}

// lastAt is the last step at a rate; nil for none.
func (h *hunt) lastAt(rate float64) *results.SearchStep {
	for i := len(h.steps) - 1; i >= 0; i-- {
		if h.steps[i].RateRPS == rate {
			return &h.steps[i]
		}
	}
	return nil
}
