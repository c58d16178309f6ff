package strictyaml_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// pairs is an ordered mapping of texts.
type pairs []*pair

type pair struct {
	Name  string
	Value string
}

func (p *pairs) Add(key string) any {
	made := &pair{Name: key}
	*p = append(*p, made)
	return &made.Value
}

type loose struct {
	Any  strictyaml.JSON `yaml:"any"`
	Keys pairs           `yaml:"keys"`
}

// Values of any kind become JSON with their keys in order, and free keys keep theirs.
func TestJSONAndOrdered(t *testing.T) {
	t.Parallel()
	var got loose
	doc := strictyaml.Decode("f", []byte("any: {z: [1, 1.50, -2, 0x10, ~, true, 'a\"<b', .5], a: {}, '5': x}\nkeys: {z: a, a: b, m: ''}\n"), &got)
	if err := doc.Problems().Err(); err != nil {
		t.Fatal(err)
	}
	if want := `{"z":[1,1.50,-2,16,null,true,"a\"<b",0.5],"a":{},"5":"x"}`; string(got.Any) != want {
		t.Errorf("got %s, want %s", got.Any, want)
	}
	if diff := cmp.Diff(pairs{{"z", "a"}, {"a", "b"}, {"m", ""}}, got.Keys); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for text, want := range map[string]string{"any: text": `"text"`, "any: 5": "5", "any: ~": "null", "any: []": "[]"} {
		var got loose
		if doc := strictyaml.Decode("f", []byte(text), &got); doc.Problems().Err() != nil || string(got.Any) != want {
			t.Errorf("%s: %s, %v", text, got.Any, doc.Problems())
		}
	}
}

func TestJSONReports(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"any: .nan":            "f:1: any: .nan is no number of JSON",
		"any: {a: 1, a: 2}":    `f:1: any: the key "a" stands twice`,
		"any: &x [1]":          "f:1: any: it has no form in JSON; write the value out",
		"keys: {a: 5}":         "f:1: keys.a wants a text, not the number 5; put it in quotes",
		"keys: {a: x, a: y}":   "f:1: keys.a stands twice, first on line 1",
		"keys: [a]":            "f:1: keys wants a mapping (key: value), not a list",
		"keys: {a: }":          "f:1: keys.a has no value; give it one or leave the key out",
		"any:\n  ? [a]\n  : b": "f:3: not YAML: found an invalid key for this map",
	} {
		doc := strictyaml.Decode("f", []byte(file), &loose{})
		if got := doc.Problems().Error(); !strings.Contains(got, want) {
			t.Errorf("%q:\n got %s\nwant %s", file, got, want)
		}
	}
}
