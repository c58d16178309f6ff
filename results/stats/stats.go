// Package stats turns what trials measured into figures that may be printed:
// histograms decoded into distributions, and medians over trials with their
// order-statistic interval, or with their range where there are too few trials
// for an interval. Latencies are nanoseconds; other values keep their unit.
package stats
