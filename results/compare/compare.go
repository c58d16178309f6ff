// Package compare puts two sides of stored runs beside each other: the same
// cells, the ratio of new to old with its interval, and whether the change is
// real by the rules of METHOD.md §4. Each side is one run or several, whose
// trials are pooled. Everything is a pure function of the runs.
//
// The comparisons of one metric in one table (a scenario × protocol × phase
// over the servers) are one family: Holm's correction, the noise band and the
// smallest detectable change are the family's.
package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/stats"
)

// Comparison is two sides beside each other.
type Comparison struct {
	Old Side `json:"old"`
	New Side `json:"new"`
	// Differences name what is not the same on both sides besides what was
	// measured.
	Differences []string `json:"differences,omitempty"`
	// Partial names the runs that are not complete: they evaluate no gate.
	Partial  []string `json:"partial,omitempty"`
	Families []Family `json:"families"`
	// Drift names tables in which all servers moved the same way.
	Drift []string `json:"drift,omitempty"`
	// Left names cells that could not be put beside each other, and why.
	Left []string `json:"left_out,omitempty"`
	// Problems are stored data that could not be read.
	Problems []string `json:"problems,omitempty"`
}

// Side is the runs of one side.
type Side struct {
	Runs []string `json:"runs"`
	// Build is the joust of the first run.
	Build string `json:"build"`
}

// Family is one metric in one table: the comparisons that are corrected
// together.
type Family struct {
	Scenario string       `json:"scenario"`
	Protocol string       `json:"protocol"`
	Phase    string       `json:"phase"`
	Metric   cells.Metric `json:"metric"`
	Unit     cells.BaseUnit   `json:"unit"`
	// Comparisons counts the rows that have values on both sides.
	Comparisons int `json:"comparisons"`
	// Detectable is the least relative change that is called four times in
	// five at the smallest n of the rows; absent where none can be.
	Detectable *float64 `json:"smallest_detectable,omitempty"`
	Rows       []Row    `json:"rows"`
}

// Row is one server's cell on both sides.
type Row struct {
	Server string `json:"server"`
	Old    Value  `json:"old"`
	New    Value  `json:"new"`
	// Ratio is new ÷ old with its interval; absent without values on both
	// sides, or where one is 0.
	Ratio *Ratio `json:"ratio,omitempty"`
	// P is the exact Mann–Whitney p, PHolm the same after Holm's correction
	// over the family.
	P     *float64 `json:"p,omitempty"`
	PHolm *float64 `json:"p_holm,omitempty"`
	// Band is the noise band that a change must leave, relative.
	Band    *float64 `json:"noise_band,omitempty"`
	Outcome Outcome  `json:"outcome"`
	// Why explains an outcome that is no call.
	Why string `json:"why,omitempty"`
}

// Value is one side of a row, in the family's unit.
type Value struct {
	// Median, Low and High are absent (n = 0) where nothing was measured; Kind
	// says what Low and High are.
	Median float64    `json:"median,omitempty"`
	Low    float64    `json:"low,omitempty"`
	High   float64    `json:"high,omitempty"`
	Kind   stats.Kind `json:"kind"`
	N      int        `json:"n"`
	Void   int        `json:"void,omitempty"`
	// WhyVoid is the reason of the first void trial; Missing says why there
	// is no value.
	WhyVoid string `json:"why_void,omitempty"`
	Missing string `json:"missing,omitempty"`
	// AtLeast: a lower bound, because the loader limited most trials or
	// requests stayed without an answer. AtMost: an upper bound, the peaks of
	// several processes added up. Rough: the loader's own lag reaches into it.
	// Saturated: the server did not keep the rate in most trials.
	AtLeast   bool `json:"at_least,omitempty"`
	AtMost    bool `json:"at_most,omitempty"`
	Rough     bool `json:"rough,omitempty"`
	Saturated bool `json:"saturated,omitempty"`
	// RateRPS is the median rate of an open-loop phase.
	RateRPS float64 `json:"rate_rps,omitempty"`

	values []float64
}

