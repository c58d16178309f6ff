package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/perf/benchfmt"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/export"
	"github.com/joust-bench/joust/results/journal"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/stats"
)

const stored = "../journal/testdata/full"

// source reads the stored run; change may change it before.
func source(t *testing.T, change func(*results.Run)) export.Source {
	t.Helper()
	run, err := journal.Open(stored)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&run)
	}
	return export.Source{Set: cells.Of(run), Trials: func(yield func(results.Trial, error) bool) {
		for _, trial := range run.Trials {
			if !yield(trial, nil) {
				return
			}
		}
	}}
}

// figures returns the medians of the cells by the names "server/scenario/protocol/phase
// metric", as the tables have them.
func figures(set *cells.Set) map[string]cells.Figure {
	out := map[string]cells.Figure{}
	add := func(s results.Server, t results.PlanTable, phase string, c cells.Cell, metrics ...metric.Name) {
		for _, m := range metrics {
			if f := c.Figure(m); f.Kind != stats.None {
				out[strings.Join([]string{s.Name, t.Scenario, t.Protocol, phase}, "/")+" "+string(m)] = f
			}
		}
	}
	for _, t := range set.Run.Plan.Tables {
		for _, s := range set.Run.Servers {
			add(s, t, results.PhaseClosed, set.Closed(t, s), metric.Throughput, metric.CPU)
			for _, rate := range t.Rates {
				add(s, t, rate.PhaseName(), set.Open(t, s, rate), append(metric.Latencies(), metric.CPU)...)
			}
			add(s, t, cells.WholeLadder, set.Ladder(t, s), metric.Memory)
		}
	}
	return out
}

// files returns the run's files in the format.
func files(t *testing.T, f export.Format, from export.Source) []export.File {
	t.Helper()
	list, err := export.Files(f, from)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range list {
		if file.Name == "" || len(file.Data) == 0 {
			t.Errorf("%s: the file %q has %d bytes", f, file.Name, len(file.Data))
		}
	}
	return list
}

// only returns the only file.
func only(t *testing.T, f export.Format, from export.Source) []byte {
	t.Helper()
	list := files(t, f, from)
	if len(list) != 1 {
		t.Fatalf("%s has %d files", f, len(list))
	}
	return list[0].Data
}

