package strictyaml_test

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// The parser alone took 15 GB for the first of these.
func TestDeepNestingIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"lists":         strings.Repeat("[", 100_000),
		"maps":          strings.Repeat("{a: ", 100_000),
		"lists on end":  strings.Repeat("- ", 100_000) + "x",
		"keys on end":   strings.Repeat("? ", 100_000) + "x",
		"a value":       "a: " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"on more lines": strings.Repeat("[\n", 100_000),
	} {
		var out struct {
			A string `yaml:"a"`
		}
		problems := strictyaml.Decode("x.yaml", []byte(text), &out).Problems()
		if len(problems) != 1 || problems[0].Message != "lists and maps are nested more than 32 deep" || problems[0].Line == 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// Brackets of texts nest nothing.
func TestBracketsOfTextsAreNoNesting(t *testing.T) {
	t.Parallel()
	var out struct {
		A string `yaml:"a"`
	}
	text := strings.Repeat("[", 500)
	if problems := strictyaml.Decode("x.yaml", []byte(`a: "`+text+`"`), &out).Problems(); len(problems) > 0 || out.A != text {
		t.Errorf("%v, %q", problems, out.A)
	}
}
