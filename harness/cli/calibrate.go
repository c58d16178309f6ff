package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/calibrate"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// calibrateFlags are the flags of joust calibrate.
type calibrateFlags struct {
	plan.Flags
	server string
	// wakeups is the server on which the cost of a loader that sleeps is
	// measured, wakeupsNone for none.
	wakeups string
	// wakeupsAsked is true where the user named that server.
	wakeupsAsked bool
	scenarios    []string
	quick, show  bool
}

// wakeupsNone leaves the cost of a loader that sleeps out; wakeupsRow is the row
// in which it is measured.
const wakeupsNone, wakeupsRow = "none", "hello"

func (a *app) calibrateCommand() *cobra.Command {
	var f calibrateFlags
	c := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure what the loader itself costs on this machine",
		Long: `Measure what the loader itself costs on this machine, on the CPUs that it has
in a run: its CPU time per request in a closed loop and at fixed rates, how late
it sends, and from which rate on it could not be trusted to pace. CPU time is
without empty polls.

Then what a loader that sleeps costs a server, which has to wake it: closed loops
on one server, in turn by a loader that sleeps (idle strategy wait) and by one
that polls (spin), pairs of windows of half a second. joust doctor tells it too.

All of it is stored in the user's cache folder with the fingerprint of the
machine and of the loader's CPUs. It takes about two minutes, with --quick about
half a minute. A row that could not be measured makes exit status 4.`,
		Example: `  joust calibrate --quick
  joust calibrate --scenarios hello,large_response
  joust calibrate --show`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			f.Flags, f.wakeupsAsked = settingsOf(c.Flags()), c.Flags().Changed("wakeups")
			return a.calibrate(c.Context(), &f)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&f.quick, "quick", false, "short windows")
	flags.BoolVar(&f.show, "show", false, "print what is stored for this machine, and measure nothing")
	flags.StringVar(&f.server, "server", "fasthttp", "the server to ask: a cheap one")
	flags.StringVar(&f.wakeups, "wakeups", "nethttp", "the server on which the cost of a loader that sleeps is measured, or none: one that writes its answers one by one tells most")
	flags.StringSliceVar(&f.scenarios, "scenarios", nil, "only these (default: all that the server claims)")
	settingFlags(flags, "pin")
	return c
}

func (a *app) calibrate(ctx context.Context, f *calibrateFlags) error {
	w, err := a.opener.LookToMeasure(f.Text("pin"))
	if err != nil {
		return err
	}
	folder, err := calibrate.Folder()
	if err != nil {
		return err
	}
	c := calibrate.Calibration{
		Schema: results.Schema, Measured: time.Now(), Joust: machine.Build(Version), Host: machine.Facts(),
		CPUs: w.Split, Server: f.server, Quick: f.quick,
	}
	c.Fingerprint = calibrate.Fingerprint(c.Host, c.CPUs)
	if f.show {
		stored, err := calibrate.Read(folder, c.Fingerprint)
		if err != nil {
			return err
		}
		return a.printCalibration(&stored)
	}
	if err = a.measureLoader(ctx, w, f, &c); err != nil {
		return err
	}
	if err := a.printCalibration(&c); err != nil {
		return err
	}
	if len(f.scenarios) > 0 {
		fmt.Fprintln(a.stdout, "not stored: --scenarios left some out")
	} else {
		path, err := calibrate.Write(folder, c)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "stored in %s\n", path)
	}
	if slices.ContainsFunc(c.Rows, func(r calibrate.Row) bool { return r.Failed != "" }) {
		return exit(ExitVoid)
	}
	return nil
}

// measureLoader builds the servers and measures every row, and what a loader
// that sleeps costs.
func (a *app) measureLoader(ctx context.Context, w *session.World, f *calibrateFlags, into *calibrate.Calibration) (err error) {
	fixture, rows, err := a.calibrated(ctx, w, f.server, f.scenarios)
	if err != nil {
		return err
	}
	woken, err := a.woken(ctx, w, f)
	if err != nil {
		return err
	}
	s, err := a.opener.Open(ctx, w.Split)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	c := calibrate.Config{
		Launcher: s.Launcher, Fixture: fixture, Rows: rows, Rates: calibrationRates(),
		Warmup: time.Second, Closed: 3 * time.Second, Open: 4 * time.Second, Seed: session.FreshSeed(),
	}
	pairs, window := 5, 500*time.Millisecond
	if f.quick {
		c.Warmup, c.Closed, c.Open = 200*time.Millisecond, 500*time.Millisecond, 1100*time.Millisecond
		pairs, window = 3, 300*time.Millisecond
	}
	a.say("CPUs: %s", describeSplit(w.Split))
	measured := 0
	c.Done = func(r calibrate.Row) {
		measured++
		a.say("[%d/%d] %s %s", measured, len(rows), r.Scenario, r.Failed)
	}
	if into.Rows, err = c.Measure(ctx); err != nil || woken == nil {
		return err
	}
	a.say("%s %s, by a loader that sleeps and one that polls", woken.fixture.Manifest.Name, woken.row.Name)
	into.Wakeups, err = c.MeasureWakeups(ctx, woken.fixture, woken.row, pairs, window)
	return err
}

