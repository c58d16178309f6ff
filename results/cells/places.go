package cells

import (
	"iter"
	"strings"

	"github.com/joust-bench/joust/results"
)

// WholeLadder is the phase of figures that belong to all phases of a trial together.
const WholeLadder = "ladder"

// Place is a cell of a run with its names.
type Place struct {
	Cell
	Table results.PlanTable
	// Phase is that of the cell; WholeLadder for a whole ladder.
	Phase string
	// RateUnit is the unit of its throughput and rates, such as "req/s".
	RateUnit string
}

// Name returns the names of the place with slashes between them: server, scenario, protocol
// and phase.
func (p *Place) Name() string {
	return strings.Join([]string{p.Server.Name, p.Table.Scenario, p.Table.Protocol, p.Phase}, "/")
}

// Trials returns the place of each valid trial alone.
func (p *Place) Trials() []Place {
	var list []Place
	for i := range p.Valid {
		one := *p
		one.Valid = p.Valid[i : i+1]
		list = append(list, one)
	}
	return list
}

// Places returns the cells of the run in the order of its tables and servers, those of a
// ladder in the order of its phases and the whole ladder last.
func (s *Set) Places() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for _, t := range s.Run.Plan.Tables {
			for _, server := range s.Run.Servers {
				for _, p := range s.ladder(t, server) {
					if !yield(p) {
						return
					}
				}
			}
		}
	}
}

// ladder returns the places of one server in one table; none where it only searches a rate.
func (s *Set) ladder(t results.PlanTable, server results.Server) []Place {
	var list []Place
	add := func(phase string, c Cell) { list = append(list, Place{c, t, phase, s.RateUnit(t)}) }
	if t.Closed {
		add(results.PhaseClosed, s.Closed(t, server))
	}
	for _, rate := range t.Rates {
		add(rate.PhaseName(), s.Open(t, server, rate))
	}
	if len(list) > 0 {
		add(WholeLadder, s.Ladder(t, server))
	}
	return list
}
