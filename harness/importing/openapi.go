package importing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/joust-bench/joust/scenarios"
)

// deepest bounds the depth of values that are made from schemas, which may hold
// themselves.
const deepest = 6

// OpenAPI reads the operations of an OpenAPI 3 document, JSON or YAML, by path and method:
// one request each, with the values of its examples and defaults, or else made from
// schemas. Optional parameters without an example are left out. base replaces the
// document's first server; empty takes that.
func OpenAPI(data []byte, base string, o Options) (Found, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(data)
	switch {
	case err != nil:
		return Found{}, fmt.Errorf("is no OpenAPI document: %w", err)
	case doc.OpenAPI == "" || !strings.HasPrefix(doc.OpenAPI, "3."):
		return Found{}, errors.New("is no OpenAPI 3 document: it needs a line such as openapi: 3.0.3; convert Swagger 2.0 first")
	}
	if base == "" {
		if base, err = serverOf(doc); err != nil {
			return Found{}, err
		}
	}
	if _, _, ok := replayable(base); !ok {
		return Found{}, fmt.Errorf("its server %q is no URL with a host: give one with --base, such as --base http://127.0.0.1:8080", base)
	}
	var found Found
	out := leftOut{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			r, err := operation(strings.TrimSuffix(base, "/")+path, method, item, operations[method])
			if err != nil {
				return Found{}, fmt.Errorf("%s %s: %w", method, path, err)
			}
			if text, u, ok := replayable(r.URL); !ok || !o.wants(u, text) {
				out["not chosen by --domain, --include or --exclude"]++
				continue
			}
			if o.AssertStatus {
				r.Status = success(operations[method])
			}
			found.Requests = append(found.Requests, r)
		}
	}
	found.Notes = out.notes()
	return found, nil
}

// serverOf returns the URL of the first server, with the defaults of its variables.
func serverOf(doc *openapi3.T) (string, error) {
	if len(doc.Servers) == 0 {
		return "", errors.New("it names no server: give one with --base, such as --base http://127.0.0.1:8080")
	}
	text := doc.Servers[0].URL
	for name, v := range doc.Servers[0].Variables {
		text = strings.ReplaceAll(text, "{"+name+"}", v.Default)
	}
	return text, nil
}

// operation returns the request of an operation.
func operation(address, method string, item *openapi3.PathItem, op *openapi3.Operation) (Request, error) {
	r := Request{Name: op.OperationID, Method: method, URL: address}
	var query []string
	for _, p := range parametersOf(item, op) {
		value, known := valueOf(p)
		if !known && !p.Required {
			continue
		}
		text := textOf(value)
		switch p.In {
		case openapi3.ParameterInPath:
			r.URL = strings.ReplaceAll(r.URL, "{"+p.Name+"}", url.PathEscape(text))
		case openapi3.ParameterInQuery:
			query = append(query, url.QueryEscape(p.Name)+"="+url.QueryEscape(text))
		case openapi3.ParameterInHeader:
			r.Headers = append(r.Headers, scenarios.Header{Name: p.Name, Value: text})
		case openapi3.ParameterInCookie:
			r.Headers = append(r.Headers, scenarios.Header{Name: "Cookie", Value: p.Name + "=" + text})
		}
	}
	if _, rest, open := strings.Cut(r.URL, "{"); open {
		name, _, _ := strings.Cut(rest, "}")
		return r, fmt.Errorf("it has no parameter {%s}, which stands in its path", name)
	}
	if len(query) > 0 {
		r.URL += "?" + strings.Join(query, "&")
	}
	r.Headers = joined(r.Headers)
	return r, addBody(&r, op)
}

// parametersOf returns the parameters of an operation: its own, and those of its path that
// it does not replace.
func parametersOf(item *openapi3.PathItem, op *openapi3.Operation) []*openapi3.Parameter {
	var list []*openapi3.Parameter
	for _, ref := range slices.Concat(op.Parameters, item.Parameters) {
		p := ref.Value
		known := func(o *openapi3.Parameter) bool { return p != nil && o.Name == p.Name && o.In == p.In }
		if p != nil && !slices.ContainsFunc(list, known) {
			list = append(list, p)
		}
	}
	return list
}

// valueOf returns the value of a parameter; known is false where it is made up.
func valueOf(p *openapi3.Parameter) (value any, known bool) {
	if p.Example != nil {
		return p.Example, true
	}
	if value, ok := firstExample(p.Examples); ok {
		return value, true
	}
	for _, name := range slices.Sorted(maps.Keys(p.Content)) {
		if value, ok := mediaExample(p.Content[name]); ok {
			return value, true
		}
	}
	if p.Schema == nil {
		return "string", false
	}
	return made(p.Schema.Value, deepest)
}

// textOf returns a value of a parameter as text. A list is written with commas.
func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		parts := make([]string, len(value))
		for i := range value {
			parts[i] = textOf(value[i])
		}
		return strings.Join(parts, ",")
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	text, err := marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return text
}

// marshal returns the value as JSON on one line.
func marshal(value any) (string, error) {
	var out bytes.Buffer
	err := encode(&out, value)
	return strings.TrimSpace(out.String()), err
}

