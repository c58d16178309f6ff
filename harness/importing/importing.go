// Package importing turns what others have recorded or described into the files of joust
// load: HAR files of browsers, OpenAPI documents, lists of URLs, and command lines of curl
// become URL files or flow files. It is pure: it reads no files and asks no server.
package importing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// Request is a request that was found. Its texts are what is sent: no piece stands in
// them.
type Request struct {
	// Name is empty for "METHOD /path".
	Name   string
	Method string
	// URL is absolute, without a fragment.
	URL     string
	Headers []scenarios.Header
	// Body is nil for none.
	Body *string
	// Status is the right status, 0 for any from 200 to 399.
	Status int
	// Wait is the pause before the request.
	Wait time.Duration
}

// Found are the requests of one file, in order.
type Found struct {
	Requests []Request
	// Notes say what was left out, and why.
	Notes []string
}

// ErrNone is the error of a file in which no request is left.
var ErrNone = errors.New("no request is left to write")

// urlLine is a line of a URL file in JSON.
type urlLine struct {
	URL     string          `json:"url"`
	Method  string          `json:"method,omitempty"`
	Headers json.RawMessage `json:"headers,omitempty"`
	Body    *string         `json:"body,omitempty"`
	Expect  *expectation    `json:"expect,omitempty"`
}

// expectation is the right answer.
type expectation struct {
	Status int `json:"status"`
}

// WriteURLs writes a URL file: a line for each request, as short as it can be.
func WriteURLs(w io.Writer, requests []Request) error {
	if len(requests) == 0 {
		return ErrNone
	}
	var out bytes.Buffer
	for i := range requests {
		r := &requests[i]
		line := urlLine{URL: pieces.Escape(r.URL), Method: r.Method}
		if len(r.Headers) == 0 && r.Body == nil && r.Status == 0 {
			if r.Method != "GET" {
				out.WriteString(r.Method + " ")
			}
			out.WriteString(line.URL + "\n")
			continue
		}
		if line.Method == "GET" && r.Body == nil {
			line.Method = ""
		}
		line.Headers = headersJSON(r.Headers)
		if r.Body != nil {
			line.Body = new(pieces.Escape(*r.Body))
		}
		if r.Status != 0 {
			line.Expect = &expectation{r.Status}
		}
		if err := encode(&out, line); err != nil {
			return fmt.Errorf("writing %s %s: %w", r.Method, r.URL, err)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// encode writes a line of JSON in which URLs stay readable.
func encode(out io.Writer, value any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// headersJSON returns an object of the fields in their order, nil for none.
func headersJSON(headers []scenarios.Header) json.RawMessage {
	if len(headers) == 0 {
		return nil
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for i, h := range headers {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(quoted(h.Name))
		out.WriteByte(':')
		out.Write(quoted(pieces.Escape(h.Value)))
	}
	out.WriteByte('}')
	return out.Bytes()
}

// quoted returns the text in JSON.
func quoted(text string) []byte {
	var out bytes.Buffer
	_ = encode(&out, text) // a text can be encoded
	return bytes.TrimSpace(out.Bytes())
}

// WriteFlow writes a flow file with one flow of that name. All requests must have one
// scheme, host and port.
func WriteFlow(w io.Writer, name string, requests []Request) error {
	if len(requests) == 0 {
		return ErrNone
	}
	origins := origins(requests)
	if len(origins) > 1 {
		return fmt.Errorf("a flow has one host, and the requests go to %s: choose one with --domain, or write a URL file with --format urls", strings.Join(origins, ", "))
	}
	d := flowfile.Draft{Base: pieces.Escape(origins[0]), Name: name}
	for i := range requests {
		d.Steps = append(d.Steps, step(&requests[i], origins[0]))
	}
	return flowfile.Write(w, &d)
}

// step returns the request as a step of a flow on the origin.
func step(r *Request, origin string) flowfile.DraftStep {
	path := strings.TrimPrefix(r.URL, origin)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	s := flowfile.DraftStep{Method: r.Method, Path: pieces.Escape(path), Name: r.Name}
	if r.Wait > 0 {
		s.Wait = r.Wait.String()
	}
	for _, h := range r.Headers {
		s.Headers = append(s.Headers, scenarios.Header{Name: h.Name, Value: pieces.Escape(h.Value)})
	}
	if r.Body != nil {
		s.Body = new(pieces.Escape(*r.Body))
	}
	if r.Status != 0 {
		s.Expect = yaml.MapSlice{{Key: "status", Value: r.Status}}
	}
	return s
}

// origins returns the distinct scheme, host and port of the requests.
func origins(requests []Request) []string {
	var list []string
	for i := range requests {
		if o := originOf(requests[i].URL); !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	return list
}

// originOf returns scheme, user, host and port of an absolute URL.
func originOf(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// isMethod reports whether the text is a method as URL files have them.
func isMethod(text string) bool {
	foreign := func(c rune) bool { return c != '-' && c != '_' && (c < 'A' || c > 'Z') }
	return text != "" && !strings.ContainsFunc(text, foreign)
}

// isField reports whether a request may have the header field.
func isField(h scenarios.Header) bool {
	control := func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }
	foreign := func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune("()<>@,;:\\\"/[]?={}", c)
	}
	return h.Name != "" && !strings.ContainsFunc(h.Name, foreign) && !strings.ContainsFunc(h.Value, control)
}

// replayable returns the URL without its fragment; ok is false where joust cannot ask it.
func replayable(text string) (string, *url.URL, bool) {
	text, _, _ = strings.Cut(text, "#")
	u, err := url.Parse(text)
	if _, wrong := adhoc.ParseURL(pieces.Escape(text)); wrong != nil {
		return "", nil, false
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", nil, false
	}
	return text, u, true
}

// leftOut counts what is left out, by reason.
type leftOut map[string]int

// notes returns a sentence for each reason.
func (l leftOut) notes() []string {
	var list []string
	for why, n := range l {
		list = append(list, fmt.Sprintf("%d left out: %s", n, why))
	}
	slices.Sort(list)
	return list
}

// joined returns the fields with those of one name joined, as they may be (RFC 9110 §5.3).
func joined(headers []scenarios.Header) []scenarios.Header {
	var list []scenarios.Header
	for _, h := range headers {
		i := slices.IndexFunc(list, func(o scenarios.Header) bool { return strings.EqualFold(o.Name, h.Name) })
		switch {
		case i < 0:
			list = append(list, h)
		case strings.EqualFold(h.Name, "Cookie"):
			list[i].Value += "; " + h.Value
		default:
			list[i].Value += ", " + h.Value
		}
	}
	return list
}
