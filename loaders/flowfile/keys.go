package flowfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// fileKeys are the keys of a file.
type fileKeys struct {
	Base      string      `yaml:"base"`
	Headers   headersKey  `yaml:"headers"`
	Keepalive *bool       `yaml:"keepalive"`
	Data      dataSets    `yaml:"data"`
	Setup     *flowKeys   `yaml:"setup"`
	Flows     []flowKeys  `yaml:"flows"`
	Mix       loaders.Mix `yaml:"mix"`
	Load      loadKeys    `yaml:"load"`
}

// loadKeys are the keys of load.
type loadKeys struct {
	Users       *int     `yaml:"users"`
	Ramp        *timeKey `yaml:"ramp"`
	Rate        *float64 `yaml:"rate"`
	RateOf      string   `yaml:"rate_of"`
	Iterations  *int64   `yaml:"iterations"`
	Concurrency *int     `yaml:"concurrency"`
}

// flowKeys are the keys of a flow.
type flowKeys struct {
	Name      string                `yaml:"name"`
	Headers   headersKey            `yaml:"headers"`
	Weight    *int                  `yaml:"weight"`
	Repeat    *int                  `yaml:"repeat"`
	Order     loaders.FlowOrder     `yaml:"order"`
	Session   loaders.CookieSession `yaml:"session"`
	Keepalive *bool                 `yaml:"keepalive"`
	OnError   loaders.OnError       `yaml:"on_error"`
	Pause     *pauseKey             `yaml:"pause"`
	Keep      loaders.Keep          `yaml:"keep"`
	KeepLimit *int                  `yaml:"keep_limit"`
	Steps     []stepKeys            `yaml:"steps"`
}

// verbs are the keys that give a step its method, in capital letters, and its path.
var verbs = []string{
	"get", "head", "post", "put", "patch", "delete", "options", "trace", "query",
	"propfind", "proppatch", "mkcol", "copy", "move", "lock", "unlock", "report", "search", "purge",
}

// IsVerb reports whether steps may have the method, such as GET.
func IsVerb(method string) bool {
	for _, verb := range verbs {
		if strings.ToUpper(verb) == method {
			return true
		}
	}
	return false
}

// callKeys are the keys of a request.
type callKeys struct {
	// paths are those of the verbs, in their order, empty for none.
	paths     [32]string
	headers   headersKey
	body      *bodyKeys
	timeout   *timeKey
	keepalive *bool
}

// Keys implements strictyaml.Keyed.
func (c *callKeys) Keys() []strictyaml.Key {
	var list []strictyaml.Key
	for i, verb := range verbs {
		list = append(list, strictyaml.Key{Name: verb, Value: &c.paths[i]})
	}
	return append(list,
		strictyaml.Key{Name: "headers", Value: &c.headers}, strictyaml.Key{Name: "body", Value: &c.body},
		strictyaml.Key{Name: "timeout", Value: &c.timeout}, strictyaml.Key{Name: "keepalive", Value: &c.keepalive})
}

// stepKeys are the keys of a step.
type stepKeys struct {
	callKeys
	name        string
	ws, before  string
	wait, pause *pauseKey
	repeat      *int
	captures    captureList
	expect      expectKeys
	otherwise   *callKeys
}

// Keys implements strictyaml.Keyed.
func (s *stepKeys) Keys() []strictyaml.Key {
	return append(s.callKeys.Keys(),
		strictyaml.Key{Name: "name", Value: &s.name}, strictyaml.Key{Name: "ws", Value: &s.ws},
		strictyaml.Key{Name: "wait", Value: &s.wait}, strictyaml.Key{Name: "pause", Value: &s.pause},
		strictyaml.Key{Name: "repeat", Value: &s.repeat}, strictyaml.Key{Name: "capture", Value: &s.captures},
		strictyaml.Key{Name: "expect", Value: &s.expect}, strictyaml.Key{Name: "else", Value: &s.otherwise},
		strictyaml.Key{Name: "before", Value: &s.before})
}

// bodyKeys are the keys of a body, which may be a text too.
type bodyKeys struct {
	Text      *string         `yaml:"-"`
	JSON      strictyaml.JSON `yaml:"json"`
	Form      headersKey      `yaml:"form"`
	File      string          `yaml:"file"`
	Multipart partList        `yaml:"multipart"`
}

// UnmarshalText reads a text.
func (b *bodyKeys) UnmarshalText(text []byte) error {
	b.Text = new(string(text))
	return nil
}

// partList are the parts of a multipart body in their order.
type partList []*partKeys

// partKeys are the keys of a part, which may be a text too.
type partKeys struct {
	name string
	Text string `yaml:"-"`
	File string `yaml:"file"`
	Type string `yaml:"type"`
}

// UnmarshalText reads a text.
func (p *partKeys) UnmarshalText(text []byte) error {
	p.Text = string(text)
	return nil
}

// Add implements strictyaml.Ordered.
func (l *partList) Add(name string) any {
	p := &partKeys{name: name}
	*l = append(*l, p)
	return p
}

// headersKey is a mapping of names to texts in its order.
type headersKey []*scenarios.Header

