package plan_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func TestFlagsWinOverTheFile(t *testing.T) {
	t.Parallel()
	const file = `
servers: [nethttp, {server: nethttp, as: nethttp-aa}, gin]
seed: 5
tables:
  - {scenarios: [hello], modes: [closed, open], rates: [50%], clients: 16, trials: 2, warmup: 3s, duration: 4s, open_duration: 5s}
  - {scenarios: [json], modes: [closed]}
`
	o := withFlags("--servers=nethttp-aa,fasthttp --scenarios=echo,hello --clients=8 --trials=3 --warmup=0s --duration=2s --rates=20k,common --seed=9")
	p, _ := resolve(t, file, o, catalogue(t))
	entries := []results.PlanEntry{{Server: "nethttp", As: "nethttp-aa"}, {Server: "fasthttp", As: "fasthttp"}}
	if d := cmp.Diff(entries, p.Entries); d != "" {
		t.Errorf("entries (-want +got):\n%s", d)
	}
	if p.Seed != 9 || len(p.Tables) != 2 || p.Tables[0].Scenario != "echo" {
		t.Errorf("seed %d, tables %+v", p.Seed, p.Tables)
	}
	hello := table(t, p, "hello")
	want := results.PlanTable{
		Scenario: "hello", Protocol: "h1", Clients: 8, Trials: 3,
		Closed: true, ClosedDurationNS: 2e9, OpenDurationNS: 2e9, Schedule: "constant",
		Rates: []results.PlanRate{{Kind: results.RateAbsolute, RateRPS: 20000}, {Kind: results.RateCommon}},
	}
	if d := cmp.Diff(want, hello); d != "" {
		t.Errorf("hello (-want +got):\n%s", d)
	}
}

func TestPlanOfFlagsAlone(t *testing.T) {
	t.Parallel()
	o := withFlags("--servers=nginx --scenarios=hello")
	p, warnings, err := plan.Resolve("", nil, o, catalogue(t))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	want := results.PlanTable{
		Scenario: "hello", Protocol: "h1", Clients: plan.DefaultClients, Trials: 6,
		WarmupNS: 1e9, Closed: true, ClosedDurationNS: 1.5e9,
	}
	if d := cmp.Diff([]results.PlanTable{want}, p.Tables); d != "" {
		t.Errorf("tables (-want +got):\n%s", d)
	}
	if p.Seed != 42 || p.IdleStrategy != "spin" || p.Engine != "evloop" || p.LoaderThreads != 1 {
		t.Errorf("defaults: %+v", p)
	}
}

