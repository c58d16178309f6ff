package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/joust-bench/joust/results"
)

const (
	// autoClients asks for a sweep that doubles until throughput stops growing.
	autoClients = "auto"
	// maxAutoClients bounds the sweep on a machine without another limit.
	maxAutoClients = 1 << 14
	// usualAutoClients is the usual end of the sweep, for the planned time.
	usualAutoClients = 256
)

// clients holds one number of clients, or several for a sweep, ascending.
type clients results.PlanSweep

// parseClients reads numbers, or "auto" alone. wrong is the message about other
// texts, or "".
func parseClients(texts clientsYAML, _ origin) (c clients, wrong string) {
	for _, text := range texts {
		text := strings.TrimSpace(string(text))
		if text == autoClients && len(texts) == 1 {
			return clients{Auto: true}, ""
		}
		n, err := results.ParseInt(text)
		if err != nil {
			return c, fmt.Sprintf("%q is no number of clients; write one such as 64 or 1k, several such as 1,8,64, or %s alone", text, autoClients)
		}
		if wrong := count("clients", 1, maxClients)(n); wrong != "" {
			return c, wrong
		}
		if slices.Contains(c.Clients, n) {
			return c, fmt.Sprintf("%d clients are listed twice", n)
		}
		c.Clients = append(c.Clients, n)
	}
	if len(c.Clients) == 0 {
		return c, "clients is empty; leave it out or give it a value"
	}
	slices.Sort(c.Clients)
	return c, ""
}

// String returns the text that parseClients reads.
func (c clients) String() string {
	if c.Auto {
		return autoClients
	}
	return listed(c.Clients)
}

// into writes the clients into a table: the sweep, and one number for scouting, the
// largest of the sweep up to the default. Doubling begins at the number of threads
// and ends at half of the limit, since earlier points may still hold ports.
func (c clients) into(t *results.PlanTable, limit, threads int) {
	if !c.Auto && len(c.Clients) == 1 {
		t.Clients = c.Clients[0]
		return
	}
	t.Sweep = (*results.PlanSweep)(&c)
	if c.Auto {
		end := maxAutoClients
		if limit != 0 {
			end = max(1, min(end, limit/2))
		}
		for n := 1; n <= end; n *= 2 {
			if n >= threads {
				t.Sweep.Clients = append(t.Sweep.Clients, n)
			}
		}
	}
	if len(t.Sweep.Clients) == 0 {
		t.Sweep.Clients = []int{max(1, threads)}
	}
	for i, n := range t.Sweep.Clients {
		if i == 0 || n <= DefaultClients {
			t.Clients = n
		}
	}
}

// clientsYAML is one number, a list of numbers, or auto.
type clientsYAML []anyYAML

// UnmarshalText reads a single value, or several with commas.
func (c *clientsYAML) UnmarshalText(text []byte) error {
	for part := range strings.SplitSeq(string(text), ",") {
		*c = append(*c, anyYAML(part))
	}
	return nil
}
