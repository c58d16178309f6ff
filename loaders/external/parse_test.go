package external_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// recording is a run of a tool with recorded output.
type recording struct {
	tool   string
	output external.Output
	// percentiles is the content of ab's file, empty for none.
	percentiles string
}

// recorded returns the output of a real run. Those of wrk 4.1.0, h2load 1.52.0 and
// ab 2.3 were recorded against the fixture fasthttp and a server that resets
// connections; those of wrk2 against small C servers, on another machine.
func recorded(t testing.TB, name string) recording {
	t.Helper()
	tool, _, _ := strings.Cut(name, "-")
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	r := recording{tool: tool, output: external.Output{Stdout: string(text)}}
	if csv, err := os.ReadFile(filepath.Join("testdata", name+".csv")); err == nil {
		r.percentiles = string(csv)
	}
	return r
}

// Run implements external.Starter.
func (r recording) Run(_ context.Context, _ string, args []string, started func()) (external.Output, error) {
	started()
	if at := slices.Index(args, "-e"); at >= 0 && r.percentiles != "" {
		if err := os.WriteFile(args[at+1], []byte(r.percentiles), 0o600); err != nil {
			return external.Output{}, err
		}
	}
	return r.output, nil
}

// report returns the report of the tool's Driver.
func (r recording) report(t testing.TB) (results.Report, error) {
	t.Helper()
	loop := lookup(t, r.tool).Loop
	return loader(t, r.tool, r, t.TempDir()).Run(t.Context(), specOf("127.0.0.1:80", func(s *loaders.Spec) {
		s.Phases = phases(loop, time.Second)
	}), &control{rate: 100})
}

