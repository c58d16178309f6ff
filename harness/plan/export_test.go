package plan

import (
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// FileSchema returns the schema of a plan's file, from the table of settings.
func FileSchema() (*jsonschema.Schema, error) {
	text := func(pattern string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Pattern: pattern}
	}
	least := func(n float64) *jsonschema.Schema { return &jsonschema.Schema{Type: "integer", Minimum: &n} }
	one := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{least(1), text(`^\s*([0-9.]+[kKMG]?|auto)\s*(,\s*[0-9.]+[kKMG]?\s*)*$`)}}
	server, err := schema.Of[serverYAML]("", schema.Types{})
	if err != nil {
		return nil, err
	}
	server.Schema, server.Properties["isolation"] = "", schema.Enum(isolationNames()...)
	row, err := rowSchema()
	if err != nil {
		return nil, err
	}
	s, err := schema.Of[planYAML]("a plan of joust", schema.Types{
		Own: map[reflect.Type]*jsonschema.Schema{
			reflect.TypeFor[scenarios.Own](): {AnyOf: []*jsonschema.Schema{text(""), row}},
			reflect.TypeFor[serverYAML]():    {AnyOf: []*jsonschema.Schema{text(""), server}},
			reflect.TypeFor[clientsYAML](): {AnyOf: []*jsonschema.Schema{
				one.AnyOf[0], one.AnyOf[1], {Type: "array", Items: one},
			}},
			reflect.TypeFor[anyYAML](): {},
		},
		Required: map[reflect.Type][]string{reflect.TypeFor[tableYAML](): {"scenarios"}},
	})
	if err != nil {
		return nil, err
	}
	s.Properties["seed"] = least(0)
	for _, mapping := range []*jsonschema.Schema{s, s.Properties["tables"].Items} {
		mapping.Properties["rates"].Items = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "number"}, text(`^(common|\+?[0-9.]+ *(%|[kKMG]? *(req)?(/s)?))$`),
		}}
		mapping.Properties["find_rate"] = text(`^\s*(p[0-9]+(\.[0-9]+)?|min|max|mean|avg|stdev)\s*<[^=]+$`)
	}
	s.Properties["percentiles"].Items = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "number"}, text(`^p?[0-9]+(\.[0-9]+)?$`)}}
	limits, err := Limits()
	if err != nil {
		return nil, err
	}
	for _, l := range limits {
		s.Properties["thresholds"].Properties[l.Key].Description = l.Meaning + " (default " + l.Default + ")"
	}
	for _, row := range Settings() {
		for where, mapping := range map[Where]*jsonschema.Schema{InPlan: s, InTables: s.Properties["tables"].Items} {
			if p := mapping.Properties[row.Key]; p != nil && row.Where&where != 0 {
				explain(p, row)
			}
		}
	}
	s.Properties["scenarios"].Description = "rows of your own: rows as in the scenario table, or names of scenario files beside the plan"
	return s, nil
}

// rowSchema returns the schema of a row of the scenario table.
func rowSchema() (*jsonschema.Schema, error) {
	data, err := os.ReadFile("../../scenarios/scenario.schema.json")
	if err != nil {
		return nil, err
	}
	var file jsonschema.Schema
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	return file.Properties["scenarios"].Items, nil
}

// explain adds the description from the table of settings to a key.
func explain(p *jsonschema.Schema, s Setting) {
	p.Description = s.Help
	if s.Default != "" {
		p.Description += " (default " + s.Default + ")"
	}
	switch {
	case s.OneOf != nil && p.Items != nil:
		p.Items.Enum = schema.Enum(s.OneOf...).Enum
	case s.OneOf != nil:
		p.Enum = schema.Enum(s.OneOf...).Enum
	case s.Key == scheduleSetting.Key:
		p.Pattern = "^(constant|poisson|ramp to .+|bursts of [0-9.]+[kKMG]?)$"
	}
}

// Limit is a threshold in the form of a plan's file.
type Limit struct{ Key, Default, Meaning string }

// Limits returns the thresholds with the comments of their fields. One comment may
// be about several fields behind it.
func Limits() ([]Limit, error) {
	comments, err := schema.ReadComments("../../results")
	if err != nil {
		return nil, err
	}
	var list []Limit
	values := reflect.ValueOf(results.DefaultThresholds())
	for i, k := range new(thresholdsYAML).Keys() {
		l := Limit{Key: k.Name, Default: strconv.FormatFloat(values.Field(i).Float(), 'g', -1, 64)}
		if _, isTime := k.Value.(*time.Duration); isTime {
			l.Default = time.Duration(values.Field(i).Float()).String()
		}
		l.Meaning = comments.Of(values.Type(), values.Type().Field(i).Name, "json")
		l.Meaning = strings.ReplaceAll(l.Meaning, "_ns", "")
		if l.Meaning == "" && i > 0 {
			l.Meaning = list[i-1].Meaning
		}
		list = append(list, l)
	}
	return list, nil
}
