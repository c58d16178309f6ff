package cli

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/calibrate"
	"github.com/joust-bench/joust/harness/doctor"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/table"
	"github.com/joust-bench/joust/scenarios"
)

type calibrateFlags struct {
	server string
	// wakeups is the server on which the cost of a loader that sleeps is
	// measured, wakeupsNone for none.
	wakeups     string
	scenarios   []string
	quick, show bool
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

Then it measures what a loader that sleeps costs a server, which has to wake it:
closed loops on one server, in turn by a loader that sleeps (idle strategy wait)
and by one that polls (spin), pairs of windows of half a second. joust doctor
reports it too.

All of it is stored in the user's cache folder with the fingerprint of the
machine and of the loader's CPUs. It takes about two minutes, with --quick about
half a minute. A row that could not be measured makes exit status 4.`,
		Example: `  joust calibrate --quick
  joust calibrate --scenarios hello,large_response
  joust calibrate --show`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return a.calibrate(c.Context(), &f) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.quick, "quick", false, "short windows")
	flags.BoolVar(&f.show, "show", false, "print what is stored for this machine, and measure nothing")
	flags.StringVar(&f.server, "server", "fasthttp", "the server to ask: a cheap one")
	flags.StringVar(&f.wakeups, "wakeups", "nethttp", "the server on which the cost of a loader that sleeps is measured, or none: one that writes its answers one by one shows most")
	listVar(flags, &f.scenarios, "scenarios", nil, "only these (default: all that the server claims)")
	settingFlags(flags, "pin")
	return c
}

func (a *app) calibrate(ctx context.Context, f *calibrateFlags) error {
	w, err := a.opener.LookToMeasure(a.flags.Text("pin"))
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
	if err := calibrate.CanWrite(folder); err != nil {
		return err
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
	if slices.ContainsFunc(c.Rows, func(r calibrate.LoaderCost) bool { return r.Failed != "" }) {
		return exit(ExitVoid)
	}
	return nil
}

// measureLoader builds the servers and measures every row, and what a loader
// that sleeps costs.
func (a *app) measureLoader(ctx context.Context, w *session.World, f *calibrateFlags, into *calibrate.Calibration) error {
	fixture, rows, err := a.calibrated(ctx, w, f.server, f.scenarios)
	if err != nil {
		return err
	}
	woken, wokenRow, err := a.woken(ctx, w, f)
	if err != nil {
		return err
	}
	s, err := a.opener.Open(ctx, w.Split)
	if err != nil {
		return err
	}
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
	c.Done = func(r calibrate.LoaderCost) {
		measured++
		a.say("[%d/%d] %s %s", measured, len(rows), r.Scenario, r.Failed)
	}
	if into.Rows, err = c.Measure(ctx); err != nil || wokenRow == nil {
		return err
	}
	a.say("%s %s, by a loader that sleeps and one that polls", woken.Manifest.Name, wokenRow.Name)
	into.Wakeups, err = c.MeasureWakeups(ctx, woken, wokenRow, pairs, window)
	return err
}

// calibrated builds a server and returns the named rows, or all that it claims
// for no names.
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
	most := calibrate.DefaultClients
	for i := range rows {
		most = max(most, rows[i].Clients)
	}
	if err := room("the rows'", most); err != nil {
		return f, nil, err
	}
	f, _, err = a.opener.Fixture(ctx, session.Isolated{Manifest: m, Isolation: results.IsolationProcess})
	return f, rows, err
}

// woken returns the server and the row in which the cost of a loader that sleeps
// is measured. The row is nil where the user wants none, or, with a note, where
// there can be none.
func (a *app) woken(ctx context.Context, w *session.World, f *calibrateFlags) (fixture launch.Fixture, row *scenarios.Scenario, err error) {
	const note = "note: what a loader that sleeps costs is not measured: "
	switch {
	case f.wakeups == wakeupsNone || len(f.scenarios) > 0 && !slices.Contains(f.scenarios, wakeupsRow):
		return fixture, nil, nil
	case runtime.NumCPU() == 1:
		a.say(note + "on the only processor a loader that polls would take the server's time")
		return fixture, nil, nil
	}
	fixture, rows, err := a.calibrated(ctx, w, f.wakeups, []string{wakeupsRow})
	switch {
	case err == nil:
		return fixture, &rows[0], nil
	case a.flags["wakeups"] != nil || ctx.Err() != nil:
		return fixture, nil, fmt.Errorf("--wakeups %s: %w", f.wakeups, err)
	}
	a.say(note+"%v; --wakeups SERVER takes another server", err)
	return fixture, nil, nil
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
		fmt.Fprintln(a.stdout, doctor.Wakeups(c.Wakeups, c.CPUs))
	}
	fmt.Fprintf(a.stdout, "measured %s with %s, %s\n", c.Measured.Format(time.DateTime), c.Server, describeSplit(c.CPUs))
	return nil
}

// calibrationLine returns the row as a line of the table, with a dash for what
// was not measured.
func calibrationLine(r *calibrate.LoaderCost) []string {
	line := []string{r.Scenario, micros(r.ClosedCPUNS)}
	for _, rate := range calibrationRates() {
		var o calibrate.OpenCost
		if i := slices.IndexFunc(r.Open, func(o calibrate.OpenCost) bool { return o.RateRPS == rate }); i >= 0 {
			o = r.Open[i]
		}
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

// micros returns nanoseconds as microseconds, "—" for none.
func micros(ns float64) string {
	if ns <= 0 {
		return "—"
	}
	return table.Digits(ns / 1e3)
}
