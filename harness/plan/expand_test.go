package plan_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

func everything(results.PlanEntry, results.PlanTable) bool { return true }

// drawPlan makes a plan with a few entries, some of them copies, and tables.
func drawPlan(t *rapid.T) results.Plan {
	p := results.Plan{Seed: rapid.Uint64().Draw(t, "seed")}
	for i := range rapid.IntRange(1, 6).Draw(t, "entries") {
		server := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "server")
		p.Entries = append(p.Entries, results.PlanEntry{Server: server, As: fmt.Sprintf("%s-%d", server, i)})
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "tables") {
		x := results.PlanTable{
			Scenario: fmt.Sprintf("s%d", i), Protocol: "h1", Clients: 1,
			Trials:   rapid.IntRange(1, 7).Draw(t, "trials"),
			WarmupNS: rapid.SampledFrom([]int64{0, 1e9}).Draw(t, "warm-up"),
			Closed:   rapid.Bool().Draw(t, "closed"), ClosedDurationNS: 1e9, OpenDurationNS: 1e9,
		}
		for j := range rapid.IntRange(0, 4).Draw(t, "rates") {
			x.Rates = append(x.Rates, results.PlanRate{Kind: results.RateAbsolute, RateRPS: float64(j + 1)})
		}
		if rapid.Bool().Draw(t, "common") {
			x.Rates = append(x.Rates, results.PlanRate{Kind: results.RateCommon})
		}
		p.Tables = append(p.Tables, x)
	}
	return p
}

// drawRunnable makes some cells of the plan impossible.
func drawRunnable(t *rapid.T) func(results.PlanEntry, results.PlanTable) bool {
	no := rapid.MapOf(rapid.StringMatching(`[abc]-[0-5]s[0-3]`), rapid.Just(true)).Draw(t, "not runnable")
	return func(e results.PlanEntry, x results.PlanTable) bool { return !no[e.As+x.Scenario] }
}

func TestExpandIsDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, runnable := drawPlan(t), drawRunnable(t)
		first, second := plan.Expand(p, runnable), plan.Expand(p, runnable)
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("two expansions differ:\n%s", cmp.Diff(first, second))
		}
		for i, x := range first {
			if x.Index != i {
				t.Fatalf("trial %d has the index %d", i, x.Index)
			}
			if a, b := plan.Phases(x, p), plan.Phases(second[i], p); !reflect.DeepEqual(a, b) {
				t.Fatalf("two ladders of one trial differ:\n%s", cmp.Diff(a, b))
			}
		}
	})
}

func TestEveryCellGetsItsTrials(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, runnable := drawPlan(t), drawRunnable(t)
		repetitions := map[string][]int{}
		block := 0
		for _, x := range plan.Expand(p, runnable) {
			if x.Block < block {
				t.Fatalf("block %d comes after block %d", x.Block, block)
			}
			block = x.Block
			if (x.Kind == results.TrialScout) != (x.Block == 0) {
				t.Fatalf("a trial of kind %s in block %d", x.Kind, x.Block)
			}
			if x.Kind == results.TrialMeasured {
				cell := x.Entry.As + x.Table.Scenario
				repetitions[cell] = append(repetitions[cell], x.Block)
			}
		}
		for _, e := range p.Entries {
			for _, x := range p.Tables {
				want := []int(nil)
				for n := 1; n <= x.Trials && runnable(e, x); n++ {
					want = append(want, n)
				}
				// One trial a block, from the first on, until there are enough.
				if got := repetitions[e.As+x.Scenario]; !slices.Equal(got, want) {
					t.Fatalf("%s of %s runs in the blocks %v instead of %v", x.Scenario, e.As, got, want)
				}
			}
		}
	})
}

func TestScoutsAreOnePerServer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, runnable := drawPlan(t), drawRunnable(t)
		got := map[string]int{}
		for _, x := range plan.Expand(p, runnable) {
			if x.Kind != results.TrialScout {
				continue
			}
			got[x.Entry.Server+x.Table.Scenario]++
			names := []string{}
			for _, phase := range plan.Phases(x, p) {
				names = append(names, phase.Name)
			}
			if !slices.Equal(names, []string{"warm-up", "closed"}) {
				t.Fatalf("a scouting trial has the phases %q", names)
			}
		}
		want := map[string]int{}
		for _, x := range p.Tables {
			for _, e := range p.Entries {
				if runnable(e, x) && slices.ContainsFunc(x.Rates, func(r results.PlanRate) bool { return r.Kind == results.RateCommon }) {
					want[e.Server+x.Scenario] = 1
				}
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("scouts (-want +got):\n%s", d)
		}
	})
}

