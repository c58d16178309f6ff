package summary_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

func written(t rapid.TB, f summary.Format, title string, r results.Report, o summary.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := summary.Write(&out, f, title, &r, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// loads are results of several kinds, by name.
func loads(t testing.TB) map[string]results.Report {
	t.Helper()
	failed := divided(t, failing(t), 20)
	failed.ConnectionsOpen = 60
	limited := divided(t, closed(t), 20)
	limited.Phases[1].Threads[1].Work = 0.973
	return map[string]results.Report{
		"closed": divided(t, closed(t), 20), "saturated": divided(t, saturated(t), 20), "failing": failed, "loader_limit": limited,
		"early": {Loader: "joust evloop", Interrupted: true, ConnectionsAsked: 1, Threads: 1},
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	thresholds, err := summary.ParseThresholds([]string{"p95<1ms", "error_rate<1%"})
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range loads(t) {
		for _, f := range []summary.Format{summary.CSVFormat, summary.MarkdownFormat, summary.HTMLFormat} {
			t.Run(name+"."+string(f), func(t *testing.T) {
				t.Parallel()
				o := summary.Options{Show: summary.Parts(), Thresholds: thresholds, Percentiles: []metric.Name{"p99.5"}}
				golden.Hold(t, "testdata/formats/"+name+"."+string(f), written(t, f, "GET http://127.0.0.1:8080/", r, o))
			})
		}
	}
}

func TestFormatOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]summary.Format{
		"a.json": summary.JSONFormat, "b/c.CSV": summary.CSVFormat, "d.md": summary.MarkdownFormat, "e.html": summary.HTMLFormat,
		"f.txt": summary.TextFormat, "g.hgrm": summary.DistributionFormat, "h": "", "i.xml": "", ".json/k": "",
	} {
		got, err := summary.FormatOf(path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if err := summary.Write(io.Discard, "xml", "", &results.Report{}, summary.Options{}); err == nil {
		t.Error("a format that is none is written")
	}
}

// Every format has the numbers of JSON, with the marks of the text.
func TestFormatsAgree(t *testing.T) {
	t.Parallel()
	o := summary.Options{Show: summary.Parts(), Percentiles: []metric.Name{"p99.5"}}
	for name, r := range loads(t) {
		var d summary.Document
		if err := json.Unmarshal([]byte(written(t, summary.JSONFormat, "x", r, o)), &d); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(written(t, summary.CSVFormat, "GET /", r, o))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if d.Latency == nil {
			if len(rows) != 1 {
				t.Errorf("%s: %d rows of nothing", name, len(rows)-1)
			}
			continue
		}
		if len(rows) != 2+len(d.Segments) || len(d.Segments) != 20 {
			t.Fatalf("%s: %d rows for %d segments", name, len(rows), len(d.Segments))
		}
		same(t, name, rows[0], rows[1], d.Requests, d.ThroughputRPS, d.Latency)
		requests := uint64(0)
		for i, s := range d.Segments {
			same(t, name, rows[0], rows[2+i], s.Requests, s.ThroughputRPS, s.Latency)
			requests += s.Requests
		}
		if want := r.Phases[1].Total.Completed; requests > want || requests < want*9/10 { // the fixture's server pauses
			t.Errorf("%s: %d requests in segments of %d", name, requests, want)
		}
		text := textOf(t, r, o)
		for _, mark := range []string{"* ", "≥ ", "~ "} {
			drawn := func(row, out string) bool {
				return regexp.MustCompile(`(?m)^` + row + `.*` + regexp.QuoteMeta(mark) + `[0-9<&*≥~]`).MatchString(out)
			}
			in := drawn(` +(p[0-9.]+|max) +`, " "+regexp.MustCompile(`(?m)^.* to .*$`).ReplaceAllString(text, ""))
			for f, row := range map[summary.Format]string{summary.MarkdownFormat: `\| *(p[0-9.]+|max) `, summary.HTMLFormat: `<tr><td>(p[0-9.]+|max)</td>`} {
				if got := drawn(row, written(t, f, "GET /", r, o)); got != in {
					t.Errorf("%s.%s: the mark %s is drawn: %t, and in the text: %t", name, f, mark, got, in)
				}
			}
		}
	}
}

// same compares a row of CSV with the numbers of JSON.
func same(t *testing.T, name string, head, row []string, requests uint64, rps float64, latency *summary.Latency) {
	t.Helper()
	cell := func(column string) string {
		for i, h := range head {
			if h == column {
				return row[i]
			}
		}
		t.Fatalf("%s: no column %s", name, column)
		return ""
	}
	if cell("requests") != strconv.FormatUint(requests, 10) || cell("throughput_rps") != strconv.FormatFloat(rps, 'f', -1, 64) {
		t.Errorf("%s: %s requests at %s/s, want %d at %v/s", name, cell("requests"), cell("throughput_rps"), requests, rps)
	}
	if latency == nil {
		if cell("p50_ms")+cell("max_ms")+cell("latency")+cell("samples")+cell("p99.5_ms") != "" {
			t.Errorf("%s: latencies of nothing: %q", name, row)
		}
		return
	}
	for n, ns := range latency.PercentilesNS {
		if got := cell(string(n) + "_ms"); got != strconv.FormatFloat(float64(ns)/1e6, 'f', -1, 64) {
			t.Errorf("%s: %s is %s ms, want %d ns", name, n, got, ns)
		}
	}
	for column, want := range map[string][]metric.Name{"rough": latency.Rough, "few_samples": latency.Few} {
		if len(strings.Fields(cell(column))) != len(want) {
			t.Errorf("%s: %s are %q, want %v", name, column, cell(column), want)
		}
	}
}

// The columns of CSV are the same for every load.
func TestColumnsOfCSVAreStable(t *testing.T) {
	t.Parallel()
	const want = "load,part,group,from_s,to_s,requests,failed,error_rate,throughput_rps,received_bytes_per_s,offered,users,latency,samples," +
		"p50_ms,p75_ms,p90_ms,p95_ms,p99_ms,p99.9_ms,p99.99_ms,min_ms,max_ms,mean_ms,stdev_ms,at_least,rough,few_samples"
	for name, r := range loads(t) {
		for own, more := range map[metric.Name]string{"": "", "p99": "", "p12.5": ",p12.5_ms"} {
			var o summary.Options
			if own != "" {
				o.Percentiles = []metric.Name{own}
			}
			head, _, _ := strings.Cut(written(t, summary.CSVFormat, "x", r, o), "\n")
			if head != want+more {
				t.Errorf("%s: the head is %s", name, head)
			}
		}
	}
}

// CSV has a row for each group, those with the most requests first, with the numbers of
// JSON. What is not known of a group has no value.
func TestCSVOfManyURLs(t *testing.T) {
	t.Parallel()
	r := manyURLs(t, 40)
	o := summary.Options{Percentiles: []metric.Name{"p99.5"}}
	var d summary.Document
	if err := json.Unmarshal([]byte(written(t, summary.JSONFormat, "x", r, o)), &d); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(written(t, summary.CSVFormat, "URLs of urls.txt", r, o))).ReadAll()
	if err != nil || len(rows) != 2+41 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	same(t, "window", rows[0], rows[1], d.Requests, d.ThroughputRPS, d.Latency)
	before := rows[1][5]
	for _, row := range rows[2:] {
		name := row[2]
		g, known := d.Groups[name]
		if row[1] != "group" || !known {
			t.Errorf("a row of the %s %q", row[1], name)
		}
		same(t, name, rows[0], row, g.Requests, g.ThroughputRPS, g.Latency)
		if requests, earlier := number(t, row[5]), number(t, before); requests > earlier {
			t.Errorf("%s: %v requests stand behind %v", name, requests, earlier)
		}
		before = row[5]
		rate := map[bool]string{true: "0", false: "1"}[g.Failed == 0]
		if row[6] != strconv.FormatUint(g.Failed, 10) || row[7] != rate || row[9]+row[10]+row[11] != "" {
			t.Errorf("%s: %q", name, row)
		}
		delete(d.Groups, name)
	}
}

func number(t *testing.T, cell string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// What the text says of URLs, hosts and data rows stands in the documents too.
func TestDocumentsHaveAllPartsOfTheText(t *testing.T) {
	t.Parallel()
	r := report(t, closed(t))
	r.Data = &results.DataUse{Rows: 5, Taken: 500_000, Order: "loop"}
	r.Phases[1].Groups = map[string]results.Group{"GET /a": {Completed: 300_000}, "GET /b": {Completed: 200_000}}
	r.Phases[1].Targets = []results.TargetUse{{URL: "http://h:1"}, {URL: "http://h:2"}}
	for _, f := range []summary.Format{summary.TextFormat, summary.MarkdownFormat, summary.HTMLFormat} {
		out := written(t, f, "x", r, summary.Options{})
		for _, want := range []string{"one of 5 rows", "GET /a", "GET /b", "http://h:2"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", f, want, out)
			}
		}
	}
}

// hostile are texts that would break out of a document.
var hostile = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
	"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a|b`c`", "```\n# x", "=cmd()", "\u202eright to left", "]]>", "</title><b>", "x\ny", "{{.}}",
}))

