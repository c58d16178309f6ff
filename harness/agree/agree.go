// Package agree puts loaders side by side: the same cells measured by joust, by
// joust with other idle strategies, and by foreign loaders, alternating, with
// ratios and the reasons why they differ. It is what `joust agree` does.
package agree

import (
	"context"
	"slices"
	"time"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/stats"
	"github.com/joust-bench/joust/scenarios"
)

// openShare is the share of joust's own peak at which loaders with an open loop
// meet.
const openShare = 0.5

// Contest is one agreement in the making.
type Contest struct {
	// Runner makes the runner of joust's own loader with an idle strategy, "" for
	// the default one, or of a foreign loader. All measure on the same CPUs.
	Runner func(idle loaders.IdleStrategy, foreign *external.Found) *run.Runner
	// Idle are further idle strategies of joust's own loader.
	Idle []loaders.IdleStrategy
	// Foreign are the loaders beside joust's own.
	Foreign []external.Found
	// Loops are those that are compared. An open one needs the closed one for
	// its rate.
	Loops   []results.Loop
	Servers []string
	Rows    []scenarios.Scenario
	// Claims tells whether the server answers the row.
	Claims func(server, row string) bool
	// Clients is the number of connections of rows without their own.
	Clients          int
	Trials           int
	Warmup, Duration time.Duration
	Seed             uint64
	// Told is called before every trial.
	Told func(p Progress)
}

// Progress is how far it is.
type Progress struct {
	Number, Total            int
	Server, Scenario, Loader string
	// Left is the planned time of what is left.
	Left time.Duration
}

// Cell is one server and row in one loop, by all loaders.
type Cell struct {
	Server   string       `json:"server"`
	Scenario string       `json:"scenario"`
	Loop     results.Loop `json:"loop"`
	// RateRPS is that of an open loop: half of joust's own peak in the closed
	// one.
	RateRPS float64 `json:"rate_rps,omitempty"`
	Clients int     `json:"clients"`
	Depth   int     `json:"depth"`
	// Sides are joust first, then the others.
	Sides []Side `json:"sides"`
	// Why explains in plain words where the sides differ.
	Why []string `json:"why,omitempty"`

	limits results.Thresholds
}

// Side is one loader's view of a cell: medians over its valid trials. What was
// not measured is absent.
type Side struct {
	Loader  string `json:"loader"`
	Version string `json:"version,omitempty"`
	// Idle is set for joust's own loader with another idle strategy than the
	// default.
	Idle loaders.IdleStrategy `json:"idle_strategy,omitempty"`
	// Command is the command line of a foreign tool.
	Command []string `json:"command,omitempty"`
	// NotExpressible says why the tool cannot ask the row.
	NotExpressible string `json:"not_expressible,omitempty"`
	Valid          int    `json:"valid"`
	// Void are the reasons of void trials.
	Void []string `json:"void,omitempty"`

	ThroughputRPS *float64 `json:"throughput_rps,omitempty"`
	// Latencies are service time in a closed loop, corrected latency in an open
	// one.
	MeanNS *float64 `json:"mean_ns,omitempty"`
	P50NS  *float64 `json:"p50_ns,omitempty"`
	P99NS  *float64 `json:"p99_ns,omitempty"`
	// LoaderCPUNS leaves the empty polls of joust's own loader out; of a foreign
	// loader it is all CPU time.
	LoaderCPUNS *float64 `json:"loader_cpu_per_request_ns,omitempty"`
	ServerCPUNS *float64 `json:"server_cpu_per_request_ns,omitempty"`
	// LoaderShare is U_L, ServerShare U_S, and OthersShare what of the server's
	// CPUs was not the server's: all 0 to 1.
	LoaderShare *float64 `json:"loader_share,omitempty"`
	ServerShare *float64 `json:"server_share,omitempty"`
	OthersShare *float64 `json:"others_share,omitempty"`
	// Ratios are those to joust, the medians over the rounds in which both are
	// valid.
	Ratios *Ratios `json:"ratios,omitempty"`

	trials []reading
}