// firstExample returns the value of the first example by name.
func firstExample(examples openapi3.Examples) (any, bool) {
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		if e := examples[name]; e != nil && e.Value != nil && e.Value.Value != nil {
			return e.Value.Value, true
		}
	}
	return nil, false
}

// mediaExample returns an example of a media type.
func mediaExample(m *openapi3.MediaType) (any, bool) {
	if m == nil {
		return nil, false
	}
	if m.Example != nil {
		return m.Example, true
	}
	return firstExample(m.Examples)
}

// addBody adds the body of an operation: JSON where that is possible, else a form, else
// any type with an example.
func addBody(r *Request, op *openapi3.Operation) error {
	if op.RequestBody == nil || op.RequestBody.Value == nil {
		return nil
	}
	content := op.RequestBody.Value.Content
	for _, name := range bodyTypes(content) {
		value, ok := mediaExample(content[name])
		if !ok && content[name] != nil && content[name].Schema != nil {
			value, _ = made(content[name].Schema.Value, deepest)
			ok = true
		}
		if !ok {
			continue
		}
		text, err := bodyText(name, value)
		if err != nil {
			return fmt.Errorf("its body: %w", err)
		}
		if text == "" {
			continue
		}
		r.Body, r.Headers = &text, append(r.Headers, scenarios.Header{Name: "Content-Type", Value: name})
		return nil
	}
	return nil
}

// bodyTypes returns the media types, the best first.
func bodyTypes(content openapi3.Content) []string {
	names := slices.Sorted(maps.Keys(content))
	rank := func(name string) int {
		switch {
		case name == scenarios.JSONType:
			return 0
		case strings.HasSuffix(name, "+json"):
			return 1
		case name == scenarios.FormType:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// bodyText writes a value in the media type, "" where that is not possible.
func bodyText(mediaType string, value any) (string, error) {
	switch object, isObject := value.(map[string]any); {
	case mediaType == scenarios.JSONType, strings.HasSuffix(mediaType, "+json"):
		return marshal(value)
	case mediaType == scenarios.FormType && isObject:
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(object)) {
			pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(textOf(object[name])))
		}
		return strings.Join(pairs, "&"), nil
	}
	text, _ := value.(string)
	return text, nil
}

// made returns a value that fits the schema, at most so deep. known is false where nothing
// in the schema says that value.
func made(s *openapi3.Schema, depth int) (value any, known bool) {
	switch {
	case s == nil || depth == 0:
		return nil, false
	case s.Example != nil:
		return s.Example, true
	case len(s.Examples) > 0:
		return s.Examples[0], true
	case s.Default != nil:
		return s.Default, true
	case s.Const != nil:
		return s.Const, true
	case len(s.Enum) > 0:
		return s.Enum[0], false
	case len(s.AllOf) > 0:
		return all(s, depth), false
	}
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		if len(list) > 0 {
			value, _ := made(list[0].Value, depth-1)
			return value, false
		}
	}
	return plain(s, depth), false
}

// all returns an object with the properties of the schema and of all its parts.
func all(s *openapi3.Schema, depth int) any {
	object := properties(s, depth)
	for _, ref := range s.AllOf {
		value, _ := made(ref.Value, depth-1)
		part, ok := value.(map[string]any)
		if !ok && len(object) == 0 {
			return value
		}
		maps.Copy(object, part)
	}
	return object
}

// properties returns an object with the properties that a request sends.
func properties(s *openapi3.Schema, depth int) map[string]any {
	object := map[string]any{}
	for name, ref := range s.Properties {
		if ref == nil || ref.Value == nil || ref.Value.ReadOnly {
			continue
		}
		if value, _ := made(ref.Value, depth-1); value != nil {
			object[name] = value
		}
	}
	return object
}

// plain returns the least value of a type.
func plain(s *openapi3.Schema, depth int) any {
	is := func(name string) bool { return s.Type != nil && s.Type.Includes(name) }
	switch {
	case is("object"), len(s.Properties) > 0:
		return properties(s, depth)
	case is("array"):
		if s.Items == nil {
			return []any{}
		}
		if value, _ := made(s.Items.Value, depth-1); value != nil {
			return []any{value}
		}
		return []any{}
	case is("integer"), is("number"):
		if s.Min != nil {
			return *s.Min
		}
		return json.Number("1")
	case is("boolean"):
		return true
	}
	return text(s)
}

// formats has a text for each format of texts.
func formats() map[string]string {
	return map[string]string{
		"uuid": "00000000-0000-4000-8000-000000000000", "date": "2026-01-31", "date-time": "2026-01-31T12:00:00Z",
		"email": "user@example.com", "uri": "http://example.com/", "ipv4": "192.0.2.1",
	}
}

// text returns a text in the format of the schema, or else of a length that it allows.
func text(s *openapi3.Schema) string {
	if value, ok := formats()[s.Format]; ok {
		return value
	}
	const word, most = "string", 1 << 10
	if s.MaxLength != nil && *s.MaxLength < uint64(len(word)) {
		return word[:*s.MaxLength]
	}
	return word + strings.Repeat("x", max(0, int(min(s.MinLength, most))-len(word)))
}

// success returns the least status of the operation that is a success, 0 for none.
func success(op *openapi3.Operation) int {
	least := 0
	for name := range op.Responses.Map() {
		if n, err := strconv.Atoi(name); err == nil && n >= 200 && n <= 299 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}
