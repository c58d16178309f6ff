package importing

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// Pywrkr reads a scenario of pywrkr, in JSON or YAML, as a flow. The notes say what differs.
// The error has every problem.
func Pywrkr(text []byte) (d flowfile.Draft, notes []string, err error) {
	var file yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.UseOrderedMap()); err != nil {
		return d, nil, fmt.Errorf("is no scenario of pywrkr: %s", yaml.FormatError(err, false, false))
	}
	p := &pywrkr{known: map[string]bool{}}
	p.file(file)
	if len(p.errs) > 0 {
		return d, nil, fmt.Errorf("%s", strings.Join(p.errs, "\n"))
	}
	return p.draft, p.notes, nil
}

// pywrkr makes a draft of a scenario.
type pywrkr struct {
	draft       flowfile.Draft
	notes, errs []string
	// known are the names of the variables and, with a dot behind them, of the data sets so
	// far.
	known map[string]bool
}

func (p *pywrkr) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.notes, text) {
		p.notes = append(p.notes, text)
	}
}

func (p *pywrkr) fail(format string, args ...any) {
	p.errs = append(p.errs, fmt.Sprintf(format, args...))
}

// file reads the keys of a scenario.
func (p *pywrkr) file(file yaml.MapSlice) {
	var steps any
	for _, item := range file {
		key, value := fmt.Sprint(item.Key), item.Value
		switch key {
		case "name":
			p.draft.Name = single(value)
		case "base_url":
			p.base(single(value))
		case "think_time":
			p.draft.Pause = p.think("think_time", value)
		case "session":
			p.session(single(value))
		case "on_extract_failure":
			p.onFailure(single(value))
		case "on_template_error":
			if single(value) != "abort_iteration" {
				p.note("on_template_error %s: a step whose variable has no value is left out, or ends the iteration, as on_error says", single(value))
			}
		case "data":
			p.data(value)
		case "steps":
			steps = value
		default:
			p.note("%s is ignored, as pywrkr does", key)
		}
	}
	p.draft.Session = cmp.Or(p.draft.Session, "user")
	list, _ := steps.([]any)
	if len(list) == 0 {
		p.fail("the scenario has no steps")
	}
	for i, value := range list {
		step, ok := value.(yaml.MapSlice)
		if !ok {
			p.fail("step %d is no mapping", i+1)
			continue
		}
		p.step(step, i+1)
	}
}

// base takes scheme and host of the base, as pywrkr does.
func (p *pywrkr) base(text string) {
	u, err := adhoc.ParseURL(text)
	if err != nil {
		p.fail("base_url: %v", err)
		return
	}
	p.draft.Base = u.Origin()
	if strings.Trim(u.Path, "/") != "" {
		p.note("base_url: its path %s is dropped, as pywrkr does: paths of steps begin at the host", u.Path)
	}
}

// think returns a pause of that many seconds, spread by half.
func (p *pywrkr) think(key string, value any) string {
	seconds, err := strconv.ParseFloat(single(value), 64)
	switch {
	case err != nil || seconds < 0:
		p.fail("%s: %v is no number of seconds", key, value)
		return ""
	case seconds == 0:
		return "0s"
	}
	return inSeconds(seconds) + " ± 50%"
}

// inSeconds returns a time with its unit.
func inSeconds(seconds float64) string {
	return strconv.FormatFloat(seconds, 'f', -1, 64) + "s"
}

func (p *pywrkr) session(text string) {
	switch text {
	case "persistent":
		p.draft.Session = "user"
	case "fresh_per_iteration":
		p.draft.Session = "iteration"
	default:
		p.fail("session %q: persistent or fresh_per_iteration", text)
	}
}

func (p *pywrkr) onFailure(text string) {
	switch text {
	case "abort_iteration":
		p.draft.OnError = "abort"
	case "continue":
		p.draft.OnError = "continue"
	default:
		p.fail("on_extract_failure %q: abort_iteration or continue", text)
	}
}

// data reads the data sets.
func (p *pywrkr) data(value any) {
	sets, _ := value.(yaml.MapSlice)
	for _, item := range sets {
		set := flowfile.DraftData{Name: fmt.Sprint(item.Key)}
		keys, _ := item.Value.(yaml.MapSlice)
		for _, k := range keys {
			switch key := fmt.Sprint(k.Key); key {
			case "file":
				set.File = single(k.Value)
			case "strategy":
				set.Take = single(k.Value)
			default:
				p.fail("data.%s: unknown key %q", set.Name, key)
			}
		}
		if set.File == "" {
			p.fail("data.%s has no file", set.Name)
		}
		p.known[set.Name+"."] = true
		p.draft.Data = append(p.draft.Data, set)
	}
}

