package duel

import (
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// The names of the two variants in the run's tables.
const (
	A = "A"
	B = "B"
)

const (
	// group is the number of trials in A B, B A: a steady drift, and the effect of
	// being second, cancel in its mean.
	group = 4
	// mostVoid is the number of void pairs in a row after which a duel gives up.
	mostVoid = 4
	// leastPairs is the number of pairs before which no interval is narrow enough
	// to answer.
	leastPairs = 4
)

// LeastTrials is the number of trials before which there is no answer.
const LeastTrials = 2 * leastPairs

// Metrics are the metrics that a duel can compare.
func Metrics() []metric.Name {
	return []metric.Name{metric.Throughput, metric.P99, metric.CPU}
}

// Judge answers the question from the logarithms of B ÷ A, one a pair. It may be
// called after every pair: the probability that any of its answers is wrong is at
// most 1 − stats.Confidence.
func Judge(d *results.Duel, logs []float64) {
	d.Pairs, d.Answer = len(logs), results.DuelUndecided
	low, high := stats.Sequence(logs)
	if math.IsInf(high, 1) {
		return
	}
	ratio, below, above := math.Exp((low+high)/2), math.Exp(low), math.Exp(high)
	d.Ratio, d.Low, d.High = &ratio, &below, &above
	switch margin := math.Log1p(d.Margin); {
	case low > margin:
		d.Answer = results.DuelHigher
	case high < -margin:
		d.Answer = results.DuelLower
	case low >= -margin && high <= margin && d.Margin > 0:
		d.Answer = results.DuelWithin
	}
}

// Referee chooses the next trial, reads the value of each, and ends the duel. It
// passes all events to another observer.
type Referee struct {
	run.Observer
	// Runner is the duel's: its plan has the entries A and B and one table. The
	// standing is kept in its Run.
	Runner *run.Runner
	Metric metric.Name
	Budget time.Duration
	// Stands is called after every A B, B A with the standing and the rest of the
	// budget.
	Stands func(d results.Duel, remaining time.Duration)

	began      time.Time
	groupBegan time.Time
	longest    time.Duration
	scouts     []plan.Trial
	// next is the index of the next measured trial.
	next int
	logs []float64
	pair [2]half
	// voidInRow is the number of void pairs since the last valid one.
	voidInRow int
	// bounds counts the trials of each variant that gave lower bounds.
	bounds [2]int
}

// half is one trial of a pair. missing is why it has no value, empty where it has.
type half struct {
	value   float64
	missing string
}

// duel is the standing.
func (r *Referee) duel() *results.Duel { return r.Runner.Run.Duel }

// Next returns the next trial, false at the end of the duel.
func (r *Referee) Next() (run.Progress, bool) {
	p := &r.Runner.Run.Plan
	if r.began.IsZero() {
		r.began = time.Now()
		if why := r.refused(); why != "" {
			return r.end(why)
		}
		for _, t := range plan.Expand(*p, func(results.PlanEntry, results.PlanTable) bool { return true }) {
			if t.Kind == results.TrialScout {
				r.scouts = append(r.scouts, t)
			}
		}
	}
	if len(r.scouts) > 0 {
		t := r.scouts[0]
		r.scouts = r.scouts[1:]
		return r.progress(t), true
	}
	if r.next%group == 0 {
		if why, over := r.over(); over {
			return r.end(why)
		}
		r.groupBegan = time.Now()
	}
	return r.progress(r.trial()), true
}

// refused says which variant failed its full check, empty for none.
func (r *Referee) refused() string {
	for i := range r.Runner.Run.Servers {
		s := &r.Runner.Run.Servers[i]
		for row, difference := range s.CheckFailed {
			return fmt.Sprintf("%s answers %s wrongly: %s", s.Name, row, difference)
		}
	}
	return ""
}

// over reports whether the duel ends before another A B, B A.
func (r *Referee) over() (why string, over bool) {
	d := r.duel()
	switch {
	case r.next > 0 && d.Answer != results.DuelUndecided:
		return "", true
	case d.Why != "":
		return d.Why, true
	case r.next > 0 && time.Since(r.began)+r.longest > r.Budget:
		return fmt.Sprintf("the budget of %v is spent: give it more with --budget, or ask for a greater --margin", r.Budget), true
	}
	return "", false
}

// end writes the number of trials into the plan, with which tables compare.
func (r *Referee) end(why string) (run.Progress, bool) {
	r.duel().Why = why
	r.Runner.Run.Plan.Tables[0].Trials = r.next / 2
	return run.Progress{}, false
}

// trial returns the next trial of A B, B A.
func (r *Referee) trial() plan.Trial {
	p := &r.Runner.Run.Plan
	pair := r.next/2 + 1
	t := plan.Trial{
		Index: r.next, Block: pair, Kind: results.TrialMeasured, Table: p.Tables[0], Repetition: pair,
		Entry: p.Entries[variantOf(r.next)],
		// Both trials of a pair make the same requests.
		Seed: p.Seed + uint64(pair),
	}
	r.next++
	return t
}

// variantOf returns the variant of the i-th trial: 0 for A, 1 for B.
func variantOf(i int) int {
	if at := i % group; at == 1 || at == 2 {
		return 1
	}
	return 0
}

func (r *Referee) progress(t plan.Trial) run.Progress {
	p := r.Runner.Run.Plan
	remaining := r.remaining()
	each := max(plan.TrialTime(t, p), time.Millisecond)
	return run.Progress{Trial: t, Number: t.Index + 1, Total: t.Index + 1 + int(remaining/each), Left: remaining}
}

// remaining is the rest of the budget.
func (r *Referee) remaining() time.Duration { return max(0, r.Budget-time.Since(r.began)) }

// TrialEnds reads the trial's value, and judges after every A B, B A.
func (r *Referee) TrialEnds(p run.Progress, t results.Trial) {
	r.Observer.TrialEnds(p, t)
	if t.Kind != results.TrialMeasured || t.State == results.TrialRepeated || t.State == results.TrialInterrupted {
		return
	}
	i := variantOf(p.Trial.Index)
	value, atLeast, missing := cells.Measured(r.Runner.Run, t, r.duel().Phase, r.Metric)
	if missing == "" && value <= 0 {
		missing = "the value is 0"
	}
	r.pair[i] = half{value, missing}
	if atLeast {
		r.bounds[i]++
	}
	if p.Trial.Index%2 == 1 {
		r.pairEnds()
	}
	if p.Trial.Index%group == group-1 {
		r.groupEnds()
	}
}

func (r *Referee) pairEnds() {
	d := r.duel()
	for i, h := range r.pair {
		if h.missing == "" {
			continue
		}
		d.VoidPairs++
		if r.voidInRow++; r.voidInRow >= mostVoid {
			d.Why = fmt.Sprintf("%d pairs in a row did not count; the last because %s gave no %s: %s", r.voidInRow, []string{A, B}[i], r.Metric, h.missing)
		}
		return
	}
	r.voidInRow = 0
	r.logs = append(r.logs, math.Log(r.pair[1].value/r.pair[0].value))
}

func (r *Referee) groupEnds() {
	d := r.duel()
	r.longest = max(r.longest, time.Since(r.groupBegan))
	Judge(d, r.logs)
	r.withdraw()
	r.Stands(*d, r.remaining())
}

// withdraw withdraws an answer that takes a lower bound for the value: of the lower
// variant where they differ, of either where they do not.
func (r *Referee) withdraw() {
	d := r.duel()
	bound := func(i int) bool { return r.bounds[i] > 0 && 2*r.bounds[i] >= len(r.logs) }
	rests := map[results.DuelAnswer]bool{
		results.DuelHigher: bound(0), results.DuelLower: bound(1), results.DuelWithin: bound(0) || bound(1),
		results.DuelUndecided: bound(0) && bound(1) && len(r.logs) >= leastPairs,
	}
	if rests[d.Answer] {
		d.Answer = results.DuelUndecided
		d.Why = fmt.Sprintf("the %s is a lower bound in most trials, so that it cannot answer: ask for --metric cpu, or another --rate", r.Metric)
	}
}
