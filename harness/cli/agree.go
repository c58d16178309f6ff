package cli

import (
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
	"github.com/joust-bench/joust/scenarios/suggest"
)

// agreeFlags are the flags of joust agree.
type agreeFlags struct {
	plan.Flags
	servers, scenarios, loaders, idle []string
	trials                            int
	duration                          time.Duration
	format, mode                      string
}

func (a *app) agreeCommand() *cobra.Command {
	var f agreeFlags
	c := &cobra.Command{
		Use:   "agree",
		Short: "Put joust's own loader beside wrk, wrk2, h2load and ab",
		Long: `Measure the same cells with joust's own loader and with each foreign one that is
here, in turn forwards and backwards, every trial on a fresh server, on the same
CPUs with the same connections and threads. The table has throughput, mean, p50
and p99, and the CPU time that loader and server need for a request; in brackets
is the ratio to joust, the median over the rounds. Below it stands in plain
words why figures differ.

wrk, h2load and ab meet joust in the closed loop; wrk2 in an open loop at half
of joust's peak. --idle puts joust's own loader beside itself, waiting in other
ways: none of them should find more than the default. A void trial makes exit
status 4.`,
		Example: `  joust agree
  joust agree --servers nethttp,node --scenarios hello --idle gather,hybrid,wait --loaders joust --mode closed
  joust agree --servers nginx --scenarios hello,large_response --loaders wrk --trials 5
  joust agree --duration 10s --format md`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			f.Flags = settingsOf(c.Flags())
			return a.agree(c.Context(), &f)
		},
	}
	flags := c.Flags()
	flags.StringSliceVar(&f.servers, "servers", []string{"fasthttp"}, "servers to ask")
	flags.StringSliceVar(&f.scenarios, "scenarios", []string{"hello", "echo", "large_response", "pipelined_h1"}, "rows to ask, or headline, or all")
	flags.StringSliceVar(&f.loaders, "loaders", nil, "the loaders beside joust's own, joust for none (default: all that are here)")
	flags.StringSliceVar(&f.idle, "idle", nil, "joust's own loader with these idle strategies as well: "+loaders.IdleWords)
	flags.IntVar(&f.trials, "trials", 3, "trials of each loader in each cell")
	flags.DurationVar(&f.duration, "duration", 2*time.Second, "length of every window, in whole seconds")
	flags.StringVar(&f.mode, "mode", "closed,open", "loops to compare: closed, or closed,open, since an open one needs the closed one's peak")
	formatFlag(flags, &f.format, formatText, formatMarkdown, formatJSON)
	settingFlags(flags, "env", "pin")
	return c
}

// agreement is what joust agree prints as JSON.
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
	Cells []agree.Cell      `json:"cells"`
}

func (a *app) agree(ctx context.Context, f *agreeFlags) error {
	env, err := environment(f.Flags)
	if err != nil {
		return err
	}
	w, err := a.opener.LookToMeasure(f.Text("pin"))
	if err != nil {
		return err
	}
	contest, manifests, err := a.contest(ctx, w, f)
	if err != nil {
		return session.Usage(err)
	}
	out := agreement{
		Schema: results.Schema, Measured: time.Now(), Joust: machine.Build(Version), Host: machine.Facts(), CPUs: w.Split,
		DurationNS: f.duration.Nanoseconds(), Trials: f.trials, Env: env,
	}
	out.Cells, err = a.meet(ctx, w, contest, manifests, env)
	if printErr := a.printAgreement(&out, f.format); printErr != nil || err != nil {
		return errors.Join(err, printErr)
	}
	for _, c := range out.Cells {
		for _, s := range c.Sides {
			if len(s.Void) > 0 {
				return exit(ExitVoid)
			}
		}
	}
	return nil
}

