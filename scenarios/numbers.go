package scenarios

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results/suggest"
)

// number is a value for which a placeholder stands.
type number struct {
	name  string
	value int64
	// text replaces the placeholder.
	text string
	// used is set when a text or call needs the number.
	used bool
}

// numbers are the values of one request. Without any, texts are no templates.
type numbers []*number

// placeholder finds {n} and {pairs(n)}.
var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9_]*)(\([^(){}]*\))?\}`)

// find returns the number of that name and marks it as used.
func (known numbers) find(name string) (*number, bool) {
	i := slices.IndexFunc(known, func(n *number) bool { return n.name == name })
	if i < 0 {
		return nil, false
	}
	known[i].used = true
	return known[i], true
}

// unknown is the error about a name that is none of the numbers.
func (known numbers) unknown(what, name string) error {
	var names []string
	for _, n := range known {
		names = append(names, n.name)
	}
	if len(names) == 0 {
		return fmt.Errorf("%s %q is no whole number; names stand for numbers in vary and each alone", what, name)
	}
	return errors.New(suggest.Unknown(what, name, names))
}

// replace returns the text with values in place of {name} and generated text in place of
// {call(…)}. Without numbers it is the text itself.
func (known numbers) replace(text string) (string, error) {
	if len(known) == 0 {
		return text, nil
	}
	var problem error
	out := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		inner := strings.Trim(match, "{}")
		made, err := known.fill(inner)
		if problem == nil {
			problem = err
		}
		return made
	})
	return out, problem
}

// fill returns the text for the inner part of a placeholder.
func (known numbers) fill(inner string) (string, error) {
	if strings.Contains(inner, "(") {
		return known.generate(inner)
	}
	if n, found := known.find(inner); found {
		return n.text, nil
	}
	return "", known.unknown("placeholder", inner)
}

// unused returns the numbers that no text needed.
func (known numbers) unused() []string {
	var names []string
	for _, n := range known {
		if !n.used {
			names = append(names, n.name)
		}
	}
	return names
}

// filled returns the request with the numbers in its path, in the values of its headers,
// and in its bodies. Faults name the place in the request.
func (r Request) filled(known numbers, from open) (Request, faults) {
	var f faults
	text := func(at, value string) string {
		out, err := known.replace(value)
		if err != nil {
			f.add(at, "%v", err)
		}
		return out
	}
	fields := func(at string, headers []Header) []Header {
		headers = slices.Clone(headers)
		for i := range headers {
			headers[i].Value = text(fmt.Sprintf("%s[%d].value", at, i), headers[i].Value)
		}
		return headers
	}
	body := func(at string, b *Body) *Body {
		if b == nil {
			return nil
		}
		out, key, err := b.resolved(known, from)
		if err != nil {
			f.add(at+"."+key, "%v", err)
		}
		return &out
	}
	r.Path = text("path", r.Path)
	r.Headers = fields("headers", r.Headers)
	r.Body = body("body", r.Body)
	r.Expect.Headers = fields("expect.headers", r.Expect.Headers)
	r.Expect.Body = body("expect.body", r.Expect.Body)
	return r, f
}
