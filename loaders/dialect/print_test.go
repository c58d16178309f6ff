package dialect

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/golden"
)

// histogram returns a histogram of n values that rise evenly from one bound to the other.
func histogram(t testing.TB, n int, from, to time.Duration) *results.Histogram {
	t.Helper()
	var h record.Histogram
	for i := range n {
		h.Record(int64(from) + int64(to-from)*int64(i)/int64(max(1, n-1)))
	}
	r, err := h.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answered returns the report of a second in which a thousand requests were answered, ten
// of them with 404, and nothing failed.
func answered(t testing.TB) *results.Report {
	t.Helper()
	const ms = time.Millisecond
	p := results.Phase{
		Name: "closed", Loop: results.ClosedLoop, Measured: true, T0NS: 5e9, T1NS: 6e9, Asked: 1000,
		Total: results.Group{
			Completed: 1000, Status: map[string]uint64{"200": 990, "404": 10}, Service: histogram(t, 1000, ms, 20*ms),
		},
		ReceivedBytes: 150_000, ReceivedBodyBytes: 7000, SentBytes: 90_000,
		Breakdown: &results.Breakdown{
			Connect: histogram(t, 10, ms/5, ms), Write: histogram(t, 1000, 5*time.Microsecond, 10*time.Microsecond),
			Wait: histogram(t, 1000, ms/2, 19*ms), Transfer: histogram(t, 1000, ms/10, ms/5), Total: histogram(t, 1000, ms, 21*ms),
			NewConnections: 10, ReusedConnections: 990,
		},
		Slowest: []results.SlowRequest{{Request: "GET /", ID: "00000000-0000-4000-8000-000000000001", Status: 200, SentNS: 5e9, EndNS: 5e9 + 20e6}},
	}
	for i := range int64(10) {
		p.Timeline = append(p.Timeline, results.Interval{AtNS: 5e9 + (i+1)*1e8, Completed: uint64(i*i + 91*(i+1)), Open: 10})
	}
	return &results.Report{Loader: "joust evloop", Threads: 2, ServerHeader: "tiny", ConnectionsOpen: 10, Phases: []results.Phase{p}}
}

// open returns the report of an open loop at 2000 req/s, in which three requests failed.
func open(t testing.TB) *results.Report {
	t.Helper()
	r := answered(t)
	p := &r.Phases[0]
	p.Loop, p.Schedule, p.Rate = results.OpenLoop, "constant", &results.RateReport{TargetRPS: 2000, Offered: 2000, Achieved: 1000}
	p.Total.Failed, p.Total.Errors = 3, map[results.Cause]uint64{results.CauseReset: 2, results.CauseTimeout: 1}
	p.Total.Corrected = histogram(t, 1000, time.Millisecond, 3*time.Second)
	p.SendLagBlocked = histogram(t, 700, time.Millisecond, time.Second)
	return r
}

// nothing returns the report of a load that was never answered.
func nothing() *results.Report {
	return &results.Report{Threads: 1, Phases: []results.Phase{{
		Name: "closed", Loop: results.ClosedLoop, Measured: true, T0NS: 5e9, T1NS: 6e9,
		Total: results.Group{Failed: 4, Errors: map[results.Cause]uint64{results.CauseConnectRefused: 4}},
	}}}
}

// render returns all that a tool prints for the report.
func render(t testing.TB, tool, line string, r *results.Report) (text string, out Printed) {
	t.Helper()
	d, _, ok := Find(tool)
	if !ok {
		t.Fatalf("there is no dialect %s", tool)
	}
	l, err := d.Read(append(strings.Fields(line), target))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	l.Head(&b)
	if out, err = l.Print(r); err != nil {
		t.Fatal(err)
	}
	b.Write(out.Text)
	for _, f := range out.Files {
		content, _, _ := strings.Cut(string(f.Content), "\n7") // the beginning of a long file
		b.WriteString("\n--- " + f.Flag + " " + f.Path + " begins\n" + content + "\n")
	}
	for _, n := range out.Notes {
		b.WriteString("--- " + n + "\n")
	}
	return b.String(), out
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tool, line string
		report     *results.Report
	}{
		"wrk":            {"wrk", "--latency", answered(t)},
		"wrk-plain":      {"wrk", "-d1m -c1k", answered(t)},
		"wrk-nothing":    {"wrk", "--latency", nothing()},
		"wrk2":           {"wrk2", "-R2000 --latency", open(t)},
		"wrk2-both":      {"wrk2", "-R2000 --u_latency", open(t)},
		"wrk2-nothing":   {"wrk2", "-R2000 --u_latency", nothing()},
		"ab":             {"ab", "-n 100 -c 10", answered(t)},
		"ab-kept":        {"ab", "-n 1000 -c 10 -k -l -d -S", answered(t)},
		"ab-files":       {"ab", "-n 10 -c 10 -e p.csv", answered(t)},
		"ab-html":        {"ab", "-n 1000 -c 10 -w -p body", answered(t)},
		"ab-failures":    {"ab", "-n 1000 -c 10 -q", open(t)},
		"ab-nothing":     {"ab", "-n 4 -c 4", nothing()},
		"hey":            {"hey", "", answered(t)},
		"hey-failures":   {"hey", "-q 40", open(t)},
		"hey-nothing":    {"hey", "", nothing()},
		"pywrkr":         {"pywrkr", "-d 1 --latency-breakdown --json f --tag a=b", answered(t)},
		"pywrkr-gates":   {"pywrkr", "-d 1 -w --threshold p95<300ms --th p99<=5ms --th error_rate<2% --th error_rate>=1 --th rps>500 --th avg_latency<1 --th max_latency<1s --th min_latency>1us", answered(t)},
		"pywrkr-users":   {"pywrkr", "-u 300 -d 120 --think-time 1", answered(t)},
		"pywrkr-rate":    {"pywrkr", "-d 60 --rate 2000 --rate-ramp 3000", open(t)},
		"pywrkr-nothing": {"pywrkr", "-n 4 --th p50<1", nothing()},
		"load-tester":    {"load-tester", "-n 1000", answered(t)},
		"load-nothing":   {"load-tester", "-n 4", nothing()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, _ := render(t, c.tool, c.line, c.report)
			golden.Hold(t, filepath.Join("testdata", name+".txt"), text)
		})
	}
}

