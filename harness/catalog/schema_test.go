package catalog

import (
	"reflect"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// manifestSchema is the schema of a manifest.
func manifestSchema() (*jsonschema.Schema, error) {
	comments, err := schema.ReadComments(".")
	if err != nil {
		return nil, err
	}
	s, err := schema.Of[Manifest]("server.yaml of joust", schema.Types{
		Comments: comments,
		Own: map[reflect.Type]*jsonschema.Schema{
			reflect.TypeFor[Bytes](): {Type: "string", Pattern: "^[0-9]+ *(kB|MB|GB|KiB|MiB|GiB|kiB)$"},
		},
		Required: map[reflect.Type][]string{
			reflect.TypeFor[Manifest]():      {"title", "protocols", "scenarios"},
			reflect.TypeFor[Recipe]():        {"command", "inputs", "output"},
			reflect.TypeFor[Parameter]():     {"default", "about"},
			reflect.TypeFor[Variant]():       {"name", "set"},
			reflect.TypeFor[RuntimeMemory](): {"path"},
			reflect.TypeFor[VersionProbe]():  {"of"},
		},
	})
	if err != nil {
		return nil, err
	}
	for _, way := range starts() {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{way}})
	}
	s.Properties["protocols"].Items = schema.Enum(scenarios.Protocols()...)
	s.Properties["isolation"].Enum = schema.Enum(results.IsolationProcess, results.IsolationContainer).Enum
	s.Properties["container"].Properties["network"].Enum = schema.Enum(networks()...).Enum
	return s, nil
}

// Not parallel: with -update the schema is rewritten.
func TestSchemaOfManifests(t *testing.T) {
	s, err := manifestSchema()
	if err != nil {
		t.Fatal(err)
	}
	schema.Published{
		Schema: s, File: "../../servers/server.schema.json",
		Fit: []string{"../../servers/*/server.yaml", "testdata/good/*/server.yaml"},
		Refused: map[string]string{
			"no way to start":        "{title: a, protocols: [h1], scenarios: [hello]}",
			"two ways to start":      "{title: a, go: ., url: 'http://127.0.0.1:80', protocols: [h1], scenarios: [hello]}",
			"a time that is none":    "{title: a, go: ., protocols: [h1], scenarios: [hello], start_timeout: 5 days}",
			"a negative time":        "{title: a, go: ., protocols: [h1], scenarios: [hello], start_timeout: -5}",
			"an unknown key":         "{title: a, go: ., protocols: [h1], scenarios: [hello], wramup_cap: 5s}",
			"memory without an unit": "{title: a, image: a, protocols: [h1], scenarios: [hello], container: {memory: '5'}}",
		},
	}.Hold(t)
}
