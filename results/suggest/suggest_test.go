package suggest_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results/suggest"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"hello", "json", "echo", "headers_heavy", "large_response", "upload_20mb"}
	for name, want := range map[string]string{
		"helo":           "hello",
		"hlelo":          "hello",
		"HELLO":          "hello",
		"header_heavy":   "headers_heavy",
		"large":          "large_response",
		"upload20mb":     "upload_20mb",
		"jsno":           "json",
		"websocket":      "",
		"":               "",
		"x":              "",
		"completely_off": "",
	} {
		got, ok := suggest.Nearest(name, known)
		if got != want || ok != (want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		known []string
		want  string
	}{
		{"metod", []string{"name", "method"}, `, did you mean "method"?`},
		{"zzz", []string{"fin", "rst"}, "; known are fin, rst"},
		{"zzz", nil, ""},
		{"zzzzzz", []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"}, ""},
	} {
		if got := suggest.Hint(c.name, c.known); got != c.want {
			t.Errorf("Hint(%q, %q) = %q, want %q", c.name, c.known, got, c.want)
		}
	}
}

// TestDistanceIsAMetric holds what every user of a distance relies on.
func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abcé_")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := suggest.Distance(a, b)
		if d != suggest.Distance(b, a) {
			t.Fatalf("not symmetric: %d and %d", d, suggest.Distance(b, a))
		}
		if (d == 0) != (a == b) {
			t.Fatalf("distance %d between %q and %q", d, a, b)
		}
		if longest := max(len([]rune(a)), len([]rune(b))); d > longest {
			t.Fatalf("distance %d exceeds the longer word, %d", d, longest)
		}
		if got := suggest.Distance(a, a+"x"); got != 1 {
			t.Fatalf("one letter added costs %d", got)
		}
	})
}
