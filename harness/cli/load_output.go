package cli

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/results/summary"
)

// outputFlags say what the result of a load shows, and where it is written.
type outputFlags struct {
	format string
	// outputs are the files of --output, hgrm that of --hgrm; empty for none.
	outputs []string
	hgrm    string
	// show are the names of the parts to show.
	show []string
	// percentiles and thresholds are what the result shows in addition.
	percentiles, thresholds []string
	// quiet leaves out all that is no result.
	quiet bool
}

func (f *outputFlags) register(flags *pflag.FlagSet) {
	formatFlag(flags, &f.format, suggest.Texts(summary.Formats()...)...)
	flags.StringArrayVar(&f.outputs, "output", nil, "write the result into this `file` too (repeatable): .json, .csv, .md, .html, .txt, .hgrm or .jsonl")
	listVar(flags, &f.show, "show", []string{string(summary.Histogram), string(summary.Time)}, "`list` of parts to show: histogram, within, time; all or none")
	listVar(flags, &f.percentiles, "percentiles", nil, "`list` of percentiles to show next to the usual ones, such as 50,99.95")
	flags.StringArrayVar(&f.thresholds, "threshold", nil, "a `bound` that the load must keep, such as p95<300ms, error_rate<1% or \"GET /pay: p99<1s\" (repeatable); exit 3 if it is broken")
	flags.StringVar(&f.hgrm, "hgrm", "", "write the percentile distribution of latency, in ms, to this `file`")
	flags.BoolVar(&f.quiet, "quiet", false, "print nothing but the result: no progress, no notes")
}

// outputFile is a file into which the result is written after the load.
type outputFile struct {
	// flag is the one that names the file.
	flag, path string
	format     summary.Format
}

// resultOutput is where the result of a load goes, and in which form.
type resultOutput struct {
	options summary.Options
	format  summary.Format
	files   []outputFile
}

// check checks before the load that its result can be written after it. The error holds
// every problem.
func (f *outputFlags) check() (resultOutput, error) {
	errs := []error{checkFormat(f.format, suggest.Texts(summary.Formats()...)...)}
	o := resultOutput{format: summary.Format(f.format)}
	note := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", flag, err))
		}
	}
	for _, path := range f.outputs {
		format, err := summary.FormatOf(path)
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		note("--output", err)
		o.files = append(o.files, outputFile{"--output", path, format})
	}
	if f.hgrm != "" {
		o.files = append(o.files, outputFile{"--hgrm", f.hgrm, summary.DistributionFormat})
	}
	for i, file := range o.files {
		same := func(other outputFile) bool { return filepath.Clean(other.path) == filepath.Clean(file.path) }
		switch {
		case file.format == "": // it is reported above
		case slices.ContainsFunc(o.files[:i], same):
			note(file.flag, fmt.Errorf("%s is written already: give it once", file.path))
		default:
			note(file.flag, files.CanPut(file.path))
		}
	}
	var err error
	o.options.Percentiles, err = summary.ParsePercentiles(f.percentiles)
	note("--percentiles", err)
	o.options.Thresholds, err = summary.ParseThresholds(f.thresholds)
	note("--threshold", err)
	o.options.Show, err = summary.ParseParts(f.show)
	note("--show", err)
	return o, errors.Join(errs...)
}

// overTime reports whether the load is measured over time.
func (o *resultOutput) overTime() bool { return slices.Contains(o.options.Show, summary.Time) }

// printResult writes the result to standard output and into the files.
func (a *app) printResult(o resultOutput, title string, report *results.Report) error {
	options := o.options
	options.ASCII = asciiOnly(a.stdout)
	if o.format == summary.TextFormat {
		options.Width = columns(a.stdout)
	}
	err := summary.Write(a.stdout, o.format, title, report, options)
	return errors.Join(err, o.writeFiles(title, report, options))
}

// writeFiles writes the result into the files.
func (o *resultOutput) writeFiles(title string, report *results.Report, options summary.Options) error {
	var errs []error
	options.Width = 0
	for _, file := range o.files {
		if err := file.write(title, report, options); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", file.flag, file.path, err))
		}
	}
	return errors.Join(errs...)
}

// write writes the result into the file. A load without answers has no distribution and
// leaves no file of that.
func (f *outputFile) write(title string, report *results.Report, o summary.Options) error {
	var text bytes.Buffer
	err := summary.Write(&text, f.format, title, report, o)
	if errors.Is(err, summary.ErrNoLatency) {
		return nil
	}
	if err == nil {
		err = files.Put(f.path, text.Bytes())
	}
	return err
}
