package calibrate

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

func config() *Config {
	return &Config{
		Launcher: launch.Launcher{CPUs: results.CPUSplit{Server: []int{0, 1}, Loader: []int{2, 3}, Pinned: true}},
		Rates:    []float64{1000, 10000}, Warmup: time.Second, Closed: 2 * time.Second, Open: 3 * time.Second, Seed: 5,
	}
}

func both() []scenarios.Mode { return []scenarios.Mode{scenarios.Closed, scenarios.Open} }

func TestSpec(t *testing.T) {
	t.Parallel()
	row := scenarios.Scenario{Depth: 1, Modes: both(), Requests: []scenarios.Request{{Name: "r", Method: "GET", Path: "/"}}}
	for _, c := range []struct {
		name           string
		change         func(*Config, *scenarios.Scenario)
		phases         string
		clients, cpus  int
		threads        int
		idle           loaders.IdleStrategy
		minCompletions int
	}{
		{"pinned", func(*Config, *scenarios.Scenario) {}, "warm-up closed open 1000 open 10000", 64, 2, 2, loaders.Spin, 0},
		{"closed only", func(_ *Config, s *scenarios.Scenario) { s.Modes, s.MinCompletions = both()[:1], 50 }, "warm-up closed", 64, 2, 2, loaders.Spin, 50},
		{"one client", func(_ *Config, s *scenarios.Scenario) { s.Clients = 1 }, "warm-up closed open 1000 open 10000", 1, 1, 1, loaders.Spin, 0},
		{"shared", func(c *Config, _ *scenarios.Scenario) { c.Launcher.CPUs.Shared = true }, "warm-up closed open 1000 open 10000", 64, 0, 2, loaders.DefaultIdle(false, runtime.NumCPU()), 0},
		{"not pinned", func(c *Config, _ *scenarios.Scenario) { c.Launcher.CPUs.Pinned = false }, "warm-up closed open 1000 open 10000", 64, 0, 2, loaders.DefaultIdle(false, runtime.NumCPU()), 0},
	} {
		conf, s := config(), row
		c.change(conf, &s)
		spec := conf.spec(&s, "127.0.0.1:80")
		for i := range spec.Phases {
			if p := &spec.Phases[i]; p.Adjust {
				p.RateRPS = 1 // as Validate wants to see of a steered phase
			}
		}
		if err := spec.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var names []string
		for _, p := range spec.Phases {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); got != c.phases || spec.Connections != c.clients || len(spec.CPUs) != c.cpus ||
			spec.Threads != c.threads || spec.Idle != c.idle || spec.Phases[1].MinCompletions != c.minCompletions {
			t.Errorf("%s: %s, %+v", c.name, got, spec)
		}
	}
}

