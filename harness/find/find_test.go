package find_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/find"
	"github.com/joust-bench/joust/harness/knee"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// run makes a search whose steps have the outcomes that judge returns.
func run(t interface{ Fatalf(string, ...any) }, s find.Settings, judge func(find.Step) metric.Outcome) (answer results.CapacityAnswer, asked []find.Step) {
	search := find.New(s)
	for {
		step, ok := search.Next()
		if !ok {
			return search.Answer(), asked
		}
		if end := search.Answer().End; end != "" {
			t.Fatalf("the search has ended (%s) and asks for %+v", end, step)
		}
		if len(asked) == find.MostSteps {
			t.Fatalf("the search has not ended after %v", asked)
		}
		asked = append(asked, step)
		search.Note(judge(step))
	}
}

// settings draws those of a search.
func settings(t *rapid.T) find.Settings {
	s := find.Settings{
		Of:     rapid.SampledFrom([]results.Sought{results.SoughtUsers, results.SoughtRate, results.SoughtConnections}).Draw(t, "of"),
		Factor: rapid.Float64Range(1.5, 10).Draw(t, "factor"),
	}
	s.From = math.Ceil(math.Exp(rapid.Float64Range(0, 8).Draw(t, "log from")))
	s.To = math.Ceil(s.From * math.Exp(rapid.Float64Range(0, 8).Draw(t, "log reach")))
	return s
}

// most is the number of steps that a search of a server without noise takes at most: the
// growth, the first miss once more, the bisection, and the confirmation.
func most(s find.Settings) int {
	growth := math.Ceil(math.Log(s.To/s.From)/math.Log(s.Factor)) + 1
	bisection := math.Ceil(math.Log2(math.Log(s.Factor)/math.Log(knee.Resolution))) + 1
	return int(growth+bisection) + 2
}

// keeps answers for a server that keeps the conditions up to a load.
func keeps(truth float64) func(find.Step) metric.Outcome {
	return func(step find.Step) metric.Outcome {
		if step.At <= truth {
			return metric.Kept
		}
		return metric.Broken
	}
}

// A search of a server without noise finds its capacity to the resolution, or to one user
// or connection.
func TestTheCapacityIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := settings(t)
		truth := s.From * math.Exp(rapid.Float64Range(-1, 9).Draw(t, "log truth"))
		answer, asked := run(t, s, keeps(truth))
		if len(asked) > most(s) {
			t.Fatalf("%d steps, at most %d are needed: %v", len(asked), most(s), asked)
		}
		if answer.BrokenBelow != nil || answer.KeptAbove != nil {
			t.Fatalf("a server without noise contradicts itself: %+v", answer)
		}
		switch {
		case truth < s.From:
			if answer.End != results.EndFirst || answer.Kept != nil || answer.Missed.Value() != s.From || answer.AtLeast || len(asked) != 2 {
				t.Fatalf("nothing keeps it: %+v after %v", answer, asked)
			}
		case truth >= s.To:
			if answer.End != results.EndCeiling || answer.Kept.Value() != s.To || answer.Missed != nil || !answer.AtLeast || !answer.Confirmed {
				t.Fatalf("everything keeps it: %+v after %v", answer, asked)
			}
		default:
			kept, missed := answer.Kept.Value(), answer.Missed.Value()
			near := missed <= kept*knee.Resolution || s.Of.Whole() && missed == kept+1
			if answer.End != results.EndBracketed || kept > truth || missed <= truth || !near || answer.AtLeast || !answer.Confirmed {
				t.Fatalf("the truth is %v: %+v after %v", truth, answer, asked)
			}
		}
		for _, step := range asked {
			if step.At < s.From || step.At > s.To || s.Of.Whole() && step.At != math.Trunc(step.At) {
				t.Fatalf("%+v is asked for, from %v to %v", step, s.From, s.To)
			}
		}
	})
}