func TestSeedsGiveOtherOrders(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, "servers: [all]\ntables: [{scenarios: [all], modes: [closed, open]}]", plan.Overrides{}, catalogue(t))
	order := func(seed uint64) (string, string) {
		p.Seed = seed
		trials, phases := "", ""
		for _, x := range plan.Expand(p, everything) {
			trials += x.Entry.As + x.Table.Scenario + " "
		}
		for _, phase := range plan.Phases(plan.Trial{Table: table(t, p, "hello"), Repetition: 1}, p) {
			phases += phase.Name + " "
		}
		return trials, phases
	}
	orders, ladders := map[string]bool{}, map[string]bool{}
	for seed := range uint64(20) {
		trials, phases := order(seed)
		orders[trials], ladders[phases] = true, true
	}
	// Two of 20 shuffles of dozens of trials are the same with a chance far
	// below one in a billion; five rates have 120 orders.
	if len(orders) != 20 || len(ladders) < 10 {
		t.Errorf("20 seeds give %d orders of trials and %d of rates", len(orders), len(ladders))
	}
}

func TestBlocksAreShuffledAnew(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, "servers: [all]\ntables: [{scenarios: [all]}]", plan.Overrides{}, catalogue(t))
	blocks := map[int]string{}
	for _, x := range plan.Expand(p, everything) {
		blocks[x.Block] += x.Entry.As + x.Table.Scenario + " "
	}
	seen := map[string]bool{}
	for _, b := range blocks {
		seen[b] = true
	}
	if len(seen) != p.Tables[0].Trials {
		t.Errorf("%d different blocks of %d", len(seen), p.Tables[0].Trials)
	}
}

func TestLoaderSeeds(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, minimal, plan.Overrides{}, catalogue(t))
	seeds := map[int]map[uint64]bool{}
	for _, x := range plan.Expand(p, everything) {
		if seeds[x.Repetition] == nil {
			seeds[x.Repetition] = map[uint64]bool{}
		}
		seeds[x.Repetition][x.Seed] = true
	}
	different := map[uint64]bool{}
	for n, set := range seeds {
		if len(set) != 1 {
			t.Errorf("the servers of repetition %d have %d seeds", n, len(set))
		}
		for s := range set {
			different[s] = true
		}
	}
	if len(different) != p.Tables[0].Trials {
		t.Errorf("%d repetitions have %d seeds", p.Tables[0].Trials, len(different))
	}
}

func TestLadder(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, "servers: [gin]\ntables: [{scenarios: [hello], rates: [50%, 20k, common], schedule: poisson, open_duration: 700ms}]", plan.Overrides{}, catalogue(t))
	list := plan.Phases(plan.Trial{Entry: p.Entries[0], Table: p.Tables[0], Repetition: 1}, p)
	if len(list) != 5 {
		t.Fatalf("the ladder is %+v", list)
	}
	want := []loaders.Phase{
		{Name: "warm-up", Loop: results.ClosedLoop, Duration: time.Second},
		{Name: "closed", Loop: results.ClosedLoop, Measured: true, Duration: 1500 * time.Millisecond, Lead: 100 * time.Millisecond},
	}
	if d := cmp.Diff(want, list[:2]); d != "" {
		t.Errorf("the closed part (-want +got):\n%s", d)
	}
	names := []string{}
	for _, x := range list[2:] {
		names = append(names, x.Name)
		if x.Loop != results.OpenLoop || !x.Measured || x.Duration != 700*time.Millisecond || x.Lead != 200*time.Millisecond || x.Schedule != "poisson" {
			t.Errorf("the open phase is %+v", x)
		}
	}
	slices.Sort(names)
	if d := cmp.Diff([]string{"open 20000/s", "open 50%", "open common"}, names); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
}

func TestPlacebo(t *testing.T) {
	t.Parallel()
	p, _ := resolve(t, "servers: [gin, nethttp, {server: gin, as: gin-aa}]\ntables: [{scenarios: [hello]}]", plan.Overrides{}, catalogue(t))
	for i, want := range []string{"", "", "gin"} {
		if got := plan.Placebo(p, i); got != want {
			t.Errorf("%s repeats %q instead of %q", p.Entries[i].As, got, want)
		}
	}
}
