package cli

import (
	"math"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/plan"
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
			if exitCode(t.Context(), err) != ExitUsage || !strings.Contains(err.Error(), tt.says) {
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

// Every flag of the table of settings is one of joust run, and what it was given
// comes back.
func TestSettingFlags(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	settingFlags(flags)
	given := map[string]string{"bool": "true", "duration": "1.5s", "float64": "0.5", "int": "7", "uint64": "7", "string": "a b", "stringSlice": "a,b", "stringArray": "a,b"}
	for _, s := range plan.Settings() {
		if s.Flag == "" {
			continue
		}
		if flags.Lookup(s.Flag) == nil {
			t.Errorf("--%s of the form %q is not registered", s.Flag, s.Form)
			continue
		}
		if err := flags.Set(s.Flag, given[s.Form]); err != nil {
			t.Errorf("--%s %s: %v", s.Flag, given[s.Form], err)
		}
	}
	for _, s := range plan.Settings() {
		if got := strings.Join(settingsOf(flags)[s.Flag], ","); s.Flag != "" && got != given[s.Form] {
			t.Errorf("--%s %s comes back as %q", s.Flag, given[s.Form], got)
		}
	}
	if got := fixedFlag(flags); got != "--servers" {
		t.Errorf("the first flag that a stored plan fixes is %q", got)
	}
}
