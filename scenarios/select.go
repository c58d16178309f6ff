package scenarios

import (
	"errors"
	"slices"

	"github.com/joust-bench/joust/results/selection"
	"github.com/joust-bench/joust/results/suggest"
)

// Headline is the group of the rows that a default matrix may show.
const Headline = "headline"

// Is reports whether the word stands for the row: its name, a pattern, its family,
// or the group of headline rows.
func (s *Scenario) Is(w selection.Word) bool {
	groups := []string{s.Family}
	if s.Headline {
		groups = append(groups, Headline)
	}
	return w.Matches(s.Name, groups...)
}

// Groups returns the words that stand for several rows: all, headline, and the
// families in catalogue order.
func (rows Rows) Groups() []string {
	return append([]string{selection.All, Headline}, rows.Families()...)
}

// Families returns the names of the families in catalogue order.
func (rows Rows) Families() []string {
	var names []string
	for i := range rows {
		if family := rows[i].Family; family != "" && !slices.Contains(names, family) {
			names = append(names, family)
		}
	}
	return names
}

// Matching returns the rows for which the word stands, in catalogue order. The rows
// are shared and must not be changed. The message about a word that stands for none
// names the nearest word; it is "" for any other.
func (rows Rows) Matching(w selection.Word) (list []*Scenario, wrong string) {
	for i := range rows {
		if rows[i].Is(w) {
			list = append(list, &rows[i])
		}
	}
	switch {
	case len(list) > 0:
		return list, ""
	case w.IsPattern():
		return nil, "no scenario matches " + w.Text + "; joust list scenarios shows all"
	}
	return nil, suggest.Unknown("scenario", w.Text, append(rows.Groups(), rows.Names()...))
}

// Select returns the rows for which the words stand, each once: in the order of the
// words, and within a word in catalogue order. Exclusions alone leave all others.
// The error holds the mistakes of all words.
func (rows Rows) Select(texts ...string) ([]*Scenario, error) {
	words := make([]selection.Word, len(texts))
	for i, text := range texts {
		words[i] = selection.Parse(text)
	}
	if selection.OnlyExcludes(words) {
		words = append(words, selection.Word{Text: selection.All})
	}
	var list, excluded []*Scenario
	var errs []error
	for _, w := range words {
		matching, wrong := rows.Matching(w)
		if wrong != "" {
			errs = append(errs, errors.New(wrong))
		}
		if w.Except {
			excluded = append(excluded, matching...)
			continue
		}
		for _, row := range matching {
			if !slices.Contains(list, row) {
				list = append(list, row)
			}
		}
	}
	list = slices.DeleteFunc(list, func(row *Scenario) bool { return slices.Contains(excluded, row) })
	return list, errors.Join(errs...)
}
