// Package suggest finds the known name that a mistyped one most likely meant.
package suggest

import (
	"fmt"
	"strings"
)

// maxListed is how many known names a hint lists when none of them is near.
const maxListed = 12

// Nearest returns the known name with the fewest edits from name, and whether
// one is near enough to be worth suggesting: at most a third of the name's
// letters edited (always at least one, never all), letter case apart, or one
// of the two beginning with the other. Of equally near names the first wins.
func Nearest(name string, known []string) (string, bool) {
	best, bestCost := "", -1
	for _, k := range known {
		cost, near := closeness(strings.ToLower(name), strings.ToLower(k))
		if near && (bestCost < 0 || cost < bestCost) {
			best, bestCost = k, cost
		}
	}
	return best, bestCost >= 0
}

// Hint is the tail of an error message about an unknown name: the nearest
// known one, else the known ones where they are few, else nothing. It begins
// with a comma or a semicolon, so that it can follow any sentence.
func Hint(name string, known []string) string {
	if near, ok := Nearest(name, known); ok {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	if len(known) == 0 || len(known) > maxListed {
		return ""
	}
	return "; known are " + strings.Join(known, ", ")
}

// closeness is the number of edits between two names and whether that is few.
func closeness(a, b string) (cost int, near bool) {
	x, y := []rune(a), []rune(b)
	cost = Distance(a, b)
	limit := max(1, max(len(x), len(y))/3)
	if cost <= limit && cost < max(len(x), len(y)) {
		return cost, true
	}
	// A name that was begun and not finished: long enough not to fit anything.
	if min(len(x), len(y)) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
		return cost, true
	}
	return cost, cost == 0
}

// Distance is the number of letters to insert, delete, replace or swap with
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