func TestIdleStrategyFollowsTheCPUs(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	c.Idle = loaders.Hybrid
	if p, _ := resolve(t, minimal, plan.Overrides{}, c); p.IdleStrategy != "hybrid" {
		t.Errorf("on shared processors the loader waits by %q", p.IdleStrategy)
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		file string
		o    plan.Overrides
		want []string
	}{
		{"unknown server", minimal, withFlags("--servers=ngnix"), []string{`--servers: unknown server "ngnix", did you mean "nginx"?`}},
		{"unavailable server", minimal, withFlags("--servers=python"), []string{"--servers: python cannot run here", "install the package python3"}},
		{"twice", minimal, withFlags("--servers=gin,gin"), []string{"--servers: gin is listed twice"}},
		{"unknown scenario", minimal, withFlags("--scenarios=jsn"), []string{`--scenarios: unknown scenario "jsn", did you mean "json"?`}},
		{"empty list", minimal, withFlags("--scenarios="), []string{"--scenarios: is empty"}},
		{"unknown protocol", minimal, withFlags("--protocols=h4"), []string{`--protocols: unknown protocol "h4"`}},
		{"unspoken protocol", minimal, withFlags("--protocols=h2c"), []string{"--protocols: comparisons over h2c come in a later release; compare over h1"}},
		{"TLS", minimal, withFlags("--protocols=h1s"), []string{"--protocols: comparisons over TLS come in a later release; compare over h1, and load one server over TLS with joust load https://HOST"}},
		{"no clients", minimal, withFlags("--clients=0"), []string{"--clients: clients must be at least 1, not 0"}},
		{"no trials", minimal, withFlags("--trials=-1"), []string{"--trials: trials must be at least 1, not -1"}},
		{"negative window", minimal, withFlags("--duration=-1s"), []string{"--duration: duration must not be negative (-1s)"}},
		{"long window", minimal, withFlags("--duration=1h"), []string{"--duration: duration must be at most 10m0s"}},
		{"negative warm-up", minimal, withFlags("--warmup=-1s"), []string{"--warmup: warm-up must not be negative"}},
		{"mode", minimal, withFlags("--mode=opne"), []string{`--mode: unknown mode "opne", did you mean "open"?`}},
		{"rate", minimal, withFlags("--rates=0,NaN,50%,50.0%"), []string{
			`--rates: a rate must be above 0, not "0"`, `--rates: a rate must be a finite number, not "NaN"`, `--rates: the rate of "open 50%" is listed twice`,
		}},
		{"unknown baseline", minimal, withFlags("--baseline=gim"), []string{`--baseline: unknown server of the plan "gim", did you mean "gin"?`}},
		{"copy as baseline", "servers: [gin, nginx, {server: gin, as: gin-aa}]\ntables: [{scenarios: [hello]}]", withFlags("--baseline=gin-aa"), []string{
			"--baseline: gin-aa is the copy of gin for the A/A line and is compared with nothing; use gin",
		}},
		{"lone baseline", "servers: [gin]\ntables: [{scenarios: [hello]}]", withFlags("--baseline=gin"), []string{"--baseline: gin is the plan's only server: there is nothing to compare it with"}},
		{"open alone", minimal, withFlags("--mode=open"), []string{"--mode: hello is open loop only", "--peaks RUN"}},
		{"rates without open loop", minimal, withFlags("--mode=closed --rates=50%"), []string{"--rates: no table of the plan has an open loop"}},
		{"search without open loop", minimal, withFlags("--mode=closed --find-rate=p99<100ms"), []string{
			"--find-rate: the search for a rate of hello is an open loop, and its modes are closed only; add open to them, or leave out",
		}},
		{"search in closed table", "servers: [gin]\ntables: [{scenarios: [hello], modes: [closed]}]", withFlags("--find-rate=p99<100ms"), []string{
			"--find-rate: the search for a rate of hello is an open loop",
		}},
		{"mode without meaning", minimal, withFlags("--scenarios=pipelined_h1 --mode=closed,open"), []string{
			"--mode: the open loop has no meaning for pipelined_h1, whose row allows closed only",
		}},
		{"nothing runnable", minimal, withFlags("--servers=nginx --scenarios=json"), []string{"nothing of the plan can be measured here (nginx: json: " + noHandler}},
		{"nothing left", "servers: [gin]\ntables: [{scenarios: [pipelined_h1]}]", withFlags("--mode=open --rates=1000"), []string{"nothing to measure is left"}},
		{"nothing at all", "", plan.Overrides{}, []string{"the plan names no servers", "the plan names no scenarios"}},
		{"all at once", "servers: [gim]\ntables: [{scenarios: [hello]}]", withFlags("--clients=0 --trials=0"), []string{
			`test.yaml:1: unknown server "gim", did you mean "gin"?`, "--clients: clients must", "--trials: trials must",
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			cat := catalogue(t)
			cat.Server("python").Unavailable = "python3 is not on PATH; install the package python3"
			got := refused(t, c.file, c.o, cat)
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("message lacks %q:\n%s", want, got)
				}
			}
			if lines := strings.Count(got, "\n") + 1; lines != len(c.want) && c.what != "unavailable server" && c.what != "open alone" {
				t.Errorf("%d problems instead of %d:\n%s", lines, len(c.want), got)
			}
		})
	}
}