// Ratio is new ÷ old: 1.05 is 5 % more. Coverage is what the interval from Low
// to High reaches, 0 to 1: 0.95 or more where n allows it.
type Ratio struct {
	Value    float64 `json:"value"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Coverage float64 `json:"coverage"`
}

// Outcome is what may be said of a row.
type Outcome string

// The outcomes.
const (
	// Higher and Lower are calls: the change is significant and outside the
	// noise band.
	Higher Outcome = "higher"
	Lower  Outcome = "lower"
	// NotCalled: what was seen is within what chance makes.
	NotCalled Outcome = "not called"
	// Undecided: no outcome of so few trials could be significant, or both
	// values are lower bounds.
	Undecided Outcome = "undecided"
	// NotMeasured: one side has no value.
	NotMeasured Outcome = "not measured"
)

// Options narrow a comparison; empty lists take all.
type Options struct {
	Servers, Scenarios []string
}

// keeps tells whether the cell is wanted.
func (o Options) keeps(k key) bool {
	return (len(o.Servers) == 0 || slices.Contains(o.Servers, k.server)) &&
		(len(o.Scenarios) == 0 || slices.Contains(o.Scenarios, k.scenario))
}

// Compare puts the sides beside each other. Neither may be empty.
func Compare(oldSets, newSets []*cells.Set, o Options) (Comparison, error) {
	old, now := runsOf(oldSets), runsOf(newSets)
	if err := usable(old, now); err != nil {
		return Comparison{}, err
	}
	a, b := gather(oldSets), gather(newSets)
	c := Comparison{
		Old: sideOf(old), New: sideOf(now), Differences: Differences(old, now),
		Problems: slices.Concat(a.problems, b.problems),
	}
	for _, run := range slices.Concat(old, now) {
		if run.State != results.RunComplete {
			c.Partial = append(c.Partial, fmt.Sprintf("%s is %s", run.ID, unfinished(run.State)))
		}
	}
	for _, k := range shared(a, b, o) {
		c.add(k, a.cells[k], b.cells[k])
	}
	c.Left = append(c.Left, onlyOne(a, b, o)...)
	if len(c.Families) == 0 {
		return c, nothing(a, b, c.Left)
	}
	for i := range c.Families {
		c.Families[i].judge()
		if text := c.Families[i].drift(); text != "" {
			c.Drift = append(c.Drift, text)
		}
	}
	return c, nil
}

// runsOf are the runs that the cells are of.
func runsOf(sets []*cells.Set) []results.Run {
	out := make([]results.Run, len(sets))
	for i, s := range sets {
		out[i] = s.Run
	}
	return out
}

func sideOf(runs []results.Run) Side {
	b := runs[0].Joust
	s := Side{Build: strings.TrimSpace(b.Version + " " + b.Revision[:min(len(b.Revision), 12)])}
	for _, r := range runs {
		s.Runs = append(s.Runs, r.ID)
	}
	return s
}

func unfinished(s results.RunState) string {
	if s == results.RunInterrupted {
		return "interrupted"
	}
	return "not complete (it goes on, or was killed)"
}

// usable refuses a run that stands on both sides, or twice on one.
func usable(old, now []results.Run) error {
	seen := map[string]string{}
	for i, side := range [][]results.Run{old, now} {
		name := []string{"OLD", "NEW"}[i]
		for _, run := range side {
			id := run.ID + run.Started.String()
			switch was := seen[id]; was {
			case "":
				seen[id] = name
			case name:
				return fmt.Errorf("run %s stands twice in %s: its trials would count twice", run.ID, name)
			default:
				return fmt.Errorf("run %s is on both sides: a run does not differ from itself", run.ID)
			}
		}
	}
	return nil
}

// shared are the cells of both sides, in the order of the new plan.
func shared(a, b *side, o Options) []key {
	var keys []key
	for _, k := range b.order {
		if a.cells[k] != nil && o.keeps(k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// onlyOne names the cells that one side alone has, a line a server and table.
func onlyOne(a, b *side, o Options) []string {
	var out []string
	for _, x := range []struct {
		has, not *side
		name     string
	}{{a, b, "OLD"}, {b, a, "NEW"}} {
		var order []key
		phases := map[key][]string{}
		for _, k := range x.has.order {
			if x.not.cells[k] != nil || !o.keeps(k) || k.phase == wholeLadder {
				continue
			}
			cell := key{scenario: k.scenario, protocol: k.protocol, server: k.server}
			if phases[cell] == nil {
				order = append(order, cell)
			}
			phases[cell] = append(phases[cell], k.phase)
		}
		for _, k := range order {
			out = append(out, fmt.Sprintf("%s, %s, %s: only in %s: %s", k.scenario, k.protocol, k.server, x.name, strings.Join(phases[k], ", ")))
		}
	}
	return out
}

func (k key) String() string {
	return fmt.Sprintf("%s, %s, %s, %s", k.scenario, k.protocol, k.phase, k.server)
}

// nothing says why two sides have no cell in common.
func nothing(a, b *side, left []string) error {
	loops := func(s *side) (closed, open bool) {
		for k := range s.cells {
			switch k.phase {
			case results.PhaseClosed:
				closed = true
			case wholeLadder:
			default:
				open = true
			}
		}
		return closed, open
	}
	oldClosed, oldOpen := loops(a)
	newClosed, newOpen := loops(b)
	switch {
	case oldClosed && !oldOpen && newOpen && !newClosed, oldOpen && !oldClosed && newClosed && !newOpen:
		return fmt.Errorf("nothing to compare: one side has closed-loop cells only, the other open-loop cells only, and a peak is not comparable with a fixed rate; measure both with the same --mode")
	case len(left) > 0:
		return fmt.Errorf("nothing to compare: the runs have no measured cell in common; the first that differs: %s", left[0])
	}
	return fmt.Errorf("nothing to compare: no cell was measured on both sides")
}

// add puts one cell's metrics into their families.
func (c *Comparison) add(k key, old, now *cell) {
	if old.absent() && now.absent() {
		return
	}
	if why := elsewhere(old, now); why != "" {
		c.Left = append(c.Left, fmt.Sprintf("%s: %s", k, why))
		return
	}
	why := apart(old, now)
	if why != "" {
		c.Left = append(c.Left, fmt.Sprintf("%s: %s", k, why))
	}
	for _, m := range cells.Metrics() {
		row := Row{Server: k.server, Old: old.value(m), New: now.value(m)}
		if row.Old.N == 0 && row.New.N == 0 {
			continue
		}
		if why != "" {
			row.Outcome, row.Why = NotMeasured, "not comparable, see below"
		}
		f := c.family(k, m, now.Unit(m))
		f.Rows = append(f.Rows, row)
	}
}

// absent reports whether the cell was not measured at all.
func (c *cell) absent() bool { return c.Absent != "" && c.Absent != cells.Void }

func (c *Comparison) family(k key, m cells.Metric, unit cells.BaseUnit) *Family {
	for i := range c.Families {
		f := &c.Families[i]
		if f.Scenario == k.scenario && f.Protocol == k.protocol && f.Phase == k.phase && f.Metric == m {
			return f
		}
	}
	c.Families = append(c.Families, Family{Scenario: k.scenario, Protocol: k.protocol, Phase: k.phase, Metric: m, Unit: unit})
	return &c.Families[len(c.Families)-1]
}

// missingVoid is said of a cell whose trials are all void.
const missingVoid = "void"