func lookup(t testing.TB, name string) external.Tool {
	t.Helper()
	x, err := external.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// quantiles are printed values in microseconds by quantile.
type quantiles map[float64]float64

// TestRecordedOutputs reads each output to its last figure. The expected figures
// stand in the files.
func TestRecordedOutputs(t *testing.T) {
	t.Parallel()
	type causes = map[results.Cause]uint64
	for name, want := range map[string]struct {
		completed          uint64
		seconds, rps       float64
		errors             causes
		received           uint64
		service, corrected quantiles
		samples            uint64
		meanUS, maxUS      float64
	}{
		"wrk-hello":         {85873, 1.10, 78088.23, nil, 12111052, quantiles{.5: 70, .75: 97, .9: 132, .99: 2120}, nil, 85873, 129.41, 12910},
		"wrk-non-2xx":       {0, 1.06, 0, causes{results.CauseStatus: 9331}, 1572864, quantiles{.5: 425, .99: 56600}, nil, 9331, 4150, 68760},
		"wrk-socket-errors": {27549, 1.01, 27320.82, causes{results.CauseRead: 559}, 1740636, quantiles{.5: 127, .99: 16670}, nil, 27549, 1280, 23760},
		"wrk2-non-2xx":      {0, 12, 0, causes{results.CauseStatus: 23969}, 3743416, quantiles{.5: 67, .75: 103, .9: 152, .99: 296, .999: 1160, .9999: 1220, .990625: 300}, quantiles{.5: 880, .99: 1900, .999: 4720, .990625: 1904}, 3900, 83, 1223},
		"wrk2-normal-u_latency": {29963, 15, 1997.39, nil, 4466933, quantiles{.5: 74, .99: 347}, quantiles{.5: 851, .9: 1373, .99: 2030}, 9900,
			94, 3432},
		"wrk2-saturated":          {1434008, 12, 119502.12, nil, 230875463, quantiles{.5: 141, .99: 824, .999: 1690}, quantiles{.5: 9576447, .99: 10810000}, 222376, 165, 7676},
		"wrk2-short-latency-only": {5966, 3, 1987.20, nil, 964689, nil, quantiles{.5: 826, .9: 1369, .99: 1970, .9999: 8460}, 5960, 850, 8608},
		"wrk2-socket-errors": {11980, 12.05, 993.89, causes{results.CauseRead: 38, results.CauseWrite: 980396, results.CauseTimeout: 3}, 1782579,
			nil, nil, 0, 0, 0},
		"h2load-hello":            {54291, 1, 54291, nil, 7655031, quantiles{}, nil, 54291, 147, 4110},
		"h2load-lost-connections": {392, 1, 392, nil, 24696, quantiles{}, nil, 392, 177, 1000},
		"ab-hello":                {54367, 1, 54366.67, nil, 8970555, quantiles{.01: 16, .99: 681, 1: 13105}, nil, 54367, math.NaN(), 13105},
		"ab-non-2xx":              {0, 1.001, 0, causes{results.CauseStatus: 10073}, 1702337, nil, nil, 0, 0, 0},
		"ab-failures": {11558, 1, 11553, causes{results.CauseRead: 714, results.CauseLength: 23816, results.CauseReset: 718}, 2228564,
			quantiles{.5: 0, .9: 0}, nil, 36088, math.NaN(), -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, err := recorded(t, name).report(t)
			if err != nil {
				t.Fatal(err)
			}
			p := &report.Phases[0]
			if p.Total.Completed != want.completed || !p.Knows("received_bytes") || p.ReceivedBytes != want.received {
				t.Errorf("%d completed and %v bytes received, want %d and %d", p.Total.Completed, p.ReceivedBytes, want.completed, want.received)
			}
			seconds := time.Duration(p.WindowNS()).Seconds()
			if rps := p.ThroughputRPS(); math.Abs(seconds-want.seconds) > 0.006 || math.Abs(rps-want.rps) > want.rps/1000 {
				t.Errorf("%v s at %f req/s, want %f s and %f", seconds, rps, want.seconds, want.rps)
			}
			if d := cmp.Diff(want.errors, p.Total.Errors); d != "" {
				t.Errorf("errors: %s", d)
			}
			if len(want.errors) > 0 && p.Total.FirstError == "" {
				t.Error("no failure stands in words")
			}
			if len(report.Warnings) > 0 && name != "ab-non-2xx" {
				t.Errorf("warnings %q", report.Warnings)
			}
			agrees(t, "service", p.Total.ServiceTable, want.service)
			agrees(t, "corrected", p.Total.CorrectedTable, want.corrected)
			table := p.Total.ServiceTable
			if want.service == nil {
				table = p.Total.CorrectedTable
			}
			if table != nil {
				moments(t, table, want.samples, want.meanUS, want.maxUS)
			}
		})
	}
}

func agrees(t *testing.T, latency string, got *results.Percentiles, want quantiles) {
	t.Helper()
	if (got == nil) != (want == nil) {
		t.Errorf("the %s table is %v, want %v", latency, got, want)
		return
	}
	for q, us := range want {
		if ns, ok := got.At(q); !ok || math.Abs(float64(ns)-us*1e3) > 1 {
			t.Errorf("%s p%g is %d ns (%t), want %g µs", latency, q*100, ns, ok, us)
		}
	}
}

func moments(t *testing.T, p *results.Percentiles, samples uint64, meanUS, maxUS float64) {
	t.Helper()
	if p.Samples != samples {
		t.Errorf("%d samples, want %d", p.Samples, samples)
	}
	if !math.IsNaN(meanUS) && (p.MeanNS == nil || math.Abs(*p.MeanNS-meanUS*1e3) > 1) {
		t.Errorf("mean %v, want %g µs", p.MeanNS, meanUS)
	}
	if math.IsNaN(meanUS) && p.MeanNS != nil {
		t.Errorf("a mean of %g ns that nobody printed", *p.MeanNS)
	}
	if maxUS >= 0 && (p.MaxNS == nil || math.Abs(float64(*p.MaxNS)-maxUS*1e3) > 1) {
		t.Errorf("max %v, want %g µs", p.MaxNS, maxUS)
	}
}

