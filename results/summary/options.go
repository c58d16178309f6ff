package summary

import (
	"errors"
	"slices"

	"github.com/joust-bench/joust/results/metric"
)

// Options are what a user asks of the result in addition to what it always has.
type Options struct {
	// Percentiles are shown next to the usual ones.
	Percentiles []metric.Name
	// Thresholds are bounds that the load must keep.
	Thresholds []metric.Bound
	// Width is the number of columns that the text may have, 0 for any number. Texts
	// are broken between words, tables between columns.
	Width int
}

// own returns the percentiles that have to be read in addition to the usual ones.
func (o Options) own() []metric.Name {
	all := slices.Clone(o.Percentiles)
	for _, b := range o.Thresholds {
		if _, percentile := b.Metric.Quantile(); percentile {
			all = append(all, b.Metric)
		}
	}
	return all
}

// ParsePercentiles reads percentages such as "50" and "99.95". The error has a line
// for each wrong one.
func ParsePercentiles(texts []string) ([]metric.Name, error) { return each(texts, metric.Percentile) }

// ParseThresholds reads bounds of a load such as "p95<300ms", or of a group of its
// requests such as "checkout: error_rate<1%". The error has a line for each wrong one.
func ParseThresholds(texts []string) ([]metric.Bound, error) {
	return each(texts, func(text string) (metric.Bound, error) { return metric.ParseBound(text, metric.OfLoad()) })
}

func each[T any](texts []string, parse func(string) (T, error)) (values []T, err error) {
	for _, text := range texts {
		value, wrong := parse(text)
		values, err = append(values, value), errors.Join(err, wrong)
	}
	return values, err
}
