package schema

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/joust-bench/joust/results/golden"
)

// Published is a schema with the texts that it must accept and refuse.
type Published struct {
	Schema *jsonschema.Schema
	// File is the path of the committed schema.
	File string
	// Fit are patterns of YAML files that must fit the schema. Each must match a
	// file.
	Fit []string
	// Refused are texts that must not fit, by their mistakes.
	Refused map[string]string
}

// Hold tests the schema. With -update it writes the schema's file, so a test that
// calls it must not be parallel to one that reads the file.
func (p Published) Hold(t *testing.T) {
	t.Helper()
	text, err := json.MarshalIndent(p.Schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Hold(t, p.File, string(text)+"\n")
	resolved, err := p.Schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
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
			if err := check(resolved, text); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	for what, text := range p.Refused {
		if check(resolved, []byte(text)) == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

// check returns the differences between a file of YAML and the schema.
func check(s *jsonschema.Resolved, text []byte) error {
	data, err := yaml.YAMLToJSON(text)
	if err != nil {
		return fmt.Errorf("read as JSON: %w", err)
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return fmt.Errorf("read as JSON: %w", err)
	}
	return s.Validate(value)
}
