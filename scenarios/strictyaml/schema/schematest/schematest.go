// Package schematest tests a published JSON Schema: that its file is fresh, that
// files which joust ships fit it, and that it refuses what is wrong.
package schematest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/scenarios/strictyaml/schema"
)

// Published is a schema and what it must do.
type Published struct {
	Schema *jsonschema.Schema
	// File is the path of the committed schema.
	File string
	// Fit are patterns of YAML files that must fit the schema; each must match a
	// file.
	Fit []string
	// Refused are texts that must not fit, by what is wrong with them.
	Refused map[string]string
}

// Hold tests the schema. With -update it writes the schema's file anew, so a test
// that calls it must not be parallel to one that reads the file.
func (p Published) Hold(t *testing.T) {
	t.Helper()
	text, err := schema.JSON(p.Schema)
	if err != nil {
		t.Fatal(err)
	}
	golden.Hold(t, p.File, string(text))
	for _, pattern := range p.Fit {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Check(p.Schema, text); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	for what, text := range p.Refused {
		if schema.Check(p.Schema, []byte(text)) == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
