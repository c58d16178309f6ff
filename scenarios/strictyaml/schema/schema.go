// Package schema makes and tests the JSON Schema of files that strictyaml reads,
// with which an editor completes and checks them. It makes the schema from the
// types into which strictyaml reads. Only tests use it.
package schema

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// Types adds to Go types the facts that they do not show.
type Types struct {
	// Own are the schemas of types with an UnmarshalText of their own.
	Own map[reflect.Type]*jsonschema.Schema
	// Required are the keys that a mapping must have.
	Required map[reflect.Type][]string
	// Comments become the descriptions of keys.
	Comments Comments
}

// Of returns the schema of files that are read into a T.
func Of[T any](title string, types Types) (*jsonschema.Schema, error) {
	s, err := types.of(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", title
	return s, nil
}

// Enum is the schema of a text that is one of the words.
func Enum[T ~string](words ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, w := range words {
		s.Enum = append(s.Enum, string(w))
	}
	return s
}

func (types Types) of(t reflect.Type) (*jsonschema.Schema, error) {
	if own := types.Own[t]; own != nil {
		return own.CloneSchemas(), nil
	}
	if t == reflect.TypeFor[time.Duration]() {
		const number = `([0-9]+\.?[0-9]*|\.[0-9]+)`
		return &jsonschema.Schema{
			Types: []string{"string", "number"}, Minimum: new(0.0), Pattern: `^(` + number + `|(` + number + `(ns|us|µs|μs|ms|s|m|h))+)$`,
			Description: "a duration: seconds such as 10 or 0.5, or with units such as 250ms or 1m30s",
		}, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return types.of(t.Elem())
	case reflect.Struct:
		return types.mapping(t)
	case reflect.Slice:
		items, err := types.of(t.Elem())
		return &jsonschema.Schema{Type: "array", Items: items}, err
	case reflect.Map:
		values, err := types.of(t.Elem())
		return &jsonschema.Schema{Type: "object", AdditionalProperties: values}, err
	}
	scalar, known := map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number",
	}[t.Kind()]
	if known {
		return &jsonschema.Schema{Type: scalar}, nil
	}
	return nil, fmt.Errorf("no schema is known for a %s", t)
}

// mapping returns the schema of a mapping with the keys of strictyaml alone.
func (types Types) mapping(t reflect.Type) (*jsonschema.Schema, error) {
	s := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{}, Required: types.Required[t],
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	add := func(key, comment string, t reflect.Type) error {
		p, err := types.of(t)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if comment != "" {
			p.Description = comment
		}
		s.Properties[key] = p
		s.PropertyOrder = append(s.PropertyOrder, key)
		return nil
	}
	if keyed, ok := reflect.New(t).Interface().(strictyaml.Keyed); ok {
		for _, k := range keyed.Keys() {
			if err := add(k.Name, "", reflect.TypeOf(k.Value).Elem()); err != nil {
				return nil, err
			}
		}
		return s, nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("yaml"); key != "" && key != "-" {
			if err := add(key, types.Comments.Of(t, f.Name, "yaml"), f.Type); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// Comments are the comments of struct fields, by the names of struct and field.
type Comments map[string]map[string]string

// ReadComments reads the comments of the package in the folder, except its tests.
func ReadComments(dir string) (Comments, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("list the package in %s: %w", dir, err)
	}
	comments := Comments{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("read the comments of %s: %w", file, err)
		}
		for n := range ast.Preorder(syntax) {
			if spec, ok := n.(*ast.TypeSpec); ok {
				comments.add(spec)
			}
		}
	}
	return comments, nil
}

func (c Comments) add(spec *ast.TypeSpec) {
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	c[spec.Name.Name] = map[string]string{}
	for _, f := range fields.Fields.List {
		for _, name := range f.Names {
			c[spec.Name.Name][name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
		}
	}
}

// Of returns the comment of a field for readers of the file: their keys, which the
// tag holds, replace the names of fields. The name of a field whose key is one word
// is replaced only at the beginning, since it may be a plain word later on.
func (c Comments) Of(t reflect.Type, field, tag string) string {
	text := c[t.Name()][field]
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get(tag), ",")
		name := `^` + f.Name + `\b`
		if strings.Contains(key, "_") {
			name = `\b` + f.Name + `\b`
		}
		text = regexp.MustCompile(name).ReplaceAllString(text, key)
	}
	return text
}
