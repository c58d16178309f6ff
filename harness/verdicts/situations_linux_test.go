package verdicts

import (
	"os"
	"time"

	"github.com/joust-bench/joust/results"
)

// situation is one way in which a cell is limited or void, with the right verdict.
type situation struct {
	name string
	// staged says how, in words.
	staged string
	// server is the staged server's mode and its arguments.
	server []string
	slowed slowed
	// table is the ladder; header fills in its zero fields.
	table results.PlanTable
	// leastTime is the row's least time of an answer; 0 for none.
	leastTime time.Duration
	// competing is the side on whose processor other programs run, "server" or
	// "loader", workers their number; during makes them begin with the first window.
	competing string
	workers   int
	during    bool
	// shared gives server and loader one processor.
	shared bool
	// stopped stops the loader for the middle third of the measured window.
	stopped bool
	// missing says why it cannot be staged here; nil where it always can.
	missing func() string
	want    want
}

// want is the right verdict.
type want struct {
	// phase is the phase that is judged; empty for the closed loop.
	phase string
	// limits are the bottlenecks that are right, none for a phase that nothing
	// limited, anyLimit where that is not the question.
	limits []results.Bottleneck
	// flag must be among the flags, where it is set.
	flag results.Flag
	// void lists codes: a reason with one of them must void the phase. It is
	// trialVoid where the whole trial is void, and empty for a valid phase.
	void []string
	// says is a pattern that a reason, or the trial's reason, must match.
	says string
}

// trialVoid stands for a void trial, which has no phase to judge.
const trialVoid = "trial"

func limit(b results.Bottleneck) []results.Bottleneck { return []results.Bottleneck{b} }

var anyLimit = []results.Bottleneck{
	"", results.LimitServer, results.LimitBalanced, results.LimitLoader, results.LimitConnections, results.LimitUnknown,
}

// closed and open are the ladders with one loop.
func closed(clients int) results.PlanTable {
	return results.PlanTable{Clients: clients, Closed: true}
}

func open(clients int, rate float64) results.PlanTable {
	return results.PlanTable{Clients: clients, Rates: []results.PlanRate{{Kind: results.RateAbsolute, RateRPS: rate}}}
}

