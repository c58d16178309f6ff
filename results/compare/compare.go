// Package compare sets the same cells of two pools of stored runs side by side:
// the ratio of new to old with its interval, and whether the change is real by
// the rules of METHOD.md §4. Everything is a pure function of the runs.
//
// The comparisons of one metric in one table (a scenario × protocol × phase
// over the servers) are one family: Holm's correction, the noise band and the
// smallest detectable change are the family's.
package compare

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

// Comparison is the comparison of two pools of runs.
type Comparison struct {
	Old Pool `json:"old"`
	New Pool `json:"new"`
	// Differences are those of hosts, plans and versions.
	Differences []string `json:"differences,omitempty"`
	// Partial names the runs that are not complete: they evaluate no gate.
	Partial  []string `json:"partial,omitempty"`
	Families []Family `json:"families"`
	// Drift names tables in which all servers moved the same way.
	Drift []string `json:"drift,omitempty"`
	// NotCompared names cells that cannot be compared, with the reason.
	NotCompared []string `json:"left_out,omitempty"`
	// Problems are stored data that could not be read.
	Problems []string `json:"problems,omitempty"`
}

// Family is one metric in one table, whose comparisons are corrected together.
type Family struct {
	Scenario string      `json:"scenario"`
	Protocol string      `json:"protocol"`
	Phase    string      `json:"phase"`
	Metric   metric.Name `json:"metric"`
	Unit     metric.Unit `json:"unit"`
	// RateUnit is what rates are given in: "req/s", or "sessions/s" and the like.
	RateUnit string `json:"rate_unit"`
	// Comparisons counts the changes that have values in both pools.
	Comparisons int `json:"comparisons"`
	// Detectable is the least change that is called four times in five at the
	// smallest n; absent for none.
	Detectable *float64 `json:"smallest_detectable,omitempty"`
	Changes    []Change `json:"rows"`
}

// Change is one server's cell in both pools.
type Change struct {
	Server string `json:"server"`
	Old    Value  `json:"old"`
	New    Value  `json:"new"`
	// Ratio is new ÷ old; absent without values in both pools, or where one is 0.
	Ratio *stats.Ratio `json:"ratio,omitempty"`
	// P is the Mann–Whitney p, PHolm the same after Holm's correction.
	P     *float64 `json:"p,omitempty"`
	PHolm *float64 `json:"p_holm,omitempty"`
	// Band is the noise band that the ratio must leave.
	Band    *float64 `json:"noise_band,omitempty"`
	Outcome Outcome  `json:"outcome"`
	// Why explains an outcome that is no call.
	Why string `json:"why,omitempty"`
}

// Value is a metric of one cell in one pool, in the family's unit.
type Value struct {
	// Kind is the meaning of Low and High. All are absent without a measurement.
	Median float64    `json:"median,omitempty"`
	Low    float64    `json:"low,omitempty"`
	High   float64    `json:"high,omitempty"`
	Kind   stats.Kind `json:"kind"`
	N      int        `json:"n"`
	Void   int        `json:"void,omitempty"`
	// WhyVoid is the reason of the first void trial, Missing that of no value.
	WhyVoid string `json:"why_void,omitempty"`
	Missing string `json:"missing,omitempty"`
	// AtLeast marks a lower bound: the loader limited most trials, or requests
	// stayed without an answer. AtMost marks the sum of the peaks of several
	// processes. Rough: the loader's own lag reaches into the value. Saturated:
	// the server did not keep the rate in most trials.
	AtLeast   bool `json:"at_least,omitempty"`
	AtMost    bool `json:"at_most,omitempty"`
	Rough     bool `json:"rough,omitempty"`
	Saturated bool `json:"saturated,omitempty"`
	// RateRPS is the median rate of an open-loop phase.
	RateRPS float64 `json:"rate_rps,omitempty"`

	values []float64
}

// Outcome is the result of one change.
type Outcome string

// The outcomes.
const (
	// Higher and Lower are significant changes outside the noise band.
	Higher Outcome = "higher"
	Lower  Outcome = "lower"
	// NotCalled: chance makes such changes.
	NotCalled Outcome = "not called"
	// Undecided: too few trials to call any change, or two lower bounds.
	Undecided Outcome = "undecided"
	// NotMeasured: one pool has no value.
	NotMeasured Outcome = "not measured"
)

// Filter chooses what is compared. Empty lists of servers and scenarios allow all;
// no metrics are those of cells.Compared.
type Filter struct {
	Servers, Scenarios []string
	// Metrics are in the order of tables.
	Metrics []metric.Name
}

func (f Filter) allows(k key) bool {
	return (len(f.Servers) == 0 || slices.Contains(f.Servers, k.server)) &&
		(len(f.Scenarios) == 0 || slices.Contains(f.Scenarios, k.scenario))
}

func (f Filter) metrics() []metric.Name {
	if len(f.Metrics) == 0 {
		return cells.Compared()
	}
	return f.Metrics
}

