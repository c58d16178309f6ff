package summary

import (
	"maps"
	"slices"
	"strings"
)

// encodings prints the content codings of right answers, where the requests asked for
// some.
func (t *summary) encodings() {
	counts := t.phase.Total.Encodings
	var words []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, name+": "+count(counts[name]))
	}
	if len(words) > 0 {
		t.item("encodings", "%s; the bytes received are those on the wire", strings.Join(words, ", "))
	}
	if n := t.phase.Total.NotInflated; n > 0 {
		t.item("", "%s compressed answers were not inflated, which takes a tenth of the loader's time at most; the others were right", count(n))
	}
}
