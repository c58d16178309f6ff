package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/cells"
	"github.com/joust-bench/joust/results/export"
	"github.com/joust-bench/joust/results/metric"
)

// storedRun is a stored run of the repository.
func storedRun() string { return filepath.Join(checkout, "results/journal/testdata/full") }

// exported writes the stored run in the format into a file, which it returns.
func exported(t *testing.T, format export.Format) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run")
	e := joust(t, "export", storedRun(), "--format", string(format), "-o", path)
	if e.code != ExitOK || !strings.Contains(e.errors, "wrote "+path) {
		t.Fatal(e)
	}
	return path
}

// exportedPeak is the throughput of one closed loop, as the tables have it.
type exportedPeak struct {
	server, scenario, protocol string
	rps                        float64
	trials                     int
}

// peaks returns the throughput of all closed loops of the stored run that some trial
// counts for.
func peaks(t *testing.T) (list []exportedPeak) {
	t.Helper()
	set, err := readCells(storedRun())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range set.Run.Plan.Tables {
		for _, s := range set.Run.Servers {
			if c := set.Closed(table, s); len(c.Valid) > 0 && c.Unit(metric.Throughput) == metric.Rate {
				list = append(list, exportedPeak{s.Name, table.Scenario, table.Protocol, c.Median(cells.Throughput).Value, len(c.Valid)})
			}
		}
	}
	if len(list) == 0 {
		t.Fatal("the stored run has no peak")
	}
	return list
}

// consume runs a program over an export and returns what it prints. It skips the test
// where the program is missing; the package of Debian that has it is named then.
func consume(t *testing.T, needs, debian, program string, args ...string) string {
	t.Helper()
	_, missing := os.Stat(needs)
	if !strings.HasPrefix(needs, "/") {
		_, missing = exec.LookPath(needs)
	}
	if missing != nil {
		missing = fmt.Errorf("%w (Debian's package %s)", missing, debian)
	}
	need(t, missing)
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
	return string(out)
}

func TestPrometheusReadsTheExport(t *testing.T) {
	t.Parallel()
	blocks := t.TempDir()
	if err := os.Mkdir(filepath.Join(blocks, "wal"), 0o755); err != nil { // dump wants one, even an empty one
		t.Fatal(err)
	}
	consume(t, "promtool", "prometheus", "promtool", "tsdb", "create-blocks-from", "openmetrics", exported(t, export.OpenMetrics), blocks)
	dump := consume(t, "promtool", "prometheus", "promtool", "tsdb", "dump", blocks)
	for _, p := range peaks(t) {
		series := func(line string) bool {
			return strings.Contains(line, `__name__="joust_throughput_per_second"`) && strings.Contains(line, fmt.Sprintf("server=%q", p.server)) &&
				strings.Contains(line, fmt.Sprintf("scenario=%q", p.scenario)) && strings.Contains(line, `phase="closed"`)
		}
		found := 0
		for line := range strings.Lines(dump) {
			if !series(line) {
				continue
			}
			found++
			_, values, _ := strings.Cut(line, "} ")
			value, _, _ := strings.Cut(values, " ")
			if x, err := strconv.ParseFloat(value, 64); err != nil || math.Abs(x-p.rps) > 1e-6*p.rps {
				t.Errorf("%+v is %q", p, line)
			}
		}
		if found != 1 {
			t.Errorf("%d series of %+v in\n%.2000s", found, p, dump)
		}
	}
}

func TestHistogramLogProcessorReadsTheExport(t *testing.T) {
	t.Parallel()
	const jar = "/usr/share/java/hdrhistogram.jar"
	log := exported(t, export.HistogramLog)
	process := func(args ...string) string {
		return consume(t, jar, "libhdrhistogram-java", "java", append([]string{"-cp", jar, "org.HdrHistogram.HistogramLogProcessor", "-i", log}, args...)...)
	}
	tags := process("-listtags")
	for _, p := range peaks(t) {
		tag := strings.Join([]string{p.server, p.scenario, p.protocol, results.PhaseClosed}, ".")
		if !strings.Contains(tags, tag) {
			t.Errorf("there is no tag %s in\n%s", tag, tags)
		}
	}
	first := peaks(t)[0]
	if text := process("-tag", strings.Join([]string{first.server, first.scenario, first.protocol, results.PhaseClosed}, ".")); !strings.Contains(text, "#[Mean") {
		t.Errorf("the processor prints\n%s", text)
	}
}

func TestJUnitParserReadsTheExport(t *testing.T) {
	t.Parallel()
	const code = `
import json, sys
from junitparser import JUnitXml
xml = JUnitXml.fromfile(sys.argv[1])
xml.update_statistics()
print(json.dumps({"tests": xml.tests, "errors": xml.errors, "names": [case.name for suite in xml for case in suite if case.is_passed]}))`
	text := consume(t, "/usr/lib/python3/dist-packages/junitparser", "python3-junitparser", "/usr/bin/python3", "-c", code, exported(t, export.JUnit))
	var got struct {
		Tests, Errors int
		Names         []string
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests == 0 || got.Errors != 0 || len(got.Names) < len(peaks(t)) {
		t.Errorf("%+v", got)
	}
}

func TestSQLiteReadsTheExport(t *testing.T) {
	t.Parallel()
	query := "SELECT server, scenario, count(*), avg(value) FROM run WHERE metric = 'throughput' AND unit = 'req/s' GROUP BY server, scenario, protocol ORDER BY rowid"
	text := consume(t, "sqlite3", "sqlite3", "sqlite3", "-csv", ":memory:", ".import '"+exported(t, export.CSV)+"' run", query)
	for _, p := range peaks(t) {
		if !strings.Contains(text, fmt.Sprintf("%s,%s,%d,", p.server, p.scenario, p.trials)) {
			t.Errorf("%+v is not in\n%s", p, text)
		}
	}
}

// Formats and files that cannot be are refused before anything is read.
func TestBadExports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"export"}, ExitUsage, "needs a RUN"},
		{[]string{"export", storedRun(), "--format", "cvs"}, ExitUsage, `did you mean "csv"?`},
		{[]string{"export", storedRun(), "--format", "hgrm"}, ExitUsage, "name a folder for them with -o"},
		{[]string{"export", "nowhere"}, ExitUsage, "nowhere"},
		{[]string{"export", storedRun(), "-o", filepath.Join(t.TempDir(), "absent", "run.json")}, ExitFailed, "writing the export"},
		{[]string{"run", "--servers", "nginx", "--scenarios", "hello", "--export", "csv,junit5"}, ExitUsage, `did you mean "junit"?`},
	} {
		e := joust(t, c.args...)
		if e.code != c.code || !strings.Contains(e.errors, c.says) {
			t.Errorf("%q: %v", c.args, e)
		}
	}
}

// The export goes to standard output where no file is named.
func TestExportToStandardOutput(t *testing.T) {
	t.Parallel()
	e := joust(t, "export", storedRun())
	var d export.Document
	if err := json.Unmarshal([]byte(e.out), &d); err != nil || e.code != ExitOK || len(d.Cells) == 0 {
		t.Errorf("%v, %v", err, e)
	}
}
