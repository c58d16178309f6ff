package adhoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// The bounds of a URL file. Within them the sums of weights fit into 64 bits.
const (
	MostURLs   = 4_000_000
	mostWeight = 1_000_000
)

// mostShared is how many different bodies are compared with those of later lines.
const mostShared = 1000

// mostBadLines is how many wrong lines an error shows.
const mostBadLines = 10

// URLs are the requests of a load on many URLs. Equal settings of several are held once.
type URLs struct {
	// origins are the distinct begins of URLs: scheme, user, host and port. Their Path is
	// empty.
	origins []URL
	// settings are the distinct settings of lines; the first is that of a bare URL.
	settings []URLSettings
	list     []asking
	// places has each settings' number by their key, begins each origin's by its text.
	places map[string]int32
	begins map[string]int32
	// bodies are the first different ones, which later lines share.
	bodies map[string]string
}

// asking is one request: the numbers of its origin and of its settings.
type asking struct {
	path string
	// body is that of the line alone, where its settings say that it has one.
	body             string
	origin, settings int32
	// weight is 0 where the line gives none.
	weight int32
	// line is the number of the line, from 1; 0 for an argument.
	line int32
}

// URLSettings are what a line of a URL file may say in addition to its URL. The zero
// URLSettings says nothing: the flags of the command line hold.
type URLSettings struct {
	Method  string
	Headers []scenarios.Header
	// Body is nil where the line gives none, or one of its own as OwnBody says. BodyType is
	// the media type of both.
	Body     *string
	OwnBody  bool
	BodyType string
	// Status is the right status, 0 where the line gives none.
	Status int
}

// Len returns the number of URLs.
func (u *URLs) Len() int { return len(u.list) }

// ParseURLs reads a URL file: a line is a URL, a method and a URL, or a JSON object; blank
// lines and those that begin with # are none. The error shows the first wrong lines with
// their numbers, and says how many there are.
func ParseURLs(text string) (*URLs, error) {
	u := &URLs{
		settings: make([]URLSettings, 1), list: make([]asking, 0, min(MostURLs, 1+strings.Count(text, "\n"))),
		places: map[string]int32{}, begins: map[string]int32{}, bodies: map[string]string{},
	}
	var wrong []error
	lines, bad := 0, 0
	text = strings.TrimPrefix(text, "\ufeff")
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		lines++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := u.read(line, lines); err != nil {
			if bad++; bad <= mostBadLines {
				wrong = append(wrong, fmt.Errorf("line %d: %w", lines, err))
			}
		}
	}
	switch {
	case bad > mostBadLines:
		return nil, fmt.Errorf("%d of %d lines are wrong, the first %d:\n%w", bad, lines, mostBadLines, errors.Join(wrong...))
	case bad > 0:
		return nil, fmt.Errorf("%s wrong:\n%w", of(bad, lines), errors.Join(wrong...))
	case len(u.list) == 0:
		return nil, errors.New("no URL is in it: a line is a URL, a method and a URL, or a JSON object")
	case len(u.list) > MostURLs:
		return nil, fmt.Errorf("%d URLs: at most %d are possible", len(u.list), MostURLs)
	}
	return u, nil
}

func of(bad, lines int) string {
	if bad == 1 {
		return fmt.Sprintf("1 of %d lines is", lines)
	}
	return fmt.Sprintf("%d of %d lines are", bad, lines)
}

// read adds the request of one line.
func (u *URLs) read(line string, number int) error {
	if line[0] == '{' {
		return u.readJSON(line, number)
	}
	settings := int32(0)
	if end := strings.IndexAny(line, " \t"); end >= 0 && !strings.Contains(line[:end], "://") {
		method := line[:end]
		if err := checkMethod(method); err != nil {
			return err
		}
		settings, line = u.place(&URLSettings{Method: method}), strings.TrimSpace(line[end:])
	}
	return u.add(line, asking{settings: settings, line: int32(number)})
}

// checkMethod refuses what is no method, before a URL.
func checkMethod(method string) error {
	foreign := func(c rune) bool { return c != '-' && c != '_' && (c < 'A' || c > 'Z') }
	if method == "" || strings.ContainsFunc(method, foreign) {
		return fmt.Errorf("%q is neither a URL such as http://host/path nor a method in capital letters before one", results.Redacted(method))
	}
	return nil
}

// Add adds a URL as an argument of the command line gives it.
func (u *URLs) Add(url string) error { return u.add(url, asking{}) }

// add adds a request for the URL. The begin of a URL is parsed once.
func (u *URLs) add(url string, a asking) error {
	if strings.Contains(url, "://") {
		authority, rest := splitAuthority(url)
		if at, known := u.begins[authority]; known && isPlainTarget(rest) {
			a.origin, a.path = at, rest
			u.list = append(u.list, a)
			return nil
		}
	}
	parsed, err := ParseURL(url)
	if err != nil {
		return err
	}
	authority, _ := splitAuthority(url)
	at, known := u.begins[authority]
	if !known {
		at = int32(len(u.origins))
		begin := parsed
		begin.Path = ""
		u.origins = append(u.origins, begin)
		u.begins[authority] = at
	}
	a.origin, a.path = at, parsed.Path
	u.list = append(u.list, a)
	return nil
}

