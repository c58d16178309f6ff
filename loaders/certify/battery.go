package certify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders/certify/lawserver"
	"github.com/joust-bench/joust/results"
)

// Family is a kind of law.
type Family string

// The families.
const (
	FamilyStall     Family = "stall"
	FamilyDelay     Family = "delay"
	FamilyOverload  Family = "overload"
	FamilyCounting  Family = "counting"
	FamilyAccounts  Family = "accounts"
	FamilyExchanges Family = "exchanges"
	FamilyBad       Family = "bad"
)

// families are all of them, with their cases, in the order of a battery.
var families = []struct {
	name  Family
	cases func(Selection) []Case
}{
	{FamilyStall, stalls}, {FamilyDelay, delays}, {FamilyOverload, overloads}, {FamilyCounting, countings}, {FamilyAccounts, accounts}, {FamilyExchanges, exchanges}, {FamilyBad, bads},
}

// Selection chooses the cases of a battery. The zero Selection chooses all cases,
// at full length.
type Selection struct {
	// Quick makes windows and stops shorter: the figures are less sharp.
	Quick bool
	// Families are those to run; none stands for all.
	Families []Family
	// RatesRPS are the rates of the stall law; none stands for DefaultRates.
	RatesRPS []float64
}

// DefaultRates are the rates of the stall law in req/s.
func DefaultRates() []float64 { return []float64{1000, 20_000} }

// The bounds that a certificate promises.
const (
	// Within is for the figures of stall, delay and overload, as a share.
	Within = 0.02
	// P50Within is for the difference of the median from that of the server's own
	// stamps.
	P50Within = 100 * time.Microsecond
)

const (
	// stallCapacity is the capacity in req/s of servers that stop, unless the rate
	// needs more; overloadCapacity is that of overloaded servers. One core on each
	// side can reach both.
	stallCapacity    = 50_000
	overloadCapacity = 10_000
	// headroom is the least ratio of capacity to rate under the stall law.
	headroom       = 2
	maxRate        = 1e6
	minRate        = 10
	overloadFactor = 2
)

// Battery returns the selected cases, in order. It returns an error for an unknown
// family or a rate out of range.
func Battery(o Selection) ([]Case, error) {
	var all []Family
	for _, f := range families {
		all = append(all, f.name)
	}
	for _, f := range o.Families {
		if !slices.Contains(all, f) {
			return nil, fmt.Errorf("there is no law %q: %s", f, joined(all))
		}
	}
	if len(o.RatesRPS) == 0 {
		o.RatesRPS = DefaultRates()
	}
	for _, r := range o.RatesRPS {
		if !(r >= minRate && r <= maxRate) {
			return nil, fmt.Errorf("rate %v req/s: from %v to %.0f", r, minRate, float64(maxRate))
		}
	}
	var cases []Case
	for _, f := range families {
		if len(o.Families) == 0 || slices.Contains(o.Families, f.name) {
			cases = append(cases, f.cases(o)...)
		}
	}
	return cases, nil
}

// joined returns the names with commas between them.
func joined[S ~string](names []S) string {
	var out []string
	for _, n := range names {
		out = append(out, string(n))
	}
	return strings.Join(out, ", ")
}

func stalls(o Selection) []Case {
	length, period, periods := time.Second, 10*time.Second, 3
	if o.Quick {
		length, period, periods = 200*time.Millisecond, 2*time.Second, 2
	}
	var cases []Case
	for _, rate := range o.RatesRPS {
		cases = append(cases, Stall{
			RateRPS: rate, CapacityRPS: max(stallCapacity, headroom*rate), Length: length, Period: period, Periods: periods,
			Connections: 64, Within: Within, P50Within: P50Within,
		})
	}
	return cases
}

// delays are long against the time that loader and kernel add to one exchange, and
// windows are long against one delay.
func delays(o Selection) []Case {
	long := Delay{Delay: 50 * time.Millisecond, Connections: 1000, Window: 8 * time.Second, Within: Within}
	short := Delay{Delay: 20 * time.Millisecond, Connections: 50, Window: 5 * time.Second, Within: Within}
	if o.Quick {
		long.Connections, long.Window, short.Window = 200, 5*time.Second, 2*time.Second
	}
	return []Case{short, long}
}

func overloads(o Selection) []Case {
	window := 4 * time.Second
	if o.Quick {
		window = time.Second
	}
	all := Overload{
		CapacityRPS: overloadCapacity, Factor: overloadFactor, Lead: lead, Window: window,
		Drain: window + time.Second, Connections: 64, Within: Within,
	}
	short := all
	short.Drain = 500 * time.Millisecond
	return []Case{all, short}
}

