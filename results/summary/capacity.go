package summary

import (
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
)

// Capacity is a search for the greatest load that keeps conditions, as the JSON of joust
// load --find has it.
type Capacity struct {
	// Schema is results.Schema.
	Schema int `json:"schema"`
	// Find is what changes from step to step.
	Find results.Sought `json:"find"`
	// Keep are the conditions in words, such as "p95 <= 5s".
	Keep []string `json:"keep"`
	// From and To are the first load and the greatest that may be asked for, Factor the
	// growth from step to step, and StepNS the time for which each is measured.
	From   results.Level `json:"from"`
	To     results.Level `json:"to"`
	Factor float64       `json:"factor"`
	StepNS int64         `json:"step_ns"`
	// Loader, Version, Threads and Seed are as in results.Report.
	Loader  string         `json:"loader"`
	Version string         `json:"version"`
	Threads int            `json:"threads"`
	Seed    uint64         `json:"seed"`
	Steps   []CapacityStep `json:"steps"`

	Answer results.CapacityAnswer `json:"answer"`
	// Text is the answer in a sentence, and Notes say what limits belief in it.
	Text  string   `json:"text"`
	Notes []string `json:"notes,omitempty"`
	// Neighbours are as in results.Report.
	Neighbours []results.Neighbour `json:"neighbours,omitempty"`
}

// CapacityStep is one load of a search.
type CapacityStep struct {
	results.Level
	Stage results.CapacityStage `json:"stage"`
	// Again is true where the step repeats the one before.
	Again bool `json:"again,omitempty"`
	// DurationNS is the length of the window, and Requests counts the right answers in it.
	DurationNS    int64   `json:"duration_ns"`
	Requests      uint64  `json:"requests"`
	ThroughputRPS float64 `json:"throughput_rps"`
	// Errors counts failed requests of any cause, in the window and around it.
	Errors uint64 `json:"errors"`
	// ErrorRate is the share of the requests asked that failed; absent where none was
	// asked.
	ErrorRate *float64 `json:"error_rate,omitempty"`
	// Latency is as in Document.
	Latency    *Latency    `json:"latency,omitempty"`
	Conditions []Threshold `json:"conditions"`
	// Outcome is that of all conditions together; empty for a step that was interrupted.
	Outcome metric.Outcome `json:"outcome,omitempty"`
	// Why says why the outcome is not kept.
	Why string `json:"why,omitempty"`
	// Verdict says what limited the load.
	Verdict results.Verdict `json:"verdict"`
}

// NewCapacityStep judges the load of one step. A damaged histogram is an error.
func NewCapacityStep(at results.Level, stage results.CapacityStage, again bool, r *results.Report, keep []metric.Bound) (CapacityStep, error) {
	l, err := read(r, Options{Thresholds: keep})
	if err != nil {
		return CapacityStep{}, err
	}
	s := CapacityStep{Level: at, Stage: stage, Again: again, Conditions: l.thresholds(), Verdict: l.verdict}
	s.Verdict.Reasons = reasons(r, l.verdict)
	if p := l.phase; p != nil {
		s.DurationNS, s.Requests, s.ThroughputRPS, s.Errors = p.WindowNS(), p.Total.Completed, p.ThroughputRPS(), p.Failures()
		if rate, _ := l.errorRate(); rate != nil {
			s.ErrorRate = &rate.value
		}
	}
	if main := l.headline(); main != nil {
		s.Latency = new(l.plain(main))
	}
	s.decide(l)
	return s, nil
}

// decide sets the outcome of the step: kept where all conditions are, on the load that was
// asked for.
func (s *CapacityStep) decide(l *load) {
	var why []string
	s.Outcome = metric.Kept
	add := func(o metric.Outcome, text string) {
		if o.Worse(s.Outcome) {
			s.Outcome = o
		}
		why = append(why, text)
	}
	if a := l.report.Aborted; a != nil {
		add(metric.Broken, "ended early by the rule "+a.Rule)
	}
	if open, asked := l.report.ConnectionsOpen, l.report.ConnectionsAsked; open < asked {
		add(metric.Broken, count(uint64(open))+" of "+plural(asked, "connection")+" could be made")
	}
	for i := range s.Conditions {
		t := &s.Conditions[i]
		t.blame(l)
		if t.Outcome != metric.Kept {
			add(t.Outcome, t.finding())
		}
	}
	if s.Outcome == metric.Kept && !l.verdict.Valid {
		add(metric.NotMeasured, l.verdict.Why())
	}
	s.Why = strings.Join(why, "; ")
}

// blame makes the outcome of a broken condition one that cannot be told, where the loader
// was the limit: with a faster one the target might have kept it.
func (t *Threshold) blame(l *load) {
	m := t.Metric
	if t.Outcome == metric.Broken && l.limitedByLoader() && (m.IsLatency() || m == metric.Throughput || m == metric.Achieved) {
		t.Outcome, t.Why = metric.NotTold, "the loader was the limit"
	}
}

