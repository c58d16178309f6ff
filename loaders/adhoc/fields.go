package adhoc

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// body returns the body of the request and its media type; nil for none.
func (f *Flags) body() (body *scenarios.Body, mediaType string) {
	switch {
	case len(f.Form) > 0:
		return &scenarios.Body{Text: formOf(f.Form)}, scenarios.FormType
	case f.Body == nil:
		return nil, ""
	case f.JSON:
		return &scenarios.Body{Text: *f.Body}, scenarios.JSONType
	}
	return &scenarios.Body{Text: *f.Body}, scenarios.BinaryType
}

// formOf encodes fields "NAME=VALUE" in their order, as HTML forms do. Pieces stay as they
// are.
func formOf(fields []string) string {
	var pairs []string
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		pairs = append(pairs, pieces.MapLiterals(name, url.QueryEscape)+"="+pieces.MapLiterals(value, url.QueryEscape))
	}
	return strings.Join(pairs, "&")
}

// fields returns the headers of -H, with those that follow from other flags and from
// the URL. A header of -H wins over the latter.
func (f *Flags) fields(u URL, bodyType string) ([]scenarios.Header, error) {
	headers, err := parseHeaders(f.Headers)
	if err != nil {
		return nil, err
	}
	add := func(name, value string) {
		if value != "" && !hasField(headers, name) {
			headers = append(headers, scenarios.Header{Name: name, Value: value})
		}
	}
	credentials := ""
	if f.BasicAuth != "" {
		credentials = basic(f.BasicAuth)
	}
	add("Authorization", cmp.Or(credentials, u.Authorization))
	add("Cookie", strings.Join(f.Cookies, "; "))
	if f.JSON {
		add("Accept", scenarios.JSONType)
	}
	if f.Compressed {
		add("Accept-Encoding", "gzip, br")
	}
	add("Content-Type", bodyType)
	return headers, nil
}

// basic returns the credentials "user:password" as a header has them (RFC 7617).
func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

func hasField(headers []scenarios.Header, name string) bool {
	return slices.ContainsFunc(headers, func(h scenarios.Header) bool { return strings.EqualFold(h.Name, name) })
}

// checkFields checks the flags that become headers or the body.
func (f *Flags) checkFields(u URL, refuse refusal) {
	headers, _ := parseHeaders(f.Headers) // fields reports the error
	for _, c := range []struct {
		flag, field string
		is          bool
	}{{"-A", "Authorization", f.BasicAuth != ""}, {"--cookie", "Cookie", len(f.Cookies) > 0}} {
		refuse(c.is && hasField(headers, c.field), "%s and -H '%s: …' both set the field %s: give one of them", c.flag, c.field, c.field)
	}
	refuse(f.BasicAuth != "" && u.Authorization != "", "-A and the URL both name a user: give one of them")
	refuse(f.BasicAuth != "" && !strings.Contains(f.BasicAuth, ":"), "-A wants user:password, with a colon between them; a token of another kind is -H 'Authorization: Bearer TOKEN'")
	for _, cookie := range f.Cookies {
		name, _, ok := strings.Cut(cookie, "=")
		refuse(!ok || strings.TrimSpace(name) == "", "--cookie %q: a cookie looks like name=value", cookie)
	}
	for _, field := range f.Form {
		name, _, ok := strings.Cut(field, "=")
		refuse(!ok || name == "", "--form %q: a field looks like name=value", field)
	}
}

// parseHeaders reads lines of -H. "A:b" and "A: b" are the same.
func parseHeaders(lines []string) ([]scenarios.Header, error) {
	var list []scenarios.Header
	var errs []error
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf(`-H %q: a header looks like "Name: value"`, line))
		case name == "":
			errs = append(errs, fmt.Errorf("-H %q: the header has no name", line))
		case strings.TrimSpace(name) != name:
			errs = append(errs, fmt.Errorf("-H %q: no space may stand around the name of a header", line))
		}
		list = append(list, scenarios.Header{Name: name, Value: strings.Trim(value, " \t")})
	}
	return list, errors.Join(errs...)
}

// checkRequestID refuses a header for ids that is no header or has another meaning.
func checkRequestID(name string, headers []scenarios.Header) error {
	same := func(other string) bool { return strings.EqualFold(name, other) }
	foreign := func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}
	switch {
	case name == "":
		return nil
	case strings.ContainsFunc(name, foreign):
		return fmt.Errorf("--request-id=%s: a header's name is made of letters, digits and hyphens, such as %s", name, DefaultRequestID)
	case slices.ContainsFunc(headers, func(h scenarios.Header) bool { return same(h.Name) }):
		return fmt.Errorf("-H %s and --request-id=%s give the same header: leave out the one or the other", name, name)
	case slices.ContainsFunc([]string{"Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect"}, same):
		return fmt.Errorf("--request-id=%s: that header has a meaning in HTTP: name another, such as %s", name, DefaultRequestID)
	}
	return nil
}