// calibrated builds a server that is to answer, and names the rows that it
// claims of those asked for: all for none.
func (a *app) calibrated(ctx context.Context, w *session.World, server string, names []string) (f launch.Fixture, rows []scenarios.Scenario, err error) {
	manifests, err := w.Wanted([]string{server})
	if err != nil {
		return f, nil, err
	}
	m := manifests[0]
	if why := m.CannotBe(results.IsolationProcess); why != "" {
		return f, nil, session.Usage(fmt.Errorf("the loader is measured against a process of this machine: %s", why))
	}
	if rows, err = w.Claimed(m, names); err != nil {
		return f, nil, err
	}
	f, err = a.opener.Fixture(ctx, session.Isolated{Manifest: m, Isolation: results.IsolationProcess})
	return f, rows, err
}

// wokenServer is the server that has to wake a loader that sleeps.
type wokenServer struct {
	fixture launch.Fixture
	row     *scenarios.Scenario
}

// woken is the server on which the cost of a loader that sleeps is measured: nil
// where that was not asked for, and with a note where it cannot be done.
func (a *app) woken(ctx context.Context, w *session.World, f *calibrateFlags) (*wokenServer, error) {
	switch {
	case f.wakeups == wakeupsNone || len(f.scenarios) > 0 && !slices.Contains(f.scenarios, wakeupsRow):
		return nil, nil
	case runtime.NumCPU() == 1:
		a.say("note: what a loader that sleeps costs is not measured: on the only processor a loader that polls would take the server's time")
		return nil, nil
	}
	fixture, rows, err := a.calibrated(ctx, w, f.wakeups, []string{wakeupsRow})
	switch {
	case err == nil:
		return &wokenServer{fixture, &rows[0]}, nil
	case f.wakeupsAsked || ctx.Err() != nil:
		return nil, fmt.Errorf("--wakeups %s: %w", f.wakeups, err)
	}
	a.say("note: what a loader that sleeps costs is not measured: %v; --wakeups SERVER takes another server", err)
	return nil, nil
}

// calibrationRates are the rates of the table in req/s.
func calibrationRates() []float64 { return []float64{1000, 10000} }

// printCalibration prints the rows, and below them why figures are missing.
func (a *app) printCalibration(c *calibrate.Calibration) error {
	head := []string{"scenario", "closed: CPU µs/req"}
	for _, rate := range calibrationRates() {
		name := strconv.FormatFloat(rate/1000, 'f', -1, 64) + "k/s: "
		head = append(head, name+"send lag p50 µs", name+"p99 µs", name+"CPU µs/req")
	}
	var lines [][]string
	var remarks []string
	for _, r := range c.Rows {
		lines = append(lines, calibrationLine(&r))
		if r.Failed != "" {
			remarks = append(remarks, r.Scenario+": "+r.Failed)
		}
		for _, o := range r.Open {
			if o.Skipped != "" {
				remarks = append(remarks, fmt.Sprintf("%s at %.0f req/s: %s", r.Scenario, o.RateRPS, o.Skipped))
			}
		}
	}
	if err := a.printTable(append(head, "paces up to req/s"), lines); err != nil {
		return err
	}
	for _, remark := range remarks {
		fmt.Fprintln(a.stdout, remark)
	}
	if c.Wakeups != nil {
		fmt.Fprintf(a.stdout, "%s%s\n", c.Wakeups.Text(), idleWords(c.Wakeups, c.CPUs))
	}
	fmt.Fprintf(a.stdout, "measured %s with %s, %s\n", c.Measured.Format(time.DateTime), c.Server, describeSplit(c.CPUs))
	return nil
}

// idleWords says what joust does about the cost of a loader that sleeps.
func idleWords(w *calibrate.Wakeups, split results.CPUSplit) string {
	switch {
	case w.Failed != "":
		return ""
	case session.DefaultIdle(split) == loaders.Spin:
		return "; joust's loader polls on CPUs of its own"
	}
	return "; joust's loader sleeps too, since it shares its CPUs"
}

// calibrationLine is one row; what was not measured is a dash.
func calibrationLine(r *calibrate.Row) []string {
	line := []string{r.Scenario, micros(r.ClosedCPUNS)}
	for _, rate := range calibrationRates() {
		i := slices.IndexFunc(r.Open, func(o calibrate.Open) bool { return o.RateRPS == rate })
		if i < 0 {
			line = append(line, "—", "—", "—")
			continue
		}
		o := r.Open[i]
		line = append(line, lagMicros(o.SendLagP50NS), lagMicros(o.SendLagP99NS), micros(o.CPUNS))
	}
	if r.PaceLimitRPS == 0 {
		return append(line, "—")
	}
	return append(line, fmt.Sprintf("%.0f", r.PaceLimitRPS))
}

func lagMicros(ns *int64) string {
	if ns == nil {
		return "—"
	}
	return micros(float64(*ns))
}

// micros prints nanoseconds as microseconds, "—" for none.
func micros(ns float64) string {
	switch us := ns / 1e3; {
	case us <= 0:
		return "—"
	case us < 10:
		return strconv.FormatFloat(us, 'f', 2, 64)
	case us < 100:
		return strconv.FormatFloat(us, 'f', 1, 64)
	default:
		return strconv.FormatFloat(us, 'f', 0, 64)
	}
}
