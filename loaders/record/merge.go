package record

import (
	"cmp"
	"errors"
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
		{&all.FailedOutside, p.FailedOutside}, {&all.TimeoutsOutside, p.TimeoutsOutside}, {&all.AbandonedOutside, p.AbandonedOutside}, {&all.Waves, p.Waves},
		{&all.SentBytes, p.SentBytes}, {&all.ReceivedBytes, p.ReceivedBytes}, {&all.SentBodyBytes, p.SentBodyBytes}, {&all.ReceivedBodyBytes, p.ReceivedBodyBytes},
		{&all.Shed, p.Shed}, {&all.AnnouncedCloses, p.AnnouncedCloses}, {&all.UnannouncedCloses, p.UnannouncedCloses},
		{&all.RequestedCloses, p.RequestedCloses}, {&all.IdleTimeouts, p.IdleTimeouts}, {&all.Repeated, p.Repeated}, {&all.Reconnects, p.Reconnects},
		{&all.Followed, p.Followed},
		{&all.EarlyAnswers, p.EarlyAnswers}, {&all.MissedContinues, p.MissedContinues},
	} {
		*x.to += x.more
	}
	all.BackoffNS += p.BackoffNS
	all.UnansweredFromNS = leastBound(all.UnansweredFromNS, p.UnansweredFromNS)
	all.FirstSurplus = cmp.Or(all.FirstSurplus, p.FirstSurplus)
	all.FirstUnfollowed = cmp.Or(all.FirstUnfollowed, p.FirstUnfollowed)
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
	all.Blocked += r.Blocked
	all.NeverSent += r.NeverSent
	all.Censored += r.Censored
	all.BacklogT0 += r.BacklogT0
	all.BacklogT1 += r.BacklogT1
	all.CensoredFromNS = leastBound(all.CensoredFromNS, r.CensoredFromNS)
}

// addGroup adds the counters of g to those of all.
func addGroup(all, g *results.Group) {
	all.Completed += g.Completed
	all.Failed += g.Failed
	all.Errors, all.Status = added(all.Errors, g.Errors), added(all.Status, g.Status)
	all.Encodings = added(all.Encodings, g.Encodings)
	all.NotInflated += g.NotInflated
	all.Events += g.Events
	all.Abandoned += g.Abandoned
	all.FirstError = cmp.Or(all.FirstError, g.FirstError)
}

// MergeGroups returns one group of several loaders.
func MergeGroups(parts []*results.Group) (results.Group, error) {
	var all results.Group
	for _, g := range parts {
		addGroup(&all, g)
	}
	err := mergeEach(&all, parts, histogramsOfGroup)
	return all, err
}

// MergeErrorBars sets the error bars of all to those of the parts.
func MergeErrorBars(all *results.Phase, parts []*results.Phase) error {
	return mergeEach(all, parts, errorBarsOf)
}

func histogramsOfGroup(g *results.Group) []**results.Histogram {
	return []**results.Histogram{&g.Service, &g.Corrected, &g.FirstByte, &g.Write, &g.FailedTime}
}

func errorBarsOf(p *results.Phase) []**results.Histogram {
	return []**results.Histogram{&p.SendLagIdle, &p.SendLagBlocked, &p.ReceiveLag, &p.LoopGaps}
}

// export writes the histograms into those of a report.
func export(from []*Histogram, to []**results.Histogram) (err error) {
	for i, h := range from {
		var failed error
		*to[i], failed = h.Result()
		err = errors.Join(err, failed)
	}
	return err
}

// mergeEach merges each histogram of the parts into that of all.
func mergeEach[T any](all *T, parts []*T, histograms func(*T) []**results.Histogram) (err error) {
	for i, to := range histograms(all) {
		list := make([]*results.Histogram, len(parts))
		for n, p := range parts {
			list[n] = *histograms(p)[i]
		}
		var failed error
		*to, failed = MergeHistograms(list...)
		err = errors.Join(err, failed)
	}
	return err
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