// The exit codes are the tool's own.
func TestCodes(t *testing.T) {
	t.Parallel()
	interrupted := answered(t)
	interrupted.Interrupted = true
	for _, c := range []struct {
		tool, line string
		report     *results.Report
		want       int
	}{
		{"wrk", "", answered(t), 0},
		{"wrk", "", interrupted, 0},
		{"wrk", "", nothing(), 0},
		{"ab", "-n 9", answered(t), 0},
		{"ab", "-n 9", interrupted, 1},
		{"ab", "-n 9", open(t), 104},
		{"ab", "-n 9 -r", open(t), 0},
		{"hey", "", interrupted, 0},
		{"pywrkr", "", interrupted, 0},
		{"pywrkr", "--th p95<300ms", answered(t), 0},
		{"pywrkr", "--th p95<3ms", answered(t), 2},
		{"pywrkr", "--th p95<300ms", nothing(), 2},
		{"load-tester", "", nothing(), 0},
		{"load-tester", "", interrupted, 130},
	} {
		if _, out := render(t, c.tool, c.line, c.report); out.Code != c.want {
			t.Errorf("%s %s ends with %d, want %d", c.tool, c.line, out.Code, c.want)
		}
	}
}

// pywrkr's JSON has its keys, in seconds.
func TestPywrkrJSON(t *testing.T) {
	t.Parallel()
	_, out := render(t, "pywrkr", "-d 1 -c 10 --json f --tag a=b --tag c=d --latency-breakdown", answered(t))
	var got struct {
		Duration    float64            `json:"duration_sec"`
		Connections int                `json:"connections"`
		Requests    uint64             `json:"total_requests"`
		Errors      uint64             `json:"total_errors"`
		RPS         float64            `json:"requests_per_sec"`
		Transfer    float64            `json:"transfer_per_sec_bytes"`
		Bytes       uint64             `json:"total_bytes"`
		Latency     map[string]float64 `json:"latency"`
		Percentiles map[string]float64 `json:"percentiles"`
		Tags        map[string]string  `json:"tags"`
		Breakdown   map[string]any     `json:"latency_breakdown"`
	}
	if err := json.Unmarshal(out.Files[0].Content, &got); err != nil {
		t.Fatal(err)
	}
	if got.Duration != 1 || got.Connections != 10 || got.Requests != 1000 || got.Errors != 10 || got.RPS != 1000 || got.Transfer != 7000 || got.Bytes != 7000 {
		t.Errorf("%+v", got)
	}
	for key, want := range map[string]float64{"min": 0.001, "max": 0.02, "mean": 0.0105, "median": 0.0105, "stdev": 0.00549} {
		if x, ok := got.Latency[key]; !ok || math.Abs(x-want) > 0.00005 {
			t.Errorf("latency %s is %v, want %v", key, x, want)
		}
	}
	for key, want := range map[string]float64{"p50": 0.0105, "p75": 0.01525, "p90": 0.0181, "p95": 0.01905, "p99": 0.0198} {
		if x, ok := got.Percentiles[key]; !ok || math.Abs(x-want) > 0.00005 {
			t.Errorf("percentile %s is %v, want %v", key, x, want)
		}
	}
	if got.Tags["a"] != "b" || got.Tags["c"] != "d" || got.Breakdown["new_connections"] != 10.0 || got.Breakdown["connect"] == nil {
		t.Errorf("tags %v, breakdown %v", got.Tags, got.Breakdown)
	}
}

