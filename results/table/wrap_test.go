package table_test

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results/table"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 0, "one two three"},
		{"one two three", 13, "one two three"},
		{"one two three", 8, "one two\n  three"},
		{"  one two three", 9, "  one two\n    three"},
		{"longer than it", 4, "longer\n  than\n  it"},
		{"did 131\u202fk req/s", 8, "did\n  131\u202fk\n  req/s"},
		{"one two\nthree four", 7, "one two\nthree\n  four"},
		{"日本 日本 日本", 9, "日本 日本\n  日本"},
	} {
		if got := table.Wrap(tt.text, tt.width, "  "); got != tt.want {
			t.Errorf("Wrap(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

// Wrapping changes only spaces, and only words that are too wide exceed the width.
func TestWrapKeepsTheWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z≥日]{1,9}`), 1, 12).Draw(rt, "words")
		width := rapid.IntRange(1, 30).Draw(rt, "width")
		text := strings.Join(words, " ")
		got := table.Wrap(text, width, "  ")
		if strings.Join(strings.Fields(got), " ") != text {
			rt.Fatalf("%q became %q", text, got)
		}
		for line := range strings.Lines(got) {
			line = strings.TrimSuffix(line, "\n")
			if displaywidth.String(line) > width && strings.Contains(strings.TrimSpace(line), " ") {
				rt.Fatalf("%q is wider than %d", line, width)
			}
		}
	})
}
