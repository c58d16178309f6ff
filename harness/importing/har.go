package importing

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/joust-bench/joust/scenarios"
)

// Options choose among recorded requests.
type Options struct {
	// IncludeStatic keeps style sheets, scripts, images, fonts and media.
	IncludeStatic bool
	// Domains are the hosts to keep, with the hosts below them; none keeps all.
	Domains []string
	// Exclude and Include match URLs that are left out or kept; no Include keeps all.
	Exclude, Include []*regexp.Regexp
	// PreserveHeaders keeps all headers but those of the browser and of the connection.
	// Else Content-Type alone is kept, with a body.
	PreserveHeaders bool
	// NoThinkTime leaves out the recorded pauses; ThinkTimes multiplies them.
	NoThinkTime bool
	ThinkTimes  float64
	// AssertStatus makes the recorded status the right one.
	AssertStatus bool
}

// longestPause bounds a recorded pause.
const longestPause = 30 * time.Second

// HAR reads the requests of a HAR file (HTTP Archive 1.2), entry by entry: it holds one
// entry and the requests so far in memory.
func HAR(from io.Reader, o Options) (Found, error) {
	in := bufio.NewReaderSize(from, 64<<10)
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(len(mark)) // they were peeked at
	}
	r := harReader{Decoder: json.NewDecoder(in), Options: o, out: leftOut{}}
	if err := r.find("log", "entries"); err != nil {
		return Found{}, err
	}
	for i := 1; r.More(); i++ {
		var e harEntry
		err := r.Decode(&e)
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			err = nil // the fields of another type stay empty
		}
		if err != nil {
			return Found{}, fmt.Errorf("entry %d, at byte %d: %w", i, r.InputOffset(), harFault(err))
		}
		r.add(&e)
	}
	if _, err := r.Token(); err != nil {
		return Found{}, fmt.Errorf("behind the last entry, at byte %d: %w", r.InputOffset(), harFault(err))
	}
	r.pauses()
	return Found{Requests: r.requests, Notes: r.out.notes()}, nil
}

// harFault returns the error in words.
func harFault(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends in the middle: record it again, or copy it whole")
	}
	return err
}

// harReader reads entries.
type harReader struct {
	*json.Decoder
	Options
	requests []Request
	// begins and ends are the instants of each request in milliseconds, NaN where the
	// file does not say.
	begins, ends []float64
	out          leftOut
}

// find goes to the begin of the list under the keys.
func (r *harReader) find(keys ...string) error {
	for _, key := range keys {
		t, err := r.Token()
		switch {
		case err != nil:
			return fmt.Errorf("is no HAR file, at byte %d: %w", r.InputOffset(), harFault(err))
		case t != json.Delim('{'):
			return fmt.Errorf("is no HAR file: it holds no object with %q", key)
		}
		if err := r.to(key); err != nil {
			return err
		}
	}
	t, err := r.Token()
	if err == nil && t != json.Delim('[') {
		return fmt.Errorf("is no HAR file: %s is no list", strings.Join(keys, "."))
	}
	return err
}

// to goes to the value of the key in the object.
func (r *harReader) to(key string) error {
	for r.More() {
		name, err := r.Token()
		if err != nil {
			return fmt.Errorf("is no HAR file, at byte %d: %w", r.InputOffset(), harFault(err))
		}
		if name == key {
			return nil
		}
		if err := r.skip(); err != nil {
			return fmt.Errorf("in %v, at byte %d: %w", name, r.InputOffset(), harFault(err))
		}
	}
	return fmt.Errorf("is no HAR file: it has no %q", key)
}

