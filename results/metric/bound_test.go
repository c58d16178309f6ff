package metric_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results/metric"
)

func TestBoundsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]metric.Bound{
		"p99<1s":                         {"", metric.Condition{Metric: "p99", Op: "<", Limit: 1e9}},
		"checkout: p99<1s":               {"checkout", metric.Condition{Metric: "p99", Op: "<", Limit: 1e9}},
		" GET /a*:error_rate<=1%":        {"GET /a*", metric.Condition{Metric: "error_rate", Op: "<=", Limit: 0.01}},
		"GET http://[::1]:80/x: avg<2ms": {"GET http://[::1]:80/x", metric.Condition{Metric: "mean", Op: "<", Limit: 2e6}},
	} {
		if got, err := metric.ParseBound(text, metric.OfLoad()); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		": p99<1s":          "names no group before its colon",
		"checkout:":         `group "checkout": "" is no condition`,
		"checkout: meen<1s": `did you mean "mean"?`,
		"p99<1:30":          `group "p99<1": "30" is no condition`,
	} {
		if got, err := metric.ParseBound(text, metric.OfLoad()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v; want %q", text, got, err, says)
		}
	}
}

func TestGroupsMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, group string
		want           bool
	}{
		{"GET /", "GET /", true}, {"GET /", "GET /a", false}, {"GET /*", "GET /a/b", true}, {"*", "anything", true},
		{"*/b", "GET /a/b", true}, {"*/b", "GET /b/a", false}, {"a*a", "a", false}, {"a*a", "aa", true},
		{"a*b*c", "a1b2c", true}, {"a*b*c", "a1c", false}, {"a*b*b*c", "abc", false}, {"GET /a?x=[1]", "GET /a?x=[1]", true}, {"GET /*?x=1", "GET /ab?x=1", true},
		{"a**c", "abc", true}, {"a*b", "a*b", true},
	} {
		if got := (metric.Bound{Group: c.pattern}).Matches(c.group); got != c.want {
			t.Errorf("%q matches %q: %t", c.pattern, c.group, got)
		}
	}
}

// A pattern matches each text that comes of it by putting any text for its stars.
func TestPatternsMatchTheirTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.StringMatching(`[ab]{0,3}`), 1, 5).Draw(t, "pieces")
		text := pieces[0]
		for _, piece := range pieces[1:] {
			text += rapid.StringMatching(`[abc]{0,3}`).Draw(t, "star") + piece
		}
		if pattern := strings.Join(pieces, "*"); !(metric.Bound{Group: pattern}).Matches(text) {
			t.Fatalf("%q does not match %q", pattern, text)
		}
	})
}

func TestUnknownGroups(t *testing.T) {
	t.Parallel()
	names := []string{"GET /a", "POST /pay"}
	var bounds []metric.Bound
	for _, text := range []string{"p99<1s", "GET *: p99<1s", "POST /pay: p99<1s", "GET /aa: p99<1s", "DELETE*: errors<1"} {
		b, err := metric.ParseBound(text, metric.OfLoad())
		if err != nil {
			t.Fatal(err)
		}
		bounds = append(bounds, b)
	}
	got := metric.CheckGroups(bounds, names)
	want := `"GET /aa: p99 < 1s": there is no group "GET /aa", did you mean "GET /a"?
"DELETE*: errors < 1": there is no group "DELETE*"; known are GET /a, POST /pay`
	if got == nil || got.Error() != want {
		t.Errorf("got %v\nwant %s", got, want)
	}
	if err := metric.CheckGroups(bounds[:3], names); err != nil {
		t.Error(err)
	}
}

func TestSustainedConditionsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]metric.Sustained{
		"error_rate>20% for 10s":   {metric.Condition{Metric: "error_rate", Op: ">", Limit: 0.2}, 10 * time.Second},
		" p99 >= 1.5 s  FOR 1m30s": {metric.Condition{Metric: "p99", Op: ">=", Limit: 1.5e9}, 90 * time.Second},
		"rps<100 for 5":            {metric.Condition{Metric: "throughput", Op: "<", Limit: 100}, 5 * time.Second},
	} {
		if got, err := metric.ParseSustained(text, metric.OfLoad()); err != nil || got != want {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"error_rate>20%":          "no time for which it must hold",
		"":                        "no time for which it must hold",
		"error_rate>20%for 10s":   "no time for which it must hold",
		"for 10s":                 "no condition",
		"error_rate>20% for":      "no duration",
		"error_rate>20% for ages": "no duration",
		"error_rate>20% for 0s":   "above 0",
		"error_rate>20% for -1s":  "above 0",
		"meen>1s for 10s":         `did you mean "mean"?`,
	} {
		if got, err := metric.ParseSustained(text, metric.OfLoad()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v; want %q", text, got, err, says)
		}
	}
}

// Every bound that is read prints as one that is read alike.
func FuzzParseBound(f *testing.F) {
	for _, text := range []string{"p99<10ms", "checkout: p99<1s", "GET http://h:80/a*: error_rate <= 1%", ":", "a:b:c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := metric.ParseBound(text, metric.OfLoad())
		if err != nil {
			return
		}
		again, err := metric.ParseBound(b.String(), metric.OfLoad())
		if err != nil || again.Group != b.Group || again.String() != b.String() {
			t.Fatalf("%q is %+v, which prints as %q and is read as %+v, %v", text, b, b, again, err)
		}
	})
}

// Every sustained condition that is read has a time above 0, and prints as one that is
// read alike.
func FuzzParseSustained(f *testing.F) {
	for _, text := range []string{"error_rate>20% for 10s", "p99 >= 1s FOR 2", "rps<1k for 1m30s", "for for for", "p99<1s for 1h for 2h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := metric.ParseSustained(text, metric.OfLoad())
		if err != nil {
			return
		}
		if s.For <= 0 {
			t.Fatalf("%q holds for %v", text, s.For)
		}
		again, err := metric.ParseSustained(s.String(), metric.OfLoad())
		if err != nil || again.For != s.For || again.String() != s.String() {
			t.Fatalf("%q is %+v, which prints as %q and is read as %+v, %v", text, s, s, again, err)
		}
	})
}
