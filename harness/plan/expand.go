package plan

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/joust-bench/joust/results"
)

// The phases of a scouting trial.
const (
	ScoutWarmup = time.Second
	ScoutWindow = time.Second
)

// Trial is one ladder on a fresh server process.
type Trial struct {
	// Index counts the trials of the plan from 0, in the order in which they
	// run.
	Index int
	// Block counts from 1; 0 is scouting and profiling.
	Block int
	Kind  results.TrialKind
	Entry results.PlanEntry
	// Table is the plan's table, or a short closed loop for scouting.
	Table results.PlanTable
	// Repetition counts the trials of this entry and table from 1.
	Repetition int
	// Seed is for the loader's random choices. All servers have the same seed, and
	// so the same requests, in the same repetition.
	Seed uint64
}

// Expand returns the trials of a plan in the order in which they run. Scouting
// comes first, as block 0. Then each block holds one trial of every runnable
// entry and table with remaining repetitions, shuffled anew, and behind them the
// trials that confirm the results of the block's searches. Trials for profiles come
// last. The same plan with the same runnable cells gives the same list.
func Expand(p results.Plan, runnable func(results.PlanEntry, results.PlanTable) bool) []Trial {
	list := shuffled(scouts(p, runnable), p.Seed, 0)
	for block := 1; ; block++ {
		trials := blockTrials(p, block, runnable)
		if len(trials) == 0 {
			break
		}
		list = append(list, shuffled(trials, p.Seed, block)...)
		list = append(list, shuffled(confirms(trials), p.Seed, -block)...)
	}
	list = append(list, profiles(p, runnable)...)
	for i := range list {
		list[i].Index = i
		list[i].Seed = loaderSeed(p.Seed, list[i])
	}
	return list
}

func shuffled(trials []Trial, seed uint64, block int) []Trial {
	random := rand.New(rand.NewPCG(seed, uint64(block)))
	random.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	return trials
}

// blockTrials returns the trials of a block, whose number is their repetition.
func blockTrials(p results.Plan, block int, runnable func(results.PlanEntry, results.PlanTable) bool) []Trial {
	var list []Trial
	for _, t := range p.Tables {
		if t.Trials < block {
			continue
		}
		for _, e := range runnableEntries(p, t, runnable) {
			list = append(list, Trial{Block: block, Kind: results.TrialMeasured, Entry: e, Table: t, Repetition: block})
		}
	}
	return list
}

// confirms returns the trials that confirm the results of searching trials.
func confirms(trials []Trial) []Trial {
	var list []Trial
	for _, t := range trials {
		if t.Table.Objective != nil {
			t.Kind, t.Table = results.TrialConfirm, confirmTable(t.Table)
			list = append(list, t)
		}
	}
	return list
}

func runnableEntries(p results.Plan, t results.PlanTable, runnable func(results.PlanEntry, results.PlanTable) bool) []results.PlanEntry {
	return slices.DeleteFunc(slices.Clone(p.Entries), func(e results.PlanEntry) bool { return !runnable(e, t) })
}

// scouts returns the trials that find the common rates: one of each server, without
// its copies, in each table with such a rate.
func scouts(p results.Plan, runnable func(results.PlanEntry, results.PlanTable) bool) []Trial {
	var list []Trial
	for _, t := range p.Tables {
		if !hasCommonRate(t) {
			continue
		}
		seen := map[string]bool{}
		for _, e := range runnableEntries(p, t, runnable) {
			if seen[e.Server] {
				continue
			}
			seen[e.Server] = true
			list = append(list, Trial{Kind: results.TrialScout, Entry: e, Table: scoutTable(t), Repetition: 1})
		}
	}
	return list
}

func hasCommonRate(t results.PlanTable) bool {
	return slices.ContainsFunc(t.Rates, func(x results.PlanRate) bool { return x.Kind == results.RateCommon })
}

// scoutTable returns the table with a warm-up and a short closed loop alone.
func scoutTable(t results.PlanTable) results.PlanTable {
	return results.PlanTable{
		Scenario: t.Scenario, Protocol: t.Protocol, Clients: t.Clients, Trials: 1,
		WarmupNS: ScoutWarmup.Nanoseconds(),
		Closed:   true, ClosedDurationNS: ScoutWindow.Nanoseconds(),
	}
}

// Threads returns the number of loader threads of a table, at most its clients.
func Threads(p results.Plan, t results.PlanTable) int {
	return max(1, min(p.LoaderThreads, t.Clients))
}

// identity returns a number of the trial that does not depend on the order of
// trials, so that a resumed run has the same ladders.
func (t Trial) identity() uint64 {
	return hash(string(t.Kind), t.Entry.As, t.Table.Scenario, t.Table.Protocol, strconv.Itoa(t.Repetition))
}

func loaderSeed(seed uint64, t Trial) uint64 {
	return rand.NewPCG(seed, hash(string(t.Kind), t.Table.Scenario, t.Table.Protocol, strconv.Itoa(t.Repetition))).Uint64()
}

func hash(parts ...string) uint64 {
	h := fnv.New64a()
	for _, s := range parts {
		h.Write([]byte(s)) // a hash never fails to write
		h.Write([]byte{0})
	}
	return h.Sum64()
}
