// Package find searches for the capacity of a target: the greatest load that keeps given
// conditions. It names the load of each step, is told the outcome, and gives the answer.
// It is pure: it measures nothing and knows no clock.
package find

import (
	"cmp"
	"slices"

	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// MostSteps bounds the steps of a search, repeated ones included.
const MostSteps = 100

// Settings are the bounds of a search.
type Settings struct {
	Of results.Sought
	// From is the first load and To the greatest, 0 < From ≤ To: in req/s for a rate, else
	// whole numbers.
	From, To float64
	// Factor is the growth from step to step, above 1.
	Factor float64
}

// Step is one load to ask for.
type Step struct {
	At    float64
	Stage results.CapacityStage
	// Again is true where the load is that of the step before.
	Again bool
}

// Search is a search in progress. Its methods are called in turn: Next, Note, Next ...
//
// The load grows until a step does not keep the conditions, and lies between the ends of
// the bracket from then on. A step that cannot be told is asked for once more, and so is
// the first one that breaks the conditions: a disturbance in it would hide all greater
// loads. The answer is asked for once more at the end; where it is not kept again, smaller
// loads follow.
type Search struct {
	settings Settings
	bracket  *knee.Bisection
	// confirming is nil until the bracket has been found.
	confirming *knee.Confirmation
	again      bool
	steps      []noted
}

// noted is a step that has ended.
type noted struct {
	at      float64
	outcome metric.Outcome
}

// New begins a search.
func New(s Settings) *Search {
	rules := knee.RateRules()
	rules.Growth, rules.Whole, rules.Misses = s.Factor, s.Of.Whole(), 1
	return &Search{settings: s, bracket: knee.NewBisection(knee.Bounds{Start: s.From, Floor: s.From, Ceiling: s.To}, rules)}
}

// Next returns the load to ask for; ok is false when the search has ended.
func (s *Search) Next() (step Step, ok bool) {
	if s.confirming != nil {
		step.Stage = results.StageConfirm
		step.At, ok = s.confirming.Next()
	} else {
		step.Stage = results.StageGrow
		if _, missed := s.bracket.Bracket(); missed > 0 {
			step.Stage = results.StageBisect
		}
		step.At, ok = s.bracket.Next()
	}
	step.Again = s.again
	return step, ok && len(s.steps) < MostSteps
}

// Note records the outcome of the step that Next named.
func (s *Search) Note(o metric.Outcome) {
	step, _ := s.Next()
	s.steps = append(s.steps, noted{step.At, o})
	doubtful := o == metric.NotTold || o != metric.Kept && step.Stage == results.StageGrow
	if s.again = doubtful && !step.Again; s.again {
		return
	}
	if s.confirming != nil {
		s.confirming.Note(o == metric.Kept)
		return
	}
	s.bracket.Note(o == metric.Kept)
	if kept, _ := s.bracket.Bracket(); s.bracket.End() != knee.Searching && kept > 0 {
		s.confirming = knee.NewConfirmation(kept, s.settings.From, s.settings.Of.Whole())
	}
}

// Answer returns the answer so far. Its End is empty while the search goes on.
func (s *Search) Answer() results.CapacityAnswer {
	a := results.CapacityAnswer{End: s.end()}
	kept, missed, confirmed := s.found()
	a.Confirmed = confirmed
	a.Kept, a.Missed = s.level(kept), s.level(missed)
	a.AtLeast = kept > 0 && (a.End == results.EndCeiling || missed > 0 && s.last(missed) == metric.NotTold)
	broken, above := s.contradiction()
	a.BrokenBelow, a.KeptAbove = s.level(broken), s.level(above)
	return a
}

// level returns the level of a value, nil for 0.
func (s *Search) level(value float64) *results.Level {
	if value == 0 {
		return nil
	}
	return new(s.settings.Of.Level(value))
}

func (s *Search) end() results.CapacityEnd {
	if _, more := s.Next(); more {
		return ""
	}
	kept, _, confirmed := s.found()
	switch ended := s.bracket.End(); {
	case len(s.steps) >= MostSteps && !confirmed:
		return results.EndSteps
	case kept == 0 && s.confirming == nil:
		return results.EndFirst
	case !confirmed:
		return results.EndUnconfirmed
	case ended == knee.Ceiling && kept == s.settings.To:
		return results.EndCeiling
	}
	return results.EndBracketed
}

// found returns the greatest load that was kept and the smallest one that was not, 0 for
// none. A confirmation decides over the steps before it.
func (s *Search) found() (kept, missed float64, confirmed bool) {
	kept, missed = s.bracket.Bracket()
	if s.confirming == nil {
		return kept, missed, false
	}
	again, missedAgain := s.confirming.Bracket()
	missed = cmp.Or(missedAgain, missed)
	if again > 0 {
		return again, missed, true
	}
	kept = 0
	for _, step := range s.steps {
		if step.outcome == metric.Kept && (step.at < missed || missed == 0) {
			kept = max(kept, step.at)
		}
	}
	return kept, missed, false
}

// last returns the outcome of the last step at a load.
func (s *Search) last(at float64) (o metric.Outcome) {
	for _, step := range s.steps {
		if step.at == at {
			o = step.outcome
		}
	}
	return o
}

// contradiction returns the smallest load that broke the conditions and the greatest one
// that kept them, where that is as great or greater; 0 and 0 for none.
func (s *Search) contradiction() (broken, kept float64) {
	for _, step := range s.steps {
		if step.outcome == metric.Kept {
			kept = max(kept, step.at)
		}
	}
	below := slices.Clone(s.steps)
	below = slices.DeleteFunc(below, func(step noted) bool {
		return step.outcome == metric.Kept || step.outcome == metric.NotTold || step.at > kept
	})
	if len(below) == 0 {
		return 0, 0
	}
	return slices.MinFunc(below, func(a, b noted) int { return cmp.Compare(a.at, b.at) }).at, kept
}
