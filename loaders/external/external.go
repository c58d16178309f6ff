// Package external drives load tools that are not joust's own: wrk, wrk2, h2load
// and ab. It knows which rows of the scenario table each tool can express, writes
// its command line and input files, and reads its whole output into a
// results.Report, in which figures that the tool does not know are absent. A
// Starter starts the tools; the package itself asks them for their versions only.
package external

import (
	"cmp"
	"fmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
)

// Joust is the name of joust's own loader among those of the tools.
const Joust = "joust"

// Tool is one foreign load tool.
type Tool struct {
	// Name is that of --loader.
	Name string
	// Title is one line for people.
	Title string
	// Loop is the one kind of load that the tool makes.
	Loop results.Loop
	// Image is the container image that stands in for a program on PATH, empty
	// for none.
	Image string
	// Install says how to install the tool.
	Install string
	// Defects are the known defects of the tool's figures, for notes below its
	// cells.
	Defects []string

	// express returns why the tool cannot ask the row, empty where it can.
	express func(*scenarios.Scenario) string
	// threads is the number of threads that the tool runs.
	threads func(run) int
	command func(run) (command, error)
	parse   func(Output) (tally, error)
	// writes are the names of the files that the tool writes into its folder.
	writes []string
}

// unchecked is the defect that all tools share.
const unchecked = "answers are not checked under load: a wrong body counts as right (joust asks every request once before the load, and checks that)"

// Tools are the tools that joust can drive, in the order in which they are
// listed.
func Tools() []Tool {
	return []Tool{
		{
			Name: "wrk", Title: "closed loop, an event loop a thread (C)", Loop: results.ClosedLoop,
			Install: "install the package wrk",
			Defects: []string{
				unchecked,
				"latencies are back-filled: wrk adds samples that it never measured wherever one took longer than the mean interval of a connection, so its percentiles are no service times",
				"a request that is never answered is never counted; a lost connection in flight counts as a read error",
				"connections beyond a multiple of the threads are dropped, so joust asks for a number of threads that divides them",
				"with pipelining all answers of a batch are awaited before the next, and latency is that of the whole batch",
			},
			express: wrkExpress, threads: dividing, command: wrkCommand, parse: parseWrk,
		},
		{
			Name: "wrk2", Title: "open loop at a constant rate, by wrk's engine (C)", Loop: results.OpenLoop,
			Image: "cylab/wrk2", Install: "build it from github.com/giltene/wrk2 and put it on PATH as wrk2",
			Defects: []string{
				unchecked,
				"its timer rounds up to a millisecond: corrected latencies are about 0.5 ms too long in the mean, and p50 is about 1 ms for every server",
				"in runs of more than 10 s only what comes after its calibration of 10 s enters the latencies, and all of it the rate; shorter runs have the start-up in both",
				"what was due and not sent when it ends is in no figure: overload looks better than it is",
				"idle connections are counted as timeouts",
				"it does not print how many requests it intended: offered is the rate times the length of the run",
			},
			express: wrk2Express, threads: dividing, command: wrk2Command, parse: parseWrk2,
		},
		{
			Name: "h2load", Title: "closed loop over HTTP/1.1 here, by nghttp2 (C++)", Loop: results.ClosedLoop,
			Install: "install the package nghttp2-client",
			Defects: []string{
				unchecked,
				"it prints no percentiles: mean, smallest and largest service time only",
				"a connection that the server closes is neither opened again nor counted as an error: throughput falls silently, and where all are closed it may never end",
				"its requests have a User-Agent of its own, and lower-case field names",
			},
			express: h2loadExpress, threads: upToConnections, command: h2loadCommand, parse: parseH2load,
		},
		{
			Name: "ab", Title: "closed loop on one thread, HTTP/1.0 with keep-alive (C)", Loop: results.ClosedLoop,
			Install: "install the package apache2-utils",
			Defects: []string{
				unchecked + ", but for a length that differs from the first answer's",
				"it speaks HTTP/1.0: some servers answer that on another path, or close the connection each time",
				"one thread, whatever the number of CPUs, and more system calls a request than the others",
				"its requests have a User-Agent and an Accept of its own",
				"an exception is counted beside the receive error of the same connection",
			},
			express: abExpress, threads: one, command: abCommand, parse: parseAB, writes: []string{abPercentiles},
		},
	}
}

// Names are the names of the tools.
func Names() []string {
	var names []string
	for _, t := range Tools() {
		names = append(names, t.Name)
	}
	return names
}

// Lookup returns the tool of that name.
func Lookup(name string) (Tool, error) {
	for _, t := range Tools() {
		if t.Name == name {
			return t, nil
		}
	}
	return Tool{}, fmt.Errorf("unknown loader %q%s", name, suggest.Hint(name, append([]string{Joust}, Names()...)))
}

// WhyNot returns why the tool cannot ask the row over the protocol, empty where it
// can.
func (t Tool) WhyNot(row *scenarios.Scenario, p scenarios.Protocol) string {
	switch {
	case p != scenarios.H1:
		return fmt.Sprintf("joust drives %s over %s only", t.Name, scenarios.H1)
	case !row.Allows(scenarios.Mode(t.Loop)):
		return fmt.Sprintf("%s makes %s loops only, which have no meaning for this row", t.Name, t.Loop)
	case row.Unit != "" && row.Unit != scenarios.Requests:
		return fmt.Sprintf("%s counts requests, and the row %s", t.Name, row.Unit)
	}
	if why := cmp.Or(inexpressible(row), t.express(row)); why != "" {
		return t.Name + ": " + why
	}
	return ""
}

// inexpressible returns why no tool can ask the row, empty where some can.
func inexpressible(row *scenarios.Scenario) string {
	for i := range row.Requests {
		r := &row.Requests[i]
		switch {
		case r.Exchange != nil:
			return "a request that is sent or awaited in steps cannot be said to it"
		case len(r.Expect.Encodings) > 0:
			return "it does not inflate the compressed answers of this row"
		case r.Expect.Status >= 400 || r.Expect.Status > 0 && r.Expect.Status < 200:
			return fmt.Sprintf("it counts the right answer of this row, status %d, as a failure", r.Expect.Status)
		}
	}
	switch {
	case row.Connection.Together:
		return "it cannot make all connections connect at one moment, in waves"
	case row.Connection.ReconnectEvery > 1:
		return fmt.Sprintf("it cannot open a new connection after every %d requests", row.Connection.ReconnectEvery)
	case row.Connection.CloseWith == scenarios.RST:
		return "it cannot end connections with a reset"
	case len(row.Requests) > 1 && row.Rotation != scenarios.PerRequest && row.Rotation != "":
		return fmt.Sprintf("it cannot alternate requests %s", row.Rotation)
	}
	return ""
}
