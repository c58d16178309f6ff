package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// Catalogue is what the caller knows of the world and a plan is checked
// against.
type Catalogue struct {
	// Scenarios are the rows of the table, in display order.
	Scenarios []scenarios.Scenario
	// Servers are all there are, in display order, whether they can run here
	// or not.
	Servers []Server
	// LoaderCPUs is the number of processors that the loader has.
	LoaderCPUs int
	// Idle is how the loader waits where nobody says it.
	Idle loaders.IdleStrategy
	// Engines run on this system, the default first; none means the event
	// loop.
	Engines []loaders.EngineName
	// Connections bounds the clients.
	Connections ConnectionLimit
	// NoContainers says why containers cannot run here, empty when they can.
	// It is asked only where a plan has one; nil stands for a world without.
	NoContainers func() string
	// Loader says why the foreign loader of that name cannot be used here, ""
	// where it can; it is asked only about the one that a plan names. Nil finds
	// all usable.
	Loader func(name string) string
	// LookupEnv finds the value of a variable in joust's own environment, for
	// flags that pass one on. Nil finds none.
	LookupEnv func(name string) (value string, found bool)
	// FreshSeed is the seed of a plan that names none.
	FreshSeed uint64
}

// Server is a server as far as a plan is concerned.
type Server struct {
	Name string
	// Protocols and Scenarios are those that the server claims.
	Protocols []string
	Scenarios []string
	// Unsupported gives the reason for rows that the server cannot answer.
	Unsupported map[string]string
	// Unavailable says why the server cannot run here and which package to
	// install; empty when it can.
	Unavailable string
	// Isolation is how the server runs unless the plan says otherwise; empty
	// means results.IsolationProcess. CannotBe gives the reason for an
	// isolation that it cannot have.
	Isolation string
	CannotBe  map[string]string
	// StartTimeout and StopTimeout are for the worst case of the planned
	// time; 0 means 10 s and 1 s.
	StartTimeout, StopTimeout time.Duration
	// WarmupCap bounds a warm-up that lasts until the server is steady; 0
	// leaves it at the plan's length.
	WarmupCap time.Duration
}

// ConnectionLimit is the largest number of connections that this machine
// allows.
type ConnectionLimit struct {
	// Max is the number; 0 means that it is not known.
	Max int
	// Reason names the limit, such as "the limit of open files is 1024".
	Reason string
	// Remedy is the command that raises it, such as "ulimit -n 65536".
	Remedy string
}

func (c *Catalogue) lookupEnv(name string) (value string, found bool) {
	if c.LookupEnv == nil {
		return "", false
	}
	return c.LookupEnv(name)
}

// Server returns the server of that name, or nil.
func (c *Catalogue) Server(name string) *Server {
	for i := range c.Servers {
		if c.Servers[i].Name == name {
			return &c.Servers[i]
		}
	}
	return nil
}

// Scenario returns the row of that name, or nil.
func (c *Catalogue) Scenario(name string) *scenarios.Scenario {
	for i := range c.Scenarios {
		if c.Scenarios[i].Name == name {
			return &c.Scenarios[i]
		}
	}
	return nil
}

// Runnable tells whether the entry can be measured in the table.
func (c *Catalogue) Runnable(e results.PlanEntry, t results.PlanTable) bool {
	return c.WhyNot(e, t) == ""
}

// WhyNot says why the entry cannot be measured in the table; empty when it
// can.
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

// Rows are the rows of the plan that the server can be asked, in the order of
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
	return namesOf(c.Servers, func(s Server) string { return s.Name })
}

func (c *Catalogue) scenarioNames() []string {
	return namesOf(c.Scenarios, func(s scenarios.Scenario) string { return s.Name })
}

func (c *Catalogue) engines() []string {
	if len(c.Engines) == 0 {
		return []string{string(loaders.EventLoop)}
	}
	return namesOf(c.Engines, func(e loaders.EngineName) string { return string(e) })
}

func namesOf[T any](list []T, name func(T) string) []string {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = name(x)
	}
	return names
}