func TestOutputThatIsNone(t *testing.T) {
	t.Parallel()
	for _, x := range external.Tools() {
		for name, c := range map[string]struct {
			output external.Output
			says   string
		}{
			"nothing":       {external.Output{}, "it printed nothing"},
			"another":       {external.Output{Stdout: "Running 1s test\nhello\n"}, "its output begins: \"Running 1s test"},
			"a failed tool": {external.Output{Stderr: "unable to connect to 127.0.0.1:1 Connection refused\n", Exit: "exit status 1"}, "it ended with exit status 1; its complaint: \"unable to connect"},
		} {
			_, err := recording{tool: x.Name, output: c.output}.report(t)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), x.Name+": ") {
				t.Errorf("%s, %s: error %v, want one that says %q", x.Name, name, err, c.says)
			}
		}
	}
}

func TestStrangeLinesAreWarnings(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wrk-hello", "wrk2-saturated", "h2load-hello", "ab-hello"} {
		r := recorded(t, name)
		r.output.Stdout = "a tune from nowhere\n" + r.output.Stdout
		report, err := r.report(t)
		if err != nil || !slices.ContainsFunc(report.Warnings, func(w string) bool { return strings.Contains(w, "a tune from nowhere") }) {
			t.Errorf("%s: warnings %q, error %v", name, report.Warnings, err)
		}
	}
}

func TestDamagedOutputIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, from, to, says string }{
		{"wrk-hello", "85873 requests in 1.10s", "85873 requests in 1.10parsec", "duration"},
		{"wrk-hello", "78088.23", "NaN", "no number of at least 0"},
		{"wrk-non-2xx", "responses: 9331", "responses: 9332", "have a wrong status"},
		{"wrk2-saturated", "99.000%   10.81s", "199.000%   10.81s", "percentile"},
		{"h2load-hello", "0 errored", "9 errored", "do not go together"},
		{"ab-hello", "Time taken for tests:   1.000", "Time taken for tests:   -", "Time taken"},
	} {
		r := recorded(t, c.name)
		if !strings.Contains(r.output.Stdout, c.from) {
			t.Fatalf("%s does not hold %q", c.name, c.from)
		}
		r.output.Stdout = strings.ReplaceAll(r.output.Stdout, c.from, c.to)
		if _, err := r.report(t); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s with %q: error %v, want one about %q", c.name, c.to, err, c.says)
		}
	}
}

// fuzz checks the report of any output that a parser accepts.
func fuzz(f *testing.F, name string) {
	files, err := filepath.Glob(filepath.Join("testdata", name+"-*.txt"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no recorded outputs of %s: %v", name, err)
	}
	for _, file := range files {
		r := recorded(f, strings.TrimSuffix(filepath.Base(file), ".txt"))
		f.Add(r.output.Stdout, r.percentiles)
	}
	f.Fuzz(func(t *testing.T, stdout, percentiles string) {
		report, err := recording{name, external.Output{Stdout: stdout}, percentiles}.report(t)
		if err != nil {
			return
		}
		p := &report.Phases[0]
		for _, table := range []*results.Percentiles{p.Total.ServiceTable, p.Total.CorrectedTable} {
			if table == nil {
				continue
			}
			for i, point := range table.Points {
				if point.Quantile < 0 || point.Quantile > 1 || point.ValueNS < 0 || i > 0 && table.Points[i-1].Quantile > point.Quantile {
					t.Fatalf("point %d of the table is %+v", i, point)
				}
			}
		}
		if p.WindowNS() < 0 {
			t.Fatalf("the window is %d ns", p.WindowNS())
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzWrk(f *testing.F)    { fuzz(f, "wrk") }
func FuzzWrk2(f *testing.F)   { fuzz(f, "wrk2") }
func FuzzH2load(f *testing.F) { fuzz(f, "h2load") }
func FuzzAB(f *testing.F)     { fuzz(f, "ab") }
