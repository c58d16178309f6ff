// Package schema makes the JSON Schema of files that strictyaml reads, from the
// types into which it reads them, so that an editor can complete and check them.
package schema

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// draft is the version of JSON Schema that editors know.
const draft = "https://json-schema.org/draft/2020-12/schema"

// Types says what a Go type does not show.
type Types struct {
	// Own are the schemas of types with a form of their own.
	Own map[reflect.Type]*jsonschema.Schema
	// Required are the keys that a mapping must have.
	Required map[reflect.Type][]string
	// Comments are those of struct fields; see ReadComments.
	Comments Comments
}

// Of returns the schema of files that are read into a T.
func Of[T any](title string, types Types) (*jsonschema.Schema, error) {
	s, err := types.of(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	s.Schema, s.Title = draft, title
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
	switch own := types.Own[t]; {
	case own != nil:
		return own.CloneSchemas(), nil
	case t == reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{
			Type: "string", Pattern: `^(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`,
			Description: "a duration with its unit, such as 1.5s or 250ms",
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
	case reflect.String:
		return &jsonschema.Schema{Type: "string"}, nil
	case reflect.Bool:
		return &jsonschema.Schema{Type: "boolean"}, nil
	case reflect.Int, reflect.Int64:
		return &jsonschema.Schema{Type: "integer"}, nil
	case reflect.Float64:
		return &jsonschema.Schema{Type: "number"}, nil
	}
	return nil, fmt.Errorf("no schema is known for a %s", t)
}

// mapping has the keys that strictyaml knows, and no others.
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

// Comments are the comments of the fields of structs: by the names of the struct
// and the field.
type Comments map[string]map[string]string

// ReadComments reads those of the package in the folder, tests aside.
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
		ast.Inspect(syntax, comments.add)
	}
	return comments, nil
}

func (c Comments) add(n ast.Node) bool {
	spec, ok := n.(*ast.TypeSpec)
	if !ok {
		return true
	}
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return true
	}
	c[spec.Name.Name] = map[string]string{}
	for _, f := range fields.Fields.List {
		for _, name := range f.Names {
			c[spec.Name.Name][name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
		}
	}
	return true
}

// Of is the comment of a field in the words of the file: the field at its
// beginning, and other fields whose names no other word has, by their keys, which
// the tag of that name holds.
func (c Comments) Of(t reflect.Type, field, tag string) string {
	text := c[t.Name()][field]
	for i := range t.NumField() {
		f := t.Field(i)
		name := `^` + f.Name + `\b`
		if strings.Contains(f.Tag.Get(tag), "_") {
			name = `\b` + f.Name + `\b`
		}
		text = regexp.MustCompile(name).ReplaceAllString(text, f.Tag.Get(tag))
	}
	return text
}

// Check reports where a file of YAML differs from the schema.
func Check(s *jsonschema.Schema, text []byte) error {
	resolved, err := s.Resolve(nil)
	if err != nil {
		return fmt.Errorf("the schema is wrong: %w", err)
	}
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return fmt.Errorf("read as JSON: %w", err)
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return fmt.Errorf("read as JSON: %w", err)
	}
	return resolved.Validate(value)
}

// JSON is the schema as it is committed.
func JSON(s *jsonschema.Schema) ([]byte, error) {
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}
