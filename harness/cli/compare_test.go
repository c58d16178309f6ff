package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/journal"
)

// shelf is a folder of stored runs.
type shelf struct{ dir string }

// put stores a run of closed loops of hello, one trial for each throughput in
// req/s.
func (s shelf) put(t *testing.T, id string, edit func(*results.Run), rps ...uint64) {
	t.Helper()
	run := results.Run{
		ID: id, State: results.RunComplete, Started: time.Date(2026, 11, 1, 12, 0, int(id[0]), 0, time.UTC),
		Plan:      results.Plan{Tables: []results.PlanTable{{Scenario: "hello", Protocol: "h1", Clients: 8, Closed: true}}},
		Scenarios: []results.Scenario{{Name: "hello"}}, Servers: []results.Server{{Name: "nethttp", Folder: "nethttp"}},
	}
	if edit != nil {
		edit(&run)
	}
	j, err := journal.Create(filepath.Join(s.dir, journal.RunsFolder, id), run)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range rps {
		err := j.Append(results.Trial{
			Index: i, Block: i + 1, Repetition: i + 1, Kind: results.TrialMeasured, State: results.TrialOK,
			Server: "nethttp", Scenario: "hello", Protocol: "h1",
			Loaders: []results.Report{{Loader: "joust evloop", Threads: 1, Phases: []results.Phase{{
				Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T1NS: 1e9, Total: results.Group{Completed: n},
			}}}},
			Phases: []results.TrialPhase{{Name: results.PhaseClosed, Verdict: results.Verdict{Valid: true, Bottleneck: results.LimitServer}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCompareFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := shelf{t.TempDir()}
	s.put(t, "a-old", nil, 50000, 50100, 50200, 50300, 50400, 50500)
	s.put(t, "b-same", nil, 50050, 50150, 50250, 50350, 50450, 50550)
	s.put(t, "c-slow", nil, 40000, 40100, 40200, 40300, 40400, 40500)
	s.put(t, "d-part1", nil, 40000, 40100, 40200)
	s.put(t, "e-part2", func(r *results.Run) { r.Host.Kernel = "6.13.0" }, 40300, 40400, 40500)
	s.put(t, "f-stopped", func(r *results.Run) { r.State = results.RunInterrupted }, 40000, 40100)
	s.put(t, "g-newer", nil, 40000)
	newer(t, filepath.Join(s.dir, journal.RunsFolder, "g-newer", journal.RunFile))
	for _, tt := range []struct {
		args string
		code int
		says string
	}{
		{"a-old c-slow", 0, "lower, WORSE"},
		{"a c --fail-on throughput<-5%", 3, "throughput<-5%: failed"},
		{"a b --fail-on throughput<-5%", 0, "throughput<-5%: passed"},
		{"c a --fail-on throughput<-5%", 0, "higher, better"},
		{"a d --fail-on throughput<-5%", 3, "6, 3"},
		{"d e --fail-on throughput<-5%", 2, "throughput<-5%: cannot decide"},
		{"a d,e --fail-on throughput<-5%", 3, "6, 6"},
		{"a c --fail-on throughput<-5% --fail-on p99>+5%", 3, "p99>+5%: not measured"},
		{"a b --fail-on p99>+5%", 3, "measure with --rates"},
		{"a c --format md", 0, "### joust compare: 1 of 1"},
		{"a c --format json", 0, `"outcome": "lower"`},
		{"a f", 0, "f-stopped is interrupted"},
		{"a f --fail-on throughput<-5%", 2, "cannot decide"},
		{"a f --strict", 2, "f-stopped is interrupted"},
		{"a e", 0, "host, kernel: none → 6.13.0"},
		{"a e --strict", 2, "host, kernel: none → 6.13.0"},
		{"a a", 2, "a run does not differ from itself"},
		{"a g", 1, "a newer joust wrote it"},
		{"a nothing", 2, "no such run"},
		{"a", 2, "needs two runs, OLD and NEW, and there are 1"},
		{"a b --format html", 2, "the formats are text, md, comment, json"},
		{"a b --fail-on p99>20", 3, "p99>20: not measured"},
		{"a b --fail-on p99>0", 2, "a limit must be above 0"},
		{"a b --fail-on p95>=+5%", 3, "no cell of both sides has p95"},
		{"a b --fail-on p998>+5%", 2, `"p998" is beyond 100 percent`},
		{"a c --metrics rps", 0, "1 of 1 comparisons called"},
		{"a c --metrics mean", 2, "with one of the metrics [mean]; latencies are those of open loops"},
		{"a c --metrics mean --fail-on rps<-5%", 3, "rps<-5%: failed"},
		{"a b --metrics meen,errors", 2, `--metrics: there is no metric "errors"; the metrics are throughput, p50`},
		{"a b --servers nethtp", 2, `did you mean "nethttp"?`},
	} {
		var out bytes.Buffer
		args := append([]string{"--out", s.dir, "compare"}, strings.Fields(tt.args)...)
		if code := Run(args, strings.NewReader(""), &out, &out); code != tt.code || !strings.Contains(out.String(), tt.says) {
			t.Errorf("joust compare %s: exit code %d, want %d and %q:\n%s", tt.args, code, tt.code, tt.says, out.String())
		}
	}
}

// newer makes run.json look as if a later joust had written it.
func newer(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var run map[string]any
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	run["schema"] = results.Schema + 1
	if text, err = json.Marshal(run); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
