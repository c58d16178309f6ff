package metric

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
)

// Bound is a condition of the whole load, or of one of its groups.
type Bound struct {
	// Group is the name of a group of requests, or a pattern in which * stands for any
	// text; empty for the whole load.
	Group string `json:"group,omitempty"`
	Condition
}

// ParseBound reads METRIC OP LIMIT, or GROUP: METRIC OP LIMIT, about a metric of the
// known ones. The last colon ends the group's name, which may have others.
func ParseBound(text string, known []Name) (Bound, error) {
	at := strings.LastIndex(text, ":")
	if at < 0 {
		c, err := ParseCondition(text, known)
		return Bound{Condition: c}, err
	}
	group := strings.TrimSpace(text[:at])
	if group == "" {
		return Bound{}, fmt.Errorf("%q names no group before its colon; write one, such as \"GET /: p99<10ms\", or leave the colon out", strings.TrimSpace(text))
	}
	c, err := ParseCondition(text[at+1:], known)
	if err != nil {
		return Bound{}, fmt.Errorf("group %q: %w", group, err)
	}
	return Bound{group, c}, nil
}

// String returns the bound as ParseBound reads it, such as "checkout: p99 < 300ms".
func (b Bound) String() string {
	if b.Group == "" {
		return b.Condition.String()
	}
	return b.Group + ": " + b.Condition.String()
}

// Matches reports whether the bound is about the group of that name.
func (b Bound) Matches(group string) bool { return Matches(b.Group, group) }

// Matches reports whether the pattern, in which * stands for any text, names the name.
func Matches(pattern, name string) bool {
	pieces := strings.Split(pattern, "*")
	first, last := pieces[0], pieces[len(pieces)-1]
	if pattern == name || len(pieces) == 1 {
		return pattern == name
	}
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	middle := name[len(first) : len(name)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := strings.Index(middle, piece)
		if at < 0 {
			return false
		}
		middle = middle[at+len(piece):]
	}
	return true
}

// CheckGroups returns an error with a line for each bound that is about no group of the
// names.
func CheckGroups(bounds []Bound, names []string) error {
	var errs []error
	for _, b := range bounds {
		if b.Group == "" || slices.ContainsFunc(names, b.Matches) {
			continue
		}
		errs = append(errs, fmt.Errorf("%q: there is no group %q%s", b.String(), b.Group, suggest.Hint(b.Group, names)))
	}
	return errors.Join(errs...)
}