// Ratios are a side's figures divided by joust's.
type Ratios struct {
	Throughput *float64 `json:"throughput,omitempty"`
	Mean       *float64 `json:"mean,omitempty"`
	P50        *float64 `json:"p50,omitempty"`
	P99        *float64 `json:"p99,omitempty"`
	LoaderCPU  *float64 `json:"loader_cpu,omitempty"`
	ServerCPU  *float64 `json:"server_cpu,omitempty"`
}

// Measure measures cell by cell. When ctx ends, the cells so far are returned
// with its cause.
func (c *Contest) Measure(ctx context.Context) ([]Cell, error) {
	m := &meeting{Contest: c, runners: map[string]*run.Runner{external.Joust: c.Runner("", nil)}, total: c.trials()}
	for _, idle := range c.Idle {
		m.runners[ownName(idle)] = c.Runner(idle, nil)
	}
	for i := range c.Foreign {
		m.runners[c.Foreign[i].Tool.Name] = c.Runner("", &c.Foreign[i])
	}
	var cells []Cell
	for _, server := range c.Servers {
		for i := range c.Rows {
			row := &c.Rows[i]
			if !c.Claims(server, row.Name) {
				continue
			}
			for _, loop := range []results.Loop{results.ClosedLoop, results.OpenLoop} {
				cell, ok := m.cell(ctx, server, row, loop, cells)
				if ctx.Err() != nil {
					return cells, context.Cause(ctx)
				}
				if ok {
					cells = append(cells, cell)
				}
			}
		}
	}
	return cells, nil
}

// ownName is the name of joust's own loader with that idle strategy.
func ownName(idle loaders.IdleStrategy) string { return external.Joust + ", " + string(idle) }

// meeting is a Contest at work.
type meeting struct {
	*Contest
	runners     map[string]*run.Runner
	done, total int
}

// meets tells whether anyone beside joust makes the loop of the row. The closed
// one is needed for the rate of the open one as well.
func (c *Contest) meets(row *scenarios.Scenario, loop results.Loop) bool {
	made := func(loop results.Loop) bool {
		return slices.Contains(c.Loops, loop) && row.Allows(scenarios.Mode(loop)) && (len(c.Idle) > 0 ||
			slices.ContainsFunc(c.Foreign, func(f external.Found) bool { return f.Tool.Loop == loop }))
	}
	return made(loop) || loop == results.ClosedLoop && row.Allows(scenarios.Closed) && made(results.OpenLoop)
}

// Planned is the time that all of it takes, builds apart.
func (c *Contest) Planned() time.Duration { return time.Duration(c.trials()) * c.each() }

// each is the planned time of one trial.
func (c *Contest) each() time.Duration { return c.Warmup + c.Duration + 1200*time.Millisecond }

// trials is the number of trials of all cells.
func (c *Contest) trials() (n int) {
	for _, server := range c.Servers {
		for i := range c.Rows {
			row := &c.Rows[i]
			for _, loop := range []results.Loop{results.ClosedLoop, results.OpenLoop} {
				if !c.Claims(server, row.Name) || !c.meets(row, loop) {
					continue
				}
				n += c.Trials * (1 + len(c.Idle))
				for _, f := range c.Foreign {
					if f.Tool.Loop == loop && f.Tool.WhyNot(row, scenarios.H1) == "" {
						n += c.Trials
					}
				}
			}
		}
	}
	return n
}

