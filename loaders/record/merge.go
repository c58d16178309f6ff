package record

import (
	"cmp"
	"maps"

	"github.com/joust-bench/joust/results"
)

// AddCounts adds the counters of p to those of all, the rate's included. The
// least of two bounds stays, and the first of two texts.
func AddCounts(all, p *results.Phase) {
	for _, x := range []struct {
		to   *uint64
		more uint64
	}{
		{&all.Asked, p.Asked}, {&all.Unanswered, p.Unanswered}, {&all.SurplusAnswers, p.SurplusAnswers},
		{&all.CompletedFirstHalf, p.CompletedFirstHalf}, {&all.CompletedBefore, p.CompletedBefore}, {&all.CompletedAfter, p.CompletedAfter},
		{&all.FailedOutside, p.FailedOutside}, {&all.TimeoutsOutside, p.TimeoutsOutside},
		{&all.SentBytes, p.SentBytes}, {&all.ReceivedBytes, p.ReceivedBytes}, {&all.SentBodyBytes, p.SentBodyBytes}, {&all.ReceivedBodyBytes, p.ReceivedBodyBytes},
		{&all.Shed, p.Shed}, {&all.AnnouncedCloses, p.AnnouncedCloses}, {&all.UnannouncedCloses, p.UnannouncedCloses}, {&all.Reconnects, p.Reconnects},
	} {
		*x.to += x.more
	}
	all.BackoffNS += p.BackoffNS
	all.UnansweredFromNS = leastBound(all.UnansweredFromNS, p.UnansweredFromNS)
	all.FirstSurplus = cmp.Or(all.FirstSurplus, p.FirstSurplus)
	all.ConnectionErrors = added(all.ConnectionErrors, p.ConnectionErrors)
	all.FirstConnectionError = cmp.Or(all.FirstConnectionError, p.FirstConnectionError)
	if p.Rate != nil && all.Rate != nil {
		addRate(all.Rate, p.Rate)
	}
}

// addRate adds the counters of an open loop. TargetRPS stays: each loader
// reports the rate of all together.
func addRate(all, r *results.RateReport) {
	all.Offered += r.Offered
	all.Achieved += r.Achieved
	all.NeverSent += r.NeverSent
	all.Censored += r.Censored
	all.BacklogT0 += r.BacklogT0
	all.BacklogT1 += r.BacklogT1
	all.CensoredFromNS = leastBound(all.CensoredFromNS, r.CensoredFromNS)
}

// AddGroup adds the counters of g to those of all.
func AddGroup(all, g *results.Group) {
	all.Completed += g.Completed
	all.Failed += g.Failed
	all.Errors, all.Status = added(all.Errors, g.Errors), added(all.Status, g.Status)
	all.FirstError = cmp.Or(all.FirstError, g.FirstError)
}

// MergeHistograms returns one histogram of the values of all, exact in its
// counts; nil where there are none.
func MergeHistograms(list ...*results.Histogram) (*results.Histogram, error) {
	var all Histogram
	for _, r := range list {
		h, err := decode(r)
		if err != nil {
			return nil, err
		}
		all.Merge(&h)
	}
	return all.Result()
}

// added adds the counts of b to a, which it may change, and returns the sum.
func added[K comparable](a, b map[K]uint64) map[K]uint64 {
	if a == nil {
		return maps.Clone(b)
	}
	for k, n := range b {
		a[k] += n
	}
	return a
}

// counted adds one to the key's count in m, which may be nil, and returns m.
func counted[K comparable](m map[K]uint64, key K) map[K]uint64 {
	if m == nil {
		m = make(map[K]uint64)
	}
	m[key]++
	return m
}

// leastBound returns the smaller of two lower bounds, where 0 stands for none.
func leastBound(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
