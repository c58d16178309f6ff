package cells

import (
	"cmp"
	"math"
	"slices"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Searches are a server's searches for the highest rate that keeps the table's
// objective.
type Searches struct {
	Server results.Server
	// Candidates are rates before their confirmation, in req/s.
	Candidates []float64
	// Confirmed are the searches of the trials that confirmed a rate.
	Confirmed []*results.Search
	// NoRate are the reasons of searches in which every rate missed the objective,
	// Unclear those of searches that could not begin, or whose loader was late at
	// every rate, Refused those of confirmations in which no rate held, and Voids
	// those of void trials.
	NoRate, Unclear, Refused, Voids []string
	// Absent and Why say why there is no rate where no trial says so.
	Absent Absence
	Why    string
}

// Searches gathers the server's searches in the table.
func (s *Set) Searches(t results.PlanTable, server results.Server) *Searches {
	h := &Searches{Server: server}
	var u uncounted
	for i := range s.Run.Trials {
		trial := &s.Run.Trials[i]
		if trial.Server != server.Name || trial.Scenario != t.Scenario || trial.Protocol != t.Protocol || trial.Kind == results.TrialScout {
			continue
		}
		switch trial.State {
		case results.TrialOK:
			h.add(trial.Search, trial.Kind == results.TrialConfirm)
		case results.TrialVoid:
			h.Voids = append(h.Voids, reasonOf(trial))
		case results.TrialInterrupted:
			u.interrupted++
		}
	}
	h.Absent, h.Why = s.missing(t, server, h.Voids, u)
	return h
}

// add adds the search of one trial; confirms is true for the confirmation of a
// rate.
func (h *Searches) add(s *results.Search, confirms bool) {
	switch {
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

// over returns the median of the value over the confirming trials.
func (h *Searches) over(value func(*results.Search) (float64, bool)) stats.Estimate {
	var values []float64
	for _, s := range h.Confirmed {
		if x, ok := value(s); ok {
			values = append(values, x)
		}
	}
	return stats.Median(values)
}

// AtRate returns the median, over the confirming trials, of the value of the step
// at the confirmed rate.
func (h *Searches) AtRate(value func(*results.SearchStep) (float64, bool)) stats.Estimate {
	return h.over(func(s *results.Search) (float64, bool) {
		if step := s.Best(); step != nil {
			return value(step)
		}
		return 0, false
	})
}

// Rate returns the confirmed rate in req/s. It is a lower bound where searches
// that something else than the server ended could only raise it.
func (h *Searches) Rate() (e stats.Estimate, atLeast bool) {
	rate := func(s *results.Search) (float64, bool) { return *s.KeptRPS, true }
	e = h.over(rate)
	open := h.over(func(s *results.Search) (float64, bool) {
		if s.AtLeast {
			return math.MaxFloat64, true
		}
		return rate(s)
	})
	return e, open.Value != e.Value
}

// Stop says why the search whose rate is nearest to the median ended.
func (h *Searches) Stop() string {
	median, _ := h.Rate()
	distance := func(s *results.Search) float64 { return math.Abs(*s.KeptRPS - median.Value) }
	return slices.MinFunc(h.Confirmed, func(a, b *results.Search) int { return cmp.Compare(distance(a), distance(b)) }).Stop
}

// Lowered is the number of confirmed rates below their candidate.
func (h *Searches) Lowered() (n int) {
	for _, s := range h.Confirmed {
		if len(s.Steps) > 1 {
			n++
		}
	}
	return n
}
