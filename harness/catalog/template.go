package catalog

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/joust-bench/joust/scenarios/suggest"
)

// maxRepeat is the largest text, in bytes, that a template may repeat.
const maxRepeat = 64 << 20

// fault is one thing that is wrong with a template.
type fault struct {
	// line counts from 1 within the template.
	line    int
	message string
}

// parseTemplate parses a template over Launch; its name stands in errors.
func parseTemplate(name, text string) (*template.Template, error) {
	return template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"repeat": repeat}).Parse(text)
}

// render fills in a template.
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

// repeat is the pattern repeated to exactly n bytes.
func repeat(pattern string, n int) (string, error) {
	switch {
	case pattern == "":
		return "", fmt.Errorf("repeat needs a pattern")
	case n < 0 || n > maxRepeat:
		return "", fmt.Errorf("repeat to %d bytes; between 0 and %d can be had", n, maxRepeat)
	}
	return strings.Repeat(pattern, n/len(pattern)+1)[:n], nil
}

// templateFaults reports everything wrong with a template before it is needed:
// its syntax, unknown fields in any branch, and what fails with plain values.
func templateFaults(name, text string) []fault {
	t, err := parseTemplate(name, text)
	if err != nil {
		return []fault{faultOf(err)}
	}
	var faults []fault
	known := launchFields()
	for _, f := range fieldsOf(t) {
		if path := strings.Join(f.path, "."); !slices.Contains(known, path) {
			message := fmt.Sprintf("unknown field {{.%s}}%s", path, suggest.Hint(path, known))
			faults = append(faults, fault{line: 1 + strings.Count(text[:min(f.at, len(text))], "\n"), message: message})
		}
	}
	if len(faults) > 0 {
		return faults
	}
	sample := Launch{Host: "127.0.0.1", Port: 8080, CPUs: 1, Dir: "/dir", Source: "/source", Protocol: "h1", Cert: "/cert", Key: "/key"}
	if err := t.Execute(io.Discard, sample); err != nil {
		return []fault{faultOf(err)}
	}
	return nil
}

// faultOf takes the line out of an error of text/template, which begins with
// "template: NAME:LINE:".
func faultOf(err error) fault {
	message := err.Error()
	if m := regexp.MustCompile(`(?s)^template: .*?:(\d+):(?:\d+:)? (.*)$`).FindStringSubmatch(message); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			return fault{line: line, message: m[2]}
		}
	}
	return fault{line: 1, message: message}
}

func launchFields() []string {
	t := reflect.TypeFor[Launch]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Name
	}
	return names
}

// field is a mention of a field, at a byte of the template.
type field struct {
	path []string
	at   int
}

// fieldsOf lists the fields that a template and those within it mention.
func fieldsOf(t *template.Template) []field {
	var out []field
	for _, each := range t.Templates() {
		if each.Tree != nil {
			out = appendFields(out, each.Root)
		}
	}
	return out
}

func appendFields(out []field, node parse.Node) []field {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return out
		}
		for _, child := range n.Nodes {
			out = appendFields(out, child)
		}
	case *parse.ActionNode:
		return appendFields(out, n.Pipe)
	case *parse.IfNode:
		return appendBranch(out, &n.BranchNode)
	case *parse.RangeNode:
		return appendBranch(out, &n.BranchNode)
	case *parse.WithNode:
		return appendBranch(out, &n.BranchNode)
	case *parse.TemplateNode:
		return appendFields(out, n.Pipe)
	case *parse.PipeNode:
		if n == nil {
			return out
		}
		for _, cmd := range n.Cmds {
			for _, arg := range cmd.Args {
				out = appendFields(out, arg)
			}
		}
	case *parse.FieldNode:
		return append(out, field{path: n.Ident, at: int(n.Pos)})
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			return append(out, field{path: n.Ident[1:], at: int(n.Pos)})
		}
	}
	return out
}

func appendBranch(out []field, n *parse.BranchNode) []field {
	out = appendFields(out, n.Pipe)
	out = appendFields(out, n.List)
	return appendFields(out, n.ElseList)
}
