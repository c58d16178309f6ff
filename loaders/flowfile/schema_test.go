package flowfile_test

import (
	"testing"

	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// The schema that editors use takes the example, and no misspelt key.
func TestSchemaOfFlows(t *testing.T) {
	s, err := flowfile.FileSchema()
	if err != nil {
		t.Fatal(err)
	}
	schema.Published{
		Schema: s, File: "../../scripts/flow.schema.json", Fit: []string{"../../scripts/flow.yaml"},
		Refused: map[string]string{
			"an unknown key":       "bsae: http://h\nflows: [{name: f, steps: [{get: /}]}]",
			"a file without flows": "base: http://h",
			"a time without unit":  "flows: [{name: f, steps: [{get: /, timeout: 5}]}]",
			"an unknown mix":       "mix: fair\nflows: [{name: f, steps: [{get: /}]}]",
			"an unknown step key":  "flows: [{name: f, steps: [{gett: /}]}]",
		},
	}.Hold(t)
}
