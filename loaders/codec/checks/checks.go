// Package checks judges answers by the conditions of a scenarios.Checks: the fields of
// their heads, the length of their bodies, values in JSON, and regular expressions. It
// knows no protocol and is compiled once for each request.
package checks

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// MostBody is the number of bytes, after inflating, of the largest body that Body takes.
// Answers with a larger one are wrong.
const MostBody = 4 << 20

// Set holds the conditions of the answers to one request. Threads may share it.
type Set struct {
	fields   []field
	values   []value
	contains [][]byte
	patterns []*regexp.Regexp
	// sameLength is true where all bodies have the length of the first right one; first is
	// that length plus one, 0 before it is known.
	sameLength bool
	first      atomic.Int64
}

// Failure says why an answer is wrong.
type Failure struct {
	Cause  results.Cause
	Detail string
}

// Compile prepares the conditions. It returns nil for none, and an error that holds every
// condition that cannot be read.
func Compile(c *scenarios.Checks) (*Set, error) {
	if c == nil {
		return nil, nil
	}
	s := &Set{sameLength: c.SameLength}
	var errs []error
	for _, text := range c.Headers {
		f, err := parseField(text)
		s.fields, errs = append(s.fields, f), append(errs, err)
	}
	for _, text := range c.JSON {
		v, err := parseValue(text)
		s.values, errs = append(s.values, v), append(errs, err)
	}
	for _, h := range c.HeaderPatterns {
		re, err := compilePattern(h.Value)
		s.fields, errs = append(s.fields, field{name: []byte(h.Name), pattern: re}), append(errs, err)
	}
	for _, path := range c.Present {
		v, err := parsePresent(path)
		s.values, errs = append(s.values, v), append(errs, err)
	}
	for _, text := range c.Contains {
		s.contains = append(s.contains, []byte(text))
	}
	for _, text := range c.Patterns {
		re, err := compilePattern(text)
		s.patterns, errs = append(s.patterns, re), append(errs, err)
	}
	return s, errors.Join(errs...)
}

// compilePattern compiles a regular expression.
func compilePattern(text string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %s", text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

// Again returns the conditions for another request with the same right answers: its bodies
// have a length of their own.
func (s *Set) Again() *Set {
	if s == nil {
		return nil
	}
	return &Set{fields: s.fields, values: s.values, contains: s.contains, patterns: s.patterns, sameLength: s.sameLength}
}

// NeedsBody reports whether Body looks into bodies.
func (s *Set) NeedsBody() bool { return s != nil && len(s.values)+len(s.contains)+len(s.patterns) > 0 }

// Length judges the number of bytes of a body as it was sent, without framing. The first
// call sets the length of all others: call it for answers that are right otherwise.
func (s *Set) Length(n int64) *Failure {
	if !s.sameLength || s.first.CompareAndSwap(0, n+1) || s.first.Load() == n+1 {
		return nil
	}
	return &Failure{results.CauseLength, fmt.Sprintf("a body of %d bytes, where the first right answer had %d", n, s.first.Load()-1)}
}

// Body judges a whole body.
func (s *Set) Body(body []byte) *Failure {
	if f := s.json(body); f != nil {
		return f
	}
	for _, text := range s.contains {
		if !bytes.Contains(body, text) {
			return &Failure{results.CausePattern, fmt.Sprintf("a body without the text %q: %s", text, excerpt(body))}
		}
	}
	for _, re := range s.patterns {
		if !re.Match(body) {
			return &Failure{results.CausePattern, fmt.Sprintf("a body that does not match %q: %s", re, excerpt(body))}
		}
	}
	return nil
}

// TooLarge is the failure of a body of more than MostBody bytes.
func (s *Set) TooLarge() *Failure {
	cause := results.CausePattern
	if len(s.values) > 0 {
		cause = results.CauseJSON
	}
	return &Failure{cause, fmt.Sprintf("a body of more than %d MiB, which is not looked into", MostBody>>20)}
}

// excerpt quotes the beginning of a body.
func excerpt(body []byte) string {
	const most = 60
	switch {
	case len(body) == 0:
		return "it is empty"
	case len(body) <= most:
		return fmt.Sprintf("it is %q", body)
	}
	return fmt.Sprintf("it begins with %q", bytes.ToValidUTF8(body[:most], nil))
}