// contest reads the flags; every problem is told.
func (a *app) contest(ctx context.Context, w *session.World, f *agreeFlags) (*agree.Contest, []catalog.Manifest, error) {
	var errs []error
	errs = append(errs, checkFormat(f.format, formatText, formatMarkdown, formatJSON))
	if f.trials < 1 || f.trials > 1000 {
		errs = append(errs, fmt.Errorf("--trials %d: from 1 to 1000", f.trials))
	}
	if f.duration < time.Second || f.duration%time.Second != 0 {
		errs = append(errs, fmt.Errorf("--duration %v: whole seconds, since the foreign loaders take no other", f.duration))
	}
	rows, err := w.Rows(f.scenarios)
	errs = append(errs, err)
	manifests, err := w.Wanted(f.servers)
	errs = append(errs, err)
	loops := []results.Loop{results.ClosedLoop, results.OpenLoop}
	switch f.mode {
	case "closed,open":
	case "closed":
		loops = loops[:1]
	default:
		errs = append(errs, fmt.Errorf("--mode %s: closed, or closed,open", f.mode))
	}
	idle, err := idleStrategies(f.idle)
	errs = append(errs, err)
	found, err := a.loadersHere(ctx, f.loaders)
	if errs = append(errs, err); errors.Join(errs...) != nil {
		return nil, nil, errors.Join(errs...)
	}
	if len(found)+len(idle) == 0 {
		return nil, nil, errors.New("there is nothing to compare with: joust list loaders says which foreign loaders to install; --idle names other ways of waiting")
	}
	c := &agree.Contest{
		Loops: loops, Idle: idle, Foreign: found, Rows: rows, Clients: plan.DefaultClients, Trials: f.trials, Warmup: time.Second, Duration: f.duration, Seed: session.FreshSeed(),
		Claims: func(server, row string) bool {
			m, err := w.Servers.Find(server)
			return err == nil && slices.Contains(m.Scenarios, row)
		},
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

// idleStrategies are those of these names.
func idleStrategies(names []string) ([]loaders.IdleStrategy, error) {
	var list []loaders.IdleStrategy
	for _, name := range names {
		idle := loaders.IdleStrategy(name)
		if !slices.Contains(loaders.IdleStrategies(), idle) {
			return nil, fmt.Errorf("--idle %s: %s", name, loaders.IdleWords)
		}
		list = append(list, idle)
	}
	return list, nil
}

// loadersHere are the foreign loaders of those names, all that are here for
// none.
func (a *app) loadersHere(ctx context.Context, names []string) ([]external.Found, error) {
	var list []external.Found
	var errs []error
	for _, name := range names {
		if name != external.Joust && !slices.Contains(external.Names(), name) {
			errs = append(errs, fmt.Errorf("--loaders: unknown loader %q%s", name, suggest.Hint(name, external.Names())))
		}
	}
	for _, tool := range external.Tools() {
		asked := slices.Contains(names, tool.Name)
		if len(names) > 0 && !asked {
			continue
		}
		f := a.opener.FindLoader(ctx, tool.Name, "")
		switch {
		case f.Why == "" && (f.Image == "" || asked):
			list = append(list, f)
		case asked:
			errs = append(errs, fmt.Errorf("--loaders: %s cannot be used here: %s", tool.Name, f.Why))
		}
	}
	return list, errors.Join(errs...)
}

// meet builds the servers and measures.
func (a *app) meet(ctx context.Context, w *session.World, c *agree.Contest, manifests []catalog.Manifest, env map[string]string) (cells []agree.Cell, err error) {
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
	a.say("planned time %s, builds apart\nCPUs: %s", c.Planned().Round(time.Second), describeSplit(w.Split))
	s, err := a.opener.Open(ctx, w.Split)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Contain(images...); err != nil {
		return nil, err
	}
	c.Told = func(p agree.Progress) {
		a.say("[%d/%d] %s %s by %s, about %s left", p.Number, p.Total, p.Server, p.Scenario, p.Loader, p.Left.Round(time.Second))
	}
	c.Runner = func(idle loaders.IdleStrategy, foreign *external.Found) *run.Runner {
		r := &run.Runner{
			Run: results.Run{CPUs: w.Split, Plan: agreePlan(w)}, Rows: w.Table.All(), Fixtures: fixtures,
			Launcher: s.Launcher, Foreign: foreign, Observer: unwatched{},
		}
		if foreign != nil {
			r.Run.Plan.Loader = foreign.Tool.Name
		}
		if idle != "" {
			r.Run.Plan.IdleStrategy = string(idle)
		}
		return r
	}
	return c.Measure(ctx)
}

// agreePlan is what all trials have in common.
func agreePlan(w *session.World) results.Plan {
	p := results.Plan{
		Engine: string(engine.Default()), LoaderThreads: max(1, len(w.Split.Loader)), IdleStrategy: string(session.DefaultIdle(w.Split)),
		RequestTimeoutNS: plan.DefaultRequestTimeout.Nanoseconds(), DrainNS: plan.DefaultDrain.Nanoseconds(),
	}
	return p
}

// unwatched watches nothing.
type unwatched struct{}

var _ run.Observer = unwatched{}

func (unwatched) Note(string, ...any)                   {}
func (unwatched) Checked(string, string, string)        {}
func (unwatched) TrialBegins(run.Progress)              {}
func (unwatched) Phase(loaders.Window)                  {}
func (unwatched) Live(loaders.Interval)                 {}
func (unwatched) TrialEnds(run.Progress, results.Trial) {}
func (unwatched) BlockEnds(int, int)                    {}

func (a *app) printAgreement(out *agreement, format string) error {
	if len(out.Cells) == 0 {
		return nil
	}
	if format == formatJSON {
		return a.printJSON(out)
	}
	h := out.Host
	fmt.Fprintf(a.stdout, "Measured %s with joust %s on %s, kernel %s; %s; medians of %s of %v each, in brackets the ratio to joust. Loader work is CPU time; joust's own without its empty polls.\n\n",
		out.Measured.UTC().Format("2006-01-02 15:04 UTC"), out.Joust.Version, strings.TrimSpace(h.CPUModel+" with "+count(h.CPUs, "CPU")), h.Kernel,
		describeSplit(out.CPUs), count(out.Trials, "trial"), time.Duration(out.DurationNS))
	fmt.Fprint(a.stdout, agree.Text(out.Cells, format == formatMarkdown))
	return nil
}