// cell measures one cell in rounds: each holds one trial of every loader, in
// turn forwards and backwards.
func (m *meeting) cell(ctx context.Context, server string, row *scenarios.Scenario, loop results.Loop, before []Cell) (Cell, bool) {
	cell := Cell{Server: server, Scenario: row.Name, Loop: loop, Clients: row.Clients, Depth: row.Depth, Sides: []Side{{Loader: external.Joust}}, limits: m.runners[external.Joust].Run.Plan.Limits()}
	if cell.Clients == 0 {
		cell.Clients = m.Clients
	}
	if !m.meets(row, loop) {
		return cell, false
	}
	if loop == results.OpenLoop {
		if cell.RateRPS = rateFrom(before, server, row.Name); cell.RateRPS == 0 {
			return cell, false
		}
	}
	for _, idle := range m.Idle {
		cell.Sides = append(cell.Sides, Side{Loader: ownName(idle), Idle: idle})
	}
	for _, f := range m.Foreign {
		if f.Tool.Loop == loop {
			cell.Sides = append(cell.Sides, Side{Loader: f.Tool.Name, Version: f.Version, NotExpressible: f.Tool.WhyNot(row, scenarios.H1)})
		}
	}
	for round := range m.Trials {
		for i := range cell.Sides {
			if round%2 == 1 {
				i = len(cell.Sides) - 1 - i
			}
			if cell.Sides[i].NotExpressible == "" && ctx.Err() == nil {
				m.trial(ctx, &cell, &cell.Sides[i], round)
			}
		}
	}
	cell.conclude()
	return cell, true
}

// rateFrom is the rate of the open loop: a share of joust's own peak.
func rateFrom(cells []Cell, server, row string) float64 {
	for i := range cells {
		c := &cells[i]
		if peak := c.Sides[0].ThroughputRPS; c.Server == server && c.Scenario == row && c.Loop == results.ClosedLoop && peak != nil {
			return float64(int(*peak * openShare))
		}
	}
	return 0
}

// trial is one trial of one side.
func (m *meeting) trial(ctx context.Context, cell *Cell, side *Side, round int) {
	m.done++
	if m.Told != nil {
		m.Told(Progress{
			Number: m.done, Total: m.total, Server: cell.Server, Scenario: cell.Scenario, Loader: side.Loader,
			Left: time.Duration(m.total-m.done+1) * m.each(),
		})
	}
	t := m.planned(cell, round)
	result := m.runners[side.Loader].Trial(ctx, t)
	if result.State == results.TrialInterrupted {
		return
	}
	r, why := read(&result, phaseName(t.Table), cell.limits)
	if why != "" {
		side.Void = append(side.Void, why)
		return
	}
	r.round = round
	side.Valid++
	side.trials = append(side.trials, r)
	report := &result.Loaders[0]
	side.Version = report.Version
	if report.Foreign != nil {
		side.Command = report.Foreign.Commands[phaseName(t.Table)]
	}
}

// planned is the trial as a plan would have it. Scouting trials make no
// experiments.
func (m *meeting) planned(cell *Cell, round int) plan.Trial {
	t := results.PlanTable{Scenario: cell.Scenario, Protocol: string(scenarios.H1), Clients: cell.Clients, Trials: m.Trials, WarmupNS: m.Warmup.Nanoseconds()}
	if cell.Loop == results.ClosedLoop {
		t.Closed, t.ClosedDurationNS = true, m.Duration.Nanoseconds()
	} else {
		t.OpenDurationNS, t.Schedule = m.Duration.Nanoseconds(), string(loaders.Constant)
		t.Rates = []results.PlanRate{{Kind: results.RateAbsolute, RateRPS: cell.RateRPS}}
	}
	return plan.Trial{
		Kind: results.TrialScout, Entry: results.PlanEntry{Server: cell.Server, As: cell.Server}, Table: t, Repetition: round + 1, Seed: m.Seed + uint64(round),
	}
}

func phaseName(t results.PlanTable) string {
	if t.Closed {
		return results.PhaseClosed
	}
	return t.Rates[0].PhaseName()
}

// median is absent for no values.
func median(values []float64) *float64 {
	e := stats.Median(values)
	if e.Kind == stats.None {
		return nil
	}
	return &e.Value
}
