package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/plan"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/matrix"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/suggest"
)

// The names of the matrices.
const (
	benchFile    = "bench_results.md"
	openLoopFile = "wrk2_results.md"
)

func (a *app) reportCommand() *cobra.Command {
	var publish bool
	var baseline string
	var percentiles []string
	var gates gateFlags
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Render a stored run again: nothing is measured",
		Long: `Render a stored run again, from its raw trials: nothing is measured.

RUN is a folder, a run's ID, the start of one, or "latest". The matrices are
written into the run's own folder, where that can be written, and with --publish
into --out as well. A run can be reported while it is measured. --baseline
compares all servers with one, which needs fewer trials than all pairs; an empty
one goes back to all pairs. --percentiles adds columns to the tables of latency.

--threshold holds cells against a bound. A threshold is kept or broken where the whole
interval of the median lies on one side of the limit, not told where the limit lies within
it, and not measured where the cell is void or has no such figure. Exit status 3 where one
is broken or not measured, and with --threshold-strict where one is not told.`,
		Example: `  joust report latest
  joust report latest --baseline nginx
  joust report latest --percentiles 99.5,99.95
  joust report latest --threshold "hello/nethttp p99<5ms" --threshold "json throughput>30k"
  joust report 2026-11-21T18 --publish`,
		Args: exactlyOne("RUN"),
		RunE: func(c *cobra.Command, args []string) error {
			own, err := percentilesOf(percentiles)
			if err = errors.Join(err, gates.read()); err != nil {
				return session.Usage(err)
			}
			dir, set, err := a.openRun(args[0], own...)
			if err != nil {
				return err
			}
			if c.Flags().Changed("baseline") {
				if err := plan.Baseline(set.Run.Plan, baseline); err != nil && baseline != "" {
					return session.Usage(fmt.Errorf("--baseline: %w", err))
				}
				set.Run.Plan.Baseline = baseline // "" for all pairs
			}
			dirs := a.matrixFolders(dir, publish)
			if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
				a.say("note: the matrices in %s stay as they are: %v (--publish --out DIR writes them into DIR)", dir, err)
				dirs = dirs[1:]
			}
			fmt.Fprintln(a.stdout, matrix.Headline(set, columns(a.stdout)))
			if err := a.render(set, dirs...); err != nil {
				return err
			}
			a.printVoid(set)
			return a.judgeGates(set, &gates)
		},
	}
	c.Flags().StringVar(&baseline, "baseline", "", "the server that tables compare all others with (default: the run's own choice)")
	listVar(c.Flags(), &percentiles, "percentiles", nil, "percentiles that tables show beside the usual ones and the run's own, such as 99.95")
	gates.register(c.Flags())
	c.Flags().BoolVar(&publish, "publish", false, "write the matrices into --out as well")
	return c
}

// findRun returns the folder of a stored run. A name of no run is a mistake of
// usage.
func (a *app) findRun(name string) (dir string, err error) {
	dir, err = journal.Find(a.out, name)
	if errors.Is(err, journal.ErrNotFound) {
		err = session.Usage(err)
	}
	return dir, err
}

// percentilesOf reads the values of --percentiles. The error holds every problem.
func percentilesOf(texts []string) (list []metric.Name, err error) {
	for _, text := range texts {
		n, wrong := metric.Percentile(text)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("--percentiles: %w", wrong))
			continue
		}
		list = append(list, n)
	}
	return list, err
}

// openRun reads the cells of a stored run, with the reader's own percentiles.
func (a *app) openRun(name string, own ...metric.Name) (dir string, set *cells.Set, err error) {
	if dir, err = a.findRun(name); err != nil {
		return "", nil, err
	}
	set, err = readCells(dir, own...)
	return dir, set, err
}

// readCells reads the cells of the run in the folder, one trial at a time, with the
// reader's own percentiles beside those of the plan.
func readCells(dir string, own ...metric.Name) (*cells.Set, error) {
	run, err := journal.Header(dir)
	if err != nil {
		return nil, err
	}
	run.Plan.Percentiles = append(run.Plan.Percentiles, suggest.Texts(own...)...)
	return cells.Stream(run, journal.Trials(dir))
}

// matrixFolders returns the folders for the matrices of the run in dir: its own
// and, where they are published, the output folder.
func (a *app) matrixFolders(dir string, publish bool) []string {
	if publish {
		return []string{dir, a.out}
	}
	return []string{dir}
}

// render writes the matrices of a run into the folders and prints their paths.
func (a *app) render(set *cells.Set, dirs ...string) error {
	written, err := writeMatrices(set, dirs...)
	for _, path := range written {
		fmt.Fprintf(a.stdout, "wrote %s\n", path)
	}
	return err
}

// writeMatrices replaces the matrices of a run in the folders and returns their
// paths.
func writeMatrices(set *cells.Set, dirs ...string) (written []string, err error) {
	texts := map[string]string{benchFile: matrix.Bench(set), openLoopFile: matrix.OpenLoop(set)}
	for _, dir := range dirs {
		for _, name := range []string{benchFile, openLoopFile} {
			path := filepath.Join(dir, name)
			if err := files.Replace(path, []byte(texts[name])); err != nil {
				return written, fmt.Errorf("writing a matrix: %w (free some space, or choose another folder with --out DIR)", err)
			}
			written = append(written, path)
		}
	}
	return written, nil
}

// storedPeaks returns the peaks of the named run, nil for no name. "latest" is the
// newest run that has any.
func (a *app) storedPeaks(name string) (map[plan.PeakKey]float64, error) {
	switch name {
	case "":
		return nil, nil
	case journal.Latest:
		return a.latestPeaks()
	}
	dir, err := a.findRun(name)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	peaks, err := peaksIn(dir)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	if len(peaks) == 0 {
		return nil, session.Usage(fmt.Errorf("--peaks %s: that run has no valid closed-loop cell to take peaks from", name))
	}
	return peaks, nil
}

// latestPeaks returns the peaks of the newest run that has any.
func (a *app) latestPeaks() (map[plan.PeakKey]float64, error) {
	runs, err := journal.List(a.out)
	if err != nil {
		return nil, fmt.Errorf("--peaks: %w", err)
	}
	for _, r := range runs {
		// joust list runs names the runs that cannot be read.
		if peaks, err := peaksIn(r.Dir); err == nil && len(peaks) > 0 {
			a.say("peaks are those of run %s", r.ID)
			return peaks, nil
		}
	}
	return nil, session.Usage(fmt.Errorf("--peaks latest: no run in %s has a valid closed-loop cell to take peaks from: run a closed loop first, or find the peaks now with --mode closed,open", a.out))
}

// peaksIn returns the closed-loop peaks of the cells of the run in the folder, in
// requests per second.
func peaksIn(dir string) (map[plan.PeakKey]float64, error) {
	outline, err := journal.Outline(dir)
	if err != nil {
		return nil, err
	}
	set := cells.Of(outline)
	peaks := map[plan.PeakKey]float64{}
	for _, t := range set.Run.Plan.Tables {
		for _, s := range set.Run.Servers {
			if c := set.Closed(t, s); len(c.Valid) > 0 {
				peaks[plan.PeakKey{Server: s.Name, Scenario: t.Scenario, Protocol: t.Protocol}] = c.Median(cells.Throughput).Value
			}
		}
	}
	return peaks, nil
}
