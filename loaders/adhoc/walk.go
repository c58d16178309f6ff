package adhoc

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// Walk is what a flow file asks for.
type Walk struct {
	Flows    loaders.Flows
	Requests []scenarios.Request
	// Hosts are those of the requests, by number; their paths are empty.
	Hosts []URL
	// Users, Concurrency, Ramp and RateRPS hold where no flag says another: how many users
	// walk, over how many connections, the time over which their starts are spread, and the
	// rate of iterations of an open loop. A nil pointer stands for none.
	Users, Concurrency *int
	Ramp               *time.Duration
	RateRPS            *float64
}

// Arrange puts the hosts of https first, as all loads on several hosts have them.
func (w *Walk) Arrange() {
	order := make([]int, len(w.Hosts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case w.Hosts[a].TLS == w.Hosts[b].TLS:
			return 0
		case w.Hosts[a].TLS:
			return -1
		}
		return 1
	})
	hosts, places := make([]URL, len(order)), make([]int, len(order))
	for place, i := range order {
		hosts[place], places[i] = w.Hosts[i], place
	}
	for i := range w.Requests {
		w.Requests[i].Target = places[w.Requests[i].Target]
	}
	w.Hosts = hosts
}

// ends reports whether the load ends by itself, when all is walked.
func (w *Walk) ends() bool { return w != nil && (w.Flows.Iterations > 0 || w.Flows.Finite()) }

// rowsEnd reports whether the load ends with its data rows.
func (w *Walk) rowsEnd() bool {
	return w != nil && slices.ContainsFunc(w.Flows.Sets, func(s loaders.DataSet) bool {
		return s.Data.Order == loaders.SequentialRows || s.Data.Order == loaders.UniqueRows
	})
}

// Walking is a load of flags on the flows of a file, checked but for the addresses of its
// hosts.
type Walking struct {
	// flags are those of a load without users; users and ramp are theirs.
	flags *Flags
	walk  *Walk
	users int
	ramp  time.Duration
}

// Walk returns the load of the flags on the flows. Flags that are given win over the file.
// The error holds every problem at once, in the words of the flags.
func (f *Flags) Walk(w *Walk) (*Walking, error) {
	own := *f
	own.walk = w
	if err := own.checkWalk(); err != nil {
		return nil, err
	}
	own.RateRPS = cmp.Or(f.RateRPS, w.RateRPS)
	users, ramp := cmp.Or(f.Users, w.Users), cmp.Or(f.Ramp, w.Ramp)
	if own.RateRPS != nil {
		ramp = nil // arrivals begin iterations
	}
	own.Connections = cmp.Or(f.Connections, w.Concurrency, users)
	m := &Walking{flags: &own, walk: w, users: given(users, 0), ramp: given(ramp, 0)}
	if w.Flows.Finite() && f.Threads == nil {
		own.Threads = new(1)
	}
	own.Users = users
	own.spread(len(w.Hosts))
	own.Users, own.Ramp, own.ramped = nil, nil, m.ramp > 0
	if err := own.checkHosts(w.Hosts); err != nil {
		return nil, err
	}
	_, err := m.base([]string{"127.0.0.1"})
	return m, err
}

// checkWalk refuses flags that do not go with flows.
func (f *Flags) checkWalk() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(given(f.Users, 1) < 1, "--users %d: at least 1 is needed", given(f.Users, 0))
	refuse(given(f.Ramp, 1) <= 0, "--ramp %v: must be above 0; leave it out to start all users together", given(f.Ramp, 0))
	refuse(f.Threads != nil && *f.Threads > 1 && f.walk.Flows.Finite(), "-t %d with flows that end after their repetitions: one thread keeps their order", given(f.Threads, 0))
	refuse(f.ShedAfter != nil, "--shed-after with flows: an iteration that finds no idle user is counted as blocked, and no other waits: leave it out")
	refuse(f.Depth > 1, "--depth %d with flows: a step waits for the answer before it: leave it out", f.Depth)
	refuse(f.LatencyFrom == loaders.FromConnect, "--latency-from connect with flows: users find connections ready: leave it out")
	rate := cmp.Or(f.RateRPS, f.walk.RateRPS)
	refuse(rate != nil && f.walk.Flows.Finite(), "a rate with flows that end after their repetitions: arrivals begin iterations without end: leave out the one or the other")
	refuse(rate != nil && f.Ramp != nil, "a ramp of users with a rate: arrivals begin iterations, and --ramp-to changes their rate: leave out the one or the other")
	return errors.Join(errs...)
}

// base returns the load on the first host alone, with a request that Spec replaces.
func (m *Walking) base(addresses []string) (loaders.Spec, error) {
	first := m.walk.Hosts[0]
	first.Path = "/"
	return m.flags.Spec(first, addresses)
}

// Spec returns the load. addresses has those of each host, as Flags.Spec has them.
func (m *Walking) Spec(addresses [][]string) (loaders.Spec, error) {
	spec, err := m.base(addresses[0])
	if err != nil {
		return spec, err
	}
	spec.Hosts = m.flags.further(m.walk.Hosts, addresses)
	spec.Requests, spec.Flows = m.walk.Requests, &m.walk.Flows
	spec.Users, spec.UserRamp = m.users, m.ramp
	spec.SendBuffer = 0 // that of the request that is replaced
	if spec.Proxy != nil {
		spec.Requests = slices.Clone(spec.Requests)
		for i := range spec.Requests {
			m.flags.proxy(&spec.Requests[i])
		}
	}
	spec = spec.WithDefaults()
	if err := spec.Validate(); err != nil {
		return spec, err
	}
	return spec, pieces.Check(&spec)
}
