// Package export writes the figures of a stored run in the formats of other tools. Each
// format is a pure function of the run's cells, and all formats have the same figures: a
// figure that a cell does not have is absent, with the reason where the format has a place
// for it, and never 0.
package export

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/gate"
	"github.com/joust-bench/joust/results/suggest"
)

// Source is a stored run.
type Source struct {
	Set *cells.Set
	// Trials reads the run's trials with their histograms, in the order of the journal,
	// anew each time.
	Trials iter.Seq2[results.Trial, error]
	// Gates are the outcomes of bounds, which JUnit alone shows.
	Gates []gate.Result
}

// Format names a format.
type Format string

// The formats.
const (
	JSON          Format = "json"
	CSV           Format = "csv"
	GoBenchmark   Format = "gobench"
	Percentiles   Format = "hgrm"
	HistogramLog  Format = "hlog"
	JUnit         Format = "junit"
	OpenMetrics   Format = "openmetrics"
	ActionResults Format = "github-action-benchmark"
	Bencher       Format = "bencher"
	StepSummary   Format = "step-summary"
)

// File is one file of an export.
type File struct {
	// Name has no folder.
	Name string
	Data []byte
}

// forms are the formats in the order of help texts.
var forms = []struct {
	format Format
	about  string
	// files is nil where text makes the only file, which has the given name.
	name  string
	text  func(*bytes.Buffer, Source) error
	files func(Source) ([]File, error)
}{
	{format: JSON, about: "every cell with its figures, intervals and trials; results/export.schema.json describes it", name: "joust.json", text: writeJSON},
	{format: CSV, about: "a row a figure of a trial, for spreadsheets, sqlite3 and data frames", name: "joust.csv", text: writeCSV},
	{format: GoBenchmark, about: "Go's benchmark format, for benchstat", name: "joust.bench.txt", text: writeGoBenchmark},
	{format: Percentiles, about: "a distribution of latency a trial and phase, for the plotters of HdrHistogram", files: percentileFiles},
	{format: HistogramLog, about: "all histograms of latency in one log, for HistogramLogProcessor", name: "joust.hlog", text: writeHistogramLog},
	{format: JUnit, about: "a test case a cell and one a threshold, for the test reports of CI systems", name: "joust.junit.xml", text: writeJUnit},
	{format: OpenMetrics, about: "gauges with the time of the run, for promtool tsdb create-blocks-from openmetrics", name: "joust.openmetrics.txt", text: writeOpenMetrics},
	{format: ActionResults, about: "two files for github-action-benchmark: figures that should grow, and all others", files: actionFiles},
	{format: Bencher, about: "Bencher Metric Format", name: "joust.bmf.json", text: writeBencher},
	{format: StepSummary, about: "the comparison in Markdown, cut to what a step of a hosted runner may show", name: "joust.summary.md", text: writeStepSummary},
}

// Formats returns all formats in the order of help texts.
func Formats() []Format {
	var list []Format
	for _, f := range forms {
		list = append(list, f.format)
	}
	return list
}

// About says what a format is for; empty for an unknown one.
func (f Format) About() string {
	for _, form := range forms {
		if form.format == f {
			return form.about
		}
	}
	return ""
}

// Find returns the format of that name. The error names the nearest one, or all.
func Find(name string) (Format, error) {
	names := suggest.Texts(Formats()...)
	for _, form := range forms {
		if string(form.format) == name {
			return form.format, nil
		}
	}
	return "", fmt.Errorf("there is no format %q%s", name, suggest.Hint(name, names))
}

// Several reports whether the format has several files, whose number depends on the run.
func (f Format) Several() bool { return f == Percentiles || f == ActionResults }

// Files returns the run in the format. The error names what could not be read or written.
func Files(f Format, from Source) ([]File, error) {
	for _, form := range forms {
		switch {
		case form.format != f:
		case form.files != nil:
			return form.files(from)
		default:
			var out bytes.Buffer
			err := form.text(&out, from)
			return []File{{form.name, out.Bytes()}}, err
		}
	}
	_, err := Find(string(f))
	return nil, err
}
