package summary

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/metric"
)

// Options are what a user asks of the result in addition to what it always has.
type Options struct {
	// Percentiles are shown next to the usual ones.
	Percentiles []metric.Name
	// Thresholds are bounds that the load must keep.
	Thresholds []metric.Bound
	// Show are the parts that the result shows next to the usual ones.
	Show []Part
	// ASCII writes texts without signs beyond ASCII.
	ASCII bool
	// Width is the number of columns that the text may have, 0 for any number. Texts
	// are broken between words, tables between columns.
	Width int
}

// own returns the percentiles that have to be read in addition to the usual ones.
func (o Options) own() []metric.Name {
	all := slices.Clone(o.Percentiles)
	if o.shows(Within) {
		all = append(all, served()...)
	}
	for _, b := range o.Thresholds {
		if _, percentile := b.Metric.Quantile(); percentile {
			all = append(all, b.Metric)
		}
	}
	return all
}

// Part is a part of the result that can be left out.
type Part string

// The parts, in the order of texts.
const (
	// Histogram is the number of requests by latency.
	Histogram Part = "histogram"
	// Within is the latency within which shares of the requests were served.
	Within Part = "within"
	// Time is throughput and latency over the window.
	Time Part = "time"
)

// Parts returns all parts, in the order of texts.
func Parts() []Part { return []Part{Histogram, Within, Time} }

// shows reports whether the part is shown.
func (o Options) shows(p Part) bool { return slices.Contains(o.Show, p) }

// ParseParts reads the names of parts; "all" and "none" stand alone. The error has a
// line for each wrong one.
func ParseParts(texts []string) ([]Part, error) {
	switch {
	case slices.Equal(texts, []string{"all"}):
		return Parts(), nil
	case slices.Equal(texts, []string{"none"}):
		return nil, nil
	}
	return each(texts, func(text string) (Part, error) {
		switch p := Part(text); {
		case slices.Contains(Parts(), p):
			return p, nil
		case text == "all" || text == "none":
			return "", fmt.Errorf("%q names other parts too: give it alone", text)
		}
		return "", fmt.Errorf("%q is no part of the result: %s, all or none", text, list(Parts()))
	})
}

// list returns the parts with commas.
func list(parts []Part) string {
	var words []string
	for _, p := range parts {
		words = append(words, string(p))
	}
	return strings.Join(words, ", ")
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
