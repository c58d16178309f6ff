package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/compare"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/suggest"
)

type compareFlags struct {
	failOn, metrics    []string
	format             string
	strict             bool
	servers, scenarios []string
}

// formatComment is a comment for a pull request.
const formatComment = "comment"

// compareFormats are the formats of joust compare.
var compareFormats = []string{formatText, formatMarkdown, formatComment, formatJSON}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Compare two stored runs and say which changes are real",
		Long: `Compare the same cells of two stored runs: throughput, p50, p99 and p99.9 of
the open loop, CPU per request at its rate, and peak memory. --metrics chooses
others: throughput, any percentile, min, max, mean, stdev, cpu, memory.

OLD and NEW are each a run (a folder, an ID, the start of one, or "latest"), or
several joined by commas, whose trials are pooled. A change is called when the
exact Mann-Whitney test says so after Holm's correction over the servers of that
metric and table, and when it leaves the noise band. Both sides were measured at
their own time: changes of the machine in between are among the changes too.

--fail-on METRIC<LIMIT or METRIC>LIMIT (or <=, >=) fails the comparison (exit 3)
when the change goes beyond the limit and is called; the metrics are those of
--metrics. A limit in percent is a change from old to new. Another one is a
bound of the new value, whose whole interval must lie beyond: 20ms for latencies
and CPU per request, 50k/s for throughput, 100MiB for memory.
Where so few trials can decide nothing, or a run is not complete, it exits 2; a
metric that was not measured fails. Without --fail-on a comparison always exits 0.

--format comment is a comment for a pull request: what changed, what could not be seen
here and how small a change could have been, and the tables folded, cut to what a comment
may hold. It begins with the line ` + "`" + `<!-- joust compare -->` + "`" + `, by which a bot finds the comment
that it should replace.`,
		Example: `  joust compare 2026-11-21T18 latest
  joust compare MONDAY,TUESDAY WEDNESDAY,THURSDAY
  joust compare main pr --fail-on "throughput<-5%" --fail-on "p99>+10%" --format md
  joust compare base head --format comment > comment.md
  joust compare main pr --metrics p95,p99.95,mean
  joust compare main pr --servers nethttp --fail-on "p99>20ms" --strict`,
		Args: twoRuns,
		RunE: func(_ *cobra.Command, args []string) error { return a.compare(args[0], args[1], &f) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.failOn, "fail-on", nil, `a regression that fails the comparison, such as "throughput<-5%" (repeatable)`)
	listVar(flags, &f.metrics, "metrics", nil, "metrics to compare, such as p95,mean (default "+strings.Join(suggest.Texts(cells.Compared()...), ",")+"); those of --fail-on are compared too")
	formatFlag(flags, &f.format, compareFormats...)
	flags.BoolVar(&f.strict, "strict", false, "refuse runs whose hosts, plans or versions differ, and runs that are not complete")
	listVar(flags, &f.servers, "servers", nil, "compare these servers only")
	listVar(flags, &f.scenarios, "scenarios", nil, "compare these scenarios only")
	return c
}

func twoRuns(c *cobra.Command, args []string) error {
	if len(args) != 2 {
		return misuse(c, "needs two runs, OLD and NEW, and there are %d: join several of one side with commas", len(args))
	}
	return nil
}

func (a *app) compare(oldNames, newNames string, f *compareFlags) error {
	thresholds, metrics, err := f.check()
	if err != nil {
		return session.Usage(err)
	}
	old, err := a.openRuns(oldNames, metrics)
	if err != nil {
		return err
	}
	now, err := a.openRuns(newNames, metrics)
	if err != nil {
		return err
	}
	if err := f.known(slices.Concat(old, now)); err != nil {
		return session.Usage(err)
	}
	c, err := compare.Compare(old, now, compare.Filter{Servers: f.servers, Scenarios: f.scenarios, Metrics: metrics})
	if err != nil {
		return session.Usage(fmt.Errorf("comparing %s with %s: %w", oldNames, newNames, err))
	}
	if err := f.refuse(&c); err != nil {
		return session.Usage(err)
	}
	gates := c.Evaluate(thresholds)
	if err := a.printComparison(&c, gates, f.format); err != nil {
		return err
	}
	return gateCode(gates)
}

// check reads the thresholds, the metrics and the format before any run is opened.
// The metrics are those to compare, with those of the thresholds.
func (f *compareFlags) check() (thresholds []compare.Threshold, metrics []metric.Name, err error) {
	errs := []error{checkFormat(f.format, compareFormats...)}
	for _, text := range f.metrics {
		n, err := metric.Find(text, cells.Comparable())
		if err != nil {
			errs = append(errs, fmt.Errorf("--metrics: %w", err))
		}
		metrics = append(metrics, n)
	}
	if len(metrics) == 0 {
		metrics = cells.Compared()
	}
	for _, text := range f.failOn {
		t, err := compare.ParseThreshold(text)
		thresholds, metrics, errs = append(thresholds, t), append(metrics, t.Metric), append(errs, err)
	}
	return thresholds, cells.InOrder(metrics), errors.Join(errs...)
}

// known returns an error where a named server or scenario is in none of the runs.
func (f *compareFlags) known(sets []*cells.Set) error {
	var servers, rows []string
	for _, set := range sets {
		for _, s := range set.Run.Servers {
			servers = append(servers, s.Name)
		}
		for _, s := range set.Run.Scenarios {
			rows = append(rows, s.Name)
		}
	}
	var errs []error
	check := func(flag string, wanted, known []string) {
		for _, name := range wanted {
			if !slices.Contains(known, name) {
				errs = append(errs, fmt.Errorf("%s: neither side has %q%s", flag, name, suggest.Hint(name, known)))
			}
		}
	}
	check("--servers", f.servers, servers)
	check("--scenarios", f.scenarios, rows)
	return errors.Join(errs...)
}

// refuse returns the differences as an error under --strict.
func (f *compareFlags) refuse(c *compare.Comparison) error {
	if !f.strict || len(c.Differences)+len(c.Partial) == 0 {
		return nil
	}
	return fmt.Errorf("--strict: the runs differ in more than what was measured:\n  %s",
		strings.Join(slices.Concat(c.Partial, c.Differences), "\n  "))
}

// openRuns reads the cells of the named runs, separated by commas, with the
// percentiles among the metrics.
func (a *app) openRuns(names string, metrics []metric.Name) (sets []*cells.Set, err error) {
	// A path may hold a comma.
	list := []string{names}
	if _, err := journal.Find(a.out, names); err != nil {
		list = strings.Split(names, ",")
	}
	for _, name := range list {
		_, set, err := a.openRun(strings.TrimSpace(name), metrics...)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func (a *app) printComparison(c *compare.Comparison, gates []compare.Gate, format string) (err error) {
	switch format {
	case formatText:
		_, err = fmt.Fprint(a.stdout, c.Text(gates, columns(a.stdout)))
	case formatMarkdown:
		_, err = fmt.Fprint(a.stdout, c.Markdown(gates))
	case formatComment:
		_, err = fmt.Fprint(a.stdout, c.Comment(gates))
	default:
		return a.printJSON(struct {
			*compare.Comparison
			Gates []compare.Gate `json:"gates,omitempty"`
		}{c, gates})
	}
	if err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// gateCode returns the exit of some gates: one that fails goes before one that
// cannot decide.
func gateCode(gates []compare.Gate) (err error) {
	for _, g := range gates {
		switch g.Outcome {
		case compare.GateFailed, compare.GateNotMeasured:
			return exit(ExitWrong)
		case compare.GateUndecided:
			err = exit(ExitUsage)
		}
	}
	return err
}