// Whatever stands in a name, a header or an error, documents stay whole.
func TestDocumentsTakeAnyText(t *testing.T) {
	t.Parallel()
	good := divided(t, closed(t), 20)
	rapid.Check(t, func(rt *rapid.T) {
		r := good
		title := hostile.Draw(rt, "title")
		p := r.Phases[1]
		p.Total.FirstError, p.Total.Failed = hostile.Draw(rt, "error"), 1
		r.RequestID, p.Slowest = "X-Id", []results.SlowRequest{{Request: "GET /", ID: hostile.Draw(rt, "id")}}
		r.Warnings = []string{hostile.Draw(rt, "warning")}
		r.Phases = []results.Phase{r.Phases[0], p}
		o := summary.Options{Show: summary.Parts()}
		page := written(rt, summary.HTMLFormat, title, r, o)
		if n := strings.Count(page, "<script"); n > 0 || strings.Count(page, "<img") > 0 || strings.Count(page, "<h1") != 1 || strings.Count(page, "<title>joust") != 1 {
			rt.Fatalf("the page has scripts, images or several titles:\n%s", page)
		}
		if rows, err := csv.NewReader(strings.NewReader(written(rt, summary.CSVFormat, title, r, o))).ReadAll(); err != nil || len(rows) != 22 {
			rt.Fatalf("%d rows, %v", len(rows), err)
		}
		fenced := false
		for line := range strings.Lines(written(rt, summary.MarkdownFormat, title, r, o)) {
			if strings.HasPrefix(line, "```") {
				fenced = !fenced // text that stands as it is
			}
			if !fenced && strings.HasPrefix(line, "|") && len(golden.Cells(strings.TrimSpace(line))) != 4 {
				rt.Fatalf("a row of %d cells: %s", len(golden.Cells(line)), line)
			}
		}
	})
}

// The pictures are XML, stand for themselves, and their figures have names. The page
// loads nothing.
func TestPageStandsAlone(t *testing.T) {
	t.Parallel()
	for name, r := range loads(t) {
		page := written(t, summary.HTMLFormat, "GET http://127.0.0.1:8080/", r, summary.Options{Show: summary.Parts()})
		for _, no := range []string{"<script", "<link", "src=", "@import", "url(", "href="} {
			if strings.Contains(page, no) {
				t.Errorf("%s: the page has %q", name, no)
			}
		}
		pictures := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1)
		if want := map[bool]int{true: 4, false: 0}[name != "early"]; len(pictures) != want {
			t.Errorf("%s: %d pictures, want %d", name, len(pictures), want)
		}
		for _, p := range pictures {
			d := xml.NewDecoder(strings.NewReader(p))
			for {
				_, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v in\n%s", name, err, p)
				}
			}
			if !strings.Contains(p, "<title>") || !strings.Contains(p, "<desc>") || strings.Contains(p, "NaN") || strings.Contains(p, "Inf") {
				t.Errorf("%s: no name, or no number in\n%s", name, p)
			}
		}
	}
}