// read decodes JSON.
func read[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// same compares figures that were read with those of the cells: all are there, with the
// same values. Service times are in formats only.
func same(t *testing.T, got map[string]float64, want map[string]cells.Figure) {
	t.Helper()
	for name, f := range want {
		if x, ok := got[name]; !ok || math.Abs(x-f.Value) > 1e-9*math.Abs(f.Value) {
			t.Errorf("%s is %v, %t; want %v", name, x, ok, f.Value)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok && !strings.Contains(name, " service_") {
			t.Errorf("%s is in no cell", name)
		}
	}
	if len(want) < 20 {
		t.Errorf("the run has %d figures only", len(want))
	}
}

func TestJSONHasTheFiguresOfTheCells(t *testing.T) {
	t.Parallel()
	from := source(t, nil)
	d := read[export.Document](t, only(t, export.JSON, from))
	got, want := map[string]float64{}, figures(from.Set)
	for _, c := range d.Cells {
		for name, f := range c.Figures {
			key := strings.Join([]string{c.Server, c.Scenario, c.Protocol, c.Phase}, "/") + " " + name
			got[key] = f.Value
			if w, ok := want[key]; ok && (f.Low != nil && *f.Low != w.Low || f.AtLeast != w.AtLeast || f.Rough != w.Rough || len(f.Values) != w.N) {
				t.Errorf("%s is %+v, want %+v", key, f, w)
			}
		}
	}
	same(t, got, want)
}

func TestBencherHasTheFiguresOfTheCells(t *testing.T) {
	t.Parallel()
	from := source(t, nil)
	got := map[string]float64{}
	for name, measures := range read[map[string]map[string]struct{ Value float64 }](t, only(t, export.Bencher, from)) {
		for metric, m := range measures {
			got[name+" "+metric] = m.Value
		}
	}
	same(t, got, figures(from.Set))
}

// Of the two files for github-action-benchmark one has what should grow.
func TestActionResultsHaveTheFiguresOfTheCells(t *testing.T) {
	t.Parallel()
	from := source(t, nil)
	got := map[string]float64{}
	for i, file := range files(t, export.ActionResults, from) {
		for _, e := range read[[]struct {
			Name, Unit, Range, Extra string
			Value                    float64
		}](t, file.Data) {
			if grows := strings.HasSuffix(e.Name, " throughput"); grows != (i == 0) || e.Unit == "" || e.Extra == "" {
				t.Errorf("%s has %+v", file.Name, e)
			}
			got[e.Name] = e.Value
		}
	}
	same(t, got, figures(from.Set))
}

// medians returns the medians of values a trial.
func medians(values map[string][]float64) map[string]float64 {
	out := map[string]float64{}
	for name, list := range values {
		out[name] = stats.Median(list).Value
	}
	return out
}

func TestCSVHasTheTrialsOfTheCells(t *testing.T) {
	t.Parallel()
	from := source(t, nil)
	rows, err := csv.NewReader(bytes.NewReader(only(t, export.CSV, from))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	values := map[string][]float64{}
	for _, row := range rows[1:] {
		if column(row, "value") == "" {
			if column(row, "reason") == "" {
				t.Errorf("no value and no reason: %q", row)
			}
			continue
		}
		x, err := strconv.ParseFloat(column(row, "value"), 64)
		if err != nil {
			t.Error(err)
		}
		key := strings.Join([]string{column(row, "server"), column(row, "scenario"), column(row, "protocol"), column(row, "phase")}, "/") + " " + column(row, "metric")
		values[key] = append(values[key], x)
	}
	same(t, medians(values), figures(from.Set))
}

// benchfmt is what benchstat reads with.
func TestGoBenchmarkHasTheTrialsOfTheCells(t *testing.T) {
	t.Parallel()
	from := source(t, nil)
	values := map[string][]float64{}
	reader := benchfmt.NewReader(bytes.NewReader(only(t, export.GoBenchmark, from)), "joust")
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(rec)
		case *benchfmt.Result:
			name := strings.Join([]string{rec.GetConfig("server"), rec.GetConfig("scenario"), rec.GetConfig("protocol"), rec.GetConfig("phase")}, "/")
			if limited := rec.GetConfig("bottleneck") != ""; limited != (rec.GetConfig("phase") == results.PhaseClosed) || rec.GetConfig("joust-run") != from.Set.Run.ID {
				t.Errorf("%s has the configuration %v", name, rec.Config)
			}
			for _, v := range rec.Values {
				value, unit := v.Value, v.Unit
				if v.OrigUnit != "" {
					value, unit = v.OrigValue, v.OrigUnit
				}
				metric, own := strings.CutSuffix(unit, "-ns")
				if !own {
					metric, own = strings.CutSuffix(metric, "-B")
				}
				if !own {
					metric = "throughput"
				}
				key := name + " " + strings.Replace(metric, "service-", "service_", 1)
				values[key] = append(values[key], value)
			}
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	for unit, better := range map[string]float64{"req/s": 1, "p99-ns": -1} {
		if got := reader.Units().GetBetter(unit); got != int(better) {
			t.Errorf("better %s is %d", unit, got)
		}
	}
	same(t, medians(values), figures(from.Set))
}

// The log has the histograms of the journal, with tags that the log's form allows.
func TestHistogramLogIsReadBack(t *testing.T) {
	t.Parallel()
	from := source(t, nil)
	run, err := journal.Open(stored)
	if err != nil {
		t.Fatal(err)
	}
	text := only(t, export.HistogramLog, from)
	lines := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "Tag=") {
			continue
		}
		lines++
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) != 5 {
			t.Fatalf("%d fields: %.80s", len(fields), line)
		}
		h, err := hdrhistogram.Decode([]byte(fields[4]))
		if err != nil {
			t.Fatal(err)
		}
		begin, err := strconv.ParseFloat(fields[1], 64)
		if at := begin - float64(run.Started.UnixMilli())/1e3; err != nil || at < 0 || at > 3600 || h.TotalCount() == 0 {
			t.Errorf("%.80s begins %v s behind the run, with %d samples", line, at, h.TotalCount())
		}
	}
	valid := 0
	for _, trial := range run.Trials {
		for _, p := range trial.Phases {
			if trial.State == results.TrialOK && trial.Kind == results.TrialMeasured && p.Verdict.Valid {
				valid++
			}
		}
	}
	if lines != valid || lines == 0 {
		t.Errorf("%d lines for %d valid phases", lines, valid)
	}
	if n := len(files(t, export.Percentiles, from)); n != valid {
		t.Errorf("%d files of percentiles for %d valid phases", n, valid)
	}
}

