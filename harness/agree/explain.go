package agree

import (
	"fmt"
	"math"
	"slices"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
)

const (
	// same is the ratio within which two loaders are said to agree.
	same = 0.05
	// crowded is the share of the server's CPUs above which other programs are
	// mentioned.
	crowded = 0.10
)

// differs reports whether a ratio needs an explanation.
func differs(ratio *float64) bool {
	return ratio != nil && math.Abs(math.Log(*ratio)) > math.Log1p(same)
}

// cancel reports whether one ratio is the reciprocal of the other.
func cancel(a, b float64) bool { return math.Abs(math.Log(a*b)) < math.Log1p(2*same) }

// reasons are sentences, each once.
type reasons []string

func (r *reasons) add(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(*r, text) {
		*r = append(*r, text)
	}
}

// explain returns the known reasons why the contenders differ, in plain words.
func explain(c *Match) []string {
	var why reasons
	if others := c.others(); others > crowded {
		why.add("%.0f %% of the server's CPUs went to something else than the server: throughput and latency here are that something's as well, while CPU per request can be compared", others*100)
	}
	for i := 1; i < len(c.Contenders); i++ {
		s := &c.Contenders[i]
		if s.Ratios == nil {
			continue
		}
		before := len(why)
		switch {
		case s.Idle != "":
			c.explainOwn(s, &why)
		case c.Loop == results.OpenLoop:
			s.explainOpen(&why)
		default:
			c.explainClosed(s, &why)
		}
		if len(why) == before {
			why.add("%s and joust agree within %.0f %% in all that both report", s.Loader, same*100)
		}
	}
	return why
}

// others is the largest share of the server's CPUs that other programs had.
func (c *Match) others() (most float64) {
	for _, s := range c.Contenders {
		if s.OthersShare != nil {
			most = max(most, *s.OthersShare)
		}
	}
	return most
}

func (c *Match) explainClosed(s *Contender, why *reasons) {
	r := s.Ratios
	if differs(r.Throughput) {
		c.explainThroughput(s, why)
	}
	c.explainLatency(s, why)
	switch {
	case !differs(r.LoaderCPU):
	case *r.LoaderCPU > 1:
		why.add("loader work: %s needs %.2f × joust's for a request: %s", s.Loader, *r.LoaderCPU, costs(s.Loader))
	default:
		why.add("loader work: %s needs %.2f × joust's for a request; joust compares every body, and reads the clock at every send and every answer", s.Loader, *r.LoaderCPU)
	}
	if differs(r.ServerCPU) {
		why.add("server CPU: a request costs the server %.2f × under %s: %s", *r.ServerCPU, s.Loader, wakes(s.Loader))
	}
}

// explainOwn explains another idle strategy of joust's own loader. A strategy that
// finds more than the default shows that the default's peak is not the server's.
func (c *Match) explainOwn(s *Contender, why *reasons) {
	r, above := s.Ratios, c.limits.AbovePeak
	if c.Loop == results.ClosedLoop && r.Throughput != nil && *r.Throughput > 1+above {
		why.add("throughput: %.2f × by %s, more than %.0f %% above the default: the default's peak is not the server's", *r.Throughput, s.Loader, above*100)
	} else if c.Loop == results.ClosedLoop && differs(r.Throughput) {
		c.explainThroughput(s, why)
	}
	sleeps := s.Idle == loaders.Hybrid || s.Idle == loaders.Wait
	switch {
	case differs(r.ServerCPU) && sleeps && *r.ServerCPU > 1:
		why.add("server CPU: a request costs the server %.2f × under %s: a loader that sleeps has to be woken, and the server pays for that", *r.ServerCPU, s.Loader)
	case differs(r.ServerCPU):
		why.add("server CPU: a request costs the server %.2f × under %s: %s", *r.ServerCPU, s.Loader, bursts)
	}
	if sleeps && (differs(r.P50) || differs(r.P99)) {
		why.add("latency: under %s an answer waits until the loader is awake again", s.Loader)
	}
}

