package plan_test

import (
	"math"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/scenarios"
)

const scripts = "../../scripts"

func script(t *testing.T, name string) (results.Plan, plan.Catalogue) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(scripts, name))
	if err != nil {
		t.Fatal(err)
	}
	c := field(t)
	p, _, err := plan.Resolve("scripts/"+name, data, plan.Overrides{}, c)
	if err != nil {
		t.Fatalf("scripts/%s:\n%v", name, err)
	}
	return p, c
}

func TestEveryScriptResolves(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(scripts + "/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("plans in scripts: %v, %v", files, err)
	}
	for _, file := range files {
		if filepath.Base(file) == "flow.yaml" { // for joust load
			continue
		}
		p, _ := script(t, filepath.Base(file))
		t.Logf("%s: planned %.0f s, at most %.0f s", p.Source, seconds(p.PlannedNS), seconds(p.AtMostNS))
		if p.PlannedNS <= 0 || p.AtMostNS <= p.PlannedNS {
			t.Errorf("%s: planned %v, at most %v", p.Source, p.PlannedNS, p.AtMostNS)
		}
	}
}

func TestPlannedTimeOfScripts(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]float64{"default.yaml": 600, "quick.yaml": 90} {
		p, _ := script(t, name)
		if got := seconds(p.PlannedNS); got > limit {
			t.Errorf("%s takes %.1f s, more than %v", name, got, limit)
		}
	}
}

// The first block, with what comes before it, is the whole of a plan of one block, and
// a part of a longer one that leaves room for the others.
func TestTimeOfTheFirstBlock(t *testing.T) {
	t.Parallel()
	p, c := script(t, "default.yaml")
	blocks, first := plan.Blocks(p, c)
	if whole := time.Duration(p.PlannedNS); blocks != 6 || first <= whole/12 || first >= whole/3 {
		t.Errorf("%d blocks, the first one ends after %v of %v", blocks, first, whole)
	}
	for i := range p.Tables {
		p.Tables[i].Trials = 1
	}
	blocks, first = plan.Blocks(p, c)
	if whole, _ := plan.Planned(p, c, 0); blocks != 1 || first != whole {
		t.Errorf("%d blocks, the first one ends after %v of %v", blocks, first, whole)
	}
}

// TestDefaultPlan checks the plan of the published matrices.
func TestDefaultPlan(t *testing.T) {
	t.Parallel()
	p, c := script(t, "default.yaml")
	var names []string
	for _, e := range p.Entries {
		names = append(names, e.As)
	}
	if got := strings.Join(names, " "); got != "nethttp fasthttp gin nginx node nethttp-aa" {
		t.Errorf("servers are %s", got)
	}
	scouts, measured := 0, map[string]int{}
	for _, x := range plan.Expand(p, c.Runnable) {
		if x.Kind == results.TrialScout {
			scouts++
			continue
		}
		measured[x.Table.Scenario]++
	}
	if scouts != 13 || measured["hello"] != 36 || measured["json"] != 25 || measured["upload_20mb"] != 15 {
		t.Errorf("%d scouts, trials %v", scouts, measured)
	}
	if up := table(t, p, "upload_20mb"); up.ClosedDurationNS != 1.5e9 || up.Clients != 8 || len(up.Rates) != 1 || up.MinCompletions != 50 {
		t.Errorf("upload_20mb is %+v", up)
	}
}

func TestFullPlanLeavesNothingOut(t *testing.T) {
	t.Parallel()
	p, c := script(t, "full.yaml")
	if len(p.Tables) != len(c.Scenarios) || len(p.Entries) != len(c.Servers)+1 {
		t.Errorf("%d tables of %d rows, %d entries of %d servers", len(p.Tables), len(c.Scenarios), len(p.Entries), len(c.Servers))
	}
	for _, x := range p.Tables {
		row := c.Scenario(x.Scenario)
		if x.Closed != row.Allows(scenarios.Closed) || (len(x.Rates) > 0) != row.Allows(scenarios.Open) {
			t.Errorf("%s: closed %v, %d rates", x.Scenario, x.Closed, len(x.Rates))
		}
	}
}

