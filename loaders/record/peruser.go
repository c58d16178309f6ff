package record

import (
	"math"

	"github.com/joust-bench/joust/results"
)

// PerUser returns the distribution of the counts, one a user, in lists of threads; nil
// without users.
func PerUser(lists ...[]uint64) *results.PerUser {
	r := results.PerUser{Min: math.MaxUint64}
	var sum uint64
	for _, list := range lists {
		r.Users += len(list)
		for _, n := range list {
			sum += n
			r.Min, r.Max = min(r.Min, n), max(r.Max, n)
		}
	}
	if r.Users == 0 {
		return nil
	}
	r.Mean = float64(sum) / float64(r.Users)
	var squares float64
	for _, list := range lists {
		for _, n := range list {
			off := float64(n) - r.Mean
			squares += off * off
		}
	}
	r.Stdev = math.Sqrt(squares / float64(r.Users))
	return &r
}

// MergePerUser returns the distribution over the users of both; nil where one is absent.
func MergePerUser(a, b *results.PerUser) *results.PerUser {
	if a == nil || b == nil {
		return nil
	}
	n, m := float64(a.Users), float64(b.Users)
	off := b.Mean - a.Mean
	// The squares of the deviations from each mean, and those of the means from the
	// common one.
	squares := n*a.Stdev*a.Stdev + m*b.Stdev*b.Stdev + off*off*n*m/(n+m)
	return &results.PerUser{
		Users: a.Users + b.Users, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max),
		Mean: (n*a.Mean + m*b.Mean) / (n + m), Stdev: math.Sqrt(squares / (n + m)),
	}
}
