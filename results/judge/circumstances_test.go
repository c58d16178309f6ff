package judge

import (
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

func TestSlowedProcessors(t *testing.T) {
	t.Parallel()
	start := &results.Spin{ServerNS: 5e6, LoaderNS: 4e6}
	for name, c := range map[string]struct {
		start *results.Spin
		spins []results.Spin
		says  string // nothing where it is not disturbed
	}{
		"as at the start":    {start, []results.Spin{*start, *start}, ""},
		"faster":             {start, []results.Spin{{ServerNS: 1e6, LoaderNS: 1e6}}, ""},
		"within the limit":   {start, []results.Spin{{ServerNS: 5.45e6, LoaderNS: 4.35e6}}, ""},
		"server's behind it": {start, []results.Spin{*start, {ServerNS: 6e6, LoaderNS: 4e6}}, "the server's CPUs were 20.0 % slower than when the run began > 10.0 %: a fixed spin next to the window took 6ms instead of 5ms"},
		"loader's before it": {start, []results.Spin{{ServerNS: 5e6, LoaderNS: 5e6}, *start}, "the loader's CPUs were 25.0 % slower"},
		"no start":           {nil, []results.Spin{{ServerNS: 9e9}}, ""},
		"one side only":      {&results.Spin{LoaderNS: 4e6}, []results.Spin{{ServerNS: 9e9, LoaderNS: 4e6}}, ""},
		"not timed":          {start, nil, ""},
	} {
		e := closed(0.5, 0.5)
		e.SpinStart, e.Spins = c.start, c.spins
		v := Phase(e)
		if got := Disturbance(v); v.Has(results.FlagDisturbed) != (c.says != "") || (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: flags %v, %q does not say %q", name, v.Flags, got, c.says)
		}
	}
}
