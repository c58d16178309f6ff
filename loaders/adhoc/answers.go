package adhoc

import (
	"strings"

	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/scenarios"
)

// checks returns the conditions of answers, nil for none.
func (f *Flags) checks() *scenarios.Checks {
	if len(f.ExpectHeaders)+len(f.ExpectJSON)+len(f.ExpectRegex) == 0 && !f.VerifyLength {
		return nil
	}
	return &scenarios.Checks{Headers: f.ExpectHeaders, JSON: f.ExpectJSON, Patterns: f.ExpectRegex, SameLength: f.VerifyLength}
}

// checkAnswers refuses conditions that cannot be read, or never be met.
func (f *Flags) checkAnswers(refuse refusal) {
	for _, c := range []struct {
		flag   string
		values []string
		of     func(text string) scenarios.Checks
	}{
		{"--expect-header", f.ExpectHeaders, func(text string) scenarios.Checks { return scenarios.Checks{Headers: []string{text}} }},
		{"--expect-json", f.ExpectJSON, func(text string) scenarios.Checks { return scenarios.Checks{JSON: []string{text}} }},
		{"--expect-regex", f.ExpectRegex, func(text string) scenarios.Checks { return scenarios.Checks{Patterns: []string{text}} }},
	} {
		for _, text := range c.values {
			_, err := checks.Compile(new(c.of(text)))
			refuse(err != nil, "%s %v", c.flag, err)
		}
	}
	bodies := len(f.ExpectJSON)+len(f.ExpectRegex) > 0
	refuse(bodies && strings.EqualFold(f.Method, "HEAD"), "--expect-json and --expect-regex look into bodies, and answers to HEAD have none: ask with another -m, or leave them out")
}
