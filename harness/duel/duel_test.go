package duel_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/joust-bench/joust/harness/duel"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// nobody observes nothing.
type nobody struct{}

func (nobody) Note(string, ...any)                   {}
func (nobody) Checked(_, _, _ string)                {}
func (nobody) TrialBegins(run.Progress)              {}
func (nobody) Phase(loaders.Window)                  {}
func (nobody) Live(loaders.Interval)                 {}
func (nobody) TrialEnds(run.Progress, results.Trial) {}
func (nobody) BlockEnds(int, int)                    {}

// staged is a duel whose trials take one second each and give the throughput rps.
type staged struct {
	*duel.Referee
	began time.Time
	order string
	// standings counts the calls of Stands.
	standings int
	rps       func(side string, trial int) (rps float64, limit results.Bottleneck, void string)
}

func stage(margin float64, budget time.Duration) *staged {
	s := &staged{began: time.Now()}
	r := &run.Runner{Run: results.Run{
		Plan: results.Plan{
			Entries: []results.PlanEntry{{Server: "x", As: duel.A}, {Server: "y", As: duel.B}},
			Tables:  []results.PlanTable{{Scenario: "hello", Protocol: "h1", Closed: true, Trials: 1, ClosedDurationNS: 1e9}},
		},
		Servers: []results.Server{{Name: duel.A}, {Name: duel.B}},
		Duel:    &results.Duel{Metric: "throughput", Phase: results.PhaseClosed, Margin: margin},
	}}
	s.Referee = &duel.Referee{
		Observer: nobody{}, Runner: r, Metric: metric.Throughput, Budget: budget,
		Stands: func(results.Duel, time.Duration) { s.standings++ },
	}
	return s
}

// fight runs the duel to its end.
func (s *staged) fight(t *testing.T) results.Duel {
	t.Helper()
	for trial := 0; ; trial++ {
		p, more := s.Next()
		if !more {
			return *s.Runner.Run.Duel
		}
		if trial > 10000 {
			t.Fatal("the duel does not end")
		}
		s.order += p.Trial.Entry.As
		time.Sleep(time.Second)
		s.TrialEnds(p, s.result(p.Trial, trial))
	}
}

func (s *staged) result(p plan.Trial, trial int) results.Trial {
	rps, limit, void := s.rps(p.Entry.As, trial)
	t := results.Trial{
		Kind: results.TrialMeasured, State: results.TrialOK, Server: p.Entry.As, Scenario: "hello", Protocol: "h1",
		Loaders: []results.Report{{Phases: []results.Phase{{
			Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T1NS: 1e9, Total: results.Group{Completed: uint64(rps)},
		}}}},
		Phases: []results.TrialPhase{{Name: results.PhaseClosed, Verdict: results.Verdict{Valid: true, Bottleneck: limit}}},
	}
	if void != "" {
		t.State, t.Reason = results.TrialVoid, void
	}
	return t
}

// wobble is a throughput around the centre that differs by ±1 %.
func wobble(centre float64, trial int) float64 { return centre * (1 + float64(trial*7%5-2)/200) }

func TestDuelsEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		margin float64
		budget time.Duration
		rps    func(side string, trial int) (float64, results.Bottleneck, string)
		want   results.DuelAnswer
		pairs  int
		says   string
	}{
		"B is slower": {0.02, time.Hour, func(side string, trial int) (float64, results.Bottleneck, string) {
			return wobble(map[string]float64{duel.A: 50000, duel.B: 40000}[side], trial), results.LimitServer, ""
		}, results.DuelLower, 4, ""},
		"B is faster": {0.02, time.Hour, func(side string, trial int) (float64, results.Bottleneck, string) {
			return wobble(map[string]float64{duel.A: 40000, duel.B: 50000}[side], trial), results.LimitServer, ""
		}, results.DuelHigher, 4, ""},
		"they are the same": {0.05, time.Hour, func(_ string, trial int) (float64, results.Bottleneck, string) {
			return wobble(50000, trial), results.LimitServer, ""
		}, results.DuelWithin, 4, ""},
		"the budget is short": {0.001, 20 * time.Second, func(_ string, trial int) (float64, results.Bottleneck, string) {
			return wobble(50000, trial), results.LimitServer, ""
		}, results.DuelUndecided, 10, "the budget of 20s is spent"},
		"every B is void": {0.02, time.Hour, func(side string, trial int) (float64, results.Bottleneck, string) {
			return wobble(50000, trial), results.LimitServer, map[string]string{duel.B: "it crashed"}[side]
		}, results.DuelUndecided, 0, "4 pairs in a row did not count; the last because B gave no throughput: it crashed"},
		"the loader limits both": {0.02, time.Hour, func(_ string, trial int) (float64, results.Bottleneck, string) {
			return wobble(50000, trial), results.LimitLoader, ""
		}, results.DuelUndecided, 4, "the throughput is a lower bound in most trials"},
		"the loader limits the faster one": {0.02, time.Hour, func(side string, trial int) (float64, results.Bottleneck, string) {
			return wobble(map[string]float64{duel.A: 40000, duel.B: 50000}[side], trial),
				map[string]results.Bottleneck{duel.A: results.LimitServer, duel.B: results.LimitLoader}[side], ""
		}, results.DuelHigher, 4, ""},
		"the loader limits the slower one": {0.02, time.Hour, func(side string, trial int) (float64, results.Bottleneck, string) {
			return wobble(map[string]float64{duel.A: 50000, duel.B: 40000}[side], trial),
				map[string]results.Bottleneck{duel.A: results.LimitServer, duel.B: results.LimitLoader}[side], ""
		}, results.DuelUndecided, 4, "the throughput is a lower bound"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := stage(tt.margin, tt.budget)
			s.rps = tt.rps
			d := s.fight(t)
			if d.Answer != tt.want || d.Pairs != tt.pairs || !strings.Contains(d.Why, tt.says) {
				t.Errorf("%s: %s after %d pairs (%q), want %s after %d (%q)", name, d.Answer, d.Pairs, d.Why, tt.want, tt.pairs, tt.says)
			}
			if len(s.order)%4 != 0 || strings.ReplaceAll(s.order, "ABBA", "") != "" || s.standings != len(s.order)/4 {
				t.Errorf("%s: the order is %s, with %d standings", name, s.order, s.standings)
			}
			if trials := s.Runner.Run.Plan.Tables[0].Trials; trials*2 != len(s.order) {
				t.Errorf("%s: the plan says %d trials a side after %d", name, trials, len(s.order))
			}
			if took := time.Since(s.began); took > tt.budget {
				t.Errorf("%s: it took %v of %v", name, took, tt.budget)
			}
		})
	}
}

func TestAWrongAnswerEndsADuelBeforeItBegins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stage(0.02, time.Hour)
		s.Runner.Run.Servers[1].CheckFailed = map[string]string{"hello": "the body differs"}
		if d := s.fight(t); s.order != "" || !strings.Contains(d.Why, "B answers hello wrongly: the body differs") {
			t.Errorf("order %q, %q", s.order, d.Why)
		}
	})
}

// A void pair does not count, and the seeds of a pair are the same.
func TestPairsHaveTheSameSeeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stage(0, 40*time.Second)
		seeds := map[int][]uint64{}
		for trial := 0; ; trial++ {
			p, more := s.Next()
			if !more {
				break
			}
			seeds[p.Trial.Block] = append(seeds[p.Trial.Block], p.Trial.Seed)
			s.rps = func(_ string, trial int) (float64, results.Bottleneck, string) {
				return wobble(50000, trial), results.LimitServer, map[int]string{2: "a void one"}[trial]
			}
			time.Sleep(time.Second)
			s.TrialEnds(p, s.result(p.Trial, trial))
		}
		if d := s.Runner.Run.Duel; d.VoidPairs != 1 || d.Pairs != 19 {
			t.Errorf("%d pairs, %d void", d.Pairs, d.VoidPairs)
		}
		seen := map[uint64]bool{}
		for block, pair := range seeds {
			if len(pair) != 2 || pair[0] != pair[1] || seen[pair[0]] {
				t.Errorf("block %d has the seeds %v", block, pair)
			}
			seen[pair[0]] = true
		}
	})
}
