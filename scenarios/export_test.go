package scenarios

import (
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// FileSchema is the schema of a file of the catalogue.
func FileSchema() (*jsonschema.Schema, error) {
	comments, err := schema.ReadComments(".")
	if err != nil {
		return nil, err
	}
	types := schema.Types{
		Comments: comments,
		Own:      map[reflect.Type]*jsonschema.Schema{},
		Required: map[reflect.Type][]string{
			reflect.TypeFor[file]():     {"scenarios"},
			reflect.TypeFor[Scenario](): {"name", "title", "protocols", "modes", "requests"},
			reflect.TypeFor[Request]():  {"name", "method", "path"},
			reflect.TypeFor[Header]():   {"name"},
			reflect.TypeFor[Each]():     {"to"},
			reflect.TypeFor[Vary]():     {"numbers"},
			reflect.TypeFor[Range]():    {"max"},
		},
	}
	for t, words := range kinds() {
		types.Own[t] = schema.Enum(words...)
	}
	return schema.Of[file]("scenarios of joust", types)
}

// Signatures returns the calls of all generators, such as "items(count, multiplier)".
func Signatures() []string {
	var out []string
	for name, g := range generators() {
		out = append(out, g.signature(name))
	}
	return out
}

// RowKeys returns the keys of a row and of its requests; the guide's first example shows
// the title.
func RowKeys() []string {
	var out []string
	for _, t := range []reflect.Type{reflect.TypeFor[Scenario](), reflect.TypeFor[Request]()} {
		for i := range t.NumField() {
			if key := t.Field(i).Tag.Get("yaml"); key != "-" && key != "title" {
				out = append(out, key)
			}
		}
	}
	return out
}
