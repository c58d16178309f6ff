package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Catalogue holds the facts of the world against which a plan is checked.
type Catalogue struct {
	// Scenarios are the rows of the table, in display order.
	Scenarios scenarios.Rows
	// Servers are all servers, in display order, also those that cannot run here.
	Servers []ServerFacts
	// Broken gives the mistakes, in one line, of each server whose manifest cannot be
	// used.
	Broken map[string]string
	// LoaderCPUs is the number of processors that the loader has.
	LoaderCPUs int
	// Idle is the default idle strategy of the loader.
	Idle loaders.IdleStrategy
	// Engines run on this system, the default first.
	Engines []loaders.EngineName
	// Connections bounds the clients.
	Connections ConnectionLimit
	// MemoryBytes is the machine's memory; 0 where it is unknown.
	MemoryBytes uint64
	// NoContainers returns the reason why containers cannot run here, or "". It is
	// called only for a plan with a container.
	NoContainers func() string
	// Loader returns the reason why the foreign loader of that name cannot be used
	// here, or "". It is called only for the loader of the plan; nil stands for
	// all usable.
	Loader func(name string) string
	// LookupEnv finds a variable in joust's own environment, for flags that pass
	// one on.
	LookupEnv func(name string) (value string, found bool)
	// FreshSeed is the seed of a plan that names none.
	FreshSeed uint64
}

// ServerFacts are the facts about a server on which plans depend.
type ServerFacts struct {
	Name string
	// Protocols and Scenarios are those that the server claims.
	Protocols []string
	Scenarios []string
	// Unsupported gives the reason for rows that the server cannot answer.
	Unsupported map[string]string
	// Unavailable is the reason why the server cannot run here, with the package to
	// install; empty when it can.
	Unavailable string
	// Isolation is the server's isolation unless the plan has another; empty means
	// results.IsolationProcess. CannotBe gives the reason for an isolation that it
	// cannot have.
	Isolation string
	CannotBe  map[string]string
	// Parameters are the names of the server's parameters, in order.
	Parameters []string
	// Profiler is the profile.Runtime of the server; empty for none. Attached is true for
	// a server that joust does not start.
	Profiler string
	Attached bool
	// StartTimeout and StopTimeout are the longest times to start and to stop.
	StartTimeout, StopTimeout time.Duration
	// WarmupCap bounds a warm-up that lasts until the server is steady; 0
	// leaves it at the plan's length.
	WarmupCap time.Duration
}

// ConnectionLimit is the largest number of connections that this machine
// allows.
type ConnectionLimit struct {
	// Max is the number; 0 means that it is not known, -1 that there are none.
	Max int
	// Reason names the limit, such as "the limit of open files is 1024".
	Reason string
	// Remedy is the command that raises it, such as "ulimit -n 65536".
	Remedy string
}

// Server returns the server of that name, or nil.
func (c *Catalogue) Server(name string) *ServerFacts {
	for i := range c.Servers {
		if c.Servers[i].Name == name {
			return &c.Servers[i]
		}
	}
	return nil
}

// Scenario returns the row of that name, or nil.
func (c *Catalogue) Scenario(name string) *scenarios.Scenario {
	row, _ := c.Scenarios.Find(name) // nil with an error
	return row
}

// Runnable reports whether the entry can be measured in the table.
func (c *Catalogue) Runnable(e results.PlanEntry, t results.PlanTable) bool {
	return c.WhyNot(e, t) == ""
}

// WhyNot returns the reason why the entry cannot be measured in the table, or "".
func (c *Catalogue) WhyNot(e results.PlanEntry, t results.PlanTable) string {
	if why := c.Unavailable(e); why != "" {
		return why
	}
	s := c.Server(e.Server)
	switch {
	case t.NotExpressible != "":
		return t.NotExpressible
	case s.Unsupported[t.Scenario] != "":
		return s.Unsupported[t.Scenario]
	case !slices.Contains(s.Scenarios, t.Scenario):
		return fmt.Sprintf("its server.yaml does not claim %s", t.Scenario)
	case !slices.Contains(s.Protocols, t.Protocol):
		return fmt.Sprintf("its server.yaml does not claim the protocol %s", t.Protocol)
	}
	return ""
}

// Rows returns the rows of the plan that the server can answer, in the order of
// the plan.
func (c *Catalogue) Rows(p results.Plan, server string) []*scenarios.Scenario {
	var rows []*scenarios.Scenario
	for _, t := range p.Tables {
		row := c.Scenario(t.Scenario)
		if c.Runnable(results.PlanEntry{Server: server, As: server}, t) && !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	return rows
}

func (c *Catalogue) serverNames() []string {
	names := make([]string, len(c.Servers))
	for i := range c.Servers {
		names[i] = c.Servers[i].Name
	}
	return names
}
