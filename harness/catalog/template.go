package catalog

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// maxRepeat is the largest text, in bytes, that a template may repeat.
const maxRepeat = 64 << 20

// parseTemplate parses a template over Launch; the name is for errors.
func parseTemplate(name, text string) (*template.Template, error) {
	return template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"repeat": repeat}).Parse(text)
}

// render returns the template with its fields filled in.
func render(name, text string, launch Launch) (string, error) {
	t, err := parseTemplate(name, text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, launch); err != nil {
		return "", err
	}
	return b.String(), nil
}

// repeat returns the pattern, repeated to exactly n bytes.
func repeat(pattern string, n int) (string, error) {
	switch {
	case pattern == "":
		return "", fmt.Errorf("repeat needs a pattern")
	case n < 0 || n > maxRepeat:
		return "", fmt.Errorf("repeat to %d bytes; between 0 and %d can be had", n, maxRepeat)
	}
	return strings.Repeat(pattern, n/len(pattern)+1)[:n], nil
}

// launchFields returns the names of the fields of Launch.
func launchFields() []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Launch]()) {
		names = append(names, f.Name)
	}
	return names
}

// place is where a template stands: the fields of Launch that are known there, and
// the manifest's parameters.
type place struct {
	// without gives the reason why a field of Launch cannot be used.
	without map[string]string
	params  map[string]string
}

// fault returns the mistake in a field that a template names, or "".
func (p *place) fault(path []string) string {
	known := slices.DeleteFunc(launchFields(), func(name string) bool { return p.without[name] != "" })
	field := strings.Join(path, ".")
	switch {
	case path[0] == "Params" && len(path) == 2:
		if _, found := p.params[path[1]]; found {
			return ""
		}
		if len(p.params) == 0 {
			return fmt.Sprintf("unknown parameter {{.%s}}; server.yaml gives parameters under the key parameters", field)
		}
		return fmt.Sprintf("unknown parameter {{.%s}}%s", field, suggest.Hint(path[1], slices.Sorted(maps.Keys(p.params))))
	case p.without[field] != "":
		return fmt.Sprintf("{{.%s}} %s", field, p.without[field])
	case !slices.Contains(known, field):
		return fmt.Sprintf("unknown field {{.%s}}%s", field, suggest.Hint(field, known))
	}
	return ""
}

// mistakes finds the mistakes of a template before it is needed: its syntax, unknown
// fields in any branch, and failures with plain values. Lines count within the
// template; the file is empty.
func (p *place) mistakes(name, text string) strictyaml.Problems {
	t, err := parseTemplate(name, text)
	if err != nil {
		return strictyaml.Problems{mistakeOf(err)}
	}
	var mistakes strictyaml.Problems
	report := func(path []string, at parse.Pos) {
		if fault := p.fault(path); fault != "" {
			mistakes = append(mistakes, strictyaml.Problem{Line: 1 + strings.Count(text[:min(int(at), len(text))], "\n"), Message: fault})
		}
	}
	for _, each := range t.Templates() {
		if each.Tree != nil {
			eachField(reflect.ValueOf(each.Root), report)
		}
	}
	if len(mistakes) > 0 {
		return mistakes
	}
	sample := Launch{
		Host: "127.0.0.1", Port: 8080, CPUs: 1, Dir: "/dir", Source: "/source", Protocol: "h1", Cert: "/cert", Key: "/key",
		Data: "/data", Built: "/built", Out: "/out", Params: p.params,
	}
	if err := t.Execute(io.Discard, sample); err != nil {
		return strictyaml.Problems{mistakeOf(err)}
	}
	return nil
}

// mistakeOf takes the line out of an error of text/template, which begins with
// "template: NAME:LINE:".
func mistakeOf(err error) strictyaml.Problem {
	message := err.Error()
	if m := regexp.MustCompile(`(?s)^template: .*?:(\d+):(?:\d+:)? (.*)$`).FindStringSubmatch(message); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			return strictyaml.Problem{Line: line, Message: m[2]}
		}
	}
	return strictyaml.Problem{Line: 1, Message: message}
}

// eachField calls report for each field of Launch that a parsed template mentions.
// It follows the exported fields of the nodes, which hold all their children.
func eachField(v reflect.Value, report func(path []string, at parse.Pos)) {
	switch node := v.Interface().(type) {
	case *parse.FieldNode:
		report(node.Ident, node.Pos)
		return
	case *parse.VariableNode:
		if node.Ident[0] == "$" && len(node.Ident) > 1 {
			report(node.Ident[1:], node.Pos)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachField(v.Elem(), report)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachField(v.Index(i), report)
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.IsExported() && len(f.Index) == 1 {
				eachField(v.FieldByIndex(f.Index), report)
			}
		}
	}
}
