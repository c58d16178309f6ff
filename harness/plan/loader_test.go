package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
)

// wrk2IsMissing is the catalogue of a machine without wrk2.
func wrk2IsMissing(t *testing.T) plan.Catalogue {
	c := catalogue(t)
	c.Loader = func(name string) string { return map[string]string{"wrk2": "not on PATH: build it"}[name] }
	return c
}

func TestForeignLoaderShapesThePlan(t *testing.T) {
	t.Parallel()
	file := "loader: wrk\nservers: [nethttp]\nrates: [50%, common]\ntables: [{scenarios: [hello, upload_20mb], duration: 1500ms}]\n"
	p, warnings := resolve(t, file, plan.Overrides{}, catalogue(t))
	hello := table(t, p, "hello")
	if p.Loader != "wrk" || !hello.Closed || len(hello.Rates) > 0 || hello.ClosedDurationNS != 2*time.Second.Nanoseconds() || hello.NotExpressible != "" {
		t.Errorf("loader %q, table %+v", p.Loader, hello)
	}
	for _, want := range []string{"the open loop is left out: wrk makes closed loops only", "rounded up to whole seconds for wrk"} {
		if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("no warning %q in %q", want, warnings)
		}
	}
	p, warnings = resolve(t, strings.Replace(file, "upload_20mb", "pipelined_h1", 1), withFlags("--loader=wrk2 --rates=1000,20k"), catalogue(t))
	pipelined := table(t, p, "pipelined_h1")
	if hello = table(t, p, "hello"); hello.Closed || len(hello.Rates) != 2 || !strings.Contains(pipelined.NotExpressible, "wrk2 makes open loops only") {
		t.Errorf("tables %+v and %+v", hello, pipelined)
	}
	if !slices.ContainsFunc(warnings, func(w string) bool { return strings.HasPrefix(w, "pipelined_h1 is not expressible: wrk2") }) {
		t.Errorf("warnings %q", warnings)
	}
	cat := catalogue(t)
	for _, trial := range plan.Expand(p, cat.Runnable) {
		if trial.Table.Scenario == "pipelined_h1" {
			t.Errorf("a trial of what wrk2 cannot express: %+v", trial)
		}
	}
	if p, _ = resolve(t, minimal, withFlags("--loader=joust"), catalogue(t)); p.Loader != "" {
		t.Errorf("joust's own loader is %q", p.Loader)
	}
}

func TestForeignLoaderRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		o    plan.Overrides
		says string
	}{
		"unknown":           {minimal, withFlags("--loader=wrkk"), `--loader: unknown loader "wrkk"`},
		"unknown in a file": {minimal + "loader: apache\n", plan.Overrides{}, `test.yaml:3: unknown loader "apache"`},
		"missing":           {minimal, withFlags("--loader=wrk2 --rates=1000"), "the loader wrk2 cannot be used here: not on PATH: build it"},
		"open by wrk":       {minimal, withFlags("--loader=wrk --mode=open"), "wrk makes closed loops only"},
		"several":           {minimal, withFlags("--loader=wrk --loaders=2"), "--loaders: wrk makes its load alone"},
		"rates by ab":       {minimal, withFlags("--loader=ab --rates=1000"), "rates are for open loops, and ab makes closed loops only"},
		"a search by wrk":   {minimal, withFlags("--loader=wrk --find-rate=p99<10ms"), "joust's own loader's"},
		"nothing it can":    {"servers: [nethttp]\ntables: [{scenarios: [pipelined_h1]}]\n", withFlags("--loader=ab"), "nothing of the plan can be measured here (nethttp: pipelined_h1: ab: it does not pipeline)"},
	} {
		if got := refused(t, c.file, c.o, wrk2IsMissing(t)); !strings.Contains(got, c.says) {
			t.Errorf("%s: %s, want %q", name, got, c.says)
		}
	}
	for name, c := range map[string]struct{ rates, says string }{
		"common":   {"common", "wrk2 has no closed loop to find a common rate with"},
		"no peaks": {"50%", "name an earlier run with --peaks RUN"},
	} {
		if got := refused(t, minimal, plan.Overrides{Flags: plan.Flags{"loader": {"wrk2"}, "rates": {c.rates}}}, catalogue(t)); !strings.Contains(got, c.says) {
			t.Errorf("%s: %s, want %q", name, got, c.says)
		}
	}
}

func TestForeignLoaderTakesPeaks(t *testing.T) {
	t.Parallel()
	peaks := map[plan.PeakKey]float64{{Server: "nethttp", Scenario: "hello", Protocol: "h1"}: 1000, {Server: "gin", Scenario: "hello", Protocol: "h1"}: 900}
	p, _ := resolve(t, minimal, plan.Overrides{Flags: plan.Flags{"loader": {"wrk2"}}, Peaks: peaks}, catalogue(t))
	for _, x := range table(t, p, "hello").Rates {
		if x.Kind != results.RateFraction {
			t.Errorf("rate %+v: the default rates are shares of the peaks", x)
		}
	}
	if len(p.Peaks) != 2 {
		t.Errorf("peaks %+v", p.Peaks)
	}
}