// Whatever a server does, the search ends. Its answer was kept, below one that was not.
func TestASearchEndsWithAnyOutcomes(t *testing.T) {
	t.Parallel()
	outcomes := []metric.Outcome{metric.Kept, metric.Broken, metric.NotMeasured, metric.NotTold}
	rapid.Check(t, func(t *rapid.T) {
		kept, notKept := map[float64]int{}, map[float64]int{}
		answer, asked := run(t, settings(t), func(step find.Step) metric.Outcome {
			o := rapid.SampledFrom(outcomes).Draw(t, "outcome")
			if o == metric.Kept {
				kept[step.At]++
			} else {
				notKept[step.At]++
			}
			return o
		})
		if answer.End == "" || len(asked) == 0 {
			t.Fatalf("%+v after %v", answer, asked)
		}
		if k := answer.Kept; k != nil && kept[k.Value()] == 0 || answer.Confirmed && kept[answer.Kept.Value()] < 2 && asked[len(asked)-1].At != answer.Kept.Value() {
			t.Fatalf("%+v was not kept in %v", answer, asked)
		}
		if m := answer.Missed; m != nil && (notKept[m.Value()] == 0 || answer.Kept != nil && answer.Kept.Value() >= m.Value()) {
			t.Fatalf("%+v has no bracket in %v", answer, asked)
		}
		if b := answer.BrokenBelow; b != nil && (notKept[b.Value()] == 0 || kept[answer.KeptAbove.Value()] == 0 || b.Value() > answer.KeptAbove.Value()) {
			t.Fatalf("%+v names no contradiction in %v", answer, asked)
		}
	})
}

// A step that cannot be told is asked for once more, and bounds the answer from below.
func TestWhatCannotBeToldIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := find.Settings{Of: results.SoughtUsers, From: 10, To: 10_000, Factor: 2}
	asked := map[float64]int{}
	answer, _ := run(t, s, func(step find.Step) metric.Outcome {
		asked[step.At]++
		switch {
		case step.At <= 100:
			return metric.Kept
		case step.At <= 150:
			return metric.NotTold
		}
		return metric.Broken
	})
	if answer.Kept.Users > 100 || answer.Kept.Users*103 < 100*100 || !answer.AtLeast || !answer.Confirmed || answer.BrokenBelow != nil {
		t.Errorf("100 users keep it, and from 151 on it is broken: %+v", answer)
	}
	if n := asked[answer.Missed.Value()]; n != 2 {
		t.Errorf("%v was asked for %d times", answer.Missed, n)
	}
}

func TestTheFirstStepCannotBeTold(t *testing.T) {
	t.Parallel()
	answer, asked := run(t, find.Settings{Of: results.SoughtRate, From: 100, To: 1000, Factor: 2}, func(find.Step) metric.Outcome { return metric.NotTold })
	if answer.End != results.EndFirst || answer.Kept != nil || answer.AtLeast || len(asked) != 2 || !asked[1].Again {
		t.Errorf("%+v after %v", answer, asked)
	}
}

// One disturbed step while the load grows does not hide the greater loads, and the answer
// says that the steps contradict each other.
func TestOneDisturbedStep(t *testing.T) {
	t.Parallel()
	s := find.Settings{Of: results.SoughtConnections, From: 10, To: 10_000, Factor: 2}
	answer, _ := run(t, s, func(step find.Step) metric.Outcome {
		if step.At == 40 && !step.Again {
			return metric.Broken
		}
		return keeps(500)(step)
	})
	if answer.Kept.Connections < 485 || answer.BrokenBelow == nil || answer.BrokenBelow.Connections != 40 || answer.KeptAbove.Connections < 485 {
		t.Errorf("%+v", answer)
	}
}

// An answer that was kept by luck is replaced by a smaller load that is kept.
func TestTheConfirmationStepsDown(t *testing.T) {
	t.Parallel()
	s := find.Settings{Of: results.SoughtUsers, From: 10, To: 10_000, Factor: 2}
	lucky := func(truth float64) func(find.Step) metric.Outcome {
		return func(step find.Step) metric.Outcome {
			if step.Stage != results.StageConfirm {
				return keeps(500)(step)
			}
			return keeps(truth)(step)
		}
	}
	answer, _ := run(t, s, lucky(450))
	if answer.End != results.EndBracketed || !answer.Confirmed || answer.Kept.Users > 450 || answer.Kept.Users < 425 || answer.Missed.Users <= 450 || answer.KeptAbove == nil {
		t.Errorf("450 users are kept a second time: %+v", answer)
	}
	answer, _ = run(t, s, lucky(20))
	if answer.End != results.EndUnconfirmed || answer.Confirmed || answer.Kept.Users != 320 {
		t.Errorf("nothing near is kept a second time: %+v", answer)
	}
	s.To = 12
	answer, asked := run(t, s, lucky(0))
	if answer.End != results.EndUnconfirmed || answer.Kept != nil || asked[len(asked)-1].At < s.From {
		t.Errorf("not even the first is kept a second time: %+v after %v", answer, asked)
	}
}
