package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/certify"
	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	truth "github.com/joust-bench/joust/loaders/certify"
	"github.com/joust-bench/joust/loaders/engine"
)

type certifyFlags struct {
	quick   bool
	laws    []string
	rates   []float64
	threads int
	format  string
}

func (a *app) certifyCommand() *cobra.Command {
	var f certifyFlags
	c := &cobra.Command{
		Use:   "certify",
		Short: "Prove the loader on this machine against arithmetic",
		Long: `Prove the loader on this machine against arithmetic.

A server whose behaviour can be calculated with (it stops for a second every ten,
waits a fixed time, has a fixed capacity, counts exactly, never answers one
request in N, answers twice, closes unannounced, or misbehaves in one named way)
is loaded, and the loader's figures are compared with the calculated ones. It takes
about three minutes, with --quick less than one.

Exit status 3 when a law misses its bound. On a busy machine it will: other
programs take time from both sides.`,
		Example: `  joust certify
  joust certify --quick
  joust certify --laws stall --rates 1000,20000 --format json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.certify(c.Context(), &f) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.quick, "quick", false, "shorter windows and stops: less sharp, the same laws")
	listVar(flags, &f.laws, "laws", nil, "only these: stall, delay, overload, counting, accounts, exchanges, bad (default: all)")
	numbersVar(flags, &f.rates, "rates", truth.DefaultRates(), "rates of the stall law in req/s")
	settingFlags(flags, "pin", "idle", "engine")
	integerVar(flags, &f.threads, "threads", 1, "event loops of the loader")
	formatFlag(flags, &f.format, formatText, formatJSON)
	return c
}

func (a *app) certify(ctx context.Context, f *certifyFlags) error {
	if runtime.GOOS != "linux" {
		return host.ErrNotLinux
	}
	b, err := a.battery(f)
	if err != nil {
		return session.Usage(err)
	}
	most := 0
	for _, c := range b.Cases {
		most = max(most, c.Load(1).Connections)
	}
	if err := room("the battery's", most); err != nil {
		return err
	}
	if b.ServerArgv, err = session.Self("lawserver"); err != nil {
		return err
	}
	s, err := a.opener.Open(ctx, b.Launcher.CPUs)
	if err != nil {
		return err
	}
	b.Launcher = s.Launcher
	a.stopping.Store("\njoust: stopping; once more ends at once") // the line of a case is open
	a.follow(b)
	c, err := b.Run(ctx)
	c.Build, c.Host = machine.Build(Version), machine.Facts()
	if err != nil && len(c.Checks) == 0 {
		return err
	}
	return a.printCertificate(&c, f.format, err)
}

// battery returns the battery of the flags. Its errors are mistakes of usage.
func (a *app) battery(f *certifyFlags) (*certify.Battery, error) {
	if err := checkFormat(f.format, formatText, formatJSON); err != nil {
		return nil, err
	}
	options := truth.Selection{Quick: f.quick, RatesRPS: f.rates}
	for _, l := range f.laws {
		options.Families = append(options.Families, truth.Family(l))
	}
	cases, err := truth.Battery(options)
	if err != nil {
		return nil, err
	}
	topology, err := cpuset.Read()
	if err != nil {
		return nil, err
	}
	split, err := cpuset.Split(topology, nil, a.flags.Text("pin"))
	if err != nil {
		return nil, err
	}
	b := &certify.Battery{
		Cases: cases, Launcher: launch.Launcher{CPUs: split}, Threads: f.threads,
		Engine: cmp.Or(loaders.EngineName(a.flags.Text("engine")), engine.Default()),
		Idle:   cmp.Or(loaders.IdleStrategy(a.flags.Text("idle")), session.DefaultIdle(split)),
	}
	if !slices.Contains(loaders.IdleStrategies(), b.Idle) {
		return nil, fmt.Errorf("--idle %q: %s", b.Idle, loaders.IdleWords)
	}
	if !slices.Contains(session.Engines(), b.Engine) {
		return nil, fmt.Errorf("--engine %q: evloop or portable", b.Engine)
	}
	if most := max(1, len(split.Loader)); f.threads < 1 || f.threads > most {
		return nil, fmt.Errorf("--threads %d: from 1 to the loader's %d CPUs", f.threads, most)
	}
	return b, nil
}

// follow shows on standard error how far the battery is.
func (a *app) follow(b *certify.Battery) {
	var planned time.Duration
	for _, c := range b.Cases {
		planned += truth.Planned(c)
	}
	a.say("%d cases, about %s; %s; loader %s, %s",
		len(b.Cases), planned.Round(time.Second), describeSplit(b.Launcher.CPUs), b.Engine, b.Idle)
	b.Begins = func(number int, c truth.Case) {
		fmt.Fprintf(a.stderr, "%2d/%d %s", number, len(b.Cases), c.Name())
	}
	b.Ends = func(checks []truth.Check, err error) {
		switch missed := truth.Missed(checks); {
		case err != nil:
			a.say(": could not be run")
		case missed > 0:
			a.say(": %d of %d figures miss their bound", missed, len(checks))
		default:
			a.say(": ok")
		}
	}
}

// printCertificate prints the certificate, which decides the exit code. ended is
// the error that ended the battery early, nil for none.
func (a *app) printCertificate(c *certify.Certificate, format string, ended error) error {
	show := a.certificateTable
	if format == formatJSON {
		show = func(c *certify.Certificate) error { return a.printJSON(c) }
	}
	if err := cmp.Or(show(c), ended); err != nil {
		return err
	}
	if !c.OK {
		return exit(ExitWrong)
	}
	return nil
}

func (a *app) certificateTable(c *certify.Certificate) error {
	var lines [][]string
	law := ""
	for i := range c.Checks {
		line := certificateLine(&c.Checks[i])
		if line[0] == law {
			line[0] = ""
		} else {
			law = line[0]
		}
		lines = append(lines, line)
	}
	if err := a.printTable([]string{"law", "figure", "expected", "measured", "deviation", "bound", "ok"}, lines); err != nil {
		return err
	}
	for _, f := range c.Failures {
		fmt.Fprintf(a.stdout, "could not be run: %s\n", f)
	}
	fmt.Fprintf(a.stdout, "%s on %s, kernel %s: %d figures, %d miss their bound, %d cases could not be run, %s\n",
		c.Engine, c.Host.CPUModel, c.Host.Kernel, len(c.Checks), c.Missed(), len(c.Failures), c.Took.Round(time.Second))
	return nil
}

func certificateLine(r *truth.Check) []string {
	ok := "ok"
	if !r.OK {
		ok = "MISSED"
	}
	if r.Unit == truth.UnitText {
		return []string{r.Law, r.Figure, r.ExpectedText, r.MeasuredText, "", "", ok}
	}
	return []string{r.Law, r.Figure, figure(r.Unit, r.Expected), figure(r.Unit, r.Measured), deviation(r), bound(r), ok}
}

func deviation(r *truth.Check) string {
	sign := ""
	switch {
	case r.Bound.Kind == truth.AtMost:
		return ""
	case r.Bound.Kind == truth.Relative && r.Expected != 0:
		return fmt.Sprintf("%+.2f %%", r.Deviation*100)
	case r.Deviation == 0:
		return "0"
	case r.Deviation > 0:
		sign = "+"
	}
	return sign + figure(r.Unit, r.Deviation)
}

func bound(r *truth.Check) string {
	switch r.Bound.Kind {
	case truth.Relative:
		return fmt.Sprintf("± %.3g %%", r.Bound.Limit*100)
	case truth.Absolute:
		return "± " + figure(r.Unit, r.Bound.Limit)
	case truth.AtMost:
		return "at most"
	}
	return "exact"
}

// figure returns a number with its unit. A count keeps its last digit.
func figure(u truth.FigureUnit, x float64) string {
	switch u {
	case truth.Nanoseconds:
		digits := 4 - int(math.Ceil(math.Log10(max(1, math.Abs(x)))))
		return time.Duration(x).Round(time.Duration(math.Pow10(max(0, -digits)))).String()
	case truth.PerSecond:
		return fmt.Sprintf("%.1f/s", x)
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}
