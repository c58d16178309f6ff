package cli

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// Flags of all commands read durations, counts and lists in one form.
func TestFlagValues(t *testing.T) {
	t.Parallel()
	var words []string
	var numbers []float64
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	wait := flagOf(flags, durationForm, "wait", "w", 0, "")
	number := flagOf(flags, integerForm, "number", "", 3, "")
	count := flagOf(flags, countForm, "count", "", 0, "")
	listVar(flags, &words, "words", []string{"a"}, "")
	numbersVar(flags, &numbers, "numbers", []float64{1}, "")
	for _, c := range []struct {
		args []string
		got  func() any
		want any
	}{
		{[]string{"-w", "5"}, func() any { return *wait }, 5 * time.Second},
		{[]string{"-w.5"}, func() any { return *wait }, 500 * time.Millisecond},
		{[]string{"--wait=1m30s"}, func() any { return *wait }, 90 * time.Second},
		{[]string{"--number", "-2"}, func() any { return *number }, -2},
		{[]string{"--number", "1k"}, func() any { return *number }, 1000},
		{[]string{"--count", "10K"}, func() any { return *count }, uint64(10_000)},
		{[]string{"--count", "18446744073709551615"}, func() any { return *count }, uint64(1<<64 - 1)},
		{[]string{"--words", "b, c"}, func() any { return words }, []string{"b", "c"}},
		{[]string{"--words", " d"}, func() any { return words }, []string{"b", "c", "d"}},
		{[]string{"--numbers", "1k, 2.5"}, func() any { return numbers }, []float64{1000, 2.5}},
	} {
		if err := flags.Parse(c.args); err != nil {
			t.Errorf("%q: %v", c.args, err)
		} else if diff := cmp.Diff(c.want, c.got()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.args, diff)
		}
	}
	for _, args := range [][]string{{"-w", "soon"}, {"-w", "1e300"}, {"--number", "1.5"}, {"--number", "99999999999G"}, {"--count", "-1"}, {"--numbers", "1,x"}} {
		if err := flags.Parse(args); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
	if got := settingsOf(flags)["words"]; !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("the words come back as %q", got)
	}
	const help = `  -w, --wait duration          u
      --number int             u (default 3)
      --count uint             u
      --words strings          u (default [a])
      --numbers float64Slice   u (default [1])
`
	fresh := pflag.NewFlagSet("", pflag.ContinueOnError)
	fresh.SortFlags = false
	flagOf(fresh, durationForm, "wait", "w", 0, "u")
	flagOf(fresh, integerForm, "number", "", 3, "u")
	flagOf(fresh, countForm, "count", "", 0, "u")
	listVar(fresh, &words, "words", []string{"a"}, "u")
	numbersVar(fresh, &numbers, "numbers", []float64{1}, "u")
	if diff := cmp.Diff(help, fresh.FlagUsages()); diff != "" {
		t.Errorf("the help (-want +got):\n%s", diff)
	}
}
