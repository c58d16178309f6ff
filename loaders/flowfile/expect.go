package flowfile

import (
	"regexp"

	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/scenarios"
)

// anyValue is the value of a condition that every value meets.
const anyValue = `"*"`

// expect reads which answers are right.
func (s *sequence) expect(k *expectKeys, at string) scenarios.Expect {
	var e scenarios.Expect
	if k.Status != nil {
		e.Status = int(*k.Status)
	}
	if k.Body != nil {
		e.Body = &scenarios.Body{Text: *k.Body}
	}
	c := scenarios.Checks{Contains: k.Contains, Patterns: k.Regex}
	for _, text := range k.Regex {
		_, err := regexp.Compile(text)
		s.doc.ReportIf(err != nil, at+".regex", "expect.regex: %v", err)
	}
	for _, condition := range k.JSON {
		_, err := checks.ParsePath(condition.path)
		s.doc.ReportIf(err != nil, at+".json", "expect.json: %v", err)
		if condition.value == anyValue {
			c.Present = append(c.Present, condition.path)
		} else {
			c.JSON = append(c.JSON, condition.path+"="+string(condition.value))
		}
	}
	for _, field := range k.Headers {
		_, err := regexp.Compile(field.Regex)
		s.doc.ReportIf(err != nil, at+".headers", "expect.headers: %v", err)
		if field.Regex != "" {
			c.HeaderPatterns = append(c.HeaderPatterns, scenarios.Header{Name: field.name, Value: field.Regex})
		} else {
			c.Headers = append(c.Headers, field.name+": "+field.text)
		}
	}
	if !isEmpty(&c) {
		e.Checks = &c
	}
	return e
}

// isEmpty reports whether there are no conditions.
func isEmpty(c *scenarios.Checks) bool {
	return len(c.Headers)+len(c.HeaderPatterns) == 0 && !looksIntoBody(c)
}

// looksIntoBody reports whether a condition is about a body.
func looksIntoBody(c *scenarios.Checks) bool {
	return len(c.JSON)+len(c.Present)+len(c.Contains)+len(c.Patterns) > 0
}
