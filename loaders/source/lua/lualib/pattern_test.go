package lualib

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// item is a part of a pattern of Lua with the same part of a regular expression.
var items = map[string]string{
	"a": "a", "b": "b", ".": ".", "%a": "[a-zA-Z]", "%d": "[0-9]", "%w": "[a-zA-Z0-9]", "[ab1]": "[ab1]", "[^a]": "[^a]", "%.": `\.`, "[%d.]": "[0-9.]",
}

var suffixes = map[string]string{"": "", "*": "*", "+": "+", "-": "*?", "?": "?"}

// A pattern without Lua's own items finds what the same regular expression finds: both
// try what is left of a choice first.
func TestMatchesAsRegularExpressions(t *testing.T) {
	t.Parallel()
	parts := rapid.SampledFrom(keys(items))
	ends := rapid.SampledFrom(keys(suffixes))
	rapid.Check(t, func(rt *rapid.T) {
		var pattern, expression strings.Builder
		expression.WriteString("(?s)")
		opened := false
		for range rapid.IntRange(1, 5).Draw(rt, "parts") {
			if rapid.Bool().Draw(rt, "capture") {
				bracket := "("
				if opened {
					bracket = ")"
				}
				pattern.WriteString(bracket)
				expression.WriteString(bracket)
				opened = !opened
			}
			part, end := parts.Draw(rt, "part"), ends.Draw(rt, "end")
			pattern.WriteString(part + end)
			expression.WriteString(items[part] + suffixes[end])
		}
		if opened {
			pattern.WriteString(")")
			expression.WriteString(")")
		}
		subject := rapid.StringMatching(`[ab1.]{0,12}`).Draw(rt, "subject")
		want := regexp.MustCompile(expression.String()).FindStringSubmatchIndex(subject)
		m := matcher{subject: subject, pattern: pattern.String()}
		at, end := 0, none
		for ; at <= len(subject) && end == none; at++ {
			end = m.start(at, 0)
		}
		at--
		if m.problem != "" {
			rt.Fatalf("%q: %s", pattern.String(), m.problem)
		}
		if want == nil {
			if end != none {
				rt.Fatalf("%q finds %q in %q", pattern.String(), subject[at:end], subject)
			}
			return
		}
		if end == none || at != want[0] || end != want[1] {
			rt.Fatalf("%q finds %d to %d of %q, want %d to %d", pattern.String(), at, end, subject, want[0], want[1])
		}
		for i := range m.level {
			if c := m.captures[i]; c.at != want[2+2*i] || c.at+c.length != want[3+2*i] {
				rt.Fatalf("capture %d of %q in %q is %+v, want %v", i, pattern.String(), subject, c, want)
			}
		}
	})
}

func keys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// No pattern leads out of its subject, and none takes forever.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{"hello", "l+"}, {"a(b)c", "%b()"}, {"x", "%f[%w]x"}, {"ab", "(a)(b)%1"}, {"", "^$"}, {"a]", "[]]"}, {"q", "[%"}, {"q", "%"}, {"aa", "a-$"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		m := matcher{subject: subject[:min(len(subject), 50)], pattern: pattern[:min(len(pattern), 12)]}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		m.ctx = ended
		for at := 0; at <= len(m.subject); at++ {
			if end := m.start(at, 0); end != none && (end < at || end > len(m.subject)) {
				t.Fatalf("%q matches %q from %d to %d", m.pattern, m.subject, at, end)
			}
		}
	})
}

// A text that was rewritten is rewritten to itself, but for its numbers.
func FuzzRewrite(f *testing.F) {
	for _, seed := range []string{`"\x41"`, "'\\z\n a'", "--[[ x ]] [=[ ]=]", "5LL", "\"", "[[", "a.b\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := rewrite(text, "x")
		if err != nil {
			return
		}
		if twice, err := rewrite(once, "x"); err != nil || twice != once {
			t.Fatalf("%q becomes %q, and that %q: %v", text, once, twice, err)
		}
	})
}

// Numbers that are written are read again, to 14 digits.
func TestNumbersComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		x := rapid.Float64().Draw(rt, "x")
		text := string(AppendNumber(nil, x))
		back, ok := ParseNumber(text)
		if again := string(AppendNumber(nil, back)); !ok || again != text {
			rt.Fatalf("%v is written %q, and that is read as %v", x, text, back)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"1", "0x1p4", "0b1", " 5 ", "1e", "inf", "-nan", "1_0", "0x_1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if x, ok := ParseNumber(text); ok && strings.Contains(text, "_") {
			t.Fatalf("%q is %v", text, x)
		}
	})
}