// skip reads a value and forgets it.
func (r *harReader) skip() error {
	for depth := 0; ; {
		t, err := r.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// harEntry is an exchange.
type harEntry struct {
	Started string    `json:"startedDateTime"`
	Time    harNumber `json:"time"`
	// Kind is Chrome's and Safari's.
	Kind    string `json:"_resourceType"`
	Request struct {
		Method  string     `json:"method"`
		URL     string     `json:"url"`
		Headers harHeaders `json:"headers"`
		Post    *struct {
			Type     string     `json:"mimeType"`
			Text     *string    `json:"text"`
			Encoding string     `json:"encoding"`
			Params   harHeaders `json:"params"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  harNumber `json:"status"`
		Content struct {
			Type string `json:"mimeType"`
		} `json:"content"`
	} `json:"response"`
}

// harNumber is a number, which some write as a text; NaN for anything else.
type harNumber float64

// UnmarshalJSON reads both forms.
func (n *harNumber) UnmarshalJSON(data []byte) error {
	x, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil {
		x = math.NaN()
	}
	*n = harNumber(x)
	return nil
}

// harHeaders is a list of names and values, which some write as an object.
type harHeaders []scenarios.Header

// UnmarshalJSON reads both forms, and leaves out what is neither.
func (h *harHeaders) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) == nil {
		for _, item := range list {
			var field struct{ Name, Value string }
			if json.Unmarshal(item, &field) == nil && field.Name != "" {
				*h = append(*h, scenarios.Header{Name: field.Name, Value: field.Value})
			}
		}
		return nil
	}
	var object map[string]string
	_ = json.Unmarshal(data, &object) // values that are no texts are left out
	for name, value := range object {
		*h = append(*h, scenarios.Header{Name: name, Value: value})
	}
	slices.SortFunc(*h, func(a, b scenarios.Header) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// add adds the request of an entry, unless it is left out.
func (r *harReader) add(e *harEntry) {
	text, u, ok := replayable(e.Request.URL)
	switch {
	case e.Request.URL == "":
		r.out["entries without a URL"]++
		return
	case strings.HasPrefix(e.Request.URL, "ws://"), strings.HasPrefix(e.Request.URL, "wss://"), e.Kind == "websocket", e.Response.Status == 101:
		r.out["WebSocket connections"]++
		return
	case !ok:
		r.out["URLs that are not http or https, such as data:"]++
		return
	case !r.IncludeStatic && isStatic(u, e):
		r.out["style sheets, scripts, images, fonts and media (--include-static keeps them)"]++
		return
	case !r.wants(u, text):
		r.out["not chosen by --domain, --include or --exclude"]++
		return
	}
	q := Request{Method: strings.ToUpper(e.Request.Method), URL: text}
	if q.Method == "" {
		q.Method = "GET"
	}
	if !isMethod(q.Method) {
		r.out["methods that are no words in letters"]++
		return
	}
	bodyType := ""
	if p := e.Request.Post; p != nil {
		bodyType = p.Type
		q.Body = r.body(p.Text, p.Encoding, p.Params)
	}
	q.Headers = r.headers(e.Request.Headers, bodyType, q.Body != nil)
	if s := float64(e.Response.Status); r.AssertStatus && s >= 200 && s <= 599 && s != 304 {
		q.Status = int(s)
	}
	begin := math.NaN()
	if at, err := time.Parse(time.RFC3339Nano, e.Started); err == nil {
		begin = float64(at.UnixNano()) / 1e6
	}
	r.requests = append(r.requests, q)
	r.begins, r.ends = append(r.begins, begin), append(r.ends, begin+max(0, float64(e.Time)))
}

// body returns the body of a request; nil for none.
func (r *harReader) body(text *string, encoding string, fields []scenarios.Header) *string {
	switch {
	case text == nil || *text == "":
		if len(fields) == 0 {
			return nil
		}
		var pairs []string
		for _, f := range fields {
			pairs = append(pairs, url.QueryEscape(f.Name)+"="+url.QueryEscape(f.Value))
		}
		return new(strings.Join(pairs, "&"))
	case encoding == "base64":
		bytes, err := base64.StdEncoding.DecodeString(*text)
		if err != nil || !utf8.Valid(bytes) {
			r.out["bodies that are no text: their requests are written without them"]++
			return nil
		}
		return new(string(bytes))
	}
	return text
}

// own are the headers that a browser makes for itself, or that belong to a connection.
var own = []string{
	"accept-encoding", "connection", "host", "user-agent", "content-length", "transfer-encoding", "upgrade-insecure-requests",
	"referer", "origin", "cookie", "keep-alive", "te", "expect",
}

// headers returns the headers to write.
func (r *harReader) headers(recorded []scenarios.Header, bodyType string, hasBody bool) []scenarios.Header {
	var list []scenarios.Header
	for _, h := range recorded {
		name := strings.ToLower(h.Name)
		isType := name == "content-type"
		switch {
		case !isField(h), strings.HasPrefix(name, "sec-"), slices.Contains(own, name):
		case isType && hasBody, !isType && r.PreserveHeaders:
			list = append(list, h)
		}
	}
	typed := slices.ContainsFunc(list, func(h scenarios.Header) bool { return strings.EqualFold(h.Name, "Content-Type") })
	if h := (scenarios.Header{Name: "Content-Type", Value: bodyType}); hasBody && bodyType != "" && !typed && isField(h) {
		list = append(list, h)
	}
	return joined(list)
}

// wants reports whether the options choose the URL.
func (o *Options) wants(u *url.URL, text string) bool {
	host := strings.ToLower(u.Hostname())
	below := func(domain string) bool {
		domain = strings.ToLower(domain)
		return host == domain || strings.HasSuffix(host, "."+domain)
	}
	matches := func(e *regexp.Regexp) bool { return e.MatchString(text) }
	return (len(o.Domains) == 0 || slices.ContainsFunc(o.Domains, below)) &&
		(len(o.Include) == 0 || slices.ContainsFunc(o.Include, matches)) && !slices.ContainsFunc(o.Exclude, matches)
}

// staticEnds are the ends of the paths of static files.
var staticEnds = []string{
	".css", ".js", ".mjs", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".woff", ".woff2", ".ttf", ".eot", ".otf",
	".map", ".webp", ".avif", ".mp4", ".webm", ".mp3", ".ogg",
}

// isStatic reports whether an entry is a static file, by its path or by its kind.
func isStatic(u *url.URL, e *harEntry) bool {
	if slices.Contains(staticEnds, strings.ToLower(path.Ext(u.Path))) || slices.Contains([]string{"stylesheet", "script", "image", "font", "media"}, e.Kind) {
		return true
	}
	kind := strings.ToLower(e.Response.Content.Type)
	for _, begin := range []string{"image/", "font/", "audio/", "video/", "text/css", "text/javascript", "application/javascript", "application/x-javascript"} {
		if strings.HasPrefix(kind, begin) {
			return true
		}
	}
	return false
}

// pauses puts the requests in the order of their begins, and sets the pauses between the
// end of each and the begin of the next, in hundredths of a second.
func (r *harReader) pauses() {
	if slices.ContainsFunc(r.ends, math.IsNaN) {
		if !r.NoThinkTime && len(r.requests) > 1 {
			r.out["pauses, since entries lack their times"] = len(r.requests) - 1
		}
		return
	}
	order := make([]int, len(r.requests))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.begins[a], r.begins[b]) })
	sorted := make([]Request, len(order))
	for n, i := range order {
		sorted[n] = r.requests[i]
		if n == 0 || r.NoThinkTime {
			continue
		}
		ms := max(0, r.begins[i]-r.ends[order[n-1]]) * r.ThinkTimes
		sorted[n].Wait = min(longestPause, time.Duration(math.Round(min(ms, 1e6)/10))*10*time.Millisecond)
	}
	r.requests = sorted
}
