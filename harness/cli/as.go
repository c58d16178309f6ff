package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/harness/export"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders/dialect"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/summary"
)

// toolExit is the exit code of the tool whose command line was read. It wins over all
// others: scripts know the tool's own codes.
type toolExit int

// Error returns no text, since there is nothing more to print.
func (toolExit) Error() string { return "" }

// Arguments returns the arguments of a program that was started under its first one: a
// symbolic link named after a tool speaks the tool's dialect.
func Arguments(program []string) []string {
	if len(program) == 0 {
		return nil
	}
	name := filepath.Base(program[0])
	if !slices.Contains(dialect.Names(), name) {
		return program[1:]
	}
	return append([]string{"as", name}, program[1:]...)
}

func (a *app) asCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "as TOOL ARGS…",
		Short: "Take another load tool's command line, and print its report",
		Long: `Take the command line of another load tool, unchanged, and print the report that
the tool prints: scripts and parsers written for it go on to work. A symbolic link to
joust that is named after the tool does the same.

` + dialects() + `
The numbers are joust's. No sample is added that was not measured, percentiles of an
open loop count from the time at which a request was due, and requests are counted in
the measured window. Where the loader itself was the limit or late, a line on standard
error says so. A figure that joust does not have is left out, or stands as the tool
writes a missing value.

joust as TOOL --help lists the tool's flags, with what each is for joust load. A flag
that has no meaning here is refused by name, with the reason.

Exit status: the tool's own. A load that could not run ends with 1.`,
		Example:            "  " + strings.Join(examples(), "\n  "),
		DisableFlagParsing: true,
		RunE:               func(c *cobra.Command, args []string) error { return a.as(c, args) },
	}
}

func dialects() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 8, 3, ' ', 0)
	for _, d := range dialect.All() {
		// Writing to a strings.Builder does not fail.
		_, _ = fmt.Fprintf(w, "  %s\t%s\n", d.Name, d.Title)
	}
	_ = w.Flush()
	return text.String()
}

func examples() []string {
	var list []string
	for _, d := range dialect.All() {
		list = append(list, d.Example)
	}
	return list
}

func (a *app) as(c *cobra.Command, args []string) error {
	if len(args) == 0 || args[0] == "--help" || args[0] == "-h" {
		return c.Help()
	}
	d, hint, ok := dialect.Find(args[0])
	if !ok {
		return session.Usage(fmt.Errorf("joust speaks no dialect %q%s: it speaks %s (see joust as --help)", args[0], hint, results.Listed(dialect.Names(), "and")))
	}
	if d.Name == "pywrkr" && len(args) > 1 && args[1] == harImport {
		return a.importHAR(c.Context(), args[2:])
	}
	line, err := d.Read(args[1:])
	if err != nil {
		return a.misread(d, err)
	}
	switch line.Tells {
	case "help":
		return a.dialectHelp(d)
	case "version":
		_, err := fmt.Fprintf(a.stdout, "%s as joust %s speaks it\n", d.Name, Version)
		return err
	}
	return a.speak(c.Context(), d, line)
}

// misread reports a wrong command line: the tool's usage line, joust's own, and the
// tool's exit code.
func (a *app) misread(d *dialect.Dialect, err error) error {
	a.say("joust as %s: %v", d.Name, err)
	a.say("%s", d.Usage)
	a.say("joust as %s --help lists the flags, and what each is for joust load", d.Name)
	return toolExit(d.BadUsage)
}

