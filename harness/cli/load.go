package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/export"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

func (a *app) loadCommand() *cobra.Command {
	var f loadFlags
	c := &cobra.Command{
		Use:   "load URL",
		Short: "Load one target, ad hoc",
		Long: `Load one target and print the result.

Without -R the loop is closed: every connection asks again when it is answered,
which finds the peak throughput and reports service time. With -R the loop is
open: requests are due at fixed times, and latency counts from the time at which
each was due: waiting shows. --poisson makes these times random, --ramp-to
changes the rate over the window, --burst makes many due at once.

--rate-profile lets the rate follow a curve that is pressed into -d. Shares (min, low,
multiplier, baseline) are of -R, which is the top of sine, sawtooth, square and
business-hours; levels and the rates of a file are in requests per second. A CSV file
has a head time_sec,rate or time_sec,multiplier; between its lines the rate is linear.
There is no warm-up unless one is asked for, which runs at the curve's mean rate.

--users and --think make a closed loop of people: each user thinks, borrows the
connection that has been idle for longest, asks once, and gives it back with the
answer. Users who find none free wait for one, first come, first served; corrected
latency counts that wait. The think time is constant (1s), spread evenly around a
time (1s±50%) or between two (uniform 1s..5s), or exponential (exp 1s). --ramp
spreads the starts of users over a time from the begin of the load. The ramp is part
of the measured window then: there is no warm-up unless one is asked for, in which
the ramp begins.

An answer is right when its status is from 200 to 399, or the one given with
--expect-status, and its body the one given with --expect-body. A wrong answer is
a failed request: it is counted by status and cause, the first is told in words,
its time stands in a column of its own, and the load goes on.

--expect-json names a value by its path: names with dots, numbers in brackets for the
elements of lists, names in brackets and quotes where they have other letters, $ for
the whole document: items[0].id=5, ["a.b"]=true, $=[]. The value is JSON where it
reads as JSON (5, true, null, "5"), else a text. --expect-json and --expect-regex look
into bodies of up to 4 MiB, inflated with --compressed; a larger one is wrong.

--url-file asks many URLs, on one host or several: each line is a URL, METHOD URL, or
{"url": "…", "method": "PUT", "headers": {"Name": "value"}, "body": "text" or
{"json": …}, "weight": 2, "expect": {"status": 201}}. Blank lines and those that begin
with # are skipped. All requests are asked in turn, equally often; where weights differ
they are drawn in proportion to them. Flags such as -H, -b and --expect-status hold for
each line that says nothing else. On several hosts each thread has connections to all
of them, in proportion to their requests, and users, as many as connections where
--users gives no number, borrow one of the host that they ask. Requests for a host that
is down fail at once, and all others go on. A slow host makes the users of a closed loop
wait; an open one (-R) keeps its rate to the others.

--follow follows redirects, at most ten in a row and within the URL's scheme, host
and port. A request and those that it leads to count as one, with the time from
the first send to the last answer. Without --follow a redirect is an answer.

--breakdown shows where the time of right answers goes: looking up the URL's name
(for each connection), connect, TLS handshake, writing the request, the wait for the
first byte, the transfer up to the last, and all of these together. Figures of the
first three are of connections, one value each; a kept connection has them once.

In the URL's path and query, in headers and in the body, ${…} is a value that is new for
each request: ${uuid()}, ${randint(1,100)}, ${randstr(8)}, ${counter(orders)}, which
counts from 1 over all threads, ${now()}, ${now(unix)}, or a column of --data. Values
are escaped in the URL and stand as they are elsewhere. A literal ${ is written $${.

--flow lets users walk through the flows of a file: ordered steps with texts that are
taken out of answers, conditions, pauses, data rows and cookies, and a mix of several
flows (scripts/README.md has the keys, scripts/flow.yaml an example). Without -R all
users walk all the time; with -R arrivals begin iterations at that rate, each by an
idle user, and those that find none are counted as blocked. -n counts requests.

--threshold is a bound of a figure: METRIC<LIMIT or METRIC>LIMIT, also with = behind
the sign. Metrics: p50 or any other percentile, min, max, mean, stdev (corrected
latency in an open loop and with users, else service time), error_rate, errors,
status_503 or any other status, throughput (rps), achieved, bytes/s. The name of a
group of requests before it, where * stands for any text, bounds that group alone:
"GET /pay*: p99<1s". A threshold is kept, broken, or not measured. It is not told where
the loader's own time, or requests without an answer, reach the limit: then neither
answer is sure.

--abort-on ends the load early where a condition has held for a time, in warm-up and
window. error_rate, throughput and bytes/s are then those of the last second, latencies
those of the last segment of a second, and errors are counted from the window's begin.

--find makes a load a step, and finds the most users, the highest rate or the most
connections that keep the conditions of --keep. The load grows by --find-factor until a
step breaks them; further steps lie between the last that kept them and the first that
did not, down to 3 % or one user; and the answer is asked for once more. A step that
cannot be told is asked for again, once, and so is the first that breaks the conditions.
Where the loader was the limit the answer is a lower bound. Users have a connection each
unless -c is given; a rate is kept where 99 % of it are achieved. Exit status then: 0
found, 2 it cannot be told, 3 not even the first step keeps the conditions, 4 the target
went away.

--script lets a script in Lua say what is asked, as wrk's -s does: its functions setup,
init, request, response, delay and done are called in wrk's order, once loaded for each
thread. Arguments behind the URL go to init. There is no warm-up unless one is asked for.
What done prints stands behind the result. An error in a function ends the load: the
result so far is printed, and the exit status is 1.

With -n and -d the load ends at whichever comes first; with -n alone it has no
bound in time, and no warm-up unless one is asked for. It also ends when no
connection could be made for --connect-timeout: the server went away. A warm-up runs
at the same rate as what follows, that with which a ramp begins, and is not counted.

The result is a text on standard output, or what --format names. --output writes it
into files too, each in the format of its name's end (.json, .csv, .md, .html, .txt,
.hgrm for the percentiles, .jsonl for the iterations that flows keep): they are whole
when the load ends, or not there. --show picks the parts that can be left out:
histogram, the requests by latency; within, the latency within which shares of them
were served; time, throughput and latency over the window; all or none. CSV has a row
for the window, one a group of requests where there are several and, with time, one a
segment.

Several loads may run on a machine at once: the report names the other jousts that
measured meanwhile. While a comparison measures (run, duel, agree, calibrate,
certify, check), a load waits and says for whom; --anyway does not wait.

Exit status: 0 the load ran, whatever failed in it; 1 it could not run, or its script
failed; 2 wrong
usage, or a threshold that cannot be told; 3 a threshold is broken or has no value, or
a rule of --abort-on ended the load; 4 void: nothing was answered rightly, nothing was
measured, the server went away, or an answer came that nobody asked for;
130 interrupted, the partial result is printed.`,
		Example: `  joust load http://127.0.0.1:8080/
  joust load http://127.0.0.1:8080/ -c 256 -t 2 -d 30s
  joust load http://127.0.0.1:8080/ --users 5000 --think 'exp 2s' -c 200
  joust load http://127.0.0.1:8080/ --users 300 --ramp 30s --think 1s±50% -d 2m
  joust load http://127.0.0.1:8080/ -R 20k --poisson --cpus 2-3
  joust load http://127.0.0.1:8080/ -R 1k --ramp-to 50k -d 1m
  joust load http://127.0.0.1:8080/ -R 5k --burst 100
  joust load http://127.0.0.1:8080/ -R 5k --rate-profile spike:interval=10,multiplier=5 -d 1m
  joust load http://127.0.0.1:8080/echo -b hello --expect-body hello -n 100000
  joust load http://127.0.0.1:8080/health --expect-json status=ok --expect-header Date
  joust load http://127.0.0.1:8080/ --follow --request-id=X-Trace
  joust load 'http://127.0.0.1:8080/users/${id}?q=${randstr(8)}' --data users.csv --bust
  joust load http://127.0.0.1:8080/ -R 5k --threshold "p99<20ms" --threshold "error_rate<0.1%"
  joust load http://127.0.0.1:8080/ -R 5k -d 10m --abort-on "error_rate>20% for 10s"
  joust load http://127.0.0.1:8080/ --find users --think 1s --keep "p95<300ms,error_rate<1%"
  joust load --script post.lua http://127.0.0.1:8080/ -- an-argument-of-the-script
  joust load --flow scripts/flow.yaml --users 200 --ramp 10s
  joust load --url-file urls.txt -H 'Accept: text/html' -n 100k
  joust load http://127.0.0.1:8080/ --show all --output load.html --output load.json`,
		Args: loadURLs,
		RunE: func(c *cobra.Command, args []string) error { return a.load(c, args, &f) },
	}
	f.register(c.Flags())
	c.SetUsageFunc(sectionedUsage)
	return c
}

