package check

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// compare returns the first difference from the right answer, "" for none.
func (a answer) compare(m message) string {
	e := &m.request.Expect
	expected := wire.Expectation{Status: e.Status}
	if !expected.StatusOK(a.status) {
		return fmt.Sprintf("expected status %s, got %d with the body %s", expected.WantedStatus(), a.status, excerpt(a.body))
	}
	if what := a.compareHeaders(e.Headers); what != "" {
		return what
	}
	if what := a.compareDate(); what != "" {
		return what
	}
	if what := a.compareFraming(m.request); what != "" {
		return what
	}
	if what := a.inflate(m); what != "" {
		return what
	}
	if what := a.compareBody(m); what != "" {
		return what
	}
	return a.compareEvents(m)
}

// compareHeaders accepts any of the values that the row lists for a field. It returns
// the first difference, "" for none.
func (a answer) compareHeaders(wanted []scenarios.Header) string {
	seen := map[string]bool{}
	for _, h := range wanted {
		name := http.CanonicalHeaderKey(h.Name)
		if seen[name] {
			continue
		}
		seen[name] = true
		var alternatives []string
		for _, other := range wanted {
			if strings.EqualFold(other.Name, name) {
				alternatives = append(alternatives, other.Value)
			}
		}
		if what := a.compareHeader(h.Name, alternatives); what != "" {
			return what
		}
	}
	return ""
}

func (a answer) compareHeader(name string, alternatives []string) string {
	wanted := results.Listed(alternatives, "or")
	values := a.header.Values(name)
	if len(values) == 0 {
		return fmt.Sprintf("expected header %s: %s, got none", name, wanted)
	}
	got := strings.Join(values, ", ")
	for _, want := range alternatives {
		if got == want || strings.EqualFold(name, "Content-Type") && mediaType(got) == mediaType(want) || strings.EqualFold(name, "Vary") && lists(got, want) {
			return ""
		}
	}
	return fmt.Sprintf("expected header %s: %s, got %q", name, wanted, got)
}

// lists reports whether a list of words holds the word, in any case.
func lists(list, word string) bool {
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), word) {
			return true
		}
	}
	return false
}

// mediaType returns the type without its parameters, in lower case.
func mediaType(value string) string {
	t, _, err := mime.ParseMediaType(value)
	if err != nil {
		return value
	}
	return t
}

// compareDate accepts an IMF-fixdate alone (RFC 9110 section 5.6.7). The parsed
// date, formatted again, must be the same text: that checks the weekday too.
func (a answer) compareDate() string {
	values := a.header.Values("Date")
	if len(values) != 1 {
		return fmt.Sprintf("expected one Date header, got %d", len(values))
	}
	t, err := time.Parse(http.TimeFormat, values[0])
	if err != nil || t.Format(http.TimeFormat) != values[0] {
		return fmt.Sprintf("expected a Date such as %q, got %q", http.TimeFormat, values[0])
	}
	return ""
}

// compareFraming checks the row's way of marking the body's end. Reading checks
// the Content-Length: a shorter body stops early, a longer one leaves surplus
// bytes.
func (a answer) compareFraming(r *scenarios.Request) string {
	length, transfer := a.header.Values("Content-Length"), strings.Join(a.header.Values("Transfer-Encoding"), ", ")
	switch {
	case len(length) > 0 && transfer != "":
		return fmt.Sprintf("Content-Length: %s stands beside Transfer-Encoding: %s, which RFC 9112 section 6.2 forbids", length[0], transfer)
	case len(length) > 1:
		return fmt.Sprintf("expected one Content-Length, got %d", len(length))
	case r.Expect.NoBody || r.Method == http.MethodHead:
		return ""
	case len(length) == 0 && transfer == "" && r.Expect.Framing == "" && mayClose(r):
		return ""
	case len(length) == 0 && transfer == "":
		return "expected Content-Length or Transfer-Encoding, got neither: the body would end with the connection"
	case r.Expect.Framing == scenarios.LengthFramed && transfer != "":
		return fmt.Sprintf("expected Content-Length, got Transfer-Encoding: %s", transfer)
	case r.Expect.Framing == scenarios.ChunkedFramed && transfer == "":
		return fmt.Sprintf("expected Transfer-Encoding: chunked, got Content-Length: %s", length[0])
	}
	return ""
}

// mayClose reports whether the end of the connection may mark the end of the answer:
// the request asks for it, or the answer is a stream of events.
func mayClose(r *scenarios.Request) bool { return endsConnection(r) || streams(r) }

// compareBody returns the first difference in the body, "" for none.
func (a answer) compareBody(m message) string {
	if !m.exact {
		if a.ended != nil {
			return fmt.Sprintf("the body stops after %d bytes: %v", len(a.body), a.ended)
		}
		return ""
	}
	if bytes.Equal(a.body, m.want) && a.ended == nil {
		return ""
	}
	at := firstDifference(a.body, m.want)
	switch {
	case at < len(a.body) && at < len(m.want):
		return fmt.Sprintf("the body differs at byte %d of %d: expected %s, got %s",
			at, len(m.want), excerpt(m.want[at:]), excerpt(a.body[at:]))
	case at < len(a.body):
		return fmt.Sprintf("the body is longer than the %d bytes expected: %s follows", len(m.want), excerpt(a.body[at:]))
	case a.ended != nil && at < len(m.want):
		return fmt.Sprintf("the body stops after %d of %d bytes: %v", at, len(m.want), a.ended)
	case a.ended != nil:
		return fmt.Sprintf("all %d bytes of the body came, but not its announced end: %v", at, a.ended)
	}
	return fmt.Sprintf("the body is %d bytes long, expected %d: %s is missing from its end", len(a.body), len(m.want), excerpt(m.want[at:]))
}

// firstDifference returns the offset of the first byte that differs or that only
// one has.
func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// excerpt quotes the beginning.
func excerpt(b []byte) string {
	if most := 40; len(b) > most {
		return fmt.Sprintf("%q...", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
