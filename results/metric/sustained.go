package metric

import (
	"fmt"
	"strings"
	"time"

	"github.com/joust-bench/joust/results"
)

// Sustained is a condition that holds for a time, such as "error_rate>20% for 10s".
type Sustained struct {
	Condition
	// For is the time for which the condition holds without a break, above 0.
	For time.Duration `json:"for_ns"`
}

// ParseSustained reads METRIC OP LIMIT for TIME about a metric of the known ones. The
// time is written as results.ParseDuration reads it.
func ParseSustained(text string, known []Name) (Sustained, error) {
	trimmed := strings.TrimSpace(text)
	condition, time, ok := cutWord(trimmed, "for")
	if !ok {
		return Sustained{}, fmt.Errorf("%q has no time for which it must hold; write it behind the condition, such as error_rate>20%% for 10s", trimmed)
	}
	c, err := ParseCondition(condition, known)
	if err != nil {
		return Sustained{}, err
	}
	d, err := results.ParseDuration(time)
	switch {
	case err != nil:
		return Sustained{}, fmt.Errorf("%q: %w", trimmed, err)
	case d <= 0:
		return Sustained{}, fmt.Errorf("%q: a time above 0 is needed, such as 10s", trimmed)
	}
	return Sustained{c, d}, nil
}

// cutWord cuts the text around the last of its words that is the word, in letters of
// any case.
func cutWord(text, word string) (before, after string, ok bool) {
	fields := strings.Fields(text)
	for i := len(fields) - 1; i >= 0; i-- {
		if strings.EqualFold(fields[i], word) {
			return strings.Join(fields[:i], " "), strings.Join(fields[i+1:], " "), true
		}
	}
	return "", "", false
}

// String returns the condition as ParseSustained reads it, such as "error_rate > 20% for
// 10s".
func (s Sustained) String() string { return s.Condition.String() + " for " + s.For.String() }
