// Package agree implements joust agree. joust's own loader, the same with other idle
// strategies, and foreign loaders measure the same matches in turn, with ratios
// and the reasons why they differ.
package agree

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// openShare is the share of joust's own peak at which loaders with an open loop
// meet.
const openShare = 0.5

// Contest compares loaders.
type Contest struct {
	// Runner returns the runner of joust's own loader with an idle strategy, "" for
	// the default one, or of a foreign loader. All measure on the same CPUs.
	Runner func(idle loaders.IdleStrategy, foreign *external.Found) *run.Runner
	// Idle are further idle strategies of joust's own loader.
	Idle []loaders.IdleStrategy
	// Foreign are the loaders that joust's own is compared with.
	Foreign []external.Found
	// Loops are the loops to compare. An open loop needs the closed one for its
	// rate.
	Loops   []results.Loop
	Servers []string
	Rows    []scenarios.Scenario
	// Claims reports whether the server answers the row.
	Claims func(server, row string) bool
	// Clients is the number of connections of rows without their own.
	Clients          int
	Trials           int
	Warmup, Duration time.Duration
	Seed             uint64
	// Begins is called before every trial.
	Begins func(t Turn)
}

// Turn is one trial among all of a contest.
type Turn struct {
	Number, Total            int
	Server, Scenario, Loader string
	// Remaining is the planned time of this trial and all behind it.
	Remaining time.Duration
}

// Match is one server and row in one loop, by all loaders.
type Match struct {
	Server   string       `json:"server"`
	Scenario string       `json:"scenario"`
	Loop     results.Loop `json:"loop"`
	// RateRPS is the rate of an open loop: half of joust's own peak in the closed
	// loop.
	RateRPS float64 `json:"rate_rps,omitempty"`
	Clients int     `json:"clients"`
	Depth   int     `json:"depth"`
	// Contenders begin with joust's.
	Contenders []Contender `json:"sides"`
	// Why says in plain words why the contenders differ.
	Why []string `json:"why,omitempty"`

	limits results.Thresholds
}

// Contender is one loader's part of a match: medians over its valid trials.
type Contender struct {
	Loader  string `json:"loader"`
	Version string `json:"version,omitempty"`
	// Idle is set for joust's own loader with another idle strategy than the
	// default.
	Idle loaders.IdleStrategy `json:"idle_strategy,omitempty"`
	// Command is the command line of a foreign tool.
	Command []string `json:"command,omitempty"`
	// NotExpressible is why the tool cannot ask the row, empty where it can.
	NotExpressible string `json:"not_expressible,omitempty"`
	Valid          int    `json:"valid"`
	// Void are the reasons of void trials.
	Void []string `json:"void,omitempty"`

	Figures
	// Ratios are the medians of the ratios to joust over the rounds in which both
	// are valid.
	Ratios *Ratios `json:"ratios,omitempty"`

	trials []trialFigures
}

// Measure makes all matches. When ctx ends, it returns those that are complete
// with the cause.
func (c *Contest) Measure(ctx context.Context) ([]Match, error) {
	m := &measurement{Contest: c, runners: map[string]*run.Runner{external.Joust: c.Runner("", nil)}, total: c.trials()}
	for _, idle := range c.Idle {
		m.runners[ownName(idle)] = c.Runner(idle, nil)
	}
	for i := range c.Foreign {
		m.runners[c.Foreign[i].Tool.Name] = c.Runner("", &c.Foreign[i])
	}
	for _, one := range c.matches() {
		measured := m.compare(ctx, &one)
		if ctx.Err() != nil {
			return m.complete, context.Cause(ctx)
		}
		if measured {
			m.complete = append(m.complete, one)
		}
	}
	return m.complete, nil
}

// matches are those of the contest, without figures.
func (c *Contest) matches() (list []Match) {
	for _, server := range c.Servers {
		for i := range c.Rows {
			row := &c.Rows[i]
			for _, loop := range []results.Loop{results.ClosedLoop, results.OpenLoop} {
				if c.Claims(server, row.Name) && c.meets(row, loop) {
					list = append(list, Match{
						Server: server, Scenario: row.Name, Loop: loop, Clients: cmp.Or(row.Clients, c.Clients), Depth: row.Depth, Contenders: c.contenders(row, loop),
					})
				}
			}
		}
	}
	return list
}

// ownName returns the name of joust's own loader with that idle strategy.
func ownName(idle loaders.IdleStrategy) string { return external.Joust + ", " + string(idle) }

// measurement is a Contest that measures.
type measurement struct {
	*Contest
	runners map[string]*run.Runner
	// begun is the number of trials so far, of total.
	begun, total int
	complete     []Match
}