// The load tester's percentile is the value of the index int(len·p/100), at most the last.
func TestIndexPercentile(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "p50: 1ms\n  p90: 1ms\n  p99: 1ms\n  max: 1ms", 2: "p50: 2ms\n  p90: 2ms\n  p99: 2ms\n  max: 2ms", 10: "p50: 6ms\n  p90: 10ms\n  p99: 10ms\n  max: 10ms"} {
		r := answered(t)
		r.Phases[0].Total.Service = histogram(t, n, time.Millisecond, time.Duration(n)*time.Millisecond)
		text, _ := render(t, "load-tester", "", r)
		masked := strings.NewReplacer("1.001ms", "1ms", "2.001ms", "2ms", "6.001ms", "6ms", "6.003ms", "6ms").Replace(text)
		if !strings.Contains(masked, want) {
			t.Errorf("%d values:\n%s\nwant %s", n, text, want)
		}
	}
}

// wrk's deviation and the share within it are those of its samples.
func TestMoments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list []float64
		want moments
	}{
		{nil, moments{}},
		{[]float64{5}, moments{mean: 5, max: 5, within: 100}},
		{[]float64{1, 2, 3, 4, 10}, moments{mean: 4, stdev: math.Sqrt(12.5), max: 10, within: 80}},
	} {
		got := momentsOf(c.list)
		for _, pair := range [][2]float64{{got.mean, c.want.mean}, {got.stdev, c.want.stdev}, {got.max, c.want.max}, {got.within, c.want.within}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Errorf("%v: %+v, want %+v", c.list, got, c.want)
				break
			}
		}
	}
}

// The gnuplot file of ab has a line for each request, in rising order.
func TestGnuplot(t *testing.T) {
	t.Parallel()
	_, out := render(t, "ab", "-n 1000 -g f", answered(t))
	lines := strings.Split(strings.TrimSpace(string(out.Files[0].Content)), "\n")
	if len(lines) != 1001 || lines[0] != "starttime\tseconds\tctime\tdtime\tttime\twait" || strings.Fields(lines[1])[8] != "1" || strings.Fields(lines[1000])[8] != "21" {
		t.Errorf("%d lines, %q to %q", len(lines), lines[1], lines[len(lines)-1])
	}
}

// hey's CSV has a row for each answer.
func TestHeyCSV(t *testing.T) {
	t.Parallel()
	r := answered(t)
	r.Phases[0].Total.Status = map[string]uint64{"200": 1000}
	_, out := render(t, "hey", "-o csv", r)
	lines := strings.Split(strings.TrimSpace(string(out.Text)), "\n")
	if len(lines) != 1001 || lines[1] != "0.0010,,,,,,200," || lines[1000] != "0.0200,,,,,,200," {
		t.Errorf("%d lines, %q to %q", len(lines), lines[1], lines[len(lines)-1])
	}
}

// ab says how far it is after each tenth of its requests.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tool, line   string
		done, before uint64
		want         string
	}{
		{"ab", "-n 1000", 350, 90, "Completed 100 requests\nCompleted 200 requests\nCompleted 300 requests\n"},
		{"ab", "-n 1000", 99, 0, ""},
		{"ab", "-n 1000 -q", 350, 0, ""},
		{"ab", "-n 150", 150, 0, ""},
		{"load-tester", "-n 70", 50, 40, "Running...  [50/70]"},
		{"wrk", "", 50, 40, ""},
	} {
		d, _, _ := Find(c.tool)
		l, err := d.Read(append(strings.Fields(c.line), target))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := l.Progress(c.done, c.before); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.tool, c.line, got, c.want)
		}
	}
}

// urlLine reads a line of pywrkr on the URLs of a file, which are reported by those names.
func urlLine(t *testing.T, groups ...string) *Line {
	t.Helper()
	d, _, _ := Find("pywrkr")
	l, err := d.Read(strings.Fields("-d 1 -c 10 --json f --url-file urls.txt"))
	if err != nil {
		t.Fatal(err)
	}
	l.Groups, l.Origin = groups, "http://a.example"
	return l
}

