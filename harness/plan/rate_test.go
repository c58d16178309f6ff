package plan_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"50%": "open 50%", "7%": "open 7%", "33.3%": "open 33.3%", " 95 % ": "open 95%", "150%": "open 150%",
		"common": "open common", "20000": "open 20000/s", "20k": "open 20000/s", "20K": "open 20000/s", "1.5K req/s": "open 1500/s", "0.5G": "open 500000000/s", "1.5k/s": "open 1500/s",
		"0.5 req/s": "open 0.5/s", "1M": "open 1000000/s", "+3": "open 3/s", "1e4": "open 10000/s",
		"": "", "%": "", "k": "", "50 %%": "", "Common": "", "0": "", "-1": "", "0%": "", "-5%": "", "151%": "",
		"NaN": "", "nan%": "", "inf": "", "-Inf": "", ".inf": "", "1e400": "", "1e10": "", "0x10": "", "1_000": "",
		"1e-400%": "", "20kk": "", "5m": "", "5k%": "", "50%/s": "", "5/s/s": "",
	} {
		got, err := plan.ParseRate(text)
		if (err == nil) != (want != "") || err == nil && got.PhaseName() != want {
			t.Errorf("ParseRate(%q) = %+v (%q), %v; want %q", text, got, got.PhaseName(), err, want)
		}
	}
}

// TestWholePercentsKeepTheirNames: binary fractions must not show in names.
func TestWholePercentsKeepTheirNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([1-9]|[1-9][0-9]|1[0-4][0-9])(\.[1-9])?`).Draw(t, "percent")
		got, err := plan.ParseRate(text + "%")
		if err != nil || got.PhaseName() != "open "+text+"%" {
			t.Fatalf("%s%% is called %q (%v)", text, got.PhaseName(), err)
		}
	})
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"50%", "20k/s", "common", "1.5M req/s", "NaN", "1e309", "-0", ".inf", "0x1p4", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := plan.ParseRate(s)
		if err != nil {
			return
		}
		x := got.Fraction + got.RateRPS
		switch {
		case got.Kind == results.RateCommon && x == 0:
		case got.Kind == results.RateFraction && got.Fraction > 0 && got.Fraction <= plan.MaxFraction && got.RateRPS == 0:
		case got.Kind == results.RateAbsolute && got.RateRPS > 0 && !math.IsInf(got.RateRPS, 0) && got.Fraction == 0:
		default:
			t.Errorf("ParseRate(%q) = %+v", s, got)
		}
	})
}

func FuzzResolve(f *testing.F) {
	for _, s := range []string{
		minimal, "servers: [all]\ntables: [{scenarios: [all], modes: [open], rates: [20k, common]}]",
		"servers: [{server: gin, as: x}]\ntables:\n- scenarios: [upload_20mb]\n  duration: 3s\n",
		"- a\n- b\n", "a: &x 1\nb: *x\n", "servers: !!str gin\n", "? [a]\n: b\n", "\x00", "---\n---\n",
	} {
		f.Add([]byte(s))
	}
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _, err := plan.Resolve("fuzz.yaml", data, withFlags("--trials=1"), c)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		trials := plan.Expand(p, c.Runnable)
		if len(trials) == 0 {
			t.Error("a plan that resolved has no trials")
		}
		for _, x := range trials {
			names := map[string]bool{}
			for _, phase := range plan.Phases(x, p) {
				if names[phase.Name] || phase.Duration <= 0 {
					t.Errorf("phase %+v", phase)
				}
				names[phase.Name] = true
			}
		}
		if p.PlannedNS <= 0 || p.AtMostNS < p.PlannedNS {
			t.Errorf("planned %d, at most %d", p.PlannedNS, p.AtMostNS)
		}
	})
}
