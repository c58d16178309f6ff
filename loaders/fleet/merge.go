package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
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
	all.Seed, all.Data, all.DataSets = spec.Seed, mergeData(parts), mergeSets(parts)
	all.Phases, all.Warnings, all.Threads, all.ThreadsUsed = nil, nil, 0, 0
	all.Users = 0
	all.ConnectionsAsked, all.ConnectionsOpen, all.Collections, all.GCPauseNS, all.MaxRSSBytes = 0, 0, 0, 0, 0
	var connect, handshake []*results.Histogram
	fewest := len(parts[0].Phases)
	used := 0
	for i := range parts {
		p := &parts[i]
		all.Threads += p.Threads
		used += cmp.Or(p.ThreadsUsed, p.Threads)
		all.Users += p.Users
		all.ConnectionsAsked += p.ConnectionsAsked
		all.ConnectionsOpen += p.ConnectionsOpen
		all.Collections += p.Collections
		all.GCPauseNS += p.GCPauseNS
		all.MaxRSSBytes += p.MaxRSSBytes
		all.Interrupted = all.Interrupted || p.Interrupted
		if i > 0 {
			all.Iterations, all.IterationsDropped = append(slices.Clip(all.Iterations), p.Iterations...), all.IterationsDropped+p.IterationsDropped
		}
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
	all.Connect, errs[0] = record.MergeHistograms(connect...)
	all.TLSHandshake, errs[1] = record.MergeHistograms(handshake...)
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

// mergeData adds the use of data rows.
func mergeData(parts []results.Report) *results.DataUse {
	if parts[0].Data == nil {
		return nil
	}
	all := *parts[0].Data
	for i := range parts[1:] {
		if d := parts[i+1].Data; d != nil {
			all.Add(*d)
		}
	}
	return &all
}

// mergeSets adds the use of the data sets of flows.
func mergeSets(parts []results.Report) map[string]results.DataUse {
	all := maps.Clone(parts[0].DataSets)
	for i := range parts[1:] {
		for name, use := range parts[i+1].DataSets {
			sum := all[name]
			sum.Add(use)
			all[name] = sum
		}
	}
	return all
}

// skew returns the greatest distance between the ends of the loaders' windows.
func skew(phases []*results.Phase) time.Duration {
	first := phases[0]
	var most int64
	for _, p := range phases {
		most = max(most, p.T0NS-first.T0NS, first.T0NS-p.T0NS, p.T1NS-first.T1NS, first.T1NS-p.T1NS)
	}
	return time.Duration(most)
}

// mergePhases returns one phase of all loaders.
func mergePhases(parts []*results.Phase) (results.Phase, error) {
	first := parts[0]
	all := *first
	all.Groups, all.ConnectionErrors = maps.Clone(first.Groups), maps.Clone(first.ConnectionErrors)
	all.Threads, all.Timeline, all.Slowest = slices.Clone(first.Threads), slices.Clone(first.Timeline), slices.Clone(first.Slowest)
	all.Targets = results.AddTargets(nil, first.Targets)
	if first.Rate != nil {
		all.Rate = new(*first.Rate)
	}
	if first.Steadiness != nil {
		all.Steadiness = new(*first.Steadiness)
	}
	for _, p := range parts[1:] {
		record.AddCounts(&all, p)
		all.Targets = results.AddTargets(all.Targets, p.Targets)
		all.Skipped = cmp.Or(all.Skipped, p.Skipped)
		all.MinConnectionsOpen += p.MinConnectionsOpen
		all.GoneNS = min(all.GoneNS, p.GoneNS)
		all.RequestsPerUser = record.MergePerUser(all.RequestsPerUser, p.RequestsPerUser)
		all.StallNS = sum(all.StallNS, p.StallNS)
		all.QueuesRead, all.QueuesEmpty = sum(all.QueuesRead, p.QueuesRead), sum(all.QueuesEmpty, p.QueuesEmpty)
		all.T0NS, all.T1NS = min(all.T0NS, p.T0NS), max(all.T1NS, p.T1NS)
		all.Slowest = append(all.Slowest, renumber(p.Slowest, len(all.Threads))...)
		all.Threads = append(all.Threads, p.Threads...)
		all.Timeline = addTimeline(all.Timeline, p.Timeline)
		addSteadiness(all.Steadiness, p.Steadiness)
	}
	slices.SortStableFunc(all.Slowest, func(a, b results.SlowRequest) int { return cmp.Compare(latency(b), latency(a)) })
	all.Slowest = all.Slowest[:min(len(all.Slowest), record.MostSlowest)]
	var errs [2]error
	errs[0] = mergeDistributions(&all, parts)
	all.Segments, errs[1] = mergeSegments(parts)
	return all, errors.Join(errs[:]...)
}

// mergeDistributions merges the histograms of the phases, and their groups.
func mergeDistributions(all *results.Phase, parts []*results.Phase) error {
	errs := []error{record.MergeErrorBars(all, parts)}
	var err error
	all.Breakdown, err = record.MergeBreakdowns(parts)
	errs = append(errs, err)
	all.Flows, err = record.MergeFlows(parts)
	errs = append(errs, err)
	merge := func(of func(*results.Phase) results.Group) results.Group {
		list := make([]*results.Group, len(parts))
		for i, p := range parts {
			list[i] = new(of(p))
		}
		merged, err := record.MergeGroups(list)
		errs = append(errs, err)
		return merged
	}
	all.Total = merge(func(p *results.Phase) results.Group { return p.Total })
	for name := range all.Groups {
		all.Groups[name] = merge(func(p *results.Phase) results.Group { return p.Groups[name] })
	}
	return errors.Join(errs...)
}

// sum returns nil where a or b is nil.
func sum[N int | int64](a, b *N) *N {
	if a == nil || b == nil {
		return nil
	}
	return new(*a + *b)
}

// addSteadiness keeps the steepest slope. All are steady where each loader is.
func addSteadiness(all, s *results.Steadiness) {
	if all == nil || s == nil {
		return
	}
	all.Reached = all.Reached && s.Reached
	if a, b := all.SlopePerSecond, s.SlopePerSecond; b != nil && (a == nil || math.Abs(*b) > math.Abs(*a)) {
		all.SlopePerSecond = b
	}
}

// addTimeline adds the points that both have, which are of the same instants.
func addTimeline(all, of []results.Interval) []results.Interval {
	all = all[:min(len(all), len(of))]
	for i := range all {
		all[i].AtNS = max(all[i].AtNS, of[i].AtNS)
		add(&all[i], of[i])
	}
	return all
}

// add adds the counts of an interval.
func add(all *results.Interval, i results.Interval) {
	all.Completed += i.Completed
	all.Failed += i.Failed
	all.Bytes += i.Bytes
	all.Open += i.Open
	all.Users = sum(all.Users, i.Users)
}

// renumber returns the slow requests with the numbers of their threads raised by the
// number of threads of the loaders before.
func renumber(list []results.SlowRequest, threads int) []results.SlowRequest {
	list = slices.Clone(list)
	for i := range list {
		list[i].Thread += threads
	}
	return list
}

// latency returns the time from a request's intended instant, in nanoseconds.
func latency(r results.SlowRequest) int64 { return r.EndNS - r.IntendedNS }
