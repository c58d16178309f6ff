package results

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Foreign describes a loader that is not joust's own.
type Foreign struct {
	// Tool is "wrk", "wrk2", "h2load" or "ab".
	Tool string `json:"tool"`
	// Program is the file or the image of the tool.
	Program string `json:"program"`
	// Commands are the command lines by phase.
	Commands map[string][]string `json:"commands,omitempty"`
	// MarginNS is the time at both ends of the tool's run without samples of CPU
	// and memory: the tool announces no windows.
	MarginNS int64 `json:"margin_ns"`
	// Defects are known defects of the tool's figures, for the notes on its cells.
	Defects []string `json:"defects,omitempty"`
}

// Percentiles is a foreign loader's table, without values between its rows.
type Percentiles struct {
	// Samples is the number of latencies in the table.
	Samples uint64 `json:"samples"`
	// MeanNS, StdevNS and MinNS are absent where the tool does not print them.
	MeanNS  *float64 `json:"mean_ns,omitempty"`
	StdevNS *float64 `json:"stdev_ns,omitempty"`
	MinNS   *int64   `json:"min_ns,omitempty"`
	MaxNS   *int64   `json:"max_ns,omitempty"`
	// Points are in rising order of their quantiles.
	Points []Percentile `json:"points,omitempty"`
}

// Percentile is one row of a printed table.
type Percentile struct {
	// Quantile is 0 to 1.
	Quantile float64 `json:"quantile"`
	ValueNS  int64   `json:"value_ns"`
}

// At returns the printed value of a quantile, false where it was not printed.
func (p *Percentiles) At(q float64) (int64, bool) {
	// Quantiles are printed with six digits after the point.
	const printed = 5e-7
	for _, x := range p.Points {
		if x.Quantile > q-printed && x.Quantile < q+printed {
			return x.ValueNS, true
		}
	}
	return 0, false
}

// Knows reports whether the loader could know the field of that JSON name.
func (r *Report) Knows(field string) bool { return !slices.Contains(r.Unknown, field) }

// Knows reports whether the loader could know the field of that JSON name.
func (p *Phase) Knows(field string) bool { return !slices.Contains(p.Unknown, field) }

// MarshalJSON writes null for the fields that the loader cannot know.
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	return withNulls(plain(r), r.Unknown)
}

// MarshalJSON writes null for the fields that the loader cannot know.
func (p Phase) MarshalJSON() ([]byte, error) {
	type plain Phase
	return withNulls(plain(p), p.Unknown)
}

// MarshalJSON writes null for the fields that the loader cannot know.
func (r RateReport) MarshalJSON() ([]byte, error) {
	type plain RateReport
	return withNulls(plain(r), r.Unknown)
}

// withNulls encodes the value with those fields as null.
func withNulls(v any, unknown []string) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil || len(unknown) == 0 {
		return text, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	for _, name := range unknown {
		if _, ok := fields[name]; !ok {
			return nil, fmt.Errorf("results: there is no field %q to be unknown", name)
		}
		fields[name] = json.RawMessage("null")
	}
	return json.Marshal(fields)
}