// situations is the battery.
func situations() []situation {
	const slow = 150 * time.Microsecond
	openPhase := func(t results.PlanTable) string { return t.Rates[0].PhaseName() }
	over, few, unpaced, lossy := open(16, 9000), open(4, 400), open(16, 9000), open(16, 2000)
	return []situation{
		{
			name: "server-bound", staged: "every answer costs the server 100 µs",
			server: []string{"burn", "100us"}, table: closed(16),
			want: want{limits: limit(results.LimitServer)},
		},
		{
			// The loader limits in 38 ms of 100, the server in the rest. A request
			// costs the loader 160 to 180 µs, as fast as the machine is, and the
			// server 35 or 230 µs: elasticities of 0.41 to 0.47, midway between
			// server and loader. A short period would be lost in what is in flight.
			name: "balanced", staged: "the loader costs 150 µs, the server in turn less and more",
			server: []string{"alternate", "20us", "210us", "38ms", "100ms"}, slowed: slowed{closed: slow}, table: closed(16),
			want: want{limits: limit(results.LimitBalanced)},
		},
		{
			name: "loader-bound", staged: "the loader burns 150 µs a response",
			server: []string{"good"}, slowed: slowed{closed: slow}, table: closed(16),
			want: want{limits: limit(results.LimitLoader)},
		},
		{
			name: "loader-bound by other work", staged: "the loader costs a little less than the server, and three programs compete on its core",
			server: []string{"burn", "25us"}, slowed: slowed{closed: 25 * time.Microsecond}, table: closed(64), competing: "loader", workers: 3, during: true,
			want: want{limits: limit(results.LimitLoader)},
		},
		{
			name: "connection-bound", staged: "every answer sleeps 20 ms, 4 clients",
			server: []string{"sleep", "20ms"}, table: closed(4),
			want: want{limits: limit(results.LimitConnections)},
		},
		{
			name: "shared CPU", staged: "server and loader on one processor",
			server: []string{"good"}, table: closed(16), shared: true,
			want: want{limits: limit(results.LimitSharedCPU)},
		},
		{
			name: "throttled", staged: "a quota of 40 % of a processor",
			server: []string{"quota", "100us"}, table: closed(16), missing: noQuota,
			want: want{limits: limit(results.LimitServer), flag: results.FlagThrottled, says: `quota held the server back`},
		},
		{
			name: "Nagle stall", staged: "head and body in two writes, without TCP_NODELAY",
			server: []string{"nagle"}, table: closed(4),
			want: want{limits: limit(results.LimitConnections), flag: results.FlagNagle, says: `40 ms`},
		},
		{
			name: "backlog too small", staged: "48 connects meet a queue of 32 that is left alone for 300 ms",
			server: []string{"backlog"}, table: closed(48),
			want: want{limits: anyLimit, flag: results.FlagBacklog, says: `backlog is too small`},
		},
		{
			name: "wrong bodies", staged: "one body of fifty is wrong",
			server: []string{"wrong"}, table: closed(16),
			want: want{limits: anyLimit, void: []string{"errors"}, says: `requests failed \(body`},
		},
		{
			name: "early reply", staged: "an upload is answered before its body has come",
			server: []string{"early"}, table: results.PlanTable{Scenario: "upload_20mb", Clients: 4, Closed: true},
			want: want{limits: anyLimit, void: []string{"errors"}, says: `early_reply`},
		},
		{
			name: "requests unanswered", staged: "one request of five hundred is never answered",
			server: []string{"swallow"}, table: closed(16),
			want: want{limits: anyLimit, void: []string{"unanswered"}, says: `requests had no answer`},
		},
		{
			name: "requests unanswered at a rate", staged: "2000 req/s, and one request of five hundred is never answered",
			server: []string{"swallow"}, table: lossy,
			want: want{phase: openPhase(lossy), limits: limit(""), void: []string{"unanswered"}, says: `requests had no answer`},
		},
		{
			name: "answered twice", staged: "one request of fifty is answered twice",
			server: []string{"twice"}, table: closed(16),
			want: want{limits: anyLimit, void: []string{"surplus"}, says: `that no request asked for`},
		},
		{
			name: "connections refused service", staged: "every connection is closed as soon as it is accepted",
			server: []string{"refuse"}, table: closed(16),
			want: want{limits: limit(results.LimitUnknown), void: []string{"backed-off"}, says: `the numbers show its waiting, not the server`},
		},
		{
			name: "loader stopped", staged: "the loader is stopped for a third of the window",
			server: []string{"burn", "100us"}, table: closed(16), stopped: true,
			want: want{limits: limit(results.LimitUnknown), flag: results.FlagDisturbed, says: `the loader stood still for (2|3|4)\d\.\d %`},
		},
		{
			name: "server crash", staged: "the server exits under load",
			server: []string{"crash"}, table: closed(16),
			want: want{void: []string{trialVoid}, says: `the server ended during the trial: exit status 9`},
		},
		{
			name: "over capacity", staged: "9000 req/s for a server that can 4000",
			server: []string{"burn", "230us"}, table: over,
			want: want{phase: openPhase(over), limits: limit(results.LimitServer), flag: results.FlagSaturated},
		},
		{
			name: "too few connections", staged: "400 req/s of 20 ms each over 4 connections",
			server: []string{"sleep", "20ms"}, table: few,
			want: want{phase: openPhase(few), limits: limit(results.LimitConnections), says: `about (8|9|10) connections`},
		},
		{
			name: "loader cannot pace", staged: "9000 req/s, and the loader burns 230 µs a response",
			server: []string{"good"}, slowed: slowed{open: 230 * time.Microsecond}, table: unpaced,
			want: want{phase: openPhase(unpaced), limits: limit(""), void: []string{"loader-behind"}},
		},
		{
			name: "faster than arithmetic", staged: "the row's answers take 15 ms at least, and the server soon answers at once",
			server: []string{"hurry", "15ms"}, table: closed(16), leastTime: 15 * time.Millisecond,
			want: want{limits: anyLimit, void: []string{"above-ceiling"}, says: `arithmetic ceiling of 1067: 16 clients`},
		},
		{
			name: "at the arithmetic ceiling", staged: "the row's answers take 15 ms at least, and the server waits for them",
			server: []string{"sleep", "15ms"}, table: closed(4), leastTime: 15 * time.Millisecond,
			want: want{limits: limit(results.LimitConnections)},
		},
		{
			name: "disturbed", staged: "a program begins to compete on the server's core",
			server: []string{"burn", "100us"}, table: closed(16), competing: "server", workers: 2, during: true,
			want: want{limits: anyLimit, flag: results.FlagDisturbed},
		},
	}
}

// noQuota says why no quota can be set here.
func noQuota() string {
	if os.Getuid() != 0 {
		return "only root may set a CPU quota"
	}
	if ownCPUMax() == "" {
		if _, err := cpuControllerV1(); err != nil {
			return err.Error()
		}
	}
	return ""
}
