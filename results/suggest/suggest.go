// Package suggest finds the known name that is nearest to a mistyped one.
package suggest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxListed is the largest number of known names that a hint lists when none of
// them is near.
const maxListed = 12

// Nearest returns the known name with the fewest edits from name. ok is false
// where none is near: with at most a third of the letters edited (at least one,
// never all; letter case does not count), or one of the two names beginning with
// the other. The first of equally near names wins.
func Nearest(name string, known []string) (nearest string, ok bool) {
	best, bestCost := "", -1
	for _, k := range known {
		cost, near := closeness(strings.ToLower(name), strings.ToLower(k))
		if near && (bestCost < 0 || cost < bestCost) {
			best, bestCost = k, cost
		}
	}
	return best, bestCost >= 0
}

// Unknown returns the message about a name that is not known, or "". The names are
// of the kind what, such as "server".
func Unknown(what, name string, known []string) string {
	if slices.Contains(known, name) {
		return ""
	}
	return fmt.Sprintf("unknown %s %q%s", what, name, Hint(name, known))
}

// Texts returns the values of a text type as strings.
func Texts[T ~string](values ...T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

// Hint returns the tail of an error message about an unknown name: the nearest
// known name, else the known names if they are few, else nothing. The tail begins
// with a comma or a semicolon, to follow any sentence.
func Hint(name string, known []string) string {
	if near, ok := Nearest(name, known); ok {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	if len(known) == 0 || len(known) > maxListed {
		return ""
	}
	return "; known are " + strings.Join(known, ", ")
}

// closeness returns the number of edits between two names. near reports whether
// they are few.
func closeness(a, b string) (cost int, near bool) {
	x, y := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	cost = Distance(a, b)
	few := cost <= max(1, max(x, y)/3) && cost < max(x, y)
	// An unfinished name must be long enough not to fit every other.
	unfinished := min(x, y) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
	return cost, cost == 0 || few || unfinished
}

// Distance returns the number of letters to insert, delete, replace or swap with
// their neighbour to turn a into b (optimal string alignment).
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}