func TestRoadrunnerPlan(t *testing.T) {
	t.Parallel()
	p, c := script(t, "roadrunner.yaml")
	want := "hello json echo headers_heavy large_response multi_request_body upload_20mb pipelined_h1 varied_paths_router post_4kb_form large_post_streaming gzip_response"
	if got := scenariosOf(p); got != want || p.Baseline != "nethttp" {
		t.Errorf("rows %s, baseline %s", got, p.Baseline)
	}
	for _, x := range p.Tables {
		if clients := map[bool]int{true: 8, false: 50}[x.Scenario == "upload_20mb"]; x.Clients != clients || !x.Closed || len(x.Rates) > 0 {
			t.Errorf("%s has %d clients", x.Scenario, x.Clients)
		}
	}
	for _, note := range plan.ClaimNotes(p, c.Runnable) {
		if !strings.HasSuffix(note, ": enough") {
			t.Error(note)
		}
	}
	holdMinutesAServer(t, "roadrunner.yaml", p)
}

// Every profile is in the plan, with HttpArena's numbers, scaled to a small machine.
func TestHttpArenaPlan(t *testing.T) {
	t.Parallel()
	p, c := script(t, "httparena.yaml")
	for i := range c.Scenarios {
		if row := &c.Scenarios[i]; row.Family == "httparena" && !strings.Contains(scenariosOf(p), row.Name) {
			t.Errorf("the plan lacks %s", row.Name)
		}
	}
	if mix := table(t, p, "httparena_baseline_mix"); !slices.Equal(mix.Sweep.Clients, []int{512, 4096}) || len(mix.Scaled) > 0 {
		t.Errorf("%+v", mix)
	}
	holdMinutesAServer(t, "httparena.yaml", p)
	data, err := os.ReadFile(filepath.Join(scripts, "httparena.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c.Connections = plan.ConnectionLimit{Max: 1000, Reason: "few files"}
	p, _ = resolve(t, string(data), plan.Overrides{}, c)
	for name, want := range map[string]int{"httparena_json_mix": 1000, "httparena_async": 1000, "httparena_latency_1m": 1000, "httparena_upload": 32} {
		if x := table(t, p, name); x.Clients != want {
			t.Errorf("%s has %d clients, want %d", name, x.Clients, want)
		}
	}
}

// Each server of the plan stands for a language of its own, and one that is not
// installed is left out with the reason.
func TestLanguagesPlan(t *testing.T) {
	t.Parallel()
	p, c := script(t, "languages.yaml")
	servers, err := catalog.Load(c.Scenarios, "../../servers")
	if err != nil {
		t.Fatal(err)
	}
	languages := map[string]string{}
	for _, e := range p.Entries {
		m, err := servers.Find(e.Server)
		if err != nil {
			t.Fatal(err)
		}
		if other := languages[m.Language]; m.Language == "" || other != "" {
			t.Errorf("%s and %s are both in %q", e.As, other, m.Language)
		}
		languages[m.Language] = e.As
	}
	if len(languages) < 10 {
		t.Errorf("%d languages: %v", len(languages), languages)
	}
	for _, note := range plan.ClaimNotes(p, c.Runnable) {
		if !strings.HasSuffix(note, ": enough") {
			t.Error(note)
		}
	}
	holdMinutesAServer(t, "languages.yaml", p)
	data, err := os.ReadFile(filepath.Join(scripts, "languages.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c.Server("starman").Unavailable = "starman is not on PATH (install the package starman)"
	if _, warnings := resolve(t, string(data), plan.Overrides{}, c); len(warnings) != 1 || !strings.Contains(warnings[0], "starman cannot run here and is only listed in the matrix: starman is not on PATH (install the package starman)") {
		t.Errorf("warnings %q", warnings)
	}
}

// holdMinutesAServer compares the plan's comment with its planned time.
func holdMinutesAServer(t *testing.T, name string, p results.Plan) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(scripts, name))
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`about (\d+) minutes? a\s+(?:# )?server`).FindSubmatch(data)
	if said == nil {
		t.Fatalf("%s does not say how long a server takes", name)
	}
	minutes, err := strconv.ParseFloat(string(said[1]), 64)
	if got := seconds(p.PlannedNS) / 60 / float64(len(p.Entries)); err != nil || math.Abs(got/minutes-1) > 0.25 {
		t.Errorf("%s says %s minutes a server and takes %.1f", name, said[1], got)
	}
}

// The comment of full.yaml says how long a row of a server takes.
func TestFullPlanTakesAsLongAsItSays(t *testing.T) {
	t.Parallel()
	p, c := script(t, "full.yaml")
	data, err := os.ReadFile(filepath.Join(scripts, "full.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, x := range plan.Expand(p, c.Runnable) {
		if x.Block == 1 {
			rows++
		}
	}
	each := seconds(p.PlannedNS) / float64(rows)
	for said, want := range map[string]float64{`takes about (\d+) seconds`: each, `40 rows take (\d+) hours`: each * 30 * 40 / 3600} {
		found := regexp.MustCompile(said).FindSubmatch(data)
		if found == nil {
			t.Fatalf("full.yaml does not say %s", said)
		}
		if got, err := strconv.ParseFloat(string(found[1]), 64); err != nil || math.Abs(got/want-1) > 0.2 {
			t.Errorf("full.yaml says %s, and it is %.1f", found[0], want)
		}
	}
}

// TestPlannedArithmetic adds up one plan by hand.
func TestPlannedArithmetic(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	c.Server("gin").StartTimeout, c.Server("gin").StopTimeout = 20*time.Second, 2*time.Second
	c.Server("gin").WarmupCap = 4 * time.Second
	p, _ := resolve(t, `
servers: [gin]
warmup: 1s
duration: 2s
open_duration: 3s
trials: 2
tables:
  - {scenarios: [hello], rates: [50%, common]}
  - {scenarios: [upload_20mb]}
`, plan.Overrides{}, c)
	scout := 0.8 + (0.1 + 1) + (0.1 + 0.1 + 1)
	hello := 0.8 + (0.1 + 1) + (0.1 + 0.1 + 2) + 2*(0.1+0.2+3)
	upload := 0.8 + (0.1 + 1) + (0.1 + 0.1 + 2)
	nominal := scout + 2*hello + 2*upload + 2*0.5
	if got := seconds(p.PlannedNS); math.Abs(got-nominal) > 1e-6 {
		t.Errorf("planned %v s instead of %v", got, nominal)
	}
	// Five trials and one check start and stop the server, there are 2 + 8 + 4
	// drains, the two windows of upload_20mb may stretch from 2 s to 10 s, four
	// warm-ups, the scout's not, from 1 s to 4 s, and each of two rows may be
	// checked until the request's timeout. Both cells may need the elasticity
	// probe in each of their trials, with windows that stretch to 2 s in one.
	// Repeats may last a fifth of the time of the trials.
	atMost := nominal + 0.2*(scout+2*hello+2*upload) + 6*22 + 14*0.5 + 2*8 + 4*3 + 2*10
	atMost += 2 * (0.8 + (0.1 + 0.3 + 0.5) + 8*(0.1+0.05+0.5+0.5))
	atMost += 2 * (0.8 + (0.1 + 0.3 + 0.5) + 8*(0.1+0.05+2+0.5))
	if got := plan.Waiting(p, c.Runnable); got != 12*time.Second {
		t.Errorf("warm-ups may last %v longer instead of 12 s", got)
	}
	if got := seconds(p.AtMostNS); math.Abs(got-atMost) > 1e-6 {
		t.Errorf("at most %v s instead of %v", got, atMost)
	}
	for _, share := range []float64{0, 0.5} {
		nominalTime, atMostTime := plan.Planned(p, c, share)
		want := atMost + (share-0.2)*(scout+2*hello+2*upload)
		if got := atMostTime.Seconds(); nominalTime.Nanoseconds() != p.PlannedNS || math.Abs(got-want) > 1e-6 {
			t.Errorf("with a repeat budget of %v %v, at most %v s instead of %v", share, nominalTime, got, want)
		}
	}
}

func TestSeveralLoadersMeetBeforeEachPhase(t *testing.T) {
	t.Parallel()
	const file = "servers: [gin]\ntrials: 2\nprobes: false\ntables: [{scenarios: [hello], rates: [50%, 20k]}]"
	one, _ := resolve(t, file, plan.Overrides{}, catalogue(t))
	two, _ := resolve(t, file, withFlags("--loaders=2"), catalogue(t))
	// Two trials of a warm-up, a closed loop and two open loops, 0.1 s each; a
	// fifth of it may be repeated.
	if got := seconds(two.PlannedNS - one.PlannedNS); math.Abs(got-0.8) > 1e-6 {
		t.Errorf("the meetings of two loaders take %v s, want 0.8", got)
	}
	if got := seconds(two.AtMostNS - one.AtMostNS); math.Abs(got-0.96) > 1e-6 {
		t.Errorf("the meetings of two loaders take %v s at most, want 0.96", got)
	}
}

func TestTrialsForClaims(t *testing.T) {
	t.Parallel()
	// METHOD.md §4.
	for servers, want := range map[int]int{-1: 0, 0: 0, 1: 0, 2: 4, 4: 5, 7: 6, 13: 7, 25: 8} {
		if got := stats.TrialsToDecide(stats.Pairs(servers, false)); got != want {
			t.Errorf("%d servers need %d trials instead of %d", servers, got, want)
		}
	}
	// Exactly: 2 / C(2n, n) · k(k−1)/2 ≤ 1/20, and not with one trial less.
	enough := func(k, n int) bool {
		orders := new(big.Int).Binomial(int64(2*n), int64(n))
		return big.NewInt(int64(20*k*(k-1))).Cmp(orders) <= 0
	}
	for k := 2; k <= 200; k++ {
		if n := stats.TrialsToDecide(stats.Pairs(k, false)); !enough(k, n) || enough(k, n-1) {
			t.Errorf("%d trials for %d servers are not the least that do", n, k)
		}
	}
}

func TestClaimNotes(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	p, _ := resolve(t, "servers: [gin, nginx, chi, {server: chi, as: chi-aa}]\ntables: [{scenarios: [hello], trials: 4}, {scenarios: [json], trials: 4}]", plan.Overrides{}, c)
	notes := plan.ClaimNotes(p, c.Runnable)
	if len(notes) != 2 || !strings.HasPrefix(notes[0], "hello (h1): 4 trials each of 3 servers; claims about all pairs need 5: too few") ||
		!strings.HasSuffix(notes[1], "of 2 servers; claims about all pairs need 4: enough") {
		t.Errorf("notes are %q", notes)
	}
	p, _ = resolve(t, "servers: [gin, nginx, chi, {server: chi, as: chi-aa}]\ntables: [{scenarios: [hello], trials: 5}, {scenarios: [json], trials: 4}]", withFlags("--baseline=nginx"), c)
	notes = plan.ClaimNotes(p, c.Runnable)
	if len(notes) != 2 || !strings.HasSuffix(notes[0], "5 trials each of 3 servers; claims against nginx need 5: enough") ||
		notes[1] != "json (h1): the baseline nginx does not run it: nothing is compared" {
		t.Errorf("notes against nginx are %q", notes)
	}
}

func TestRequestMemory(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	p, _ := resolve(t, "servers: [gin]\ntables: [{scenarios: [echo, upload_20mb]}]", plan.Overrides{}, c)
	if got := plan.RequestMemory(p, c.Scenarios); got != 20971520+8 {
		t.Errorf("%d bytes", got)
	}
	huge := row("huge", []scenarios.Protocol{scenarios.H1}, scenarios.Closed)
	for range 2 {
		huge.Requests = append(huge.Requests, scenarios.Request{Body: &scenarios.Body{Text: "x", Length: math.MaxInt64 - 5}})
	}
	p.Tables[0].Scenario = "huge"
	if got := plan.RequestMemory(p, []scenarios.Scenario{huge}); got != math.MaxInt64 {
		t.Errorf("the sum of two huge bodies is %d", got)
	}
}

// TestReadmeExamples resolves every plan that scripts/README.md shows.
func TestReadmeExamples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(scripts + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(examples) == 0 {
		t.Fatal("no example in scripts/README.md")
	}
	for _, x := range examples {
		c := catalogue(t)
		rows, wrong := plan.OwnRows(c.Scenarios, "test.yaml", []byte(x[1]), nil)
		c.Scenarios = rows
		for i := range c.Servers {
			c.Servers[i].Scenarios = append(c.Servers[i].Scenarios, "my_row")
		}
		_, warnings := resolve(t, x[1], plan.Overrides{RowProblems: wrong}, c)
		if len(warnings) > 0 {
			t.Errorf("an example warns: %q", warnings)
		}
	}
}
