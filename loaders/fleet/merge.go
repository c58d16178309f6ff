package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// Merge makes one report of a load that several loaders made together. It adds
// counts, merges histograms and lists the threads of all loaders.
func Merge(spec loaders.Spec, parts []results.Report) (results.Report, error) {
	all := parts[0]
	all.Seed = spec.Seed
	all.Phases, all.Warnings, all.Threads, all.ThreadsUsed = nil, nil, 0, 0
	all.ConnectionsAsked, all.ConnectionsOpen, all.Collections, all.GCPauseNS, all.MaxRSSBytes = 0, 0, 0, 0, 0
	var connect, handshake []*results.Histogram
	fewest := len(parts[0].Phases)
	used := 0
	for i := range parts {
		p := &parts[i]
		all.Threads += p.Threads
		used += cmp.Or(p.ThreadsUsed, p.Threads)
		all.ConnectionsAsked += p.ConnectionsAsked
		all.ConnectionsOpen += p.ConnectionsOpen
		all.Collections += p.Collections
		all.GCPauseNS += p.GCPauseNS
		all.MaxRSSBytes += p.MaxRSSBytes
		all.Interrupted = all.Interrupted || p.Interrupted
		for _, w := range p.Warnings {
			all.Warnings = append(all.Warnings, fmt.Sprintf("loader %d: %s", i+1, w))
		}
		connect, handshake = append(connect, p.Connect), append(handshake, p.TLSHandshake)
		fewest = min(fewest, len(p.Phases))
	}
	if used < all.Threads {
		all.ThreadsUsed = used
	}
	var errs [2]error
	all.Connect, errs[0] = record.MergeResults(connect...)
	all.TLSHandshake, errs[1] = record.MergeResults(handshake...)
	// Loaders that were interrupted may have begun one phase more than others.
	for i := range fewest {
		phases := make([]*results.Phase, len(parts))
		for n := range parts {
			phases[n] = &parts[n].Phases[i]
		}
		p, err := mergePhases(phases)
		if err != nil {
			return all, err
		}
		if by := skew(phases); p.Measured && by > 0 {
			all.Warnings = append(all.Warnings, fmt.Sprintf("%s: the windows of the loaders lie up to %v apart, since the machine stood still", p.Name, by))
		}
		all.Phases = append(all.Phases, p)
	}
	return all, errors.Join(errs[:]...)
}

// skew is how far the windows of the loaders lie apart.
func skew(phases []*results.Phase) time.Duration {
	first := phases[0]
	var most int64
	for _, p := range phases {
		most = max(most, p.T0NS-first.T0NS, first.T0NS-p.T0NS, p.T1NS-first.T1NS, first.T1NS-p.T1NS)
	}
	return time.Duration(most)
}

// mergePhases is one phase of all loaders.
func mergePhases(parts []*results.Phase) (results.Phase, error) {
	all := *parts[0]
	all.Groups, all.ConnectionErrors, all.Rate, all.Steadiness = nil, nil, nil, nil
	all.Threads, all.Timeline = slices.Clone(all.Threads), slices.Clone(all.Timeline)
	all.Slowest = slices.Clone(all.Slowest)
	for _, p := range parts[1:] {
		addCounts(&all, p)
		all.Slowest = append(all.Slowest, moved(p.Slowest, len(all.Threads))...)
		all.Threads = append(all.Threads, p.Threads...)
		all.Timeline = addTimeline(all.Timeline, p.Timeline)
	}
	slices.SortStableFunc(all.Slowest, func(a, b results.SlowRequest) int { return cmp.Compare(took(b), took(a)) })
	all.Slowest = all.Slowest[:min(len(all.Slowest), record.MostSlowest)]
	for _, p := range parts {
		all.T0NS, all.T1NS = min(all.T0NS, p.T0NS), max(all.T1NS, p.T1NS)
		all.ConnectionErrors = added(all.ConnectionErrors, p.ConnectionErrors)
		all.Rate = addRate(all.Rate, p.Rate)
		all.Steadiness = addSteadiness(all.Steadiness, p.Steadiness)
	}
	return all, mergeDistributions(&all, parts)
}

// addCounts adds what is counted in a phase. The smallest of instants from which
// values are bounds is that of all; the first of texts stays.
func addCounts(all, p *results.Phase) {
	all.Skipped = cmp.Or(all.Skipped, p.Skipped)
	for _, x := range []struct {
		to   *uint64
		from uint64
	}{
		{&all.Asked, p.Asked}, {&all.Unanswered, p.Unanswered}, {&all.SurplusAnswers, p.SurplusAnswers},
		{&all.CompletedFirstHalf, p.CompletedFirstHalf}, {&all.CompletedBefore, p.CompletedBefore}, {&all.CompletedAfter, p.CompletedAfter},
		{&all.FailedOutside, p.FailedOutside}, {&all.TimeoutsOutside, p.TimeoutsOutside},
		{&all.SentBytes, p.SentBytes}, {&all.ReceivedBytes, p.ReceivedBytes}, {&all.SentBodyBytes, p.SentBodyBytes}, {&all.ReceivedBodyBytes, p.ReceivedBodyBytes},
		{&all.Shed, p.Shed}, {&all.AnnouncedCloses, p.AnnouncedCloses}, {&all.UnannouncedCloses, p.UnannouncedCloses}, {&all.Reconnects, p.Reconnects},
	} {
		*x.to += x.from
	}
	all.BackoffNS += p.BackoffNS
	all.MinConnectionsOpen += p.MinConnectionsOpen
	all.UnansweredFromNS = leastBound(all.UnansweredFromNS, p.UnansweredFromNS)
	all.FirstSurplus = cmp.Or(all.FirstSurplus, p.FirstSurplus)
	all.FirstConnectionError = cmp.Or(all.FirstConnectionError, p.FirstConnectionError)
	all.StallNS = sum(all.StallNS, p.StallNS)
	all.QueuesRead, all.QueuesEmpty = sum(all.QueuesRead, p.QueuesRead), sum(all.QueuesEmpty, p.QueuesEmpty)
}

