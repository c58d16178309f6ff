package matrix_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/joust-bench/joust/results"
)

// histogram spreads n samples from base upwards; the tail is ten times the base.
func histogram(t testing.TB, n int, base int64) *results.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, 1e9, 3)
	low, high := int64(0), int64(0)
	// A hundred steps, weighted so that each percentile differs from the next.
	for i := range 100 {
		v := base + base*int64(i*i)/1000
		count := int64(n / 100)
		if i == 99 {
			count = int64(n - 99*(n/100))
		}
		if count == 0 {
			continue
		}
		if err := h.RecordValues(v, count); err != nil {
			t.Fatal(err)
		}
		if low == 0 {
			low = v
		}
		high = v
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return &results.Histogram{Count: uint64(n), MinNS: low, MaxNS: high, MeanNS: h.Mean(), HDRv2: string(b)}
}

const second = int64(time.Second)

// closedOf returns a closed-loop phase of 1.5 s.
func closedOf(t testing.TB, rps float64, p50 int64) results.Phase {
	n := uint64(rps * 1.5)
	return results.Phase{
		Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T0NS: second, T1NS: second + second*3/2,
		Total: results.Group{Completed: n, Service: histogram(t, int(n), p50)},
	}
}

// openOf returns an open-loop phase of 1 s at the rate.
func openOf(t testing.TB, r results.PlanRate, rps float64, p50, lag int64) results.Phase {
	n := uint64(rps)
	return results.Phase{
		Name: r.PhaseName(), Loop: results.OpenLoop, Measured: true, T0NS: 3 * second, T1NS: 4 * second,
		Rate:        &results.RateReport{TargetRPS: rps, Offered: n, Achieved: n},
		Total:       results.Group{Completed: n, Service: histogram(t, int(n), p50/2), Corrected: histogram(t, int(n), p50)},
		SendLagIdle: histogram(t, int(n), lag),
	}
}

// harnessPhase returns the harness's measurements of a phase, with its verdict.
func harnessPhase(p results.Phase, limit results.Bottleneck, us, ul float64) results.TrialPhase {
	window := p.WindowNS()
	usage := func(busy float64, memory uint64, processes int) *results.Usage {
		return &results.Usage{
			ReadT0NS: p.T0NS, ReadT1NS: p.T1NS, CPUNS: int64(busy * float64(window)),
			PeakMemoryBytes: new(memory << 20), Processes: processes,
		}
	}
	return results.TrialPhase{
		Name: p.Name, Server: usage(us, 24, 1), Loader: usage(ul, 12, 1),
		Verdict: results.Verdict{
			Valid: true, Bottleneck: limit, ServerShare: new(us), LoaderShare: new(ul),
			Reasons: []results.Reason{{Code: "shares", Text: fmt.Sprintf("U_S %.2f, U_L %.2f", us, ul)}},
		},
	}
}

// trialOf returns a valid trial of some phases.
func trialOf(server, scenario string, rep int, phases []results.Phase, seen []results.TrialPhase) results.Trial {
	warm := results.Phase{Name: results.PhaseWarmup, Loop: results.ClosedLoop, T1NS: second}
	return results.Trial{
		Block: rep, Repetition: rep, Kind: results.TrialMeasured, State: results.TrialOK,
		Server: server, Scenario: scenario, Protocol: "h1", IdleMemoryBytes: new(uint64(9 << 20)),
		Loaders: []results.Report{{
			Loader: "joust evloop", Version: "0.1.0", Threads: 1, IdleStrategy: "hybrid",
			Phases: append([]results.Phase{warm}, phases...),
		}},
		Phases: seen,
	}
}

func fixtureRates() []results.PlanRate {
	return []results.PlanRate{
		{Kind: results.RateFraction, Fraction: 0.5},
		{Kind: results.RateFraction, Fraction: 0.95},
		{Kind: results.RateAbsolute, RateRPS: 2000},
		{Kind: results.RateCommon},
	}
}