func TestUnavailableServerOfAFileIsALine(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	c.Server("gin").Unavailable = "not built here"
	p, warnings := resolve(t, minimal, plan.Overrides{}, c)
	if len(p.Entries) != 2 {
		t.Errorf("entries are %v", p.Entries)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "gin cannot run here") || !strings.Contains(warnings[0], "not built here") {
		t.Errorf("warnings are %q", warnings)
	}
	for _, trial := range plan.Expand(p, c.Runnable) {
		if trial.Entry.Server == "gin" {
			t.Fatal("a trial of the server that cannot run")
		}
	}
}

func TestWildcards(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	c.Scenarios[2].Headline = false
	p, _ := resolve(t, "servers: [{server: gin, as: gin-aa}, all]\ntables: [{scenarios: [headline]}, {scenarios: [json], trials: 2}]", plan.Overrides{}, c)
	if len(p.Entries) != len(c.Servers)+1 {
		t.Errorf("all gives the entries %v", p.Entries)
	}
	if len(p.Tables) != len(c.Scenarios)-1 || table(t, p, "json").Trials != 2 {
		t.Errorf("headline gives the tables %v", p.Tables)
	}
	p, _ = resolve(t, minimal, withFlags("--servers=all --scenarios=all"), c)
	if len(p.Entries) != len(c.Servers) || len(p.Tables) != len(c.Scenarios) {
		t.Errorf("--servers all --scenarios all gives %v and %v", p.Entries, p.Tables)
	}
}

func TestModesWithoutMeaning(t *testing.T) {
	t.Parallel()
	const wide = "servers: [gin]\nmodes: [closed, open]\ntables: [{scenarios: [hello, pipelined_h1]}]\n"
	p, warnings := resolve(t, wide, plan.Overrides{}, catalogue(t))
	if up := table(t, p, "pipelined_h1"); !up.Closed || len(up.Rates) > 0 {
		t.Errorf("pipelined_h1 is %+v", up)
	}
	if len(warnings) != 1 || warnings[0] != "the open loop is left out where it has no meaning: pipelined_h1" {
		t.Errorf("warnings are %q", warnings)
	}
	p, _ = resolve(t, wide, withFlags("--mode=open --rates=1000"), catalogue(t))
	if len(p.Tables) != 1 || p.Tables[0].Closed {
		t.Errorf("--mode open leaves the tables %+v", p.Tables)
	}
	c := small(row("open_only", []scenarios.Protocol{scenarios.H1}, scenarios.Open))
	p, _ = resolve(t, "servers: [one]\nrates: [1000]\ntables: [{scenarios: [open_only]}]", plan.Overrides{}, c)
	if p.Tables[0].Closed || len(p.Tables[0].Rates) != 1 {
		t.Errorf("a row of the open loop only became %+v", p.Tables[0])
	}
}

func TestProtocolsWithoutMeaning(t *testing.T) {
	t.Parallel()
	c := small(
		row("ws_only", []scenarios.Protocol{scenarios.WS}, scenarios.Closed),
		row("plain", []scenarios.Protocol{scenarios.H1}, scenarios.Closed),
	)
	p, warnings := resolve(t, "servers: [one]\ntables: [{scenarios: [all]}]", plan.Overrides{}, c)
	if len(p.Tables) != 1 || len(warnings) != 1 || !strings.Contains(warnings[0], "the protocol h1 is left out where it has no meaning: ws_only") {
		t.Errorf("tables %v, warnings %q", p.Tables, warnings)
	}
	got := refused(t, "servers: [one]\ntables: [{scenarios: [ws_only], protocols: [h1]}]", plan.Overrides{}, c)
	if got != "test.yaml:2: the protocol h1 has no meaning for ws_only, whose row allows ws only" {
		t.Error(got)
	}
}

