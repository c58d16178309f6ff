package checks

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/joust-bench/joust/results"
)

// field is a condition of a header field.
type field struct {
	name []byte
	// value is what one of the fields of that name must have, pattern what it must match;
	// without both any value is accepted.
	value   []byte
	pattern *regexp.Regexp
}

// accepts reports whether the condition holds for a value.
func (f *field) accepts(value []byte) bool {
	if f.pattern != nil {
		return f.pattern.Match(value)
	}
	return f.value == nil || bytes.Equal(value, f.value)
}

// parseField reads "Name: value", or "Name" for a field with any value.
func parseField(text string) (field, error) {
	name, value, exact := strings.Cut(text, ":")
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return field{}, fmt.Errorf("%q is no condition of a header: write \"Name: value\", or \"Name\" for any value", text)
	}
	f := field{name: []byte(name)}
	if exact {
		f.value = []byte(strings.Trim(value, " \t"))
	}
	return f, nil
}

// Head judges the fields of a head of HTTP/1.x, with its status line.
func (s *Set) Head(head []byte) *Failure {
	for i := range s.fields {
		if f := s.fields[i].judge(head); f != nil {
			return f
		}
	}
	return nil
}

// judge looks for the field in the head.
func (f *field) judge(head []byte) *Failure {
	var other []byte
	found := false
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !bytes.EqualFold(name, f.name) {
			continue
		}
		value = bytes.Trim(value, " \t\r\n")
		if f.accepts(value) {
			return nil
		}
		if !found {
			other, found = value, true
		}
	}
	switch {
	case !found && f.pattern != nil:
		return &Failure{results.CauseHeader, fmt.Sprintf("the header %s is missing", f.name)}
	case found && f.pattern != nil:
		return &Failure{results.CauseHeader, fmt.Sprintf("the header %s is %q, which does not match %q", f.name, other, f.pattern)}
	case found:
		return &Failure{results.CauseHeader, fmt.Sprintf("the header %s is %q, where %q is expected", f.name, other, f.value)}
	case f.value == nil:
		return &Failure{results.CauseHeader, fmt.Sprintf("the header %s is missing", f.name)}
	}
	return &Failure{results.CauseHeader, fmt.Sprintf("the header %s is missing, where %q is expected", f.name, f.value)}
}