// junit is what CI systems read.
type junit struct {
	Tests   int `xml:"tests,attr"`
	Errors  int `xml:"errors,attr"`
	Skipped int `xml:"skipped,attr"`
	Suites  []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Name    string    `xml:"name,attr"`
			Error   *struct{} `xml:"error"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// A void cell is an error, one that was not measured is skipped, and a hostile name
// breaks no document.
func TestVoidCellsAndOddNames(t *testing.T) {
	t.Parallel()
	const odd = "a<script>|\",\n\u202eb"
	from := source(t, func(run *results.Run) {
		first := run.Trials[0].Server
		for i := range run.Trials {
			if run.Trials[i].Server == first {
				run.Trials[i].State, run.Trials[i].Reason = results.TrialVoid, odd
			}
		}
		last := &run.Servers[len(run.Servers)-1]
		for i := range run.Trials {
			if run.Trials[i].Server == last.Name {
				run.Trials[i].Server = odd
			}
		}
		last.Name = odd
		run.Servers = append(run.Servers, results.Server{Name: "absent", Unavailable: "it is not installed"})
	})
	var got junit
	if err := xml.Unmarshal(only(t, export.JUnit, from), &got); err != nil {
		t.Fatal(err)
	}
	counted, skipped := 0, 0
	for _, s := range got.Suites {
		counted += len(s.Cases)
		for _, c := range s.Cases {
			if c.Skipped != nil && strings.Contains(c.Skipped.Message, "it is not installed") {
				skipped++
			}
		}
	}
	if got.Tests != counted || got.Errors == 0 || skipped == 0 || got.Skipped < skipped {
		t.Errorf("%d tests of %d, %d errors, %d of %d skipped since not installed", got.Tests, counted, got.Errors, skipped, got.Skipped)
	}
	rows, err := csv.NewReader(bytes.NewReader(only(t, export.CSV, from))).ReadAll()
	if err != nil || !slices.ContainsFunc(rows, func(row []string) bool { return row[1] == odd && row[8] != "" }) {
		t.Errorf("%v; the server %q has no value", err, odd)
	}
	for _, f := range export.Formats() {
		for _, file := range files(t, f, from) {
			if strings.ContainsAny(file.Name, "<>|\n\"/") {
				t.Errorf("%s has the file %q", f, file.Name)
			}
		}
	}
	benchmarks := benchfmt.NewReader(bytes.NewReader(only(t, export.GoBenchmark, from)), "joust")
	for benchmarks.Scan() {
		if err, wrong := benchmarks.Result().(*benchfmt.SyntaxError); wrong {
			t.Error(err)
		}
	}
}

// A run without trials has no figures in any format, and breaks none.
func TestEmptyRun(t *testing.T) {
	t.Parallel()
	from := source(t, func(run *results.Run) { run.Trials = nil })
	for _, f := range export.Formats() {
		list, err := export.Files(f, from)
		if err != nil || f != export.Percentiles && len(list) == 0 {
			t.Errorf("%s: %d files, %v", f, len(list), err)
		}
	}
	for _, c := range read[export.Document](t, only(t, export.JSON, from)).Cells {
		if len(c.Figures) > 0 || c.Absent == "" || c.Why == "" {
			t.Errorf("%+v", c)
		}
	}
}

// What cannot be read is an error, in the formats that read it.
func TestTornTrials(t *testing.T) {
	t.Parallel()
	from := source(t, nil)
	from.Trials = func(yield func(results.Trial, error) bool) { yield(results.Trial{}, fmt.Errorf("torn")) }
	for _, f := range []export.Format{export.HistogramLog, export.Percentiles} {
		if _, err := export.Files(f, from); err == nil || !strings.Contains(err.Error(), "torn") {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestFormatsAreFound(t *testing.T) {
	t.Parallel()
	for _, f := range export.Formats() {
		if got, err := export.Find(string(f)); got != f || err != nil || f.About() == "" {
			t.Errorf("%q is found as %q, %v, and is for %q", f, got, err, f.About())
		}
	}
	if _, err := export.Find("cvs"); err == nil || !strings.Contains(err.Error(), `did you mean "csv"?`) {
		t.Error(err)
	}
}
