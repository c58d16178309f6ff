package export_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"

	"github.com/joust-bench/joust/harness/export"
)

func TestParseTags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		texts []string
		want  []export.Tag
		says  []string
	}{
		{[]string{"build=1.4", " env = prod "}, []export.Tag{{"build", "1.4"}, {"env", "prod"}}, nil},
		{[]string{"k8s.pod-name=a=b/c"}, []export.Tag{{"k8s.pod-name", "a=b/c"}}, nil},
		{[]string{"build", "=x", "a="}, nil, []string{`"build" is no tag`, "letters, digits", `"a=" is no tag`}},
		{[]string{"1a=x", "a b=x", "ü=x", "-a=x"}, nil, []string{`"1a=x"`, `"a b=x"`, `"ü=x"`, `"-a=x"`}},
		{[]string{"job=x", "quantile=x", "__name__=x"}, nil, []string{"the name job", "the name quantile", "the name __name__"}},
		{[]string{"a.b=1", "a-b=2"}, []export.Tag{{"a.b", "1"}}, []string{"there is a tag a.b already"}},
		{[]string{"a=x\ny", "a=\xff"}, nil, []string{"no control characters", "no control characters"}},
	} {
		got, err := export.ParseTags(c.texts)
		if (err != nil) != (c.says != nil) || c.says == nil && !slices.Equal(got, c.want) {
			t.Errorf("%q: got %v, %v", c.texts, got, err)
		}
		for _, says := range c.says {
			if err != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("%q: got %v, want %q", c.texts, err, says)
			}
		}
	}
}

// Any tag that is accepted is a label of Prometheus.
func FuzzParseTags(f *testing.F) {
	for _, seed := range []string{"build=1.4", "a.b-c=d", "=", "job=x", "ü=x", "__a=b", "a=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tags, err := export.ParseTags([]string{text})
		if (err == nil) != (len(tags) == 1) {
			t.Fatalf("%q: %v, %v", text, tags, err)
		}
		if err == nil && (!model.LegacyValidation.IsValidLabelName(tags[0].Label()) || !model.LabelValue(tags[0].Value).IsValid()) {
			t.Errorf("%q is the label %s", text, tags[0].Label())
		}
	})
}
