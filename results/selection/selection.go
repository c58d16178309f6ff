// Package selection reads the words with which users choose servers and rows: names,
// patterns such as "json*", groups such as "all", and exclusions such as "-json".
package selection

import (
	"path"
	"slices"
	"strings"
)

// All is the group of everything.
const All = "all"

// Word is one word of a selection.
type Word struct {
	// Text is the word without the sign of an exclusion.
	Text string
	// Except is true for an exclusion, such as "-json" or "!json".
	Except bool
}

// Parse reads a word. Every text is one.
func Parse(text string) Word {
	if len(text) > 1 && (text[0] == '-' || text[0] == '!') {
		return Word{Text: text[1:], Except: true}
	}
	return Word{Text: text}
}

// Matches reports whether the word stands for the item of that name, which belongs to
// the groups.
func (w Word) Matches(name string, groups ...string) bool {
	if w.Text == name || w.Text == All || slices.Contains(groups, w.Text) {
		return true
	}
	if !w.IsPattern() {
		return false
	}
	matched, err := path.Match(w.Text, name)
	return err == nil && matched
}

// IsPattern reports whether the word has wildcards: *, ? or [a-z].
func (w Word) IsPattern() bool { return strings.ContainsAny(w.Text, "*?[") }

// OnlyExcludes reports whether a selection excludes items and names none: it stands for
// all others.
func OnlyExcludes(words []Word) bool {
	return len(words) > 0 && !slices.ContainsFunc(words, func(w Word) bool { return !w.Except })
}
