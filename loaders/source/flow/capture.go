package flow

import (
	"bytes"
	"fmt"
	"regexp"
	"unsafe"

	"github.com/tidwall/gjson"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

// capture takes a text out of answers.
type capture struct {
	*loaders.Capture
	// name is that of the variable.
	name string
	// path is that of a JSON capture in gjson's syntax, expression the one of a regex
	// capture.
	path       string
	expression *regexp.Regexp
}

func newCapture(c *loaders.Capture, variables []string) (capture, error) {
	made := capture{Capture: c, name: variables[c.Variable]}
	var err error
	switch {
	case c.JSON != "":
		made.path, err = checks.ParsePath(c.JSON)
	case c.Regex != "":
		made.expression, err = regexp.Compile(c.Regex)
	}
	if err != nil {
		return made, fmt.Errorf("capture %s: %w", made.name, err)
	}
	return made, nil
}

// Judge implements source.Judge.
func (j judging) Judge(number int32, v *source.View) {
	w, u := j.walker, &j.users[number]
	i := u.on
	f := &w.flows[i.flow]
	s := &f.steps[i.step]
	w.keepCookies(i, f.Session, v)
	if v.Cause != "" {
		return
	}
	if s.Within > 0 && v.Took > s.Within {
		v.Cause, v.Detail = results.CauseWithin, fmt.Sprintf("a right answer after %v, where %v is the longest time", v.Took, s.Within)
		return
	}
	for n := range s.captures {
		c := &s.captures[n]
		text, why := w.text(c, i, f.Session, v)
		switch {
		case why == "":
			i.learn(c.Variable, text)
		case c.Else != nil:
			i.learn(c.Variable, []byte(*c.Else))
		default:
			i.forget(c.Variable)
			if !c.Optional && v.Cause == "" {
				v.Cause, v.Detail = results.CauseCapture, fmt.Sprintf("nothing to capture for ${%s}: %s", c.name, why)
			}
		}
	}
}

// text returns the text that the capture takes, or why there is none.
func (w *walker) text(c *capture, i *iteration, s loaders.CookieSession, v *source.View) (text []byte, why string) {
	switch {
	case c.Header != "":
		text, why = fieldOf(v.Head, c.Header)
	case c.Cookie != "":
		text, why = w.cookieOf(i.jar(s), c.Cookie, v)
	case len(v.Body) > checks.MostBody:
		return nil, fmt.Sprintf("a body of more than %d MiB is not looked into", checks.MostBody>>20)
	case c.path != "":
		text, why = c.inJSON(v.Body)
	default:
		text, why = c.inText(v.Body)
	}
	if why == "" && c.InHeader && bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return nil, fmt.Sprintf("%.60q has a control character, and a header uses it", text)
	}
	return text, why
}

// inJSON looks for the path. A null is no text. gjson.GetBytes would copy what it finds, which
// adds up while nothing is collected.
func (c *capture) inJSON(body []byte) (text []byte, why string) {
	found := gjson.Get(unsafe.String(unsafe.SliceData(body), len(body)), c.path)
	switch {
	case !found.Exists() || found.Type == gjson.Null:
		return nil, fmt.Sprintf("%s is missing or null in a body that begins with %.60q", c.JSON, body)
	case found.Type == gjson.String:
		return viewOf(found.Str), ""
	}
	return viewOf(found.Raw), ""
}

// viewOf returns the bytes of the text, which must not be changed.
func viewOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// inText looks for the expression.
func (c *capture) inText(body []byte) (text []byte, why string) {
	at := c.expression.FindSubmatchIndex(body)
	switch {
	case at == nil:
		return nil, fmt.Sprintf("%q matches nothing in a body that begins with %.60q", c.Regex, body)
	case len(at) > 2 && at[2] >= 0:
		return body[at[2]:at[3]], ""
	case len(at) > 2:
		return nil, fmt.Sprintf("the group of %q is not in its match", c.Regex)
	}
	return body[at[0]:at[1]], ""
}

// fieldOf returns the value of the first field of that name.
func fieldOf(head []byte, name string) (text []byte, why string) {
	for line := range bytes.Lines(head) {
		if is, value, ok := bytes.Cut(line, []byte(":")); ok && len(is) == len(name) && bytes.EqualFold(is, []byte(name)) {
			return bytes.TrimSpace(value), ""
		}
	}
	return nil, fmt.Sprintf("the header %s is missing", name)
}
