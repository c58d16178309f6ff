package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/export"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/gate"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/table"
)

// exportFolder is the folder for the exports of a run, in the run's own.
const exportFolder = "export"

func (a *app) exportCommand() *cobra.Command {
	var format, to string
	var gates gateFlags
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a stored run in another tool's format",
		Long: `Write the figures of a stored run in the format of another tool: nothing is measured.

RUN is a folder, a run's ID, the start of one, or "latest". All formats have the same
figures, those of the matrices: a cell that is void or was not measured has no value, and
the reason where the format has a place for it. The formats:

` + exportFormats() + `
The export goes to standard output, or into the file of -o. hgrm and
github-action-benchmark have several files, for which -o names a folder.`,
		Example: `  joust export latest --format csv -o run.csv
  joust export latest --format gobench | benchstat -table scenario,protocol,phase -row .name -col server -
  joust export 2026-11-21T18 --format junit -o joust.xml
  joust export latest --format hgrm -o percentiles/
  joust run scripts/quick.yaml --export json,junit`,
		Args: exactlyOne("RUN"),
		RunE: func(_ *cobra.Command, args []string) error { return a.export(args[0], format, to, &gates) },
	}
	c.Flags().StringVar(&format, "format", string(export.JSON), "the `format`")
	c.Flags().StringArrayVar(&gates.texts, "threshold", nil, "a `bound` that gets a test case a cell in junit, as for joust report (repeatable)")
	c.Flags().StringVarP(&to, "output", "o", "", "the `file`, or the folder where the format has several files")
	return c
}

// exportFormats lists the formats with their purposes, a line each.
func exportFormats() string {
	var text strings.Builder
	for _, f := range export.Formats() {
		line := fmt.Sprintf("  %-23s  %s", f, f.About())
		text.WriteString(table.Wrap(line, helpWidth, strings.Repeat(" ", 27)) + "\n")
	}
	return text.String()
}

// export writes the named run in the format.
func (a *app) export(name, format, to string, gates *gateFlags) error {
	f, err := export.Find(format)
	if err != nil {
		err = fmt.Errorf("--format: %w", err)
	}
	switch err = errors.Join(err, gates.read()); {
	case err != nil:
		return session.Usage(err)
	case len(gates.gates) > 0 && f != export.JUnit:
		return session.Usage(fmt.Errorf("--threshold is for --format %s: joust report RUN --threshold tells it too", export.JUnit))
	case f.Several() && to == "":
		return session.Usage(fmt.Errorf("--format %s has several files: name a folder for them with -o", f))
	}
	dir, set, err := a.openRun(name)
	if err != nil {
		return err
	}
	list, err := export.Files(f, exportSource(dir, set, gates))
	switch {
	case err != nil:
		return err
	case f.Several():
		return a.putFiles(to, list)
	case to != "":
		return a.putExport(to, list[0].Data)
	}
	_, err = a.stdout.Write(list[0].Data)
	return err
}

// exportSource returns the run in the folder, held against the bounds.
func exportSource(dir string, set *cells.Set, gates *gateFlags) export.Source {
	return export.Source{Set: set, Trials: journal.Trials(dir), Gates: gate.Judge(set, gates.gates)}
}

// putExport writes one file and prints its path.
func (a *app) putExport(path string, data []byte) error {
	if err := files.Put(path, data); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	a.say("wrote %s", path)
	return nil
}

// putFiles writes files into a folder, which it makes where it is not there.
func (a *app) putFiles(folder string, list []export.File) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the folder of the export: %w", err)
	}
	for _, file := range list {
		if err := a.putExport(filepath.Join(folder, file.Name), file.Data); err != nil {
			return err
		}
	}
	return nil
}

// findExports returns the formats of --export. The error holds every problem.
func findExports(names []string) (list []export.Format, err error) {
	for _, name := range names {
		f, wrong := export.Find(name)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("--export: %w", wrong))
		}
		list = append(list, f)
	}
	return list, err
}

// exportRun writes the run in the folder in each of the formats, into a folder of its own
// there.
func (a *app) exportRun(dir string, set *cells.Set, formats []export.Format, gates *gateFlags) error {
	for _, f := range formats {
		list, err := export.Files(f, exportSource(dir, set, gates))
		if err != nil {
			return err
		}
		if err := a.putFiles(filepath.Join(dir, exportFolder), list); err != nil {
			return err
		}
	}
	return nil
}