// Compare compares the cells of two lists of runs, which must not be empty.
func Compare(oldSets, newSets []*cells.Set, f Filter) (Comparison, error) {
	old, now := runsOf(oldSets), runsOf(newSets)
	if err := usable(old, now); err != nil {
		return Comparison{}, err
	}
	c := Comparison{Old: newPool(oldSets), New: newPool(newSets), Differences: differences(old, now)}
	c.Problems = slices.Concat(c.Old.problems, c.New.problems)
	for _, run := range slices.Concat(old, now) {
		switch run.State {
		case results.RunComplete:
		case results.RunInterrupted:
			c.Partial = append(c.Partial, run.ID+" is interrupted")
		default:
			c.Partial = append(c.Partial, run.ID+" is not complete (it goes on, or was killed)")
		}
	}
	for _, k := range c.New.order {
		if c.Old.cells[k] != nil && f.allows(k) {
			c.add(k, c.Old.cells[k], c.New.cells[k], f.metrics())
		}
	}
	c.NotCompared = append(c.NotCompared, c.Old.cellsWithout(&c.New, "OLD", f)...)
	c.NotCompared = append(c.NotCompared, c.New.cellsWithout(&c.Old, "NEW", f)...)
	if len(c.Families) == 0 {
		return c, c.nothing(f)
	}
	for i := range c.Families {
		c.Families[i].judge()
		if text := c.Families[i].drift(); text != "" {
			c.Drift = append(c.Drift, text)
		}
	}
	return c, nil
}

// runsOf returns the runs of some sets of cells.
func runsOf(sets []*cells.Set) []results.Run {
	out := make([]results.Run, len(sets))
	for i, s := range sets {
		out[i] = s.Run
	}
	return out
}

// usable refuses a run that stands in both pools, or twice in one.
func usable(old, now []results.Run) error {
	pools := map[string]string{}
	for i, runs := range [][]results.Run{old, now} {
		name := []string{"OLD", "NEW"}[i]
		for _, run := range runs {
			id := run.ID + run.Started.String()
			switch pools[id] {
			case "":
				pools[id] = name
			case name:
				return fmt.Errorf("run %s stands twice in %s: its trials would count twice", run.ID, name)
			default:
				return fmt.Errorf("run %s is on both sides: a run does not differ from itself", run.ID)
			}
		}
	}
	return nil
}

// nothing says why two pools have no cell in common.
func (c *Comparison) nothing(f Filter) error {
	old, now := c.Old.onlyLoop(), c.New.onlyLoop()
	switch {
	case old != "" && now != "" && old != now:
		return errors.New("nothing to compare: one side has closed-loop cells only, the other open-loop cells only, and a peak is not comparable with a fixed rate; measure both with the same --mode")
	case len(c.NotCompared) > 0:
		return fmt.Errorf("nothing to compare: the runs have no measured cell in common; the first that differs: %s", c.NotCompared[0])
	}
	return fmt.Errorf("nothing to compare: no cell was measured on both sides with one of the metrics %v; latencies are those of open loops", f.metrics())
}

// add puts one cell's metrics into their families.
func (c *Comparison) add(k key, old, now *cell, metrics []metric.Name) {
	if old.absent() && now.absent() {
		return
	}
	if why := anotherLadder(old, now); why != "" {
		c.NotCompared = append(c.NotCompared, fmt.Sprintf("%s: %s", k, why))
		return
	}
	why := anotherSetup(old, now)
	if why != "" {
		c.NotCompared = append(c.NotCompared, fmt.Sprintf("%s: %s", k, why))
	}
	for _, m := range metrics {
		change := Change{Server: k.server, Old: old.value(m), New: now.value(m)}
		if change.Old.N == 0 && change.New.N == 0 {
			continue
		}
		if why != "" {
			change.Outcome, change.Why = NotMeasured, "not comparable, see below"
		}
		f := c.family(k, m, now)
		f.Changes = append(f.Changes, change)
	}
}

func (c *Comparison) family(k key, m metric.Name, of *cell) *Family {
	for i := range c.Families {
		f := &c.Families[i]
		if f.Scenario == k.scenario && f.Protocol == k.protocol && f.Phase == k.phase && f.Metric == m {
			return f
		}
	}
	c.Families = append(c.Families, Family{
		Scenario: k.scenario, Protocol: k.protocol, Phase: k.phase, Metric: m, Unit: of.Unit(m), RateUnit: of.rateUnit,
	})
	return &c.Families[len(c.Families)-1]
}

// changes iterates over the changes of all families.
func (c *Comparison) changes() iter.Seq2[*Family, *Change] {
	return func(yield func(*Family, *Change) bool) {
		for i := range c.Families {
			f := &c.Families[i]
			for j := range f.Changes {
				if !yield(f, &f.Changes[j]) {
					return
				}
			}
		}
	}
}

// table names the family's table.
func (f *Family) table() string { return strings.Join([]string{f.Scenario, f.Protocol, f.Phase}, ", ") }