// mergeDistributions merges the histograms of the phases and of their groups.
func mergeDistributions(all *results.Phase, parts []*results.Phase) error {
	var errs []error
	merge := func(of func(*results.Phase) *results.Histogram) *results.Histogram {
		list := make([]*results.Histogram, len(parts))
		for i, p := range parts {
			list[i] = of(p)
		}
		h, err := record.MergeResults(list...)
		errs = append(errs, err)
		return h
	}
	all.SendLagIdle = merge(func(p *results.Phase) *results.Histogram { return p.SendLagIdle })
	all.SendLagBlocked = merge(func(p *results.Phase) *results.Histogram { return p.SendLagBlocked })
	all.ReceiveLag = merge(func(p *results.Phase) *results.Histogram { return p.ReceiveLag })
	all.LoopGaps = merge(func(p *results.Phase) *results.Histogram { return p.LoopGaps })
	totals, named := make([]results.Group, len(parts)), map[string][]results.Group{}
	for i, p := range parts {
		totals[i] = p.Total
		for name, g := range p.Groups {
			named[name] = append(named[name], g)
		}
	}
	var err error
	all.Total, err = mergeGroups(totals)
	errs = append(errs, err)
	for name, list := range named {
		if all.Groups == nil {
			all.Groups = map[string]results.Group{}
		}
		all.Groups[name], err = mergeGroups(list)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// mergeGroups is one group of all loaders.
func mergeGroups(parts []results.Group) (results.Group, error) {
	var all results.Group
	var errs []error
	for _, g := range parts {
		all.Completed += g.Completed
		all.Failed += g.Failed
		all.Errors, all.Status = added(all.Errors, g.Errors), added(all.Status, g.Status)
		all.FirstError = cmp.Or(all.FirstError, g.FirstError)
	}
	for _, of := range []func(*results.Group) **results.Histogram{
		func(g *results.Group) **results.Histogram { return &g.Service },
		func(g *results.Group) **results.Histogram { return &g.Corrected },
		func(g *results.Group) **results.Histogram { return &g.FirstByte },
		func(g *results.Group) **results.Histogram { return &g.Write },
		func(g *results.Group) **results.Histogram { return &g.FailedTime },
	} {
		list := make([]*results.Histogram, len(parts))
		for i := range parts {
			list[i] = *of(&parts[i])
		}
		var err error
		*of(&all), err = record.MergeResults(list...)
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
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

// sum is nil where a or b is nil.
func sum[N int | int64](a, b *N) *N {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}

// leastBound is the smaller of two lower bounds; 0 means that there is none.
func leastBound(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// addRate adds the bookkeeping of an open loop. TargetRPS stays: each loader
// reports the rate of all together.
func addRate(all, r *results.RateReport) *results.RateReport {
	if all == nil || r == nil {
		if all == nil && r != nil {
			first := *r
			return &first
		}
		return all
	}
	all.Offered += r.Offered
	all.Achieved += r.Achieved
	all.NeverSent += r.NeverSent
	all.Censored += r.Censored
	all.BacklogT0 += r.BacklogT0
	all.BacklogT1 += r.BacklogT1
	all.CensoredFromNS = leastBound(all.CensoredFromNS, r.CensoredFromNS)
	return all
}

// addSteadiness is steady where all loaders saw that, with the steepest slope.
func addSteadiness(all, s *results.Steadiness) *results.Steadiness {
	if all == nil || s == nil {
		if all == nil && s != nil {
			first := *s
			return &first
		}
		return all
	}
	all.Reached = all.Reached && s.Reached
	if a, b := all.SlopePerSecond, s.SlopePerSecond; b != nil && (a == nil || max(*b, -*b) > max(*a, -*a)) {
		all.SlopePerSecond = b
	}
	return all
}

// addTimeline adds the points that both have: all loaders tick at the same
// times.
func addTimeline(all, of []results.Interval) []results.Interval {
	all = all[:min(len(all), len(of))]
	for i := range all {
		all[i].AtNS = max(all[i].AtNS, of[i].AtNS)
		all[i].Completed += of[i].Completed
		all[i].Failed += of[i].Failed
		all[i].Bytes += of[i].Bytes
		all[i].Open += of[i].Open
	}
	return all
}

// moved are slow requests with their threads counted behind those of the loaders
// before.
func moved(list []results.SlowRequest, threads int) []results.SlowRequest {
	list = slices.Clone(list)
	for i := range list {
		list[i].Thread += threads
	}
	return list
}

// took is the time from a request's intended instant, in nanoseconds.
func took(r results.SlowRequest) int64 { return r.EndNS - r.IntendedNS }
