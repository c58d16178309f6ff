// Package metric is the one home of the names of figures: percentiles and other
// figures of latency, rates, counts and shares, with their units, and of the
// conditions that users write about them, such as "p99<300ms".
//
// A name is a text of its own canonical form. Find reads the forms that users
// write; each command says which metrics it knows.
package metric

import (
	"cmp"
	"slices"
)

// Name is the name of a metric in its canonical form.
type Name string

// The percentiles that tables show. Percentile names any other.
const (
	P50   Name = "p50"
	P75   Name = "p75"
	P90   Name = "p90"
	P95   Name = "p95"
	P99   Name = "p99"
	P999  Name = "p99.9"
	P9999 Name = "p99.99"
)

// The other figures of a distribution of latencies.
const (
	Min  Name = "min"
	Mean Name = "mean"
	// Stdev is the standard deviation of the latencies of one window.
	Stdev Name = "stdev"
	Max   Name = "max"
)

// The figures of a load.
const (
	// ErrorRate is the share of the requests asked that failed.
	ErrorRate Name = "error_rate"
	// Errors is the number of failed requests.
	Errors Name = "errors"
	// AnyStatus stands for the names of all statuses in a list of known metrics.
	// Status names one of them.
	AnyStatus Name = "status_NNN"
	// Throughput is right answers a second, or bytes of bodies a second in a
	// comparison whose row is about bandwidth.
	Throughput Name = "throughput"
	// Achieved is the share of an open loop's due requests that were answered in
	// the window.
	Achieved Name = "achieved"
	// BytesPerSecond is the bytes received a second, with the heads of answers.
	BytesPerSecond Name = "bytes/s"
)

// The figures of a server in a stored run.
const (
	// CPU is the server's CPU time a request.
	CPU Name = "cpu"
	// Memory is the server's peak memory.
	Memory Name = "memory"
)

// Percentiles returns the percentiles that tables show, in rising order.
func Percentiles() []Name { return []Name{P50, P75, P90, P95, P99, P999, P9999} }

// Rising returns the percentiles of all lists in rising order, each once.
func Rising(lists ...[]Name) []Name {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b Name) int {
		x, _ := a.Quantile()
		y, _ := b.Quantile()
		return cmp.Compare(x, y)
	})
	return slices.Compact(all)
}

// Latencies returns the figures of a distribution of latencies that tables show:
// percentiles in rising order, then the extremes and the moments.
func Latencies() []Name { return append(Percentiles(), Min, Max, Mean, Stdev) }

// OfLoad returns the metrics of one load, in the order of help texts.
func OfLoad() []Name {
	return slices.Concat(Latencies(), []Name{ErrorRate, Errors, AnyStatus, Throughput, Achieved, BytesPerSecond})
}

// IsLatency reports whether the metric is a figure of a distribution of latencies.
func (n Name) IsLatency() bool {
	_, percentile := n.Quantile()
	return percentile || n == Min || n == Mean || n == Stdev
}

// Unit returns the unit of the metric's values.
func (n Name) Unit() Unit {
	_, status := n.Status()
	switch {
	case n == ErrorRate, n == Achieved:
		return Share
	case n == Errors, status:
		return Count
	case n == Throughput:
		return Rate
	case n == BytesPerSecond:
		return Bandwidth
	case n == Memory:
		return Size
	}
	return Duration
}

// MoreIsBetter reports whether greater values of the metric are the better ones.
func (n Name) MoreIsBetter() bool {
	return n == Throughput || n == Achieved || n == BytesPerSecond
}
