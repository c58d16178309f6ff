package export

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// actionEntry is a figure as github-action-benchmark reads it.
type actionEntry struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"`
	Extra string  `json:"extra,omitempty"`
}

// actionFiles returns the files for the tools customBiggerIsBetter and
// customSmallerIsBetter of github-action-benchmark.
func actionFiles(from Source) ([]File, error) {
	bigger, smaller := []actionEntry{}, []actionEntry{}
	for _, p := range places(from.Set) {
		for _, f := range p.figures() {
			e := actionEntry{Name: p.Name() + " " + f.name, Unit: f.unitText(), Value: f.Value, Extra: fmt.Sprintf("%d trials, run %s", f.N, p.set.Run.ID)}
			if mark := f.mark(); mark != "" {
				e.Extra += ", " + mark
			}
			if f.bounded() {
				e.Range = number(f.Low) + " – " + number(f.High)
			}
			if f.metric.MoreIsBetter() {
				bigger = append(bigger, e)
			} else {
				smaller = append(smaller, e)
			}
		}
	}
	var files []File
	for _, of := range []struct {
		name string
		list []actionEntry
	}{{"joust.bigger-is-better.json", bigger}, {"joust.smaller-is-better.json", smaller}} {
		text, err := json.MarshalIndent(of.list, "", "  ")
		if err != nil {
			return files, fmt.Errorf("writing %s: %w", of.name, err)
		}
		files = append(files, File{of.name, append(text, '\n')})
	}
	return files, nil
}

// measure is a figure in Bencher's metric format.
type measure struct {
	Value float64  `json:"value"`
	Lower *float64 `json:"lower_value,omitempty"`
	Upper *float64 `json:"upper_value,omitempty"`
}

// writeBencher writes the run in Bencher's metric format: a benchmark a cell, whose
// measures are the figures.
func writeBencher(out *bytes.Buffer, from Source) error {
	benchmarks := map[string]map[string]measure{}
	for _, p := range places(from.Set) {
		for _, f := range p.figures() {
			if benchmarks[p.Name()] == nil {
				benchmarks[p.Name()] = map[string]measure{}
			}
			m := measure{Value: f.Value}
			if f.bounded() {
				m.Lower, m.Upper = &f.Low, &f.High
			}
			benchmarks[p.Name()][f.name] = m
		}
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if err := e.Encode(benchmarks); err != nil {
		return fmt.Errorf("writing the run in Bencher's metric format: %w", err)
	}
	return nil
}