// step reads a step.
func (p *pywrkr) step(keys yaml.MapSlice, number int) {
	s := flowfile.DraftStep{Method: "GET"}
	at := fmt.Sprintf("step %d", number)
	var extract any
	for _, item := range keys {
		key, value := fmt.Sprint(item.Key), item.Value
		switch key {
		case "path":
			s.Path = p.template(single(value))
		case "method":
			s.Method = strings.ToUpper(single(value))
		case "name":
			s.Name = single(value)
		case "headers":
			s.Headers = p.headers(value)
		case "body":
			p.body(&s, value)
		case "think_time":
			s.Pause = p.think(at+": think_time", value)
		case "extract":
			extract = value
		case "ws", "send", "expect_message_contains", "hold":
			p.fail("%s: %s: flows speak no WebSocket yet", at, key)
		default:
			if !p.assertion(&s, key, value, at) {
				p.note("%s: %s is ignored, as pywrkr does", at, key)
			}
		}
	}
	if s.Path == "" {
		p.fail("%s has no path", at)
	} else if !strings.HasPrefix(s.Path, "/") {
		s.Path = "/" + s.Path
	}
	if s.Body != nil && !slices.ContainsFunc(s.Headers, func(h scenarios.Header) bool { return strings.EqualFold(h.Name, "Content-Type") }) {
		s.Headers = append(s.Headers, scenarios.Header{Name: "Content-Type", Value: "text/plain; charset=utf-8"})
	}
	if s.Name != "" && slices.ContainsFunc(p.draft.Steps, func(o flowfile.DraftStep) bool { return o.Name == s.Name }) {
		first := s.Name
		s.Name = fmt.Sprintf("%s (%d)", first, number)
		p.note("%s: two steps have the name %q: this one is %q", at, first, s.Name)
	}
	s.Capture = p.extract(extract, at)
	p.draft.Steps = append(p.draft.Steps, s)
}

func (p *pywrkr) headers(value any) []scenarios.Header {
	var list []scenarios.Header
	fields, _ := value.(yaml.MapSlice)
	for _, item := range fields {
		list = append(list, scenarios.Header{Name: fmt.Sprint(item.Key), Value: p.template(single(item.Value))})
	}
	return list
}

// body takes a text as it is, and any other value as JSON.
func (p *pywrkr) body(s *flowfile.DraftStep, value any) {
	switch text := value.(type) {
	case nil:
	case string:
		s.Body = new(p.template(text))
	default:
		s.JSON = p.templates(value)
	}
}

// templates returns the value with its texts as templates.
func (p *pywrkr) templates(value any) any {
	switch value := value.(type) {
	case string:
		return p.template(value)
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = p.templates(value[i])
		}
		return list
	case yaml.MapSlice:
		m := make(yaml.MapSlice, len(value))
		for i := range value {
			m[i] = yaml.MapItem{Key: value[i].Key, Value: p.templates(value[i].Value)}
		}
		return m
	}
	return value
}

// placeholder matches one of pywrkr.
var placeholder = regexp.MustCompile(`\$\{([^{}]*)\}`)

// template returns the text as a template of joust. A placeholder that names nothing stays
// as it is.
func (p *pywrkr) template(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := found[len(pieces.Begin) : len(found)-1]
		set, _, isField := strings.Cut(name, ".")
		_, err := pieces.Parse(found, nil)
		if err == nil || p.known[name] || isField && p.known[set+"."] {
			return found
		}
		p.note("%s names nothing that is known there: it is sent as it stands", found)
		return "$" + found
	})
}

// extract reads captures.
func (p *pywrkr) extract(value any, at string) yaml.MapSlice {
	var list yaml.MapSlice
	captures, _ := value.(yaml.MapSlice)
	for _, item := range captures {
		name := fmt.Sprint(item.Key)
		from, _ := item.Value.(yaml.MapSlice)
		if len(from) != 1 || !slices.Contains([]string{"json", "regex", "header"}, fmt.Sprint(from[0].Key)) {
			p.fail("%s: extract.%s: exactly one of json, regex and header says where the text stands", at, name)
			continue
		}
		p.known[name] = true
		list = append(list, yaml.MapItem{Key: name, Value: yaml.MapSlice{{Key: from[0].Key, Value: single(from[0].Value)}}})
	}
	return list
}

// assertion reads a condition of answers. It reports whether the key is one.
func (p *pywrkr) assertion(s *flowfile.DraftStep, key string, value any, at string) bool {
	add := func(key string, value any) bool {
		s.Expect = append(s.Expect, yaml.MapItem{Key: key, Value: value})
		return true
	}
	switch key {
	case "assert_status":
		return add("status", value)
	case "assert_body_contains":
		return add("contains", single(value))
	case "assert_body_regex":
		return add("regex", single(value))
	case "assert_json":
		return add("json", value)
	case "assert_header":
		return add("headers", value)
	case "assert_max_latency":
		seconds, err := strconv.ParseFloat(single(value), 64)
		if err != nil || seconds <= 0 {
			p.fail("%s: assert_max_latency: %v is no number of seconds above 0", at, value)
			return true
		}
		return add("within", inSeconds(seconds))
	}
	return false
}

// single returns a single value as a text.
func single(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