// explainThroughput names a loader that was its own limit, or a server that
// needed more for each request, if either was.
func (c *Match) explainThroughput(s *Contender, why *reasons) {
	ours, x := &c.Contenders[0], *s.Ratios.Throughput
	switch cost := s.Ratios.ServerCPU; {
	case c.full(s):
		why.add("throughput: %.2f × by %s, which ran %.0f %% of its CPU while the server had some left: that is its own ceiling and not the server's", x, s.Loader, *s.LoaderShare*100)
	case c.full(ours):
		why.add("throughput: %.2f × by %s; joust ran %.0f %% of its CPU while the server had some left: its figure is a lower bound", x, s.Loader, *ours.LoaderShare*100)
	case c.others() > crowded:
		why.add("throughput: %.2f × by %s; what else ran on the server's CPUs may be all of it", x, s.Loader)
	case differs(cost) && cancel(x, *cost):
		why.add("throughput: %.2f × by %s, since a request costs the server %.2f ×", x, s.Loader, *cost)
	default:
		why.add("throughput: %.2f × by %s; neither loader's CPU nor the server's cost of a request explains it", x, s.Loader)
	}
}

// full reports whether the loader was full while the server was not.
func (c *Match) full(s *Contender) bool {
	least := c.limits.FullShare
	return s.LoaderShare != nil && *s.LoaderShare >= least && (s.ServerShare == nil || *s.ServerShare < least)
}

// explainLatency compares latencies with Little's law: in a closed loop the mean
// is connections × depth ÷ throughput, less the loader's time between requests.
func (c *Match) explainLatency(s *Contender, why *reasons) {
	r := s.Ratios
	if !differs(r.P50) && !differs(r.P99) && !differs(r.Mean) {
		return
	}
	if s.Loader == "wrk" {
		what := ""
		if mean, most := s.MeanNS, c.longest(s); mean != nil && *mean > most*(1+same) {
			what = fmt.Sprintf(": its mean of %s µs cannot be, since %d connections at %s req/s leave a request %s µs (Little's law)",
				table.Digits(*mean/1e3), c.Clients, table.Digits(*s.ThroughputRPS), table.Digits(most/1e3))
		}
		if c.Depth > 1 {
			why.add("latency: wrk times a whole batch of %d answers, joust each one", c.Depth)
			return
		}
		why.add("latency: wrk back-fills: wherever an answer took longer than the mean interval of a connection it adds samples that nobody measured%s", what)
		return
	}
	if differs(r.Throughput) && (r.Mean == nil || cancel(*r.Mean, *r.Throughput)) {
		why.add("latency: that of %s goes with its throughput: in a closed loop the mean is connections ÷ throughput", s.Loader)
		return
	}
	why.add("latency: %s reads its clock when its loop has handled an answer, joust when it has read the answer from the kernel", s.Loader)
}

// longest is the mean latency by Little's law, in nanoseconds.
func (c *Match) longest(s *Contender) float64 {
	return float64(c.Clients*max(1, c.Depth)) / *s.ThroughputRPS * 1e9
}

func (s *Contender) explainOpen(why *reasons) {
	r := s.Ratios
	if differs(r.P50) || differs(r.Mean) {
		why.add("latency: %s's timer rounds up to a millisecond, so its corrected p50 is about 1 ms for every server at every rate and its mean about 0.5 ms too long; joust sends within microseconds of the schedule", s.Loader)
	}
	if differs(r.P99) {
		why.add("p99: the same rounding is in it; runs of less than 10 s of %s have its start-up in them as well, where joust has a warm-up", s.Loader)
	}
	if differs(r.LoaderCPU) {
		why.add("loader work: %.2f × joust's, whose empty polls are no work, while %s's CPU time is counted whole", *r.LoaderCPU, s.Loader)
	}
	if differs(r.ServerCPU) {
		why.add("server CPU: a request costs the server %.2f × under %s: what is due goes together once a millisecond, and wakes the server in other bursts than evenly spaced requests do", *r.ServerCPU, s.Loader)
	}
	if differs(r.Throughput) {
		why.add("throughput: %.2f × of joust's at the same rate: one of the two did not keep it", *r.Throughput)
	}
}

// costs says why a loader needs more CPU time than joust.
func costs(loader string) string {
	return map[string]string{
		"wrk":    "it arms and disarms the wait for writing around each request, two system calls that joust does not make",
		"h2load": "it goes through an event library and a general HTTP parser, joust through a loop of its own and a parser that remembers the last head",
		"ab":     "it takes a connection out of the poll and puts it back around each request",
	}[loader]
}

// bursts is why a server's cost depends on the loader's timing.
const bursts = "a loader that asks in other bursts lets the server sleep more or less often, and each wake-up costs"

// wakes says why the server's cost depends on the loader.
func wakes(loader string) string {
	switch loader {
	case "ab":
		return "it speaks HTTP/1.0 and sends two fields of its own, which is another path through the server; and " + bursts
	case "h2load":
		return "it sends a User-Agent of its own; and " + bursts
	}
	return "the bytes are the same, but " + bursts
}
