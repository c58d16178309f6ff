package cli

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/results/export"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/summary"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// documentSchema returns the schema of the JSON of a type, from the types in it and their
// comments, which are in the packages.
func documentSchema(t *testing.T, root reflect.Type, title string, packages ...string) *jsonschema.Schema {
	t.Helper()
	comments := map[string]schema.Comments{}
	for _, pkg := range packages {
		list, err := schema.ReadComments("../../" + pkg)
		if err != nil {
			t.Fatal(err)
		}
		comments["github.com/joust-bench/joust/"+pkg] = list
	}
	types := map[reflect.Type]*jsonschema.Schema{}
	structsOf(root, types)
	var all *jsonschema.Schema
	defs := map[string]*jsonschema.Schema{}
	for _, of := range slices.SortedFunc(maps.Keys(types), func(a, b reflect.Type) int { return strings.Compare(a.String(), b.String()) }) {
		others := maps.Clone(types)
		delete(others, of)
		s, err := jsonschema.ForType(of, &jsonschema.ForOptions{TypeSchemas: others})
		if err != nil {
			t.Fatal(err)
		}
		describe(s, of, comments)
		if of == root {
			all = s
			continue
		}
		defs[of.String()] = s
	}
	all.Schema, all.Title, all.Defs = "https://json-schema.org/draft/2020-12/schema", title, defs
	return all
}

// structsOf adds references to the structs in a type, itself included. Embedded ones have
// no schema of their own: their fields are those of the struct around them.
func structsOf(t reflect.Type, all map[reflect.Type]*jsonschema.Schema) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		structsOf(t.Elem(), all)
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() || all[t] != nil {
			return
		}
		all[t] = &jsonschema.Schema{Ref: "#/$defs/" + t.String()}
		for _, f := range reflect.VisibleFields(t) {
			if !f.Anonymous {
				structsOf(f.Type, all)
			}
		}
	}
}

// describe adds the comments of fields to a struct's schema, and corrects what the fields
// do not show: references, and figures that may be unknown.
func describe(s *jsonschema.Schema, of reflect.Type, comments map[string]schema.Comments) {
	for _, f := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p == nil {
			continue
		}
		switch _, unknown := of.FieldByName("Unknown"); {
		case p.Ref != "":
			p.Types = nil // an absent pointer is left out, and never null
		case unknown && p.Type != "" && p.Type != "string" && p.Type != "object":
			p.Types, p.Type = []string{"null", p.Type}, ""
		}
		in := of
		if len(f.Index) > 1 {
			in = of.FieldByIndex(f.Index[:len(f.Index)-1]).Type
		}
		p.Description = comments[in.PkgPath()].Of(in, f.Name, "json")
	}
}

// The results of loads fit the schema. Not parallel: with -update the schema is
// rewritten.
func TestSchemaOfLoads(t *testing.T) {
	resolved := heldSchema(t, "load", documentSchema(t, reflect.TypeFor[summary.Document](), "the result of joust load as JSON", "results", "results/metric", "results/summary"))
	server := newTarget(t, nil)
	for _, more := range [][]string{
		nil, {"-d", "400ms", "--threshold", "p99<1h", "--percentiles", "99.95"}, {"-R", "500", "-d", "400ms"},
		{"--users", "9", "--think", "1ms"}, {"--expect-status", "503"}, {"-n", "5", "--request-id"},
	} {
		e := joust(t, short(server.URL, append([]string{"--format", "json"}, more...)...)...)
		var document map[string]any
		if err := json.Unmarshal([]byte(e.out), &document); err != nil {
			t.Fatalf("%q: %v\n%s", more, err, e)
		}
		if err := resolved.Validate(document); err != nil {
			t.Errorf("%q: %v", more, err)
		}
		document["unheard_of"] = 1
		if resolved.Validate(document) == nil {
			t.Errorf("%q: an unknown field fits", more)
		}
	}
}

// A stored run as JSON fits the schema. Not parallel: with -update the schema is rewritten.
func TestSchemaOfExports(t *testing.T) {
	resolved := heldSchema(t, "export", documentSchema(t, reflect.TypeFor[export.Document](), "a run of joust as JSON", "results", "results/cells", "results/export"))
	e := joust(t, "export", storedRun(), "--format", "json")
	var document map[string]any
	if err := json.Unmarshal([]byte(e.out), &document); err != nil {
		t.Fatalf("%v\n%s", err, e)
	}
	if err := resolved.Validate(document); err != nil {
		t.Error(err)
	}
	document["unheard_of"] = 1
	if resolved.Validate(document) == nil {
		t.Error("an unknown field fits")
	}
}

// heldSchema compares a schema with the file of that name in results, and makes it ready.
func heldSchema(t *testing.T, name string, s *jsonschema.Schema) *jsonschema.Resolved {
	t.Helper()
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Hold(t, "../../results/"+name+".schema.json", string(text)+"\n")
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}