func TestClients(t *testing.T) {
	t.Parallel()
	file := func(wide, own string) string {
		return "servers: [gin]\n" + wide + "tables: [{scenarios: [upload_20mb]" + own + "}]\n"
	}
	for _, c := range []struct {
		what, file string
		flag       []string
		want       int
	}{
		{"the row's own", file("", ""), nil, 8},
		{"the row's own before the plan's", file("clients: 32\n", ""), nil, 8},
		{"the table's before the row's", file("clients: 32\n", ", clients: 4"), nil, 4},
		{"the flag's before all", file("clients: 32\n", ", clients: 4"), []string{"2"}, 2},
	} {
		p, warnings := resolve(t, c.file, plan.Overrides{Flags: plan.Flags{"clients": c.flag}}, catalogue(t))
		if p.Tables[0].Clients != c.want {
			t.Errorf("%s: %d clients instead of %d", c.what, p.Tables[0].Clients, c.want)
		}
		if (c.flag != nil) != (len(warnings) > 0) {
			t.Errorf("%s: warnings %q", c.what, warnings)
		}
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	c.LoaderCPUs = 16
	p, _ := resolve(t, "servers: [gin]\ntables: [{scenarios: [upload_20mb, hello]}]", plan.Overrides{}, c)
	for name, want := range map[string]int{"upload_20mb": 8, "hello": 16} {
		if got := plan.Threads(p, table(t, p, name)); got != want {
			t.Errorf("%s has %d threads instead of %d", name, got, want)
		}
	}
	if p, _ := resolve(t, "servers: [gin]\nthreads: 4\ntables: [{scenarios: [hello]}]", withFlags("--threads=2"), c); p.LoaderThreads != 2 {
		t.Errorf("%d threads, and the flag says 2", p.LoaderThreads)
	}
	if got := refused(t, "servers: [gin]\ntables: [{scenarios: [hello]}]", withFlags("--threads=-1"), c); !strings.HasPrefix(got, "--threads: threads must be at least 0") {
		t.Error(got)
	}
	got := refused(t, "servers: [gin]\nthreads: 4\ntables: [{scenarios: [hello]}]", withFlags("--clients=3"), c)
	if !strings.HasPrefix(got, "test.yaml:2: more threads than clients") {
		t.Error(got)
	}
}

func TestConnectionLimit(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	c.Connections = plan.ConnectionLimit{Max: 100, Reason: "the limit of open files is 124", Remedy: "ulimit -n 65536"}
	if _, _, err := plan.Resolve("test.yaml", []byte(minimal), withFlags("--clients=100"), c); err != nil {
		t.Errorf("as many clients as possible are refused: %v", err)
	}
	want := "--clients: 101 clients are more than the 100 connections possible here: the limit of open files is 124; raise it with: ulimit -n 65536"
	if got := refused(t, minimal, withFlags("--clients=101 --scenarios=all"), c); got != want {
		t.Errorf("got %q", got)
	}
}

func TestPeaks(t *testing.T) {
	t.Parallel()
	const file = "servers: [gin, nginx, {server: gin, as: gin-aa}]\ntables: [{scenarios: [hello]}]"
	o := plan.Overrides{Flags: plan.Flags{"mode": {"open"}, "rates": {"50%", "100", "common"}}, Peaks: map[plan.PeakKey]float64{
		{Server: "gin", Scenario: "hello", Protocol: "h1"}:   3000,
		{Server: "nginx", Scenario: "hello", Protocol: "h1"}: 8000,
	}}
	p, warnings := resolve(t, file, o, catalogue(t))
	if len(warnings) > 0 {
		t.Errorf("warnings %q", warnings)
	}
	want := map[string]float64{"gin": 1500, "gin-aa": 1500, "nginx": 4000}
	for _, trial := range plan.Expand(p, func(results.PlanEntry, results.PlanTable) bool { return true }) {
		if trial.Kind == results.TrialScout {
			continue
		}
		rates := map[string]float64{}
		for _, x := range plan.Phases(trial, p) {
			rates[x.Name] = x.RateRPS
		}
		wanted := map[string]float64{"warm-up": 0, "open 50%": want[trial.Entry.As], "open 100/s": 100, "open common": 0}
		if d := cmp.Diff(wanted, rates); d != "" {
			t.Errorf("%s (-want +got):\n%s", trial.Entry.As, d)
		}
	}
	delete(o.Peaks, plan.PeakKey{Server: "nginx", Scenario: "hello", Protocol: "h1"})
	if got := refused(t, file, o, catalogue(t)); !strings.HasPrefix(got, "--peaks: that run has no peak of nginx for hello (h1)") {
		t.Error(got)
	}
	o.Peaks[plan.PeakKey{Server: "nginx", Scenario: "hello", Protocol: "h1"}] = math.NaN()
	if got := refused(t, file, o, catalogue(t)); !strings.Contains(got, "is NaN") {
		t.Error(got)
	}
	o.Flags["mode"] = []string{"closed", "open"}
	p, warnings = resolve(t, file, o, catalogue(t))
	if len(p.Peaks) > 0 || len(warnings) != 1 || !strings.HasPrefix(warnings[0], "--peaks is not used") {
		t.Errorf("peaks %v, warnings %q", p.Peaks, warnings)
	}
}

func TestStretchedWindow(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, "servers: [gin]\ntables: [{scenarios: [upload_20mb]}]", plan.Overrides{}, catalogue(t))
	if up := p.Tables[0]; up.MinCompletions != 50 || up.MaxDurationNS != 10e9 {
		t.Errorf("upload_20mb is %+v", up)
	}
	p, warnings := resolve(t, "servers: [gin]\ntables: [{scenarios: [upload_20mb]}]", withFlags("--duration=1m --warmup=0s"), catalogue(t))
	if p.Tables[0].MaxDurationNS != 60e9 || len(warnings) != 1 {
		t.Errorf("table %+v, warnings %q", p.Tables[0], warnings)
	}
}