// emptyRun returns a run without trials.
func emptyRun() results.Run {
	started := time.Date(2026, 11, 21, 18, 5, 33, 0, time.UTC)
	manifest := json.RawMessage(`{"scenarios":["hello","json","upload_20mb"],"protocols":["h1"]}`)
	return results.Run{
		Schema: results.Schema, ID: "2026-11-21T18-05-33Z", State: results.RunComplete, Started: started,
		Joust:       results.Build{Version: "0.1.0", Revision: "abc1234", Dirty: new(true), Go: "go1.26.8"},
		CommandLine: []string{"joust", "run", "scripts/default.yaml", "--rates", "50%,95%,2000"},
		Host: results.Host{
			OS: "linux", Kernel: "6.12.0", Distribution: "Debian GNU/Linux 13", CPUModel: "Example CPU 3000", CPUs: 2,
			Topology: "1 socket, 2 cores, no SMT", MemoryBytes: 8 << 30, LoopbackMTU: 65536,
			Sysctls: map[string]string{"net.core.somaxconn": "4096", "net.ipv4.ip_local_port_range": "32768 60999"},
		},
		CPUs: results.CPUSplit{Server: []int{0}, Loader: []int{1}, Pinned: true, Note: "two cores: one each"},
		Plan: results.Plan{
			Name: "default", Seed: 42, IdleStrategy: "hybrid", LoaderThreads: 1, Engine: "evloop",
			RequestTimeoutNS: 10 * second, DrainNS: second / 2,
			Tables: []results.PlanTable{
				{
					Scenario: "hello", Protocol: "h1", Clients: 64, Trials: 6, WarmupNS: second, Closed: true,
					ClosedDurationNS: second * 3 / 2, OpenDurationNS: second, Schedule: "constant", Rates: fixtureRates(),
				},
				{Scenario: "json", Protocol: "h1", Clients: 64, Trials: 6, WarmupNS: second, Closed: true, ClosedDurationNS: second * 3 / 2},
				{
					Scenario: "upload_20mb", Protocol: "h1", Clients: 8, Trials: 3, WarmupNS: second, Closed: true,
					ClosedDurationNS: 3 * second, MinCompletions: 50, MaxDurationNS: 10 * second,
				},
			},
		},
		Scenarios: []results.Scenario{
			{Name: "hello", Unit: "requests", RankBy: "throughput", Clients: 64, Depth: 1},
			{Name: "json", Unit: "requests", RankBy: "throughput", Clients: 64, Depth: 1},
			{Name: "upload_20mb", Unit: "requests", RankBy: "bandwidth", Clients: 8, Depth: 1, BodyBytes: 20 << 20},
		},
		Servers: []results.Server{
			{Name: "nethttp", Folder: "nethttp", Title: "net/http", Language: "Go", Manifest: manifest, Versions: map[string]string{"go": "1.26.8"}, Conformance: battery("Content-Length beside Transfer-Encoding", "two Hosts")},
			{Name: "gin", Folder: "gin", Title: "Gin", Language: "Go", Manifest: manifest, Versions: map[string]string{"go": "1.26.8", "gin": "v1.12.0"}, Conformance: battery()},
			{
				Name: "nginx", Folder: "nginx", Title: "nginx", Language: "C", Versions: map[string]string{"nginx": "1.26.3"},
				Manifest:    json.RawMessage(`{"scenarios":["hello"],"protocols":["h1"]}`),
				Unsupported: map[string]string{"json": "a stock nginx cannot run a handler"},
			},
			{Name: "node", Folder: "node", Title: "Node.js", Language: "JavaScript", Manifest: manifest, CheckFailed: map[string]string{"json": "body differs at byte 6"}},
			{Name: "python", Folder: "python", Title: "http.server", Language: "Python", Unavailable: "python3 is not installed: apt install python3"},
			{Name: "nethttp-aa", Folder: "nethttp", Title: "net/http", Language: "Go", Manifest: manifest, PlaceboOf: "nethttp", Versions: map[string]string{"go": "1.26.8"}},
		},
		CommonRates: []results.CommonRate{{Scenario: "hello", Protocol: "h1", RateRPS: 12000, Basis: "half of gin's 24 000 req/s"}},
	}
}

// stored holds the trials of fullRun in JSON: encoding their histograms is slow,
// and each test changes a copy of its own.
var stored struct {
	once   sync.Once
	trials []byte
}

// fullRun returns a run with every kind of cell that a table can show.
func fullRun(t testing.TB) results.Run {
	t.Helper()
	stored.once.Do(func() {
		b, err := json.Marshal(measure(t))
		if err != nil {
			t.Fatal(err)
		}
		stored.trials = b
	})
	run := emptyRun()
	surround(&run)
	if err := json.Unmarshal(stored.trials, &run.Trials); err != nil {
		t.Fatal(err)
	}
	return run
}

// measure returns the trials of fullRun.
func measure(t testing.TB) []results.Trial {
	run := emptyRun()
	scout := trialOf("nethttp", "hello", 1, []results.Phase{closedOf(t, 1, 1)}, nil)
	scout.Kind, scout.Block = results.TrialScout, 0
	add := func(trials ...results.Trial) { run.Trials = append(run.Trials, trials...) }
	add(scout)
	for rep := 1; rep <= 6; rep++ {
		add(ladder(t, "nethttp", rep, 60e3, results.LimitLoader, 0.85, 0.98))
		add(ladder(t, "gin", rep, 25e3, results.LimitServer, 0.99, 0.60))
		add(ladder(t, "nginx", rep, 70e3, results.LimitBalanced, 0.92, 0.97))
		add(ladder(t, "nethttp-aa", rep, 60.3e3, results.LimitLoader, 0.85, 0.98))
		if rep <= 4 {
			add(ladder(t, "node", rep, 9e3, results.LimitConnections, 0.7, 0.3))
		}
		add(jsonTrials(t, rep)...)
		if rep <= 3 {
			add(upload(t, "nethttp", rep), upload(t, "gin", rep))
		}
	}
	spoil(run.Trials)
	for i := range run.Trials {
		run.Trials[i].Index = i
	}
	return run.Trials
}