// place returns the number of the settings, which is the same for equal ones.
func (u *URLs) place(s *URLSettings) int32 {
	var key strings.Builder
	fmt.Fprintf(&key, "%s %d %t %s", s.Method, s.Status, s.OwnBody, s.BodyType)
	for _, h := range s.Headers {
		fmt.Fprintf(&key, "\n%s:%s", h.Name, h.Value)
	}
	if s.Body != nil {
		fmt.Fprintf(&key, "\n\n%s", *s.Body)
	}
	at, known := u.places[key.String()]
	if !known {
		at = int32(len(u.settings))
		u.settings = append(u.settings, *s)
		u.places[key.String()] = at
	}
	return at
}

// urlLine is a line in the form of JSON. The names are those of flow files.
type urlLine struct {
	URL     string      `json:"url"`
	Method  string      `json:"method"`
	Headers lineHeaders `json:"headers"`
	Body    *lineBody   `json:"body"`
	Weight  *int        `json:"weight"`
	Expect  struct {
		Status *int `json:"status"`
	} `json:"expect"`
}

// readJSON adds the request of a line in the form of JSON.
func (u *URLs) readJSON(line string, number int) error {
	var l urlLine
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return fmt.Errorf("%s: a line in JSON looks like {\"url\": \"http://host/path\", \"method\": \"POST\", \"headers\": {\"Name\": \"value\"}, \"body\": \"text\", \"weight\": 2, \"expect\": {\"status\": 201}}", jsonFault(err))
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more follows the JSON object: a line has one")
	}
	s := URLSettings{Method: l.Method, Headers: l.Headers}
	a := asking{line: int32(number)}
	for _, h := range l.Headers {
		if strings.TrimSpace(h.Name) == "" || strings.ContainsAny(h.Name, ": \t") {
			return fmt.Errorf("the header %q: a name is made of letters, digits and hyphens", h.Name)
		}
	}
	switch {
	case l.URL == "":
		return errors.New("the JSON object has no url")
	case l.Weight != nil && (*l.Weight < 1 || *l.Weight > mostWeight):
		return fmt.Errorf("weight %d: a whole number from 1 to %d is needed", *l.Weight, mostWeight)
	case l.Expect.Status != nil && !isFinal(*l.Expect.Status):
		return fmt.Errorf("expect.status %d: a final status from 200 to 599 is needed", *l.Expect.Status)
	}
	if l.Method != "" {
		if err := checkMethod(l.Method); err != nil {
			return err
		}
	}
	if l.Body != nil {
		s.BodyType = l.Body.mediaType
		if text := l.Body.text; text == "" || pieces.Has(text) {
			s.Body = &text
		} else {
			s.OwnBody, a.body = true, u.share(text)
		}
	}
	if l.Weight != nil {
		a.weight = int32(*l.Weight)
	}
	if l.Expect.Status != nil {
		s.Status = *l.Expect.Status
	}
	a.settings = u.place(&s)
	if err := u.add(l.URL, a); err != nil {
		return err
	}
	last := &u.list[len(u.list)-1]
	last.path = strings.Clone(last.path) // the rest of the URL need not stay
	return nil
}

// share returns the body, in the memory of an equal one of an earlier line where that is
// known.
func (u *URLs) share(body string) string {
	known, ok := u.bodies[body]
	if !ok {
		if len(u.bodies) < mostShared {
			u.bodies[body] = body
		}
		return body
	}
	return known
}

// jsonFault describes an error of the decoder without its Go names.
func jsonFault(err error) string {
	text := strings.TrimPrefix(err.Error(), "json: ")
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		text = fmt.Sprintf("%s may not be a %s", wrong.Field, wrong.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		text = "the JSON object has no end"
	}
	return text
}

// lineHeaders are fields in their order: an object of names and values.
type lineHeaders []scenarios.Header

// UnmarshalJSON keeps the order of the fields, and refuses values that are no text.
func (h *lineHeaders) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.New("headers are an object of names and values")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("the header %s has a value that is no text", name)
		}
		*h = append(*h, scenarios.Header{Name: name.(string), Value: text})
	}
	return nil
}

// lineBody is a text, or {"json": any value}.
type lineBody struct{ text, mediaType string }

// UnmarshalJSON reads both forms.
func (b *lineBody) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		b.mediaType = scenarios.BinaryType
		return json.Unmarshal(data, &b.text)
	}
	var object struct {
		JSON json.RawMessage `json:"json"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&object); err != nil || object.JSON == nil {
		return errors.New(`body is a text, or {"json": value}`)
	}
	b.text, b.mediaType = string(object.JSON), scenarios.JSONType
	return nil
}
