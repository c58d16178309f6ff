package cells

import (
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
)

// Equal is a server that was entered twice: what differs from 1 in the ratio of its peaks is
// noise.
type Equal struct {
	// Name is "copy ÷ original".
	Name string
	stats.Ratio
	// N is the smaller number of trials.
	N int
}

// Equal returns the ratio of a copy's peak to that of its original in the table; ok is false
// where the server is no copy, or one of both has no peak.
func (s *Set) Equal(t results.PlanTable, duplicate results.Server) (e Equal, ok bool) {
	original := s.Run.Server(duplicate.PlaceboOf)
	if duplicate.PlaceboOf == "" || original == nil {
		return e, false
	}
	a, b := s.Closed(t, *original), s.Closed(t, duplicate)
	x, y := a.Values(a.Work), b.Values(b.Work)
	r, ok := stats.HodgesLehmann(x, y)
	return Equal{duplicate.Name + " ÷ " + original.Name, r, min(len(x), len(y))}, ok
}
