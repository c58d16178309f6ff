package adhoc

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
)

// Defaults of a search for the capacity: ten users or connections, or 100 req/s, and twice
// as many in each step, up to 10 000 or 1 000 000 req/s.
const (
	DefaultFindFrom     = 10.0
	DefaultFindFromRate = 100.0
	DefaultFindTo       = 10_000.0
	DefaultFindToRate   = 1_000_000.0
	DefaultFindFactor   = 2.0
	DefaultFindStep     = 30 * time.Second
)

// leastFactor and mostFactor bound the growth of a search: a smaller factor makes hundreds
// of steps.
const (
	leastFactor = 1.1
	mostFactor  = 1000
)

// Find is a search for the capacity: one load a step, each with another number of users or
// connections, or another rate. A nil pointer is a flag that was not given.
type Find struct {
	// Of is what changes from step to step; empty for no search.
	Of results.Sought
	// From and To are the first load and the greatest: in req/s for a rate, else whole
	// numbers. Factor is the growth from step to step, Step the measured time of each.
	From, To, Factor *float64
	Step             *time.Duration
}

// Bounds returns the first load and the greatest, with the growth from step to step.
func (s *Find) Bounds() (from, to, factor float64) {
	from, to = DefaultFindFrom, DefaultFindTo
	if s.Of == results.SoughtRate {
		from, to = DefaultFindFromRate, DefaultFindToRate
	}
	return given(s.From, from), given(s.To, to), given(s.Factor, DefaultFindFactor)
}

// StepTime returns the measured time of a step.
func (s *Find) StepTime() time.Duration { return given(s.Step, DefaultFindStep) }

// At returns the flags of the load of one step. Users have a connection each where no
// number of connections is given.
func (f *Flags) At(value float64) *Flags {
	step := *f
	step.Find = Find{}
	step.Duration = new(f.Find.StepTime())
	switch f.Find.Of {
	case results.SoughtRate:
		step.RateRPS = &value
	case results.SoughtUsers:
		step.Users = new(int(value))
		step.Connections = new(given(f.Connections, int(value)))
	default:
		step.Connections = new(int(value))
	}
	return &step
}

// First returns the flags of a search's first step, and the flags themselves where there
// is no search. The error has every problem of the search.
func (f *Flags) First() (*Flags, error) {
	if f.Find.Of == "" {
		return f, nil
	}
	var errs []error
	f.checkFind(func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	})
	from, _, _ := f.Find.Bounds()
	return f.At(from), errors.Join(errs...)
}

// checkFind checks the flags of a search, and those that cannot go with it.
func (f *Flags) checkFind(refuse refusal) {
	s := &f.Find
	if s.Of == "" {
		refuse(s.From != nil || s.To != nil || s.Factor != nil || s.Step != nil, "--find-from, --find-to, --find-factor and --step are for a search: say with --find what changes from step to step")
		return
	}
	from, to, factor := s.Bounds()
	switch s.Of {
	case results.SoughtUsers:
		refuse(f.Users != nil, "--users with --find users: their number changes from step to step, so give the first with --find-from")
		refuse(f.RateRPS != nil, "-R with --find users: users ask when they were answered, whatever the rate: leave out the one or the other")
	case results.SoughtRate:
		refuse(f.RateRPS != nil, "-R with --find rate: the rate changes from step to step, so give the first with --find-from")
		refuse(f.Users != nil || f.Think != loaders.Think{}, "--users with --find rate: requests are due by the rate, whatever users do: leave out --users and --think")
		refuse(f.RampToRPS != nil, "--ramp-to with --find rate: each step has one rate: leave out the one or the other")
		refuse(f.Profile != nil, "--rate-profile with --find rate: each step has one rate: leave out the one or the other")
	case results.SoughtConnections:
		refuse(f.Connections != nil, "-c with --find connections: their number changes from step to step, so give the first with --find-from")
		refuse(f.Users != nil, "--users with --find connections: more connections are no greater load of the same users: leave out the one or the other")
		refuse(f.RateRPS != nil, "-R with --find connections: more connections are no greater load at the same rate: leave out the one or the other")
	default:
		refuse(true, "--find %s: %s, %s or %s", s.Of, results.SoughtUsers, results.SoughtRate, results.SoughtConnections)
		return
	}
	whole := func(x float64) bool { return x == math.Trunc(x) && x <= math.MaxInt32 || !s.Of.Whole() }
	refuse(!(from > 0) || !whole(from), "--find-from %v: %s needed", from, s.needed())
	refuse(!(to > 0) || !whole(to), "--find-to %v: %s needed", to, s.needed())
	refuse(from > to, "--find-from %v with --find-to %v: the first load is greater than the greatest", from, to)
	refuse(!(factor >= leastFactor && factor <= mostFactor), "--find-factor %v: a factor from %v to %v is needed", factor, leastFactor, mostFactor)
	refuse(s.StepTime() <= 0, "--step %v: must be above 0", s.StepTime())
	refuse(f.Duration != nil, "-d with --find: --step is the time of each step")
	refuse(f.Requests != nil, "-n with --find: --step ends each step")
	refuse(f.Ramp != nil, "--ramp with --find: each step measures all of its users: leave out the one or the other")
}

// needed says which numbers a search takes.
func (s *Find) needed() string {
	if s.Of == results.SoughtRate {
		return "a rate above 0 in requests per second is"
	}
	return "a whole number of " + string(s.Of) + " above 0 is"
}