func TestEngineOfThisSystem(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	c.Engines = []loaders.EngineName{loaders.Portable}
	if p, _ := resolve(t, minimal, plan.Overrides{}, c); p.Engine != "portable" {
		t.Errorf("the engine is %q", p.Engine)
	}
	if got := refused(t, "engine: evloop\n"+minimal, plan.Overrides{}, c); got != "test.yaml:1: the engine evloop does not run on this system; use portable" {
		t.Error(got)
	}
}

func TestAttachedServersJoinThePlan(t *testing.T) {
	t.Parallel()
	cat := catalogue(t)
	cat.Servers = append(cat.Servers, plan.ServerFacts{Name: "mine", Protocols: []string{"h1"}, Scenarios: []string{"hello", "json"}})
	mine := results.PlanEntry{Server: "mine", As: "mine"}
	for name, tt := range map[string]struct {
		servers []string
		want    []results.PlanEntry
	}{
		"alone":                     {nil, []results.PlanEntry{mine}},
		"beside others":             {[]string{"gin"}, []results.PlanEntry{{Server: "gin", As: "gin"}, mine}},
		"among others, named there": {[]string{"mine", "gin"}, []results.PlanEntry{mine, {Server: "gin", As: "gin"}}},
	} {
		o := plan.Overrides{Flags: plan.Flags{"servers": tt.servers, "scenarios": {"json", "hello", "echo"}}, Attached: []string{"mine"}}
		p, _, err := plan.Resolve("", nil, o, cat)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, p.Entries); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		var rows []string
		for _, row := range cat.Rows(p, "mine") {
			rows = append(rows, row.Name)
		}
		if d := cmp.Diff([]string{"json", "hello"}, rows); d != "" {
			t.Errorf("%s: rows (-want +got):\n%s", name, d)
		}
	}
}