// lags is a histogram of n lags from 1 to n microseconds.
func lags(t *testing.T, n int) *results.Histogram {
	t.Helper()
	var h record.Histogram
	for i := range n {
		h.Record(int64(i+1) * 1000)
	}
	r, err := h.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ladder returns a report of a closed loop and two open ones, with the loader's
// costs behind each.
func ladder(t *testing.T) (*results.Report, *control) {
	t.Helper()
	open := func(rate float64, lag *results.Histogram) results.Phase {
		n := uint64(rate)
		return results.Phase{
			Name: openPhase(rate), Loop: results.OpenLoop, Measured: true, T1NS: int64(time.Second), SendLagIdle: lag,
			Rate: &results.RateReport{TargetRPS: rate, Offered: n, Achieved: n}, Total: results.Group{Completed: n},
		}
	}
	report := &results.Report{Phases: []results.Phase{
		{Name: results.PhaseClosed, Measured: true, T1NS: int64(time.Second), Total: results.Group{Completed: 90_000}},
		open(1000, lags(t, 999)), open(10000, lags(t, 10000)),
	}}
	c := config()
	return report, &control{rates: c.rates(), done: map[string]loaders.PhaseDone{
		results.PhaseClosed: {CPUPerRequestNS: 7000, ThroughputRPS: 90_000, Work: 0.6, Threads: 2},
		openPhase(1000):     {CPUPerRequestNS: 20_000},
		openPhase(10000):    {CPUPerRequestNS: 9000},
	}}
}

func TestFill(t *testing.T) {
	t.Parallel()
	report, c := ladder(t)
	row := LoaderCost{Scenario: "s", Threads: 2}
	if err := row.fill(report, c, config().Rates); err != nil {
		t.Fatal(err)
	}
	// 0.7 of two threads' seconds, at 7 µs a request.
	if math.Abs(row.PaceLimitRPS-200_000) > 1e-6 || row.ClosedCPUNS != 7000 || row.ClosedRPS != 90_000 || row.Work != 0.6 || len(row.Open) != 2 {
		t.Errorf("%+v", row)
	}
	slow, fast := row.Open[0], row.Open[1]
	if slow.RateRPS != 1000 || slow.CPUNS != 20_000 || slow.SendLagP50NS == nil || slow.SendLagP99NS != nil {
		t.Errorf("with 999 samples: %+v", slow)
	}
	if fast.SendLagP50NS == nil || fast.SendLagP99NS == nil || *fast.SendLagP50NS < 4_990e3 || *fast.SendLagP50NS > 5_010e3 || *fast.SendLagP99NS < 9_890e3 || *fast.SendLagP99NS > 9_910e3 {
		t.Errorf("with 10 000 samples: %+v", fast)
	}
}

func TestFillOfIncompleteReports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*results.Report)
		err    string
		skip   string
	}{
		{"nothing answered", func(r *results.Report) { r.Phases[0].Total.Completed = 0 }, "no request was answered", ""},
		{"no closed loop", func(r *results.Report) { r.Phases = r.Phases[1:] }, "no request was answered", ""},
		{"failures", func(r *results.Report) { r.Phases[1].FailedOutside, r.Phases[1].Total.FirstError = 3, "why" }, `3 requests failed in phase "open 1000": why`, ""},
		{"rate not kept", func(r *results.Report) { r.Phases[2].Rate.Achieved = 9_899 }, "", "the rate was not kept"},
		{"beyond the loader", func(r *results.Report) { r.Phases[2].Skipped = "beyond" }, "", "beyond"},
		{"damaged", func(r *results.Report) { r.Phases[2].SendLagIdle = &results.Histogram{Count: 1, HDRv2: "!"} }, "histogram", ""},
	} {
		report, control := ladder(t)
		c.change(report)
		row := LoaderCost{Threads: 2}
		err := row.fill(report, control, config().Rates)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if o := row.Open[1]; !strings.Contains(o.Skipped, c.skip) || o.CPUNS != 0 || o.SendLagP50NS != nil {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
}

func TestRatesBeyondTheLoaderAreNotTried(t *testing.T) {
	t.Parallel()
	_, c := ladder(t)
	c.done[results.PhaseClosed] = loaders.PhaseDone{CPUPerRequestNS: 100_000, Threads: 1}
	for phase, want := range map[string]bool{openPhase(1000): true, openPhase(10000): false} {
		a, err := c.Adjust(t.Context(), phase)
		if err != nil || (a.RateRPS > 0) != want || (a.Skip == "") != want || a.Phase != phase {
			t.Errorf("%s: %+v, %v", phase, a, err)
		}
	}
}

func TestControlWantsAllConnections(t *testing.T) {
	t.Parallel()
	var c control
	if _, err := c.Ready(t.Context(), loaders.Ready{Connections: 3, Asked: 4, FirstError: "why"}); err == nil || !strings.Contains(err.Error(), "3 of 4 connections could be opened: why") {
		t.Errorf("%v", err)
	}
	if at, err := c.Ready(t.Context(), loaders.Ready{Connections: 4, Asked: 4}); err != nil || at <= 0 {
		t.Errorf("%d, %v", at, err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a", "b")
	host, split := results.Host{CPUModel: "x", CPUs: 4}, config().Launcher.CPUs
	c := Calibration{
		Schema: results.Schema, Fingerprint: Fingerprint(host, split), Measured: time.Unix(1e9, 0).UTC(), Host: host, CPUs: split,
		Server: "s", Rows: []LoaderCost{{Scenario: "hello", Open: []OpenCost{{RateRPS: 1}}}},
	}
	if _, err := Read(folder, c.Fingerprint); !errors.Is(err, ErrNone) {
		t.Errorf("before: %v", err)
	}
	for range 2 { // the second takes the place of the first
		path, err := Write(folder, c)
		if err != nil || filepath.Dir(path) != folder {
			t.Fatalf("%s, %v", path, err)
		}
	}
	got, err := Read(folder, c.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("in the folder: %v, %v", entries, err)
	}
	for name, text := range map[string]string{"newer": `{"schema": 99}`, "broken": `{`, "another": `{"schema": 1, "fingerprint": "f"}`} {
		if err := os.WriteFile(file(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(folder, name); err == nil || !strings.Contains(err.Error(), "run joust calibrate anew") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Write(filepath.Join(file(folder, "broken"), "below"), c); err == nil {
		t.Error("stored below a file")
	}
}

// The fingerprint changes with each fact on which the loader's cost depends, and
// with no other.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	host, split := results.Host{OS: "linux", CPUModel: "x", CPUs: 4, MemoryBytes: 1}, config().Launcher.CPUs
	base := Fingerprint(host, split)
	seen := map[string]string{base: "base"}
	for name, change := range map[string]func(*results.Host, *results.CPUSplit){
		"model":    func(h *results.Host, _ *results.CPUSplit) { h.CPUModel = "y" },
		"kernel":   func(h *results.Host, _ *results.CPUSplit) { h.Kernel = "6.1" },
		"governor": func(h *results.Host, _ *results.CPUSplit) { h.Governor = "powersave" },
		"cpus":     func(h *results.Host, _ *results.CPUSplit) { h.CPUs = 8 },
		"loader":   func(_ *results.Host, s *results.CPUSplit) { s.Loader = []int{3} },
		"shared":   func(_ *results.Host, s *results.CPUSplit) { s.Shared = true },
	} {
		h, s := host, split
		change(&h, &s)
		f := Fingerprint(h, s)
		if other, ok := seen[f]; ok {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[f] = name
	}
	host.Hostname, host.MemoryBytes, split.Note = "other", 2, "note"
	if Fingerprint(host, split) != base {
		t.Error("it changes with what the loader's cost does not depend on")
	}
}
