package flowfile

import (
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/scenarios/strictyaml"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// FileSchema is the schema of a flow file.
func FileSchema() (*jsonschema.Schema, error) {
	comments, err := schema.ReadComments(".")
	if err != nil {
		return nil, err
	}
	text := &jsonschema.Schema{Type: "string"}
	either := func(a, b *jsonschema.Schema) *jsonschema.Schema {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{a, b}}
	}
	objectOf := func(values *jsonschema.Schema) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: values}
	}
	const unit = `[0-9.]+(ns|us|µs|ms|s|m|h)`
	own := map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[strictyaml.JSON]():       {},
		reflect.TypeFor[headersKey]():            objectOf(text),
		reflect.TypeFor[conditionList]():         objectOf(&jsonschema.Schema{}),
		reflect.TypeFor[textsKey]():              either(text, &jsonschema.Schema{Type: "array", Items: text}),
		reflect.TypeFor[statusKey]():             either(&jsonschema.Schema{Type: "integer", Minimum: new(101.0), Maximum: new(599.0)}, schema.Enum("any")),
		reflect.TypeFor[timeKey]():               {Type: "string", Pattern: `^(` + unit + `)+$`},
		reflect.TypeFor[pauseKey]():              {Type: "string", Pattern: unit, Description: "a pause: " + loaders.ThinkWords},
		reflect.TypeFor[loaders.Mix]():           schema.Enum(loaders.WeightedMix, loaders.EqualMix, loaders.PriorityMix),
		reflect.TypeFor[loaders.FlowOrder]():     schema.Enum(loaders.DepthFirst, loaders.BreadthFirst),
		reflect.TypeFor[loaders.CookieSession](): schema.Enum(loaders.UserSession, loaders.IterationSession, loaders.NoSession),
		reflect.TypeFor[loaders.OnError]():       schema.Enum(loaders.AbortIteration, loaders.ContinueIteration),
		reflect.TypeFor[loaders.Keep]():          schema.Enum(loaders.KeepNothing, loaders.KeepTimes, loaders.KeepHeads, loaders.KeepBodies),
		reflect.TypeFor[loaders.DataOrder]():     schema.Enum(loaders.DataOrders()...),
	}
	types := schema.Types{Own: own, Comments: comments, Required: map[reflect.Type][]string{
		reflect.TypeFor[fileKeys](): {"flows"}, reflect.TypeFor[flowKeys](): {"steps"},
	}}
	for _, mapping := range []struct {
		list reflect.Type
		make func() (*jsonschema.Schema, error)
		bare bool
	}{
		{reflect.TypeFor[partList](), func() (*jsonschema.Schema, error) { return schema.Of[partKeys]("", types) }, true},
		{reflect.TypeFor[fieldList](), func() (*jsonschema.Schema, error) { return schema.Of[fieldKeys]("", types) }, true},
		{reflect.TypeFor[dataSets](), func() (*jsonschema.Schema, error) { return schema.Of[dataKeys]("", types) }, false},
		{reflect.TypeFor[captureList](), func() (*jsonschema.Schema, error) { return schema.Of[captureKeys]("", types) }, false},
	} {
		item, err := mapping.make()
		if err != nil {
			return nil, err
		}
		if item.Schema = ""; mapping.bare {
			item = either(text, item)
		}
		own[mapping.list] = objectOf(item)
	}
	body, err := schema.Of[bodyKeys]("", types)
	if err != nil {
		return nil, err
	}
	body.Schema = ""
	own[reflect.TypeFor[bodyKeys]()] = either(text, body)
	return schema.Of[fileKeys]("flows of joust", types)
}