func countings(o Selection) []Case {
	window := 500 * time.Millisecond
	if o.Quick {
		window = 200 * time.Millisecond
	}
	base := Counting{Connections: 50, RateRPS: 5000, Window: window, Lead: lead}
	with := func(label string, change func(*Counting)) Case {
		c := base
		c.Label = label
		change(&c)
		return c
	}
	return []Case{
		with("hello", func(*Counting) {}),
		with("hello, one window", func(c *Counting) { c.Alone = true }),
		with("pipelined 16 deep", func(c *Counting) { c.Depth = 16 }),
		with("64 KiB answers", func(c *Counting) { c.AnswerBytes, c.RateRPS = 64<<10, 1000 }),
		with("64 KiB uploads", func(c *Counting) { c.UploadBytes, c.RateRPS = 64<<10, 1000 }),
		with("20 MiB uploads", func(c *Counting) { c.UploadBytes, c.RateRPS, c.Connections = 20<<20, 10, 8 }),
		with("reconnecting every 10", func(c *Counting) { c.ReconnectEvery, c.RateRPS = 10, 1000 }),
	}
}

// accounts are short: their figures are exact in any time. Closed loops that
// replace their connections have few, since each connection leaves a port behind.
func accounts(Selection) []Case {
	const ms = time.Millisecond
	var cases []Case
	for _, a := range []Accounts{
		{Behaviour: lawserver.Swallow, Every: 100, Connections: 64},
		{Behaviour: lawserver.Swallow, Every: 50, Connections: 64, RateRPS: 5000},
		{Behaviour: lawserver.Twice, Connections: 4},
		{Behaviour: lawserver.Twice, Connections: 64, RateRPS: 2000},
		{Behaviour: lawserver.Twice, Gap: ms / 2, Connections: 4},
		{Behaviour: lawserver.Twice, Gap: ms / 2, Connections: 64, RateRPS: 1000},
		{Behaviour: lawserver.ExtraBytes, Connections: 4},
		{Behaviour: lawserver.CloseAfter, Every: 1, Connections: 4},
		{Behaviour: lawserver.CloseAfter, Every: 10, Connections: 64},
		{Behaviour: lawserver.CloseAfter, Every: 10, Connections: 64, RateRPS: 5000},
	} {
		a.Window, a.Drain = 200*ms, 200*ms
		cases = append(cases, a)
	}
	return cases
}

// exchanges are short, as accounts are, and for the same reason.
func exchanges(Selection) []Case {
	const window = 200 * time.Millisecond
	return []Case{
		Exchanges{Abandoned, 4, 0, window}, Exchanges{Abandoned, 64, 1000, window},
		Exchanges{Streamed, 64, 0, window}, Exchanges{Streamed, 64, 1000, window},
		Exchanges{Fresh, 4, 0, window}, Exchanges{Fresh, 64, 1000, window},
		Exchanges{Together, 64, 0, window},
	}
}

// bads are all ways to misbehave, each with the cause of its failures.
func bads(Selection) []Case {
	const timeout = 250 * time.Millisecond
	// unsendable is an upload that no socket buffers can hold: its last byte is
	// never written.
	const unsendable = 32 << 20
	var cases []Case
	for _, b := range []Bad{
		{Behaviour: lawserver.WrongBody, Cause: results.CauseBody},
		{Behaviour: lawserver.ShortBody, Cause: results.CauseLength},
		{Behaviour: lawserver.LongBody, Cause: results.CauseLength},
		{Behaviour: lawserver.EarlyReply, Cause: results.CauseEarlyReply, Step: 20 * time.Millisecond, UploadBytes: unsendable},
		{Behaviour: lawserver.Status500, Cause: results.CauseStatus},
		{Behaviour: lawserver.Garbage, Cause: results.CauseProtocol},
		{Behaviour: lawserver.Hang, Cause: results.CauseTimeout},
		{Behaviour: lawserver.CloseMidBody, Cause: results.CauseLength},
		{Behaviour: lawserver.CloseUnanswered, Cause: results.CauseClosed},
		{Behaviour: lawserver.ResetUnanswered, Cause: results.CauseReset},
		{Behaviour: lawserver.Continue},
		{Behaviour: lawserver.ContinueOnly, Cause: results.CauseTimeout},
		{Behaviour: lawserver.Drip, Step: 200 * time.Microsecond},
		// A hundred bytes at this step take longer than the timeout.
		{Behaviour: lawserver.Drip, Cause: results.CauseTimeout, Step: 10 * time.Millisecond},
		{Behaviour: lawserver.Refuse, Cause: results.CauseConnectRefused},
		{Behaviour: lawserver.Silent, Cause: results.CauseTimeout},
	} {
		b.Connections, b.Window, b.Timeout = 4, 600*time.Millisecond, timeout
		cases = append(cases, b)
	}
	return cases
}

// Planned is the approximate time of a case.
func Planned(c Case) time.Duration {
	total := startAhead
	for _, p := range c.Load(1).Phases {
		total += p.Lead + p.Duration
	}
	if a, ok := c.(Accounts); ok && a.Behaviour == lawserver.Swallow {
		total += a.Drain
	}
	if o, ok := c.(Overload); ok {
		total += min(o.Drain, time.Duration((o.Factor-1)*float64(o.Lead+o.Window)))
	}
	if c.Law(0).CapacityRPS > 0 {
		total += startAhead + lead + defaultCapacityWindow
	}
	return total
}
