package plan

import (
	"time"

	"github.com/joust-bench/joust/results"
)

// opt is a value that may be given, with the place that gave it.
type opt[T any] struct {
	val T
	at  place
	set bool
}

func given[T any](v T, at place) opt[T] { return opt[T]{val: v, at: at, set: true} }

// or is o where it is given, else the other.
func (o opt[T]) or(other opt[T]) opt[T] {
	if o.set {
		return o
	}
	return other
}

// name is a name in a list, with its place.
type name struct {
	text string
	at   place
}

// rate is a rate in a list, with its place.
type rate struct {
	results.PlanRate
	at place
}

// entry is a server of the plan's list.
type entry struct {
	server, as string
	// isolation is as in results.PlanEntry, empty where nothing is said.
	isolation string
	at        place
}

// settings are what may be said of the whole plan, of one table, or by flags.
type settings struct {
	clients                        opt[clients]
	trials                         opt[int]
	warmup, duration, openDuration opt[time.Duration]
	modes, protocols               opt[[]name]
	rates                          opt[[]rate]
	schedule                       opt[string]
	objective                      opt[results.Objective]
}

// over lays s over the other: what s does not say is taken from there.
func (s settings) over(other settings) settings {
	return settings{
		clients:      s.clients.or(other.clients),
		trials:       s.trials.or(other.trials),
		warmup:       s.warmup.or(other.warmup),
		duration:     s.duration.or(other.duration),
		openDuration: s.openDuration.or(other.openDuration),
		modes:        s.modes.or(other.modes),
		protocols:    s.protocols.or(other.protocols),
		rates:        s.rates.or(other.rates),
		schedule:     s.schedule.or(other.schedule),
		objective:    s.objective.or(other.objective),
	}
}

// table is one item of the plan's tables: a group of scenarios with settings.
type table struct {
	scenarios []name
	settings
	at place
}

// document is a plan file as written, as far as it could be read.
type document struct {
	settings
	servers                   []entry
	tables                    []table
	serversGiven, tablesGiven bool
	seed                      opt[uint64]
	idle, engine, loader      opt[string]
	requestTimeout, drain     opt[time.Duration]
	errorTolerance            opt[float64]
	threads                   opt[int]
	probes                    opt[bool]
	thresholds                opt[results.Thresholds]
	env                       opt[map[string]string]
}

// flags are the overrides as given.
type flags struct {
	settings
	noProbes           bool
	servers, scenarios opt[[]name]
	isolation          opt[[]name]
	seed               opt[uint64]
	loader             opt[string]
	threads            opt[int]
	env                opt[map[string]string]
}