// ladder returns a trial of hello with all of its rates.
func ladder(t testing.TB, server string, rep int, rps float64, limit results.Bottleneck, us, ul float64) results.Trial {
	rps *= 1 + 0.01*float64(rep-3)
	closed := closedOf(t, rps, int64(64e9/rps/4))
	phases, seen := []results.Phase{closed}, []results.TrialPhase{harnessPhase(closed, limit, us, ul)}
	for i, r := range fixtureRates() {
		p := openOf(t, r, []float64{rps * 0.5, rps * 0.95, 2000, 12000}[i], 80e3+int64(rep)*1e3, 2e3)
		phases, seen = append(phases, p), append(seen, harnessPhase(p, "", us/2, ul/2))
	}
	return trialOf(server, "hello", rep, phases, seen)
}

func jsonTrials(t testing.TB, rep int) []results.Trial {
	one := func(server string, limit results.Bottleneck, us float64) results.Trial {
		p := closedOf(t, 8e3+float64(rep)*10, 2e6)
		return trialOf(server, "json", rep, []results.Phase{p}, []results.TrialPhase{harnessPhase(p, limit, us, 0.9)})
	}
	// Three trials of each limit: the cell has the more cautious one.
	limit := results.LimitServer
	if rep%2 == 0 {
		limit = results.LimitUnknown
	}
	return []results.Trial{one("nethttp", limit, 0.96), one("gin", results.LimitSharedCPU, 0.6), one("nethttp-aa", limit, 0.96)}
}

func upload(t testing.TB, server string, rep int) results.Trial {
	p := results.Phase{
		Name: results.PhaseClosed, Loop: results.ClosedLoop, Measured: true, T0NS: second, T1NS: 4 * second,
		SentBodyBytes: uint64(3_000_000_000 + rep*30_000_000),
		Total:         results.Group{Completed: 150, Service: histogram(t, 150, 50e6)},
	}
	tp := harnessPhase(p, results.LimitLoader, 0.62, 0.99)
	tp.Server.Processes = 3
	return trialOf(server, "upload_20mb", rep, []results.Phase{p}, []results.TrialPhase{tp})
}

// spoil makes some trials void, saturated, censored, late or skipped.
func spoil(trials []results.Trial) {
	for i := range trials {
		tr := &trials[i]
		if tr.Kind != results.TrialMeasured {
			continue
		}
		switch {
		case tr.Server == "gin" && tr.Scenario == "hello":
			spoilGin(tr)
		case tr.Server == "nginx" && tr.Repetition == 2:
			// The loader was late at the common rate in one trial only.
			tr.Loaders[0].Phases[5].SendLagIdle = tr.Loaders[0].Phases[5].Total.Corrected
		case tr.Server == "nethttp" && tr.Scenario == "hello":
			// And at 95 % in all.
			tr.Loaders[0].Phases[3].SendLagIdle = tr.Loaders[0].Phases[3].Total.Corrected
			skipBeyond(tr, 4)
		case tr.Server == "gin" && tr.Scenario == "upload_20mb":
			tr.State, tr.Reason, tr.Loaders, tr.Phases = results.TrialVoid, "the server exited with status 2", nil, nil
		}
	}
}

// spoilGin voids two ladders, and saturates and censors the 95 % of the rest.
func spoilGin(tr *results.Trial) {
	if tr.Repetition == 2 || tr.Repetition == 5 {
		v := &tr.Phases[0].Verdict
		v.Valid, v.Reasons = false, []results.Reason{{Code: "note", Text: "a note"}, {Code: "wrong-answers", Voids: true, Text: "17 wrong answers | <b>"}}
		tr.Loaders[0].Phases[1].Total.Failed = 17
		tr.Loaders[0].Phases[1].Total.FirstError = "status 500, want 200"
		tr.Loaders[0].Phases[1].Total.Errors = map[results.Cause]uint64{results.CauseStatus: 15, results.CauseLocalPorts: 2}
	}
	tr.Phases[2].Verdict.Flags = []results.Flag{results.FlagSaturated}
	rate := tr.Loaders[0].Phases[3].Rate
	rate.Achieved, rate.Censored = rate.Offered*9/10, 120
	rate.CensoredFromNS = 500e3
	if tr.Repetition == 1 {
		tr.Phases[1].Verdict.Flags = []results.Flag{results.FlagSaturated, results.FlagDisturbed}
	}
}

// skipBeyond turns the phase into one that the loader could not have paced.
func skipBeyond(tr *results.Trial, i int) {
	p := &tr.Loaders[0].Phases[i]
	*p = results.Phase{Name: p.Name, Loop: results.OpenLoop, Skipped: "its work fraction would be 0.84"}
	tr.Phases[i-1] = results.TrialPhase{Name: p.Name, Verdict: results.Verdict{
		NotRun: true, Reasons: []results.Reason{{Code: results.CodeBeyondLoader, Text: "beyond the loader: its work fraction would be 0.84, above 0.7"}},
	}}
}
