package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/duel"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/matrix"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/scenarios"
)

type duelFlags struct {
	a, b             string
	scenario, metric string
	margin, rate     string
	budget           time.Duration
}

func (a *app) duelCommand() *cobra.Command {
	var f duelFlags
	c := &cobra.Command{
		Use:   "duel --a SPEC --b SPEC",
		Short: "Compare two variants of a server, in turn, until it is known whether they differ",
		Long: `Ask whether B differs from A by more than a margin, and measure until that is
answered or the budget is spent.

Both meet in pairs of ladders on fresh processes, in the order A B, B A: a drift of
the machine cancels out. After every four ladders the interval of B/A is shown. It
holds at all looks together with 95 % (a confidence sequence): stopping at the first
answer is no cheat. Beyond the margin they differ, within it they do not. Exit code
0 when decided either way, 2 when the budget ends undecided. The run is stored like
any other.

A SPEC is a server's name and the changes to it:
  NAME[@REVISION][,KEY=VALUE...]
  @REVISION        the server as a git revision of its repository has it; the
                   work tree is left alone
  arg=VALUE        one more argument (repeatable)
  env.NAME=VALUE   a variable of its environment; it wins over --env, which is for
                   both variants
  with.NAME=VALUE  a value of a parameter that its server.yaml has
  isolation=WAY    process or container
  bin=PATH         a program that runs in place of the server's own: another build
A comma within a value is written "\,". Two different servers may meet as well.

Metrics: throughput (of a closed loop), cpu (server CPU per request, at the peak
or at --rate), p99 (of an open loop at --rate, by default half of the slower
one's peak).`,
		Example: `  joust duel --a nethttp@HEAD~3 --b nethttp
  joust duel --a nethttp --b nethttp,env.GOGC=400 --metric cpu --margin 3%
  joust duel --a nethttp,bin=./old --b nethttp,bin=./new --scenario json --budget 20m
  joust duel --a nginx --b nethttp --metric p99 --rate 2000`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.duel(c.Context(), &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.a, "a", "", "the variant A, to which B is compared")
	flags.StringVar(&f.b, "b", "", "the variant B")
	flags.StringVar(&f.scenario, "scenario", "hello", "the row that both are asked")
	flags.StringVar(&f.metric, "metric", string(metric.Throughput), "throughput, p99 or cpu")
	flags.StringVar(&f.margin, "margin", "2%", "the smallest difference that matters")
	flags.StringVar(&f.rate, "rate", "", "open-loop rate for p99 and cpu: 2000 or 20k in req/s, or common")
	durationVar(flags, &f.budget, "budget", 10*time.Minute, "the longest that the ladders may take, without builds")
	a.scenarioFileFlag(flags)
	settingFlags(flags, "clients", "duration", "warmup", "seed", "env", "pin", "schedule")
	return c
}

// question is a duel that has been read and checked.
type question struct {
	specs  [2]duel.Spec
	metric metric.Name
	margin float64
	rates  []string
}

// read checks the flags that are the duel's own. Its error holds every problem.
func (f *duelFlags) read() (question, error) {
	q := question{metric: metric.Name(f.metric)}
	var errs []error
	for i, side := range []struct{ flag, text string }{{"--a", f.a}, {"--b", f.b}} {
		if side.text == "" {
			errs = append(errs, fmt.Errorf("%s is missing: name a server, such as %s nethttp", side.flag, side.flag))
			continue
		}
		if strings.Contains(side.text, "://") {
			errs = append(errs, fmt.Errorf("%s %s: a duel starts both variants itself: name a server, such as %s nethttp", side.flag, side.text, side.flag))
			continue
		}
		var err error
		q.specs[i], err = duel.ParseSpec(side.text)
		errs = append(errs, err)
	}
	if !slices.Contains(duel.Metrics(), q.metric) {
		errs = append(errs, fmt.Errorf("--metric %q: the metrics of a duel are throughput, p99, cpu", f.metric))
	}
	percent, ok := strings.CutSuffix(f.margin, "%")
	margin, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
	if !ok || err != nil || !(margin >= 0 && margin <= 10000) {
		errs = append(errs, fmt.Errorf("--margin %q: a share in percent is needed, such as 2%%", f.margin))
	}
	q.margin = margin / 100
	if f.budget <= 0 {
		errs = append(errs, fmt.Errorf("--budget %v: a duration above 0 is needed, such as 10m", f.budget))
	}
	errs = append(errs, q.rate(f.rate))
	return q, errors.Join(errs...)
}

// rate sets the open-loop rate that the metric needs.
func (q *question) rate(text string) error {
	switch {
	case text == "" && q.metric == metric.P99:
		text = string(results.RateCommon)
	case text == "":
		return nil
	case q.metric == metric.Throughput:
		return errors.New("--rate: the throughput is that of a closed loop, which has no rate; leave it out, or ask for --metric p99 or cpu")
	}
	r, err := plan.ParseRate(text)
	if err == nil && r.Kind == results.RateFraction {
		err = errors.New("both are compared at one rate: give it in req/s, or common for half of the slower one's peak")
	}
	if err != nil {
		return fmt.Errorf("--rate: %w", err)
	}
	q.rates = []string{text}
	return nil
}

func (a *app) duel(ctx context.Context, f *duelFlags) error {
	q, err := f.read()
	if err != nil {
		return session.Usage(err)
	}
	for i, spec := range q.specs {
		q.specs[i].Server = a.opener.Folders([]string{spec.Server})[0]
	}
	wrong, err := a.ownRows("", nil)
	if err != nil {
		return err
	}
	w, err := a.opener.LookToMeasure(a.flags.Text("pin"))
	if err != nil {
		return err
	}
	if err := cmp.Or(w.Named("--a", q.specs[0].Server), w.Named("--b", q.specs[1].Server)); err != nil {
		return err
	}
	catalogue := w.Catalogue()
	p, warnings, err := plan.Resolve("", nil, plan.Overrides{Flags: q.flags(f.scenario, a.flags), RowProblems: wrong}, catalogue)
	if err != nil {
		return session.Usage(err)
	}
	phase, err := duel.Fit(&p, q.specs, f.budget)
	if err != nil {
		return session.Usage(err)
	}
	m, err := w.Measure(ctx, p, catalogue)
	if err != nil {
		return err
	}
	m.Run.Warnings = append(warnings, m.Run.Warnings...)
	m.Run.Duel = &results.Duel{
		A: f.a, B: f.b, Metric: f.metric, Phase: phase, Margin: q.margin, BudgetNS: f.budget.Nanoseconds(), Answer: results.DuelUndecided,
	}
	if err := a.canStore(); err != nil {
		return err
	}
	if err := duel.Prepare(ctx, m, q.specs); err != nil {
		return err
	}
	defer m.Close()
	return a.fight(ctx, m, q.metric, f.budget)
}

// flags returns the flags of a plan with one table that asks the question; the
// given ones win.
func (q *question) flags(scenario string, given plan.Flags) plan.Flags {
	f := plan.Flags{
		"servers": {q.specs[0].Server}, "scenarios": {scenario}, "protocols": {string(scenarios.H1)},
		"mode": {string(results.ClosedLoop)}, "trials": {"1"}, // The budget is for the question.
		"no-probes": {"true"}, "no-conformance": {"true"},
	}
	if other := q.specs[1].Server; other != q.specs[0].Server {
		f["servers"] = append(f["servers"], other)
	}
	if len(q.rates) > 0 {
		f["mode"], f["rates"] = []string{string(results.OpenLoop)}, q.rates
	}
	maps.Copy(f, given)
	return f
}

func (a *app) fight(ctx context.Context, m *session.Measurement, metric metric.Name, budget time.Duration) error {
	a.announceDuel(&m.Run)
	s, err := m.Open(ctx, a.out)
	if err != nil {
		return err
	}
	show := a.newProgress(m)
	runner := newRunner(m, s, show, plan.DefaultRepeatBudget)
	runner.Runnable = func(results.PlanEntry, results.PlanTable) bool { return true }
	referee := &duel.Referee{
		Observer: show, Runner: runner, Metric: metric, Budget: budget,
		Stands: func(d results.Duel, left time.Duration) {
			show.line("after %s: %s; %s of the budget left", results.Counted(d.Pairs, "pair"), matrix.DuelStanding(&d), left.Round(time.Second))
		},
	}
	runner.Observer = referee
	err = runner.Series(ctx, budget, referee.Next)
	show.end()
	return a.concludeDuel(ctx, m.Journal.Dir(), runner.Run.Duel, err)
}

// concludeDuel writes the matrices, prints the answer and decides the exit code.
func (a *app) concludeDuel(ctx context.Context, dir string, d *results.Duel, err error) error {
	set, readErr := readCells(dir)
	if readErr != nil || err != nil && !errors.Is(err, context.Cause(ctx)) {
		return errors.Join(err, readErr)
	}
	fmt.Fprintln(a.stdout, matrix.Headline(set, columns(a.stdout)))
	err = errors.Join(err, a.render(set, dir))
	if set.Run.State == results.RunInterrupted {
		fmt.Fprintf(a.stdout, "interrupted: a duel is not resumed, measure it again: %s\n", againCommand(set.Run.CommandLine))
	}
	if err == nil && d.Answer == results.DuelUndecided {
		return exit(ExitUsage)
	}
	return err
}

func (a *app) announceDuel(r *results.Run) {
	d, p := r.Duel, r.Plan
	a.say("does B (%s) differ from A (%s) by more than %s in %s of %s, %s? At most %v, seed %d",
		d.B, d.A, cells.Percent(d.Margin), d.Metric, p.Tables[0].Scenario, d.Phase, time.Duration(d.BudgetNS), p.Seed)
	a.say("CPUs: %s", describeSplit(r.CPUs))
	for _, w := range r.Warnings {
		a.say("note: %s", w)
	}
	least := duel.LeastTrials * plan.TrialTime(plan.Trial{Entry: p.Entries[0], Table: p.Tables[0]}, p)
	if least.Nanoseconds() > d.BudgetNS {
		a.say("note: no answer comes before %d ladders, about %v: the budget is shorter, and the first four are always measured",
			duel.LeastTrials, least.Round(time.Second))
	}
}
