// Package stats turns the measurements of trials into figures that may be
// printed: histograms decoded into distributions; medians over trials with their
// order-statistic interval, or with their range for few trials; and the claims
// that differences between cells allow: rank tests, ratios, noise bands, and the
// smallest detectable difference. Latencies are nanoseconds; other values keep
// their unit. Every function is pure: simulations have a fixed seed.
package stats
