package flowfile

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/codec/checks"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// sequence reads the steps of one flow.
type sequence struct {
	*reader
	keys *flowKeys
	flow *loaders.Flow
	// known are the variables that the steps so far capture; needed are those that a step
	// without else uses.
	known  map[string]bool
	needed []int
	// named has the names so far, each with the number of steps that would have it.
	named map[string]int
}

// step reads a step.
func (s *sequence) step(k *stepKeys, at string) {
	s.doc.ReportIf(k.ws != "", at+".ws", "ws: flows speak no WebSocket yet: leave the step out")
	s.doc.ReportIf(k.before != "", at+".before", "before: scripts in steps are not run yet: capture a text and use it, or leave the script out")
	if k.ws != "" && s.verb(&k.callKeys) < 0 {
		return
	}
	step := loaders.FlowStep{Repeat: 1, Pause: s.pauseOf(k)}
	if k.wait != nil {
		step.Wait = k.wait.Think
	}
	if k.repeat != nil {
		step.Repeat = *k.repeat
		s.doc.ReportIf(step.Repeat < 1 || step.Repeat > mostRepeats, at+".repeat", "repeat %d: a whole number from 1 to %d is needed", step.Repeat, mostRepeats)
	}
	if k.expect.Within != nil {
		step.Within = time.Duration(*k.expect.Within)
	}
	expect := s.expect(&k.expect, at+".expect")
	step.Name = s.nameOf(k, at)
	step.Call = s.call(&k.callKeys, expect, step.Name, at)
	if k.otherwise != nil {
		other := s.call(k.otherwise, expect, step.Name, at+".else")
		step.Else = &other
		s.doc.ReportIf(!slices.ContainsFunc(step.Uses, s.isVariable), at+".else", "else: it is sent where a variable of the step has no value, and the step has no variable: leave it out")
		s.needed = append(s.needed, other.Uses...)
	} else {
		s.needed = append(s.needed, step.Uses...)
	}
	for _, c := range k.captures {
		step.Captures = append(step.Captures, s.capture(c, at+".capture."+c.name))
	}
	s.flow.Steps = append(s.flow.Steps, step)
}

func (s *sequence) isVariable(column int) bool { return column < len(s.out.Flows.Variables) }

// pauseOf returns the pause behind a step.
func (s *sequence) pauseOf(k *stepKeys) loaders.Think {
	switch {
	case k.pause != nil:
		return k.pause.Think
	case s.keys.Pause != nil:
		return s.keys.Pause.Think
	}
	return loaders.Think{}
}

// verb returns the number of the step's verb, a negative one for none.
func (s *sequence) verb(k *callKeys) int {
	return slices.IndexFunc(k.paths[:], func(path string) bool { return path != "" })
}

// nameOf returns the name of a step, which is unique in its flow.
func (s *sequence) nameOf(k *stepKeys, at string) string {
	if name := k.name; name != "" {
		s.doc.ReportIf(s.named[name] > 0, at+".name", "two steps of the flow have the name %q", name)
		s.named[name]++
		return name
	}
	first := ""
	if i := s.verb(&k.callKeys); i >= 0 {
		first = verbs[i] + " " + k.paths[i]
	}
	name := first
	for s.named[name] > 0 {
		s.named[first]++
		name = fmt.Sprintf("%s (%d)", first, s.named[first])
	}
	s.named[name]++
	return name
}

// call makes the requests of a call.
func (s *sequence) call(k *callKeys, expect scenarios.Expect, name, at string) loaders.Call {
	i := s.verb(k)
	if i < 0 {
		s.doc.Report(at, "a step needs a verb with its path, such as get: /items")
		return loaders.Call{}
	}
	for n := i + 1; n < len(verbs); n++ {
		s.doc.ReportIf(k.paths[n] != "", at+"."+verbs[n], "a step has one verb, and this one has %s and %s", verbs[i], verbs[n])
	}
	u, ok := s.url(k.paths[i], at+"."+verbs[i])
	if !ok {
		return loaders.Call{}
	}
	q := scenarios.Request{
		Name: s.flow.Name + "/" + name, Method: strings.ToUpper(verbs[i]), Path: u.Path, Target: s.target(&u), Expect: expect,
	}
	if k.timeout != nil {
		q.Timeout = time.Duration(*k.timeout)
	}
	q.Headers = s.headers(k, &u, at)
	bodyType := s.body(k.body, &q, at+".body")
	if bodyType != "" && !hasField(q.Headers, "Content-Type") {
		q.Headers = append(q.Headers, scenarios.Header{Name: "Content-Type", Value: bodyType})
	}
	s.doc.ReportIf(q.Method == "HEAD" && q.Expect.Checks != nil && looksIntoBody(q.Expect.Checks), at, "expect looks into a body, and answers to HEAD have none")
	return s.finish(q, at)
}