// Add implements strictyaml.Ordered.
func (h *headersKey) Add(name string) any {
	field := &scenarios.Header{Name: name}
	*h = append(*h, field)
	return &field.Value
}

// dataSets are data sets by name, in their order.
type dataSets []*dataKeys

// dataKeys are the keys of a data set.
type dataKeys struct {
	name string
	File string            `yaml:"file"`
	Rows []strictyaml.JSON `yaml:"rows"`
	Take loaders.DataOrder `yaml:"take"`
}

// Add implements strictyaml.Ordered.
func (d *dataSets) Add(name string) any {
	set := &dataKeys{name: name}
	*d = append(*d, set)
	return set
}

// captureList are captures by the names of their variables, in their order.
type captureList []*captureKeys

// captureKeys are the keys of a capture.
type captureKeys struct {
	name   string
	JSON   string  `yaml:"json"`
	Regex  string  `yaml:"regex"`
	Header string  `yaml:"header"`
	Cookie string  `yaml:"cookie"`
	Else   *string `yaml:"else"`
}

// Add implements strictyaml.Ordered.
func (l *captureList) Add(name string) any {
	c := &captureKeys{name: name}
	*l = append(*l, c)
	return c
}

// expectKeys are the keys of expect.
type expectKeys struct {
	Status   *statusKey    `yaml:"status"`
	Body     *string       `yaml:"body"`
	Contains textsKey      `yaml:"contains"`
	Regex    textsKey      `yaml:"regex"`
	JSON     conditionList `yaml:"json"`
	Headers  fieldList     `yaml:"headers"`
	Within   *timeKey      `yaml:"within"`
}

// textsKey is a text, or a list of texts.
type textsKey []string

// UnmarshalText reads one text.
func (t *textsKey) UnmarshalText(text []byte) error {
	*t = textsKey{string(text)}
	return nil
}

// statusKey is a status, or the word any.
type statusKey int

// UnmarshalText reads both.
func (s *statusKey) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	switch {
	case string(text) == "any":
		n = scenarios.AnyStatus
	case err != nil || n != 101 && (n < 200 || n > 599):
		return fmt.Errorf("%q is no final status: write one from 200 to 599, or any", text)
	}
	*s = statusKey(n)
	return nil
}

// conditionList are conditions of values in JSON by path, in their order.
type conditionList []*conditionKey

// conditionKey is a path with the expected value.
type conditionKey struct {
	path  string
	value strictyaml.JSON
}

// Add implements strictyaml.Ordered.
func (l *conditionList) Add(path string) any {
	c := &conditionKey{path: path}
	*l = append(*l, c)
	return &c.value
}

// fieldList are conditions of header fields by name, in their order.
type fieldList []*fieldKeys

// fieldKeys are a text, or the key regex.
type fieldKeys struct {
	name  string
	text  string
	Regex string `yaml:"regex"`
}

// UnmarshalText reads a text.
func (f *fieldKeys) UnmarshalText(text []byte) error {
	f.text = string(text)
	return nil
}

// Add implements strictyaml.Ordered.
func (l *fieldList) Add(name string) any {
	f := &fieldKeys{name: name}
	*l = append(*l, f)
	return f
}

// errUnit refuses a time without a unit.
var errUnit = errors.New("it has no unit: write one, such as 500ms or 2s")

// timeKey is a time with a unit, above 0.
type timeKey time.Duration

// UnmarshalText reads a time.
func (t *timeKey) UnmarshalText(text []byte) error {
	d, err := results.ParseDuration(string(text))
	switch {
	case err != nil:
		return err
	case !hasUnit(string(text)):
		return fmt.Errorf("%q: %w", text, errUnit)
	case d <= 0 || d > loaders.Longest:
		return fmt.Errorf("%q: it must be above 0, and at most %v", text, loaders.Longest)
	}
	*t = timeKey(d)
	return nil
}

// hasUnit reports whether the text of a time ends in a letter.
func hasUnit(text string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return err != nil
}

// pauseKey is the law of a pause.
type pauseKey struct{ loaders.Think }

// UnmarshalText reads a law. A pause of 0s is none.
func (p *pauseKey) UnmarshalText(text []byte) error {
	shown := strings.TrimSpace(string(text))
	if shown == "0s" || shown == "0ms" {
		return nil
	}
	if hasBare(shown) {
		return fmt.Errorf("%q: %w", text, errUnit)
	}
	law, err := loaders.ParseThink(shown)
	if err != nil {
		return fmt.Errorf("%q: %w: write %s", text, errors.Unwrap(err), loaders.ThinkWords)
	}
	if law.To > loaders.Longest {
		return fmt.Errorf("%q: it must be at most %v", text, loaders.Longest)
	}
	p.Think = law
	return nil
}

// hasBare reports whether a time in the law has no unit.
func hasBare(law string) bool {
	law = strings.TrimPrefix(strings.TrimPrefix(law, "exp "), "uniform ")
	law, _, _ = strings.Cut(law, "±")
	for part := range strings.SplitSeq(law, "..") {
		if !hasUnit(part) {
			return true
		}
	}
	return false
}
