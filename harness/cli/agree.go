package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/agree"
	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/run"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

type agreeFlags struct {
	servers, scenarios, loaders, idle []string
	trials                            int
	duration                          time.Duration
	format, mode                      string
}

func (a *app) agreeCommand() *cobra.Command {
	var f agreeFlags
	c := &cobra.Command{
		Use:   "agree",
		Short: "Compare joust's own loader with wrk, wrk2, h2load and ab",
		Long: `Measure the same cells with joust's own loader and with each foreign one that is
here, in turn forwards and backwards, every trial on a fresh server, on the same
CPUs with the same connections and threads. The table has throughput, mean, p50
and p99, and the CPU time that loader and server need for a request; in brackets
is the ratio to joust, the median over the rounds. Sentences below it say why
figures differ.

wrk, h2load and ab meet joust in the closed loop; wrk2 in an open loop at half
of joust's peak. --idle compares joust's own loader with itself, waiting in other
ways: none of them should find more than the default. A void trial makes exit
status 4.`,
		Example: `  joust agree
  joust agree --servers nethttp,node --scenarios hello --idle gather,hybrid,wait --loaders joust --mode closed
  joust agree --servers nginx --scenarios hello,large_response --loaders wrk --trials 5
  joust agree --duration 10s --format md`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.agree(c.Context(), &f) },
	}
	flags := c.Flags()
	listVar(flags, &f.servers, "servers", []string{"fasthttp"}, "servers to ask")
	listVar(flags, &f.scenarios, "scenarios", []string{"hello", "echo", "large_response", "pipelined_h1"}, "rows to ask, or headline, or all")
	listVar(flags, &f.loaders, "loaders", nil, "loaders to compare joust's own with, joust for none (default: all that are here)")
	listVar(flags, &f.idle, "idle", nil, "joust's own loader with these idle strategies as well: "+loaders.IdleWords)
	integerVar(flags, &f.trials, "trials", 3, "trials of each loader in each cell")
	durationVar(flags, &f.duration, "duration", 2*time.Second, "length of every window, in whole seconds")
	flags.StringVar(&f.mode, "mode", "closed,open", "loops to compare: closed, or closed,open, since an open one needs the closed one's peak")
	formatFlag(flags, &f.format, formatText, formatMarkdown, formatJSON)
	settingFlags(flags, "env", "pin")
	return c
}

// agreement is the result of joust agree as JSON.
type agreement struct {
	Schema     int              `json:"schema"`
	Measured   time.Time        `json:"measured"`
	Joust      results.Build    `json:"joust"`
	Host       results.Host     `json:"host"`
	CPUs       results.CPUSplit `json:"cpus"`
	DurationNS int64            `json:"duration_ns"`
	Trials     int              `json:"trials"`
	// Env are the variables of --env.
	Env   map[string]string `json:"env,omitempty"`
	Cells []agree.Match     `json:"cells"`
}

func (a *app) agree(ctx context.Context, f *agreeFlags) error {
	env, err := a.environment()
	if err != nil {
		return err
	}
	f.servers = a.opener.Folders(f.servers)
	w, err := a.opener.LookToMeasure(a.flags.Text("pin"))
	if err != nil {
		return err
	}
	contest, manifests, err := a.contest(ctx, w, f)
	if err != nil {
		return session.Usage(err)
	}
	if err := room("the load's", contest.Clients); err != nil {
		return err
	}
	out := agreement{
		Schema: results.Schema, Measured: time.Now(), Joust: machine.Build(Version), Host: machine.Facts(), CPUs: w.Split,
		DurationNS: f.duration.Nanoseconds(), Trials: f.trials, Env: env,
	}
	out.Cells, err = a.meet(ctx, w, contest, manifests, env)
	if err := errors.Join(err, a.printAgreement(&out, f.format)); err != nil {
		return err
	}
	for _, c := range out.Cells {
		if slices.ContainsFunc(c.Contenders, func(s agree.Contender) bool { return len(s.Void) > 0 }) {
			return exit(ExitVoid)
		}
	}
	return nil
}