// finish adds the request, and its form with cookies. The texts of the request are
// templates: where none of them has a piece, the request is always the same.
func (s *sequence) finish(q scenarios.Request, at string) loaders.Call {
	with := q
	with.Pieces, with.Headers = true, withCookies(q.Headers)
	var call loaders.Call
	call.Uses, q.Pieces = s.uses(&q, at)
	if !q.Pieces {
		unescape(&q)
	}
	s.builds(&q, at)
	call.Request = s.add(q)
	if s.flow.Session != loaders.NoSession {
		call.WithCookies = s.add(with)
	}
	return call
}

// unescape makes texts of the templates of a request without pieces.
func unescape(q *scenarios.Request) {
	q.Path = loaders.EscapeURL(pieces.Unescape(q.Path), "[]")
	q.Headers = slices.Clone(q.Headers)
	for i := range q.Headers {
		q.Headers[i].Value = pieces.Unescape(q.Headers[i].Value)
	}
	if q.Body != nil {
		body := *q.Body
		body.Text = pieces.Unescape(body.Text)
		q.Body, q.Encode = &body, ""
	}
}

// withCookies returns the headers with the cookies of the user behind those that are there.
func withCookies(headers []scenarios.Header) []scenarios.Header {
	const piece = pieces.Begin + loaders.CookieJar + "}"
	list := slices.Clone(headers)
	for i := range list {
		if strings.EqualFold(list[i].Name, "Cookie") {
			list[i].Value += "; " + piece
			return list
		}
	}
	return append(list, scenarios.Header{Name: "Cookie", Value: piece})
}

// builds reports what makes no request.
func (s *sequence) builds(q *scenarios.Request, at string) {
	if s.doc.Spoiled(at) || len(s.doc.Problems()) > 0 {
		return
	}
	asked := *q
	if q.Pieces {
		m, err := pieces.Mark(q, s.columns, "host")
		if err != nil {
			s.doc.Report(at, "%v", err)
			return
		}
		asked = m.Request
	}
	if _, err := wire.Compile(&asked, "host"); err != nil {
		s.doc.Report(at, "%v", err)
	}
}

// url returns the URL of a path.
func (s *sequence) url(path, at string) (adhoc.URL, bool) {
	text := path
	switch {
	case strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://"):
	case !strings.HasPrefix(path, "/"):
		s.doc.Report(at, "path %q: it begins with /, or is a URL", path)
		return adhoc.URL{}, false
	case s.origin == "":
		s.doc.ReportIf(!s.baseless, "base", "no base: the file needs the scheme and host of its paths, such as base: http://127.0.0.1:8080, or the command line a URL")
		s.baseless = true
		return adhoc.URL{}, false
	default:
		text = s.origin + s.prefix + path
	}
	u, err := adhoc.ParseURL(text)
	if err != nil {
		s.doc.Report(at, "%v", err)
	}
	return u, err == nil
}

// headers returns the fields of a request: those of the step before those of the flow, and
// those before the fields of the file.
func (s *sequence) headers(k *callKeys, u *adhoc.URL, at string) []scenarios.Header {
	var list []scenarios.Header
	for _, fields := range []headersKey{s.reader.keys.Headers, s.keys.Headers, k.headers} {
		for _, h := range fields {
			i := slices.IndexFunc(list, func(o scenarios.Header) bool { return strings.EqualFold(o.Name, h.Name) })
			if i >= 0 {
				list[i] = *h
			} else {
				list = append(list, *h)
			}
		}
	}
	if u.Authorization != "" && !hasField(list, "Authorization") {
		list = append(list, scenarios.Header{Name: "Authorization", Value: u.Authorization})
	}
	if keeps := cmp.Or(k.keepalive, s.keys.Keepalive, s.reader.keys.Keepalive); keeps != nil && !*keeps {
		s.doc.ReportIf(hasField(list, "Connection"), at, "keepalive: false and the header Connection both say what becomes of the connection: leave out the one or the other")
		list = append(list, scenarios.Header{Name: "Connection", Value: "close"})
	}
	return list
}

