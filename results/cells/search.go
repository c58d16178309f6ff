package cells

import (
	"cmp"
	"math"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Search is what a server's searches for the highest rate that keeps the table's
// objective found.
type Search struct {
	Server results.Server
	// Candidates are rates before their confirmation, in req/s.
	Candidates []float64
	// Confirmed are the searches of the trials that confirmed a rate.
	Confirmed []*results.Search
	// NoRate are the reasons of searches that found no rate, Unclear those of
	// searches that could not begin, or whose loader was late at every rate,
	// Refused those of confirmations that held none, Voids those of void trials.
	NoRate, Unclear, Refused, Voids []string
	// Absent and Why say why nothing was found where no trial says so.
	Absent Absence
	Why    string
}

// Search gathers the server's searches in the table.
func (s *Set) Search(t results.PlanTable, server results.Server) *Search {
	h := &Search{Server: server}
	interrupted := 0
	for i := range s.Run.Trials {
		trial := &s.Run.Trials[i]
		if trial.Server != server.Name || trial.Scenario != t.Scenario || trial.Protocol != t.Protocol || trial.Kind == results.TrialScout {
			continue
		}
		switch trial.State {
		case results.TrialOK:
			h.take(trial)
		case results.TrialVoid:
			h.Voids = append(h.Voids, cmp.Or(trial.Reason, noReason))
		case results.TrialInterrupted:
			interrupted++
		}
	}
	h.Absent, h.Why = s.missing(t, server, h.Voids, rest{interrupted: interrupted})
	return h
}

func (h *Search) take(trial *results.Trial) {
	s := trial.Search
	switch confirms := trial.Kind == results.TrialConfirm; {
	case s == nil:
	case s.KeptRPS == nil && confirms:
		h.Refused = append(h.Refused, s.Stop)
	case s.KeptRPS == nil && (len(s.Steps) == 0 || s.AtLeast):
		h.Unclear = append(h.Unclear, s.Stop)
	case s.KeptRPS == nil:
		h.NoRate = append(h.NoRate, s.Stop)
	case confirms:
		h.Confirmed = append(h.Confirmed, s)
	default:
		h.Candidates = append(h.Candidates, *s.KeptRPS)
	}
}

// over returns the median over the confirming trials of what value gives.
func (h *Search) over(value func(*results.Search) (float64, bool)) stats.Estimate {
	var values []float64
	for _, s := range h.Confirmed {
		if x, ok := value(s); ok {
			values = append(values, x)
		}
	}
	return stats.Median(values)
}

// AtKept returns the median over the confirming trials of what value gives for
// the step at the confirmed rate.
func (h *Search) AtKept(value func(*results.SearchStep) (float64, bool)) stats.Estimate {
	return h.over(func(s *results.Search) (float64, bool) {
		if step := s.Kept(); step != nil {
			return value(step)
		}
		return 0, false
	})
}

// Rate returns the confirmed rate in req/s; atLeast where the trials that
// something else than the server ended could only raise it.
func (h *Search) Rate() (e stats.Estimate, atLeast bool) {
	kept := func(s *results.Search) (float64, bool) { return *s.KeptRPS, true }
	e = h.over(kept)
	open := h.over(func(s *results.Search) (float64, bool) {
		if s.AtLeast {
			return math.MaxFloat64, true
		}
		return kept(s)
	})
	return e, open.Value != e.Value
}

// Stop is what stopped the search whose rate is nearest to the median.
func (h *Search) Stop() string {
	median, _ := h.Rate()
	best, stop := math.Inf(1), ""
	for _, s := range h.Confirmed {
		if d := math.Abs(*s.KeptRPS - median.Value); d < best {
			best, stop = d, s.Stop
		}
	}
	return stop
}

// Lowered is how many confirmations had to step down.
func (h *Search) Lowered() (n int) {
	for _, s := range h.Confirmed {
		if len(s.Steps) > 1 {
			n++
		}
	}
	return n
}