// The table of several URLs and their JSON are as pywrkr 1.3.4 writes them
// (reporting.py, print_multi_url_summary and build_multi_url_json).
func TestPywrkrURLs(t *testing.T) {
	t.Parallel()
	r := answered(t)
	r.Phases[0].Groups = map[string]results.Group{
		"GET /a": {Completed: 600, Status: map[string]uint64{"200": 590, "404": 10}, Service: histogram(t, 600, time.Millisecond, 20*time.Millisecond)},
		"POST http://b.example/a-path/that-is-longer-than-its-column": {Failed: 4, Errors: map[results.Cause]uint64{results.CauseReset: 4}},
	}
	r.Phases[0].Total.Failed = 4
	out, err := urlLine(t, "GET /a", "POST http://b.example/a-path/that-is-longer-than-its-column").Print(r)
	if err != nil {
		t.Fatal(err)
	}
	wide := strings.Repeat("=", 90)
	dash := func(n int) string { return strings.Repeat("─", n) }
	want := "\n" + wide + "\n  MULTI-URL COMPARISON SUMMARY\n" + wide + "\n\n" +
		"    #  Method  URL                                         Reqs       RPS       p50       p95       p99   Errs\n" +
		"  " + dash(3) + "  " + dash(7) + " " + dash(40) + " " + dash(7) + " " + dash(9) + " " + dash(9) + " " + dash(9) + " " + dash(9) + " " + dash(6) + "\n" +
		"    1  GET     http://a.example/a                           600     600.0   10.49ms   19.05ms   19.82ms   1.7%\n" +
		"    2  POST    http://b.example/a-path/that-is-longe...       4       4.0    0.00us    0.00us    0.00us 100.0%\n" +
		"\n" + wide + "\n  Total: 2 endpoints, 1,004 requests, 14 errors, 6.84KB transferred\n" + wide + "\n\n"
	if text := string(out.Text); !strings.HasSuffix(text, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", text, want)
	}
	if out.Code != 1 {
		t.Errorf("exit code %d where all requests of a URL failed", out.Code)
	}
	var all struct {
		Mode      string `json:"mode"`
		Count     int    `json:"endpoint_count"`
		Requests  uint64 `json:"total_requests"`
		Errors    uint64 `json:"total_errors"`
		Endpoints []map[string]any
	}
	if err := json.Unmarshal(out.Files[0].Content, &all); err != nil {
		t.Fatal(err)
	}
	if all.Mode != "multi_url" || all.Count != 2 || all.Requests != 1004 || all.Errors != 14 || len(all.Endpoints) != 2 {
		t.Fatalf("%+v", all)
	}
	for key, want := range map[string]any{"url": "http://a.example/a", "method": "GET", "total_requests": 600.0, "total_errors": 10.0, "requests_per_sec": 600.0, "duration_sec": 1.0, "connections": 0.0} {
		if got := all.Endpoints[0][key]; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	for _, key := range []string{"latency", "percentiles", "status_codes", "error_types"} {
		if all.Endpoints[0][key] == nil {
			t.Errorf("no %s in %v", key, all.Endpoints[0])
		}
	}
	if all.Endpoints[1]["total_bytes"] != nil {
		t.Errorf("bytes of one URL: %v", all.Endpoints[1])
	}
}

// A file of one URL has a table too, and groups of many URLs stand in it by their names.
func TestPywrkrURLsOfOtherFiles(t *testing.T) {
	t.Parallel()
	out, err := urlLine(t, "GET /only").Print(answered(t))
	if err != nil || !strings.Contains(string(out.Text), "    1  GET     http://a.example/only                      1,000   1,000.0 ") || out.Code != 0 {
		t.Errorf("%v, exit code %d\n%s", err, out.Code, out.Text)
	}
	r := answered(t)
	r.URLs, r.GroupedBy = 5000, "host and first path segment"
	r.Phases[0].Groups = map[string]results.Group{"/b": {Completed: 1}, "others": {Completed: 2}}
	out, err = urlLine(t, "/b", "others").Print(r)
	for _, want := range []string{"    1          http://a.example/b  ", "    2          others  "} {
		if err != nil || !strings.Contains(string(out.Text), want) {
			t.Errorf("%v, no %q in\n%s", err, want, out.Text)
		}
	}
	if len(out.Notes) != 1 || !strings.Contains(out.Notes[0], "5000 URLs are too many") {
		t.Errorf("notes %q", out.Notes)
	}
}
