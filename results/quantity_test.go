package results_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"10": 10 * time.Second, "0": 0, "0.5": 500 * time.Millisecond, ".25": 250 * time.Millisecond, "1e-3": time.Millisecond,
		"2e1": 20 * time.Second, "-1": -time.Second, " 3 ": 3 * time.Second, "0.1": 100 * time.Millisecond,
		"250ms": 250 * time.Millisecond, "1m30s": 90 * time.Second, "2h": 2 * time.Hour, "5us": 5 * time.Microsecond, "5µs": 5 * time.Microsecond, "-2s": -2 * time.Second,
		"9223372036": 9223372036 * time.Second,
	} {
		if got, err := results.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"":             `"" is no duration; write seconds, such as 10 or 0.5, or units, such as 250ms, 1m30s or 2h`,
		"soon":         `"soon" is no duration; write seconds`,
		"10 seconds":   `"10 seconds" is no duration; write seconds`,
		"5 s":          "is no duration",
		"10S":          "is no duration",
		"1d":           "is no duration",
		"0x10":         "is no duration",
		"1_000":        "is no duration",
		"NaN":          "is no duration",
		"Inf":          "is no duration",
		"1.2.3":        "is no duration",
		"--1":          "is no duration",
		"3000000h":     "is no duration",
		"1e300":        `"1e300" is too long for a duration: at most 292 years are possible`,
		"1e400":        "too long",
		"-1e300":       "too long",
		"9223372037":   "too long",
		"999999999999": "too long",
	} {
		if got, err := results.ParseDuration(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, %v, want %q", text, got, err, says)
		}
	}
}

func TestParseCount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		"0": 0, "8": 8, "10k": 10_000, "10K": 10_000, "1.5k": 1500, "2M": 2_000_000, "1G": 1_000_000_000, "1e3": 1000, " 7 ": 7, "+7": 7,
		"18446744073709551615": 1<<64 - 1, "0.001k": 1,
	} {
		if got, err := results.ParseCount(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "k", "many", "-1", "1.5", "0.0001k", "10m", "10 k k", "0x10", "1_0", "NaN", "Inf", "10kk"} {
		if got, err := results.ParseCount(text); err == nil || !strings.Contains(err.Error(), "such as 8, 20k or 1.5M") {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"18446744073709551616", "1e30", "99999999999G"} {
		if got, err := results.ParseCount(text); !errors.Is(err, strconv.ErrRange) {
			t.Errorf("%q: got %v, %v, want one out of range", text, got, err)
		}
	}
}

func TestCounted(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 trials", 1: "1 trial", 2: "2 trials"} {
		if got := results.Counted(n, "trial"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestListed(t *testing.T) {
	t.Parallel()
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := results.Listed(words, "or"); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, text := range []string{"1", "1e9", "1m30s", "-0.5", "1e-400", "."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := results.ParseDuration(text)
		if err != nil {
			return
		}
		if again, err := results.ParseDuration(d.String()); err != nil || again != d {
			t.Errorf("%q is %v, which is read as %v, %v", text, d, again, err)
		}
	})
}