func (a *app) load(c *cobra.Command, urls []string, f *loadFlags) error {
	ctx := c.Context()
	wanted, err := f.check()
	if err := errors.Join(err, f.readRules(wanted.options.Thresholds)); err != nil {
		return session.Usage(err)
	}
	if f.quiet {
		a.opener.Say = func(string, ...any) {}
	}
	if f.load.Find.Of != "" {
		return a.findCapacity(ctx, c.Flags(), urls, f)
	}
	f.load.OverTime = wanted.overTime() || !f.quiet && newDisplay(a.stderr).live
	l, report, err := a.measure(ctx, c.Flags(), urls, f, func(l *aim) { l.printed = a.printsOn(wanted.format) })
	if l == nil || report == nil {
		return err
	}
	return errors.Join(a.printLoad(ctx, l, f.quiet, wanted, *report), err)
}

// measure makes the load of the flags. begun, where it is not nil, is called when the
// flags are right and the machine is free, right before the load. The report is nil where
// there was no load; the error is that of the load, or of what came after it.
func (a *app) measure(ctx context.Context, flags *pflag.FlagSet, urls []string, f *loadFlags, begun func(*aim)) (*aim, *results.Report, error) {
	l, err := a.aimAt(ctx, flags, urls, f)
	if err != nil {
		return nil, nil, err
	}
	chosen, err := engine.Choose(l.spec)
	if err != nil {
		return l, nil, session.Usage(err)
	}
	if err := room("-c", l.spec.Connections); err != nil {
		return l, nil, err
	}
	share, err := a.opener.Share(ctx, f.anyway)
	if err != nil {
		return l, nil, err
	}
	a.stopping.Store(draining)
	if begun != nil {
		begun(l)
	}
	report, err := a.drive(ctx, chosen, l, f.quiet)
	neighbours, leaveErr := share.Leave()
	if err != nil {
		return l, nil, l.explain(err)
	}
	report.Neighbours = neighbours
	return l, &report, leaveErr
}