func hasField(headers []scenarios.Header, name string) bool {
	return slices.ContainsFunc(headers, func(h scenarios.Header) bool { return strings.EqualFold(h.Name, name) })
}

// uses returns the numbers of the columns that the request names, and whether it has any
// pieces. It reports pieces that name nothing.
func (s *sequence) uses(q *scenarios.Request, at string) (list []int, varies bool) {
	look := func(text string, inHeader bool) {
		parsed, err := pieces.Parse(text, s.columns)
		if err != nil {
			s.doc.Report(at, "%v", err)
			return
		}
		for i := range parsed {
			varies = varies || !parsed[i].IsLiteral()
			n, ok := parsed[i].Column()
			if !ok {
				continue
			}
			if !slices.Contains(list, n) {
				list = append(list, n)
			}
			if s.isVariable(n) && !s.known[s.columns[n]] {
				s.doc.Report(at, "${%s} has no value here: no earlier step of the flow captures it", s.columns[n])
			}
			if inHeader {
				s.inHeader(n, at)
			}
		}
	}
	look(q.Path, false)
	for _, h := range q.Headers {
		look(h.Value, true)
	}
	if q.Body != nil {
		look(q.Body.Text, false)
	}
	return list, varies
}

// inHeader notes that a header holds the column.
func (s *sequence) inHeader(n int, at string) {
	if s.isVariable(n) {
		s.headed = append(s.headed, s.columns[n])
		return
	}
	n -= len(s.out.Flows.Variables)
	for i := range s.out.Flows.Sets {
		set := &s.out.Flows.Sets[i]
		if n < len(set.Data.Columns) {
			if row := controlIn(set.Data, n); row >= 0 {
				s.doc.Report(at, "row %d of the data %s has a control character in its column %s, which cannot stand in a header", row+1, set.Name, set.Data.Columns[n])
			}
			return
		}
		n -= len(set.Data.Columns)
	}
}

// controlIn returns the first row with a control character in the column, a negative number
// for none.
func controlIn(d *loaders.Data, column int) int {
	for row := range d.Rows() {
		for _, c := range d.Value(row, column) {
			if c < ' ' && c != '\t' || c == 0x7f {
				return row
			}
		}
	}
	return -1
}

// capture reads a capture.
func (s *sequence) capture(k *captureKeys, at string) loaders.Capture {
	c := loaders.Capture{
		Variable: slices.Index(s.out.Flows.Variables, k.name),
		JSON:     k.JSON, Regex: k.Regex, Header: k.Header, Cookie: k.Cookie, Else: k.Else,
	}
	given := 0
	for _, text := range []string{k.JSON, k.Regex, k.Header, k.Cookie} {
		if text != "" {
			given++
		}
	}
	s.doc.ReportIf(!isName(k.name), at, "capture: %q is no name of a variable: it is made of letters, digits, - and _", k.name)
	s.doc.ReportIf(given != 1, at, "capture %s: one of json, regex, header and cookie says where the text stands", k.name)
	if k.JSON != "" {
		_, err := checks.ParsePath(k.JSON)
		s.doc.ReportIf(err != nil, at+".json", "capture %s: %v", k.name, err)
	}
	if k.Regex != "" {
		_, err := regexp.Compile(k.Regex)
		s.doc.ReportIf(err != nil, at+".regex", "capture %s: %v", k.name, err)
	}
	s.known[k.name] = true
	return c
}

// optional marks the captures of variables that only steps with else need.
func (s *sequence) optional() {
	for i := range s.flow.Steps {
		for n := range s.flow.Steps[i].Captures {
			c := &s.flow.Steps[i].Captures[n]
			used := slices.ContainsFunc(s.flow.Steps, func(step loaders.FlowStep) bool {
				return step.Else != nil && slices.Contains(step.Uses, c.Variable)
			})
			c.Optional = used && !slices.Contains(s.needed, c.Variable)
		}
	}
}
