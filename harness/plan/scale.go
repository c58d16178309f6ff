package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
)

const (
	// clientMemory is the memory, in bytes, that one connection may take on both sides
	// together: the buffers of two sockets, and those of server and loader.
	clientMemory = 64 << 10
	// pacedByThread is the rate in req/s that one thread of the loader paces on any
	// machine of today with room to spare, for a row's own rates. What a loader really
	// paces is measured in each trial.
	pacedByThread = 50_000
)

// scales reports whether numbers of a table that this machine cannot hold are scaled
// down: a row's own, and those of a plan that says so. own is true for the row's.
func (r *resolver) scales(own bool) bool { return own || scaleSetting.of(r.flags, r.doc.layer) }

// ownClients reports whether the row's own number of clients counts.
func (r *resolver) ownClients(s spec) bool {
	return s.row.Clients > 0 && !clientsSetting.in(r.flags, s.layer).set
}

// scaleClients replaces numbers of clients beyond the machine's limit by the limit. It
// returns what it scaled.
func (r *resolver) scaleClients(s spec, c clients) (clients, []results.Scaling) {
	limit, why := r.cat.mostClients()
	if c.Auto || limit <= 0 || !r.scales(r.ownClients(s)) {
		return c, nil
	}
	var held []int
	var scaled []results.Scaling
	for _, n := range c.Clients {
		if n > limit {
			used := twoDigits(limit)
			scaled = append(scaled, results.Scaling{Of: results.ScaledClients, Asked: float64(n), Used: float64(used), Why: why})
			n = used
		}
		if !slices.Contains(held, n) {
			held = append(held, n)
		}
	}
	slices.Sort(held)
	return clients{Clients: held}, scaled
}

// mostClients returns the largest number of clients that this machine can hold, and
// the limit in words. 0 is unknown, and -1 means none.
func (c *Catalogue) mostClients() (limit int, why string) {
	limit = c.Connections.Max
	why, _, _ = strings.Cut(c.Connections.Reason, "; ") // the remedy follows
	if byMemory := int(min(c.MemoryBytes/2/clientMemory, math.MaxInt)); byMemory > 0 && (limit == 0 || byMemory < limit) {
		return byMemory, fmt.Sprintf("half of the %d MB of memory, at %d KiB a connection", c.MemoryBytes>>20, clientMemory>>10)
	}
	return limit, why
}

// scaleRates replaces absolute rates beyond the loader's pace by one that it paces. It
// returns what it scaled.
func (r *resolver) scaleRates(list []results.PlanRate, own bool, threads int) ([]results.PlanRate, []results.Scaling) {
	var paced []results.PlanRate
	var scaled []results.Scaling
	most := float64(max(1, threads)) * pacedByThread
	for _, x := range list {
		if x.Kind == results.RateAbsolute && x.RateRPS > most && r.scales(own) {
			scaled = append(scaled, results.Scaling{
				Of: results.ScaledRate, Asked: x.RateRPS, Used: most,
				Why: fmt.Sprintf("the loader has %s, and %d a second each is what it surely paces", results.Counted(max(1, threads), "thread"), pacedByThread),
			})
			x.RateRPS = most
		}
		if !slices.Contains(paced, x) {
			paced = append(paced, x)
		}
	}
	return paced, scaled
}

// twoDigits rounds a positive number down to two significant digits.
func twoDigits(n int) int {
	unit := 1
	for n/unit >= 100 {
		unit *= 10
	}
	return n / unit * unit
}

// warnScaled warns of each number of the table that was scaled down.
func (r *resolver) warnScaled(t *results.PlanTable) {
	for _, s := range t.Scaled {
		r.warn(fmt.Sprintf("%s is scaled to this machine, with %s", t.Scenario, s))
	}
}
