package cli

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestBodiesMustFitIntoHalfOfTheMemory(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	tests := map[string]struct {
		need   int64
		memory uint64
		says   string
	}{
		"half":           {1024 * mb, 2048 * mb, ""},
		"more":           {1025 * mb, 2048 * mb, "request bodies need 1025 MB of the machine's 2048 MB"},
		"no sum at all":  {math.MaxInt64, 2048 * mb, "request bodies need"},
		"unknown memory": {1025 * mb, 0, ""},
		"huge memory":    {1025 * mb, math.MaxUint64, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fitsMemory(tt.need, tt.memory)
			if tt.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var coded *codedError
			if !errors.As(err, &coded) || coded.code != ExitUsage || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one of usage that says %q", err, tt.says)
			}
		})
	}
}

func TestShellWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"out/a-b_c.d": "out/a-b_c.d",
		"":            "''",
		"my runs":     "'my runs'",
		"it's":        `'it'\''s'`,
		"$HOME":       "'$HOME'",
	} {
		if got := shellWord(text); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 trials", 1: "1 trial", 2: "2 trials"} {
		if got := count(n, "trial"); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}