// speak makes the load of the line and prints its report.
func (a *app) speak(ctx context.Context, d *dialect.Dialect, line *dialect.Line) error {
	var f loadFlags
	flags := pflag.NewFlagSet("load", pflag.ContinueOnError)
	f.register(flags)
	f.load.Literal = true // the tools know no pieces
	if d.Name == "pywrkr" {
		f.export.set = export.Pywrkr()
	}
	words := line.Args()
	if err := flags.Parse(words); err != nil {
		return a.misread(d, err)
	}
	wanted, err := f.check()
	if err := errors.Join(err, f.readRules(wanted.options.Thresholds), writable(line)); err != nil {
		return a.misread(d, err)
	}
	for _, note := range line.Notes {
		a.say("joust: %s", note)
	}
	var usage *session.UsageError
	if line.Searches() {
		err = a.searchAs(ctx, flags, line, &f)
	} else {
		f.load.OverTime = len(wanted.files) > 0 && wanted.overTime()
		err = a.loadAs(ctx, flags, line, &f, wanted)
	}
	if errors.As(err, &usage) {
		return a.misread(d, fmt.Errorf("%w\nthat was, in joust's words: %s", err, loadCommand(words)))
	}
	return err
}

// loadAs makes the one load of the line and prints its report.
func (a *app) loadAs(ctx context.Context, flags *pflag.FlagSet, line *dialect.Line, f *loadFlags, wanted resultOutput) error {
	l, report, err := a.measure(ctx, flags, flags.Args(), f, func(l *aim) {
		if l.many {
			line.Groups, _ = l.spec.Groups()
		}
		if len(l.spec.Hosts) == 0 {
			line.Origin = l.spec.Origin(0)
		}
		l.watch, l.printed = a.watcher(line), a.stdout
		if f.script == "" {
			line.Head(a.stdout)
			return
		}
		l.ready = func() { line.Head(a.stdout) } // behind what the script prints while it is loaded, as under wrk
	})
	if report == nil {
		return err
	}
	err = errors.Join(a.report(line, report), wanted.writeFiles(l.title, report, wanted.options), err)
	if err == nil && report.Script != nil && report.Script.Error != "" {
		return toolExit(ExitFailed)
	}
	return err
}

// writable checks that the files of the line can be written after the load.
func writable(line *dialect.Line) error {
	var errs []error
	for _, f := range line.Files() {
		if err := files.CanWrite(f.Path); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Flag, err))
		}
	}
	return errors.Join(errs...)
}

// watcher returns a function that prints, while the load goes on, what the tool prints.
func (a *app) watcher(line *dialect.Line) func(results.Interval) {
	live, before := newDisplay(a.stderr), uint64(0)
	return func(i results.Interval) {
		done := i.Completed + i.Failed
		text, redraws := line.Progress(done, before)
		before = done
		switch {
		case redraws:
			live.draw(text)
		case text != "":
			_, _ = io.WriteString(a.stderr, text)
		}
	}
}

// report prints the report in the tool's format and writes its files.
func (a *app) report(line *dialect.Line, report *results.Report) error {
	out, err := line.Print(report)
	if err != nil {
		return err
	}
	err = a.put(out)
	a.doubts(report)
	if err == nil && out.Code != 0 {
		return toolExit(out.Code)
	}
	return err
}

// put prints what a load looks like in the tool's words, and writes its files.
func (a *app) put(out dialect.Printed) error {
	if _, err := a.stdout.Write(out.Text); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	var errs []error
	for _, f := range out.Files {
		if err := files.Put(f.Path, f.Content); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.Flag, err))
		}
	}
	for _, note := range out.Notes {
		a.say("%s", note)
	}
	return errors.Join(errs...)
}

// doubts says in one line what limits belief in the numbers; nothing where nothing does.
func (a *app) doubts(report *results.Report) {
	var texts []string
	for _, r := range summary.Reasons(report) {
		texts = append(texts, r.Text)
	}
	if len(texts) > 0 {
		a.say("joust: %s", strings.Join(texts, "; "))
	}
}

// dialectHelp lists the flags of a tool.
func (a *app) dialectHelp(d *dialect.Dialect) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\nExample:\n  %s\n\nFlags, with their defaults and what they are here:\n", d.Usage, d.Example)
	w := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	for i := range d.Flags {
		f := &d.Flags[i]
		// Writing to a strings.Builder does not fail.
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\n", strings.ReplaceAll(f.Names, " ", ", "), f.Default, f.Here())
	}
	_ = w.Flush()
	_, err := io.WriteString(a.stdout, text.String())
	return err
}