// room makes room for that many connections, or names the limit that leaves none;
// whose names them, such as "-c".
func room(whose string, connections int) error {
	if err := machine.Room(connections); err != nil {
		return session.Usage(fmt.Errorf("%s %d: %w", whose, connections, err))
	}
	return nil
}

func (a *app) drive(ctx context.Context, chosen loaders.Loader, l *aim, quiet bool) (results.Report, error) {
	// Two more than the loops: one for the command, one for the runtime.
	runtime.GOMAXPROCS(l.spec.Threads + 2)
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	control := &loadControl{loadProgress: a.newLoadProgress(l.spec.Phases, quiet), target: l, ctx: ctx, cancel: cancel, stderr: a.stderr}
	control.silent = l.watch != nil
	var err error
	if control.exports, err = export.Start(l.exports); err != nil {
		return results.Report{}, err
	}
	a.drawing.Store(control.display)
	report, err := chosen.Run(ctx, l.spec, l.watching(control))
	control.end()
	a.drawing.Store(nil)
	l.concludeExports(outer, control.exports, &report)
	if wrong := (*wrongProtocol)(nil); errors.As(context.Cause(ctx), &wrong) {
		return report, wrong
	}
	report.Aborted = abortOf(ctx)
	report.Version, report.ReconnectEvery = Version, l.spec.Connection.ReconnectEvery
	return report, err
}

// printLoad prints the result, which decides the exit code.
func (a *app) printLoad(ctx context.Context, l *aim, quiet bool, wanted resultOutput, report results.Report) error {
	err := a.printResult(wanted, l.title, &report)
	gates, wrong := summary.Judge(&report, wanted.options)
	if err = errors.Join(err, wrong); err != nil {
		return err
	}
	reasons := summary.Reasons(&report)
	if (wanted.format == summary.JSONFormat || wanted.format == summary.CSVFormat) && !quiet {
		a.explainExit(reasons, gates)
	}
	switch {
	case ctx.Err() != nil || report.Interrupted && report.Aborted == nil:
		return exit(ExitInterrupted)
	case report.Script != nil && report.Script.Error != "":
		return exit(ExitFailed)
	case report.Aborted != nil || summary.Failed(gates):
		return exit(ExitWrong)
	case summary.Undecided(gates):
		return exit(ExitUsage)
	case summary.Void(reasons):
		return exit(ExitVoid)
	}
	return nil
}

// explainExit says on stderr what a reader of JSON or CSV would not see: why the load is
// void or ended early, and which thresholds it did not keep.
func (a *app) explainExit(reasons []results.Reason, gates []summary.Threshold) {
	void := summary.Void(reasons)
	for _, r := range reasons {
		if void || r.Code == summary.CodeAborted || r.Code == summary.CodeScript {
			a.say("joust: %s", r.Text)
		}
	}
	for _, g := range gates {
		if g.Outcome != metric.Kept {
			a.say("joust: %s", g)
		}
	}
}