// contest makes a contest of the flags. Its error holds every problem.
func (a *app) contest(ctx context.Context, w *session.World, f *agreeFlags) (*agree.Contest, []catalog.Manifest, error) {
	c := &agree.Contest{
		Loops: []results.Loop{results.ClosedLoop, results.OpenLoop}, Clients: plan.DefaultClients, Trials: f.trials,
		Warmup: time.Second, Duration: f.duration, Seed: session.FreshSeed(),
		Claims: func(server, row string) bool {
			m, err := w.Servers.Find(server)
			return err == nil && slices.Contains(m.Scenarios, row)
		},
	}
	errs := []error{checkFormat(f.format, formatText, formatMarkdown, formatJSON)}
	if f.trials < 1 || f.trials > 1000 {
		errs = append(errs, fmt.Errorf("--trials %d: from 1 to 1000", f.trials))
	}
	if f.duration < time.Second || f.duration%time.Second != 0 {
		errs = append(errs, fmt.Errorf("--duration %v: whole seconds, since the foreign loaders take no other", f.duration))
	}
	if f.mode == "closed" {
		c.Loops = c.Loops[:1]
	} else if f.mode != "closed,open" {
		errs = append(errs, fmt.Errorf("--mode %s: closed, or closed,open", f.mode))
	}
	for _, name := range f.idle {
		c.Idle = append(c.Idle, loaders.IdleStrategy(name))
		if !slices.Contains(loaders.IdleStrategies(), loaders.IdleStrategy(name)) {
			errs = append(errs, fmt.Errorf("--idle %s: %s", name, loaders.IdleWords))
		}
	}
	var noRows, noServers, noLoaders error
	c.Rows, noRows = w.Rows(f.scenarios)
	manifests, noServers := w.Wanted(f.servers)
	c.Foreign, noLoaders = a.loadersHere(ctx, f.loaders)
	if err := errors.Join(append(errs, noRows, noServers, noLoaders)...); err != nil {
		return nil, nil, err
	}
	if len(c.Foreign)+len(c.Idle) == 0 {
		return nil, nil, errors.New("there is nothing to compare with: joust list loaders says which foreign loaders to install; --idle names other ways of waiting")
	}
	for _, m := range manifests {
		if m.DefaultIsolation() == results.IsolationContainer {
			return nil, nil, fmt.Errorf("--servers: %s runs in a container, and agree starts processes only", m.Name)
		}
		c.Servers = append(c.Servers, m.Name)
	}
	if c.Planned() == 0 {
		return nil, nil, errors.New("no server here claims any of those rows in a loop that a foreign loader makes")
	}
	return c, manifests, nil
}

// loadersHere returns the foreign loaders of those names, or all that can be used
// here for no names.
func (a *app) loadersHere(ctx context.Context, names []string) (list []external.Found, err error) {
	named := len(names) > 0
	if !named {
		names = external.Names()
	}
	var errs []error
	for _, name := range names {
		if name == external.Joust {
			continue
		}
		f := a.opener.FindLoader(ctx, name, "")
		switch {
		case f.Why == "" && (f.Image == "" || named):
			list = append(list, f)
		case named:
			errs = append(errs, fmt.Errorf("--loaders: %s cannot be used here: %s", name, f.Why))
		}
	}
	return list, errors.Join(errs...)
}

func (a *app) meet(ctx context.Context, w *session.World, c *agree.Contest, manifests []catalog.Manifest, env map[string]string) ([]agree.Match, error) {
	servers, err := session.Isolate(manifests, nil, env)
	if err != nil {
		return nil, err
	}
	fixtures, images := map[string]launch.Fixture{}, []string{}
	for _, s := range servers {
		if fixtures[s.Name], _, err = a.opener.Fixture(ctx, s); err != nil {
			return nil, err
		}
	}
	for i := range c.Foreign {
		if err := a.opener.PrepareForeign(ctx, &c.Foreign[i]); err != nil {
			return nil, err
		}
		images = append(images, c.Foreign[i].Image)
	}
	a.say("planned time %s, without builds\nCPUs: %s", c.Planned().Round(time.Second), describeSplit(w.Split))
	s, err := a.opener.Open(ctx, w.Split)
	if err != nil {
		return nil, err
	}
	if err := s.Contain(images...); err != nil {
		return nil, err
	}
	c.Begins = func(t agree.Turn) {
		a.say("[%d/%d] %s %s by %s, about %s left", t.Number, t.Total, t.Server, t.Scenario, t.Loader, t.Remaining.Round(time.Second))
	}
	c.Runner = func(idle loaders.IdleStrategy, foreign *external.Found) *run.Runner {
		p := results.Plan{
			Engine: string(engine.Default()), LoaderThreads: max(1, len(w.Split.Loader)), IdleStrategy: string(cmp.Or(idle, session.DefaultIdle(w.Split))),
			RequestTimeoutNS: loaders.DefaultRequestTimeout.Nanoseconds(), DrainNS: loaders.DefaultDrain.Nanoseconds(),
		}
		if foreign != nil {
			p.Loader = foreign.Tool.Name
		}
		return &run.Runner{Run: results.Run{CPUs: w.Split, Plan: p}, Rows: w.Table, Fixtures: fixtures, Launcher: s.Launcher, Foreign: foreign}
	}
	return c.Measure(ctx)
}

func (a *app) printAgreement(out *agreement, format string) error {
	switch {
	case len(out.Cells) == 0:
		return nil
	case format == formatJSON:
		return a.printJSON(out)
	}
	h := out.Host
	fmt.Fprintf(a.stdout, "Measured %s with joust %s on %s, kernel %s; %s; medians of %s of %v each, in brackets the ratio to joust. Loader work is CPU time; joust's own without its empty polls.\n\n",
		out.Measured.UTC().Format("2006-01-02 15:04 UTC"), out.Joust.Version, strings.TrimSpace(h.CPUModel+" with "+results.Counted(h.CPUs, "CPU")), h.Kernel,
		describeSplit(out.CPUs), results.Counted(out.Trials, "trial"), time.Duration(out.DurationNS))
	fmt.Fprint(a.stdout, agree.Text(out.Cells, format == formatMarkdown))
	return nil
}
