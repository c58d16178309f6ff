package loaders_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/loaders"
)

// Rows come back from JSON as they were, bytes that are no text too, and the parts of
// several loaders hold each row once, in order.
func TestData(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := &loaders.Data{Columns: []string{"a", "b"}}
		rows := rapid.IntRange(1, 20).Draw(rt, "rows")
		for range 2 * rows {
			d.Add(string(rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(rt, "value")))
		}
		text, err := json.Marshal(loaders.Spec{Data: d})
		if err != nil {
			rt.Fatal(err)
		}
		var spec loaders.Spec
		if err := json.Unmarshal(text, &spec); err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(list(d), list(spec.Data)); diff != "" {
			rt.Fatalf("(-want +got)\n%s", diff)
		}
		spec.Connections = 9
		of := rapid.IntRange(2, 4).Draw(rt, "loaders")
		var merged []string
		parts := make([][]string, of)
		for i := range of {
			parts[i] = list(spec.Part(loaders.Share{Index: i, Of: of}).Data)
		}
		for row := range rows {
			merged = append(merged, parts[row%of][row/of])
		}
		if diff := cmp.Diff(list(d), merged); diff != "" {
			rt.Errorf("parts (-want +got)\n%s", diff)
		}
	})
}

// list returns the rows as texts.
func list(d *loaders.Data) []string {
	var rows []string
	for row := range d.Rows() {
		rows = append(rows, fmt.Sprintf("%q %q", d.Value(row, 0), d.Value(row, 1)))
	}
	return rows
}

func TestDataRefused(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]loaders.Data{
		`order of data rows "up": loop, sequential, random or unique`: {Columns: []string{"a"}, Ends: []uint32{0}, Order: "up"},
		"data without a row":                         {Columns: []string{"a"}},
		"data rows do not all have the same columns": {Columns: []string{"a", "b"}, Ends: []uint32{0, 0, 0}},
		"do not all have":                            {Columns: []string{"a", "b"}, Text: []byte("xy"), Ends: []uint32{2, 1}},
		"not all have the same":                      {Columns: []string{"a"}, Text: []byte("xy"), Ends: []uint32{1}},
	} {
		if err := (loaders.Spec{Data: &d}).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