// meets reports whether another loader than joust's default makes the loop of the
// row. The open loop needs the closed one for its rate.
func (c *Contest) meets(row *scenarios.Scenario, loop results.Loop) bool {
	made := func(loop results.Loop) bool {
		return slices.Contains(c.Loops, loop) && row.Allows(scenarios.Mode(loop)) && (len(c.Idle) > 0 ||
			slices.ContainsFunc(c.Foreign, func(f external.Found) bool { return f.Tool.Loop == loop }))
	}
	return made(loop) || loop == results.ClosedLoop && row.Allows(scenarios.Closed) && made(results.OpenLoop)
}

// Planned is the planned time of all trials, without builds.
func (c *Contest) Planned() time.Duration { return time.Duration(c.trials()) * c.each() }

// each is the planned time of one trial.
func (c *Contest) each() time.Duration { return c.Warmup + c.Duration + 1200*time.Millisecond }

// trials is the number of trials of all matches.
func (c *Contest) trials() (n int) {
	for _, one := range c.matches() {
		for _, s := range one.Contenders {
			if s.NotExpressible == "" {
				n += c.Trials
			}
		}
	}
	return n
}

// contenders are the loaders that make the loop, joust first.
func (c *Contest) contenders(row *scenarios.Scenario, loop results.Loop) []Contender {
	list := []Contender{{Loader: external.Joust}}
	for _, idle := range c.Idle {
		list = append(list, Contender{Loader: ownName(idle), Idle: idle})
	}
	for _, f := range c.Foreign {
		if f.Tool.Loop == loop {
			list = append(list, Contender{Loader: f.Tool.Name, Version: f.Version, NotExpressible: f.Tool.WhyNot(row, scenarios.H1)})
		}
	}
	return list
}

// compare measures one match in rounds: each holds one trial of every loader,
// in turn forwards and backwards. It reports false for an open loop without a rate.
func (m *measurement) compare(ctx context.Context, c *Match) bool {
	c.limits = m.runners[external.Joust].Run.Plan.Limits()
	if c.Loop == results.OpenLoop {
		if c.RateRPS = m.openRate(c); c.RateRPS == 0 {
			return false
		}
	}
	for round := range m.Trials {
		for i := range c.Contenders {
			if round%2 == 1 {
				i = len(c.Contenders) - 1 - i
			}
			if c.Contenders[i].NotExpressible == "" && ctx.Err() == nil {
				m.trial(ctx, c, &c.Contenders[i], round)
			}
		}
	}
	c.conclude()
	return true
}

// openRate is the rate of the open loop: a share of joust's own peak in the closed
// one, 0 where that is not known.
func (m *measurement) openRate(open *Match) float64 {
	for i := range m.complete {
		c := &m.complete[i]
		if peak := c.Contenders[0].ThroughputRPS; c.Server == open.Server && c.Scenario == open.Scenario && c.Loop == results.ClosedLoop && peak != nil {
			return math.Floor(*peak * openShare)
		}
	}
	return 0
}

// trial makes one trial of one contender.
func (m *measurement) trial(ctx context.Context, c *Match, s *Contender, round int) {
	m.begun++
	if m.Begins != nil {
		m.Begins(Turn{
			Number: m.begun, Total: m.total, Server: c.Server, Scenario: c.Scenario, Loader: s.Loader,
			Remaining: time.Duration(m.total-m.begun+1) * m.each(),
		})
	}
	t := m.planned(c, round)
	phase := results.PhaseClosed
	if !t.Table.Closed {
		phase = t.Table.Rates[0].PhaseName()
	}
	result := m.runners[s.Loader].Trial(ctx, t)
	if result.State == results.TrialInterrupted {
		return
	}
	f, why := read(&result, phase, c.limits)
	if why != "" {
		s.Void = append(s.Void, why)
		return
	}
	s.Valid++
	s.trials = append(s.trials, trialFigures{round, f})
	report := &result.Loaders[0]
	s.Version = report.Version
	if report.Foreign != nil {
		s.Command = report.Foreign.Commands[phase]
	}
}

// planned returns the trial of a round as a plan has it: a scouting one, since
// those make no experiments.
func (m *measurement) planned(c *Match, round int) plan.Trial {
	t := results.PlanTable{Scenario: c.Scenario, Protocol: string(scenarios.H1), Clients: c.Clients, Trials: m.Trials, WarmupNS: m.Warmup.Nanoseconds()}
	if c.Loop == results.ClosedLoop {
		t.Closed, t.ClosedDurationNS = true, m.Duration.Nanoseconds()
	} else {
		t.OpenDurationNS, t.Schedule = m.Duration.Nanoseconds(), string(loaders.Constant)
		t.Rates = []results.PlanRate{{Kind: results.RateAbsolute, RateRPS: c.RateRPS}}
	}
	return plan.Trial{
		Kind: results.TrialScout, Entry: results.PlanEntry{Server: c.Server, As: c.Server}, Table: t, Repetition: round + 1, Seed: m.Seed + uint64(round),
	}
}
