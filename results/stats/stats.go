// Package stats turns what trials measured into figures that may be printed:
// histograms decoded into distributions; medians over trials with their
// order-statistic interval, or with their range where there are too few trials
// for an interval; and what may be claimed of the differences between cells:
// rank tests, ratios, noise bands, claims over a whole table, and what
// could have been found at all. Latencies are nanoseconds; other values keep
// their unit. Every function is pure: those that simulate have a fixed seed.
package stats