// finding says what was found of a condition that was not kept, such as "p95 was 412 ms".
func (t *Threshold) finding() string {
	name := string(t.Metric)
	if t.Group != "" {
		name = t.Group + ": " + name
	}
	switch {
	case t.Value == nil:
		return name + " was not measured: " + t.Why
	case t.Why != "":
		return name + " was " + inUnit(t.Unit, *t.Value) + ", but " + t.Why
	}
	return name + " was " + inUnit(t.Unit, *t.Value)
}

// Conclude sets the answer of the search, with its sentence and notes.
func (c *Capacity) Conclude(answer results.CapacityAnswer) {
	c.Answer = answer
	c.Text, c.Notes = c.sentence(), nil
	if b := answer.BrokenBelow; b != nil {
		c.Notes = append(c.Notes, c.contradiction(*b, *answer.KeptAbove))
	}
	limited := func(s CapacityStep) bool {
		return s.Outcome == metric.NotTold && s.Verdict.Bottleneck == results.LimitLoader
	}
	if at := slices.IndexFunc(c.Steps, limited); at >= 0 {
		c.Notes = append(c.Notes, "the loader was the limit at "+level(c.Steps[at].Level)+": give it more threads with -t, on CPUs of its own, to ask for more")
	}
}

// contradiction says that a load broke the conditions and one at least as great kept them.
func (c *Capacity) contradiction(broken, kept results.Level) string {
	text := level(broken) + " broke the conditions in one step and kept them in another"
	if broken != kept {
		text = level(broken) + " broke the conditions in one step, and " + level(kept) + " kept them in another"
	}
	return "the result is not monotonic: " + text + ": steps of " + span(c.StepNS) + " are disturbed or the target is unsteady, so the answer is rough; a longer --step makes it steadier"
}

// sentence returns the answer in a sentence.
func (c *Capacity) sentence() string {
	a, bound := c.Answer, ""
	if a.AtLeast {
		bound = markAtLeast
	}
	switch {
	case a.Kept == nil:
		return c.nothing()
	case !a.Confirmed:
		return bound + level(*a.Kept) + " kept the conditions in one step only: " + c.unfinished()
	case a.Missed == nil:
		return bound + keeps(*a.Kept) + ", the most that may be asked for: --find-to allows more"
	}
	missed := c.lastAt(*a.Missed)
	if missed.Outcome == metric.NotTold {
		return bound + keeps(*a.Kept) + ", and of " + level(*a.Missed) + " it cannot be told: " + missed.Why
	}
	return keeps(*a.Kept) + ", " + misses(*a.Missed) + ": " + missed.Why
}

// nothing says why no load is known to keep the conditions.
func (c *Capacity) nothing() string {
	if c.Answer.End != results.EndFirst {
		return "no load is known to keep the conditions: " + c.unfinished()
	}
	first := c.Steps[len(c.Steps)-1]
	if first.Outcome == metric.NotTold {
		return "of " + level(first.Level) + ", the first step, it cannot be told: " + first.Why
	}
	return "not even " + keeps(first.Level) + ": " + first.Why + "; begin lower with --find-from"
}

// unfinished says why the search ended without a confirmed answer.
func (c *Capacity) unfinished() string {
	switch c.Answer.End {
	case results.EndInterrupted:
		return "the search was interrupted"
	case results.EndSteps:
		return "the search ended after " + plural(len(c.Steps), "step")
	}
	last := c.Steps[len(c.Steps)-1]
	if c.Answer.End == results.EndGone {
		return "the target was gone in the step of " + level(last.Level) + ": " + last.Why
	}
	return "no load near it was kept once more, not even " + level(last.Level) + ": " + last.Why
}

// lastAt returns the last step at a level.
func (c *Capacity) lastAt(at results.Level) (step CapacityStep) {
	for _, s := range c.Steps {
		if s.Level == at {
			step = s
		}
	}
	return step
}

// level prints a level with its unit.
func level(l results.Level) string {
	switch {
	case l.Users > 0:
		return plural(l.Users, "user")
	case l.Connections > 0:
		return plural(l.Connections, "connection")
	}
	return digits(l.RateRPS) + " req/s"
}

// one reports whether the level is a single user or connection.
func one(l results.Level) bool { return l.Users == 1 || l.Connections == 1 }

// keeps says that the level keeps the conditions.
func keeps(l results.Level) string {
	if one(l) {
		return level(l) + " keeps it"
	}
	return level(l) + " keep it"
}

// misses says that the level does not keep the conditions.
func misses(l results.Level) string {
	if one(l) {
		return level(l) + " does not"
	}
	return level(l) + " do not"
}
