package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/duel"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/scenarios"
)

// duelFlags are the flags of joust duel.
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
		Short: "Two variants of a server, in turn, until it is known whether they differ",
		Long: `Ask whether B differs from A by more than a margin, and measure until that is
answered or the budget is spent.

Both meet in pairs of ladders on fresh processes, in the order A B, B A, so that
what drifts falls out. After every four ladders the interval of B/A is shown. It
holds at all looks together with 95 % (a confidence sequence), so stopping when it
answers is no cheat. It lies beyond the margin: they differ. Within it: they do
not. Exit code 0 when decided either way, 2 when the budget ends undecided. The
run is stored like any other.

A SPEC is a server's name and what is changed about it:
  NAME[@REVISION][,KEY=VALUE...]
  @REVISION        the server as a git revision of its repository has it; the
                   work tree is left alone
  arg=VALUE        one more argument (repeatable)
  env.NAME=VALUE   a variable of its environment; it wins over --env, which is for
                   both variants
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
		RunE: func(c *cobra.Command, _ []string) error { return a.duel(c, &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.a, "a", "", "the variant A, to which B is compared")
	flags.StringVar(&f.b, "b", "", "the variant B")
	flags.StringVar(&f.scenario, "scenario", "hello", "the row that both are asked")
	flags.StringVar(&f.metric, "metric", string(cells.MetricThroughput), "throughput, p99 or cpu")
	flags.StringVar(&f.margin, "margin", "2%", "the smallest difference that matters")
	flags.StringVar(&f.rate, "rate", "", "open-loop rate for p99 and cpu: 2000 or 20k in req/s, or common")
	flags.DurationVar(&f.budget, "budget", 10*time.Minute, "the longest that the ladders may take, builds apart")
	settingFlags(flags, "clients", "duration", "warmup", "seed", "env", "pin", "schedule")
	return c
}

// contest is a duel that has been read and checked.
type contest struct {
	specs  [2]duel.Spec
	metric cells.Metric
	margin float64
	rates  []string
}

// read checks the flags that are the duel's own; every problem is told.
func (f *duelFlags) read() (contest, error) {
	var d contest
	var errs []error
	for i, side := range []struct{ flag, text string }{{"--a", f.a}, {"--b", f.b}} {
		if side.text == "" {
			errs = append(errs, fmt.Errorf("%s is missing: name a server, such as %s nethttp", side.flag, side.flag))
			continue
		}
		var err error
		d.specs[i], err = duel.ParseSpec(side.text)
		errs = append(errs, err)
	}
	d.metric = cells.Metric(f.metric)
	if !slices.Contains(duel.Metrics(), d.metric) {
		errs = append(errs, fmt.Errorf("--metric %q: the metrics of a duel are throughput, p99, cpu", f.metric))
	}
	percent, ok := strings.CutSuffix(f.margin, "%")
	margin, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
	if !ok || err != nil || !(margin >= 0 && margin <= 10000) {
		errs = append(errs, fmt.Errorf("--margin %q: a share in percent is needed, such as 2%%", f.margin))
	}
	d.margin = margin / 100
	if f.budget <= 0 {
		errs = append(errs, fmt.Errorf("--budget %v: a duration above 0 is needed, such as 10m", f.budget))
	}
	errs = append(errs, d.rate(f.rate))
	return d, errors.Join(errs...)
}

// rate is the open-loop step that the metric needs.
func (d *contest) rate(text string) error {
	switch {
	case text == "" && d.metric == cells.MetricP99:
		text = string(results.RateCommon)
	case text == "":
		return nil
	case d.metric == cells.MetricThroughput:
		return errors.New("--rate: the throughput is that of a closed loop, which has no rate; leave it out, or ask for --metric p99 or cpu")
	}
	r, err := plan.ParseRate(text)
	if err == nil && r.Kind == results.RateFraction {
		err = errors.New("both are compared at one rate: give it in req/s, or common for half of the slower one's peak")
	}
	if err != nil {
		return fmt.Errorf("--rate: %w", err)
	}
	d.rates = []string{text}
	return nil
}

func (a *app) duel(c *cobra.Command, f *duelFlags) error {
	d, err := f.read()
	if err != nil {
		return usage(err)
	}
	if runtime.GOOS != "linux" {
		return host.ErrNotLinux
	}
	given := settingsOf(c.Flags())
	w, err := a.look(given.Text("pin"))
	if err != nil {
		return err
	}
	if err := cmp.Or(w.named("--a", d.specs[0].Server), w.named("--b", d.specs[1].Server), machine.RaiseNoFile()); err != nil {
		return err
	}
	catalogue := a.catalogue(w)
	p, warnings, err := plan.Resolve("", nil, plan.Overrides{Flags: d.flags(f.scenario, given)}, catalogue)
	if err != nil {
		return usage(err)
	}
	phase, err := d.fit(&p, f.budget)
	if err != nil {
		return usage(err)
	}
	j := &job{ctx: c.Context(), world: w, catalogue: catalogue, run: a.header(p, w, &catalogue, time.Now())}
	j.run.Warnings = warnings
	j.run.Duel = &results.Duel{
		A: f.a, B: f.b, Metric: f.metric, Phase: phase, Margin: d.margin, BudgetNS: f.budget.Nanoseconds(), Answer: results.DuelUndecided,
	}
	if err := a.canStore(); err != nil {
		return err
	}
	if err := a.variants(j, d); err != nil {
		return err
	}
	defer j.close()
	return a.fight(j, d, f.budget)
}

// flags are the duel as those of a plan with one table, with the given ones.
func (d *contest) flags(scenario string, given plan.Flags) plan.Flags {
	f := plan.Flags{
		"servers": {d.specs[0].Server}, "scenarios": {scenario}, "protocols": {string(scenarios.H1)},
		"mode": {string(results.ClosedLoop)}, "trials": {"1"}, "no-probes": {"true"}, // the budget is for the question
	}
	if other := d.specs[1].Server; other != d.specs[0].Server {
		f["servers"] = append(f["servers"], other)
	}
	if len(d.rates) > 0 {
		f["mode"], f["rates"] = []string{string(results.OpenLoop)}, d.rates
	}
	maps.Copy(f, given)
	return f
}

// fit makes a plan of the two variants, and names the phase that the duel is
// about.
func (d *contest) fit(p *results.Plan, budget time.Duration) (phase string, err error) {
	if len(p.Tables) != 1 {
		return "", fmt.Errorf("a duel is about one row, and the plan has %d: name one with --scenario", len(p.Tables))
	}
	if p.Tables[0].Sweep != nil {
		return "", errors.New("--clients: a duel is at one number of connections: give one")
	}
	p.Name = "duel"
	p.PlannedNS, p.AtMostNS = budget.Nanoseconds(), budget.Nanoseconds()
	// The servers' own entries, one for both where it is one server, have what
	// else a plan knows of them.
	a, b := p.Entries[0], p.Entries[len(p.Entries)-1]
	a.Server, a.As = d.specs[0].Text, duel.A
	b.Server, b.As = d.specs[1].Text, duel.B
	p.Entries = []results.PlanEntry{a, b}
	if rates := p.Tables[0].Rates; len(rates) > 0 {
		return rates[0].PhaseName(), nil
	}
	return results.PhaseClosed, nil
}

// variants makes both variants: found, changed, built.
func (a *app) variants(j *job, d contest) error {
	builder, err := catalog.NewBuilder("")
	if err != nil {
		return err
	}
	j.fixtures = map[string]fixture{}
	j.run.Servers = nil
	for i, name := range []string{duel.A, duel.B} {
		f, err := a.variant(j, builder, d.specs[i])
		if err != nil {
			return err
		}
		entry, err := a.entryOf(j, name, d.specs[i], &f)
		if err != nil {
			return err
		}
		f.Manifest.Name = name // of its log, and of what is said about it
		j.fixtures[name] = f
		j.run.Plan.Entries[i].Isolation = entry.Isolation
		j.run.Servers = append(j.run.Servers, entry)
	}
	if alike(j.fixtures[duel.A], j.fixtures[duel.B]) {
		j.run.Warnings = append(j.run.Warnings, "A and B come out the same, program, arguments and environment: what differs is noise")
	}
	return nil
}

// variant is one side, ready to be started.
func (a *app) variant(j *job, builder *catalog.Builder, spec duel.Spec) (f fixture, err error) {
	m, err := a.manifestOf(j, spec)
	if err != nil {
		return f, err
	}
	if f.Manifest, f.Binary, err = spec.Apply(m); err != nil {
		return f, usage(err)
	}
	f.Env = maps.Clone(j.run.Plan.Env)
	for name := range spec.Env { // the variant's own win
		delete(f.Env, name)
	}
	if err := catalog.Available(f.Manifest); err != nil {
		return f, usage(fmt.Errorf("variant %q: %w", spec.Text, err))
	}
	if row := j.run.Plan.Tables[0].Scenario; !slices.Contains(f.Manifest.Scenarios, row) {
		return f, usage(fmt.Errorf("variant %q does not claim the row %s", spec.Text, row))
	}
	if f.Binary == "" {
		f.Binary, err = a.build(j.ctx, builder, f.Manifest)
	} else if _, err = os.Stat(f.Binary); err != nil {
		err = usage(fmt.Errorf("variant %q: its program: %w", spec.Text, err))
	}
	return f, err
}

// entryOf is the variant as the run's tables tell it; the image of one that
// runs in a container is made.
func (a *app) entryOf(j *job, name string, spec duel.Spec, f *fixture) (results.Server, error) {
	m := f.Manifest
	s := results.Server{Name: name, Folder: m.Name, Title: spec.Text, Language: m.Language, URL: m.URL}
	var err error
	if s.Versions, err = catalog.Versions(j.ctx, m, f.Binary, versionEnv(*f)); err != nil {
		j.run.Warnings = append(j.run.Warnings, fmt.Sprintf("version of %s: %v", spec.Text, err))
	}
	if m.DefaultIsolation() == results.IsolationContainer {
		image, err := a.contain(j.ctx, m, f.Binary)
		if err != nil {
			return s, err
		}
		f.Image, s.Isolation, s.Network = image.ID, results.IsolationContainer, m.Network()
		noteImage(s.Versions, image)
	}
	if s.Manifest, err = json.Marshal(m); err != nil {
		return s, fmt.Errorf("encoding the manifest of %s: %w", spec.Text, err)
	}
	return s, nil
}

// alike tells whether two variants start the same.
func alike(a, b fixture) bool {
	command := func(f fixture) []string {
		return slices.Concat([]string{f.Binary}, f.Manifest.Command, f.Manifest.Args)
	}
	environment := func(f fixture) map[string]string { return surroundings.Merge(f.Manifest.Env, f.Env) }
	return a.Image == b.Image && slices.Equal(command(a), command(b)) && maps.Equal(environment(a), environment(b)) && maps.Equal(a.Manifest.Files, b.Manifest.Files) &&
		(len(a.Manifest.Files) == 0 || a.Manifest.Dir == b.Manifest.Dir)
}

// manifestOf finds the server of a variant, as its revision has it.
func (a *app) manifestOf(j *job, spec duel.Spec) (catalog.Manifest, error) {
	m, err := j.world.servers.Find(spec.Server)
	if err != nil {
		return catalog.Manifest{}, usage(fmt.Errorf("variant %q: %w", spec.Text, err))
	}
	if spec.Revision == "" {
		return *m, nil
	}
	dir, err := duel.Checkout(j.ctx, m.Dir, spec.Revision, "")
	if err != nil {
		return catalog.Manifest{}, usage(fmt.Errorf("variant %q: %w", spec.Text, err))
	}
	old, err := catalog.LoadOne(j.world.table, dir)
	if err != nil {
		return catalog.Manifest{}, usage(fmt.Errorf("variant %q: %w", spec.Text, err))
	}
	return old, nil
}

// fight measures until the referee ends it.
func (a *app) fight(j *job, d contest, budget time.Duration) error {
	a.announceDuel(j)
	loader, err := selfCommand("loader")
	if err != nil {
		return err
	}
	local, release, err := a.ownMachine(j.ctx, j.run.CPUs)
	if err != nil {
		return err
	}
	defer release()
	containers, end, err := a.containers(j.fixtures, nil)
	if err != nil {
		return err
	}
	if err := a.create(j); err != nil {
		return errors.Join(err, end())
	}
	a.examine(j)
	show := a.newProgress(j)
	runner := &run.Runner{
		Run: j.run, Rows: j.catalogue.Scenarios, Fixtures: j.fixtures,
		Runnable: func(results.PlanEntry, results.PlanTable) bool { return true },
		Launcher: launch.Launcher{Host: local, Containers: containers, LoaderArgv: loader}, Journal: j.journal, RepeatBudget: plan.DefaultRepeatBudget,
	}
	referee := &duel.Referee{
		Observer: show, Runner: runner, Metric: d.metric, Budget: budget, Now: time.Now,
		Told: func(d results.Duel, left time.Duration) {
			show.line("after %s: %s; %s of the budget left", count(d.Pairs, "pair"), standing(&d), left.Round(time.Second))
		},
	}
	runner.Observer = referee
	err = errors.Join(runner.Series(j.ctx, budget, referee.Next), end())
	show.end()
	return a.concludeDuel(j, &runner.Run, err)
}

// concludeDuel writes the matrices, tells the answer and decides the exit code.
func (a *app) concludeDuel(j *job, stored *results.Run, err error) error {
	set, readErr := readCells(j.journal.Dir())
	if readErr != nil || err != nil && !errors.Is(err, context.Cause(j.ctx)) {
		return errors.Join(err, readErr)
	}
	files, renderErr := render(set, []string{j.journal.Dir()})
	a.tellFiles(files)
	d := stored.Duel
	a.tellDuel(d)
	if err := errors.Join(err, renderErr); err != nil {
		return err
	}
	if d.Answer == results.DuelUndecided {
		return &codedError{code: ExitUsage, err: errTold}
	}
	return nil
}
