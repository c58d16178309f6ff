package trial

import "github.com/joust-bench/joust/results"

// together adds the use of two trees of processes in one window. A figure that is
// absent for one tree is absent for both.
func together(a, b results.Usage) results.Usage {
	all := a
	all.ReadT0NS, all.ReadT1NS = min(a.ReadT0NS, b.ReadT0NS), max(a.ReadT1NS, b.ReadT1NS)
	all.CPUNS += b.CPUNS
	all.UserNS, all.SystemNS = sum(a.UserNS, b.UserNS), sum(a.SystemNS, b.SystemNS)
	all.BusiestThread = nil
	if a.BusiestThread != nil && b.BusiestThread != nil {
		busiest := max(*a.BusiestThread, *b.BusiestThread)
		all.BusiestThread = &busiest
	}
	all.PeakMemoryBytes = sum(a.PeakMemoryBytes, b.PeakMemoryBytes)
	all.GroupPeakBytes = sum(a.GroupPeakBytes, b.GroupPeakBytes)
	all.Processes += b.Processes
	all.Threads += b.Threads
	all.ThrottledNS, all.CPUPressureNS = sum(a.ThrottledNS, b.ThrottledNS), sum(a.CPUPressureNS, b.CPUPressureNS)
	all.ThrottledPeriods, all.QuotaPeriods = sum(a.ThrottledPeriods, b.ThrottledPeriods), sum(a.QuotaPeriods, b.QuotaPeriods)
	all.QuotaCPUs = sum(a.QuotaCPUs, b.QuotaCPUs)
	all.Timeline = nil // the points are not at the same times
	all.Warnings = append(a.Warnings[:len(a.Warnings):len(a.Warnings)], b.Warnings...)
	return all
}

// sum adds two figures; it is nil where one of them is.
func sum[N int64 | uint64 | float64](a, b *N) *N {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}
