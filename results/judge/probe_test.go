package judge

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/results"
)

// elasticity is a probe with a reading.
func elasticity(x float64) results.Probe {
	return results.Probe{Kind: results.ProbeElasticity, DelayNS: 1500, Reading: &x}
}

func clients(gain float64) results.Probe {
	return results.Probe{Kind: results.ProbeClients, Clients: 128, Reading: &gain}
}

func TestProbesDecide(t *testing.T) {
	t.Parallel()
	const below = 1e-9
	failed := results.Probe{Kind: results.ProbeElasticity, Failed: "the loader went away"}
	tests := map[string]struct {
		us, ul float64
		probes []results.Probe
		fixed  bool
		limit  results.Bottleneck
		code   string
		says   string
	}{
		"the loader at its edge":          {0.85, 0.90, []results.Probe{elasticity(0.60)}, false, results.LimitLoader, "probe", "slowing the loader by 1.50 µs a response had an elasticity of 0.60 ≥ 0.60: the loader limits"},
		"just below it both":              {0.85, 0.90, []results.Probe{elasticity(0.60 - below)}, false, results.LimitBalanced, "probe", "between 0.30 and 0.60: both sides limit"},
		"just above the server's edge":    {0.85, 0.90, []results.Probe{elasticity(0.30 + below)}, false, results.LimitBalanced, "probe", "both sides limit"},
		"a server that is nearly full":    {0.90, 0.90, []results.Probe{elasticity(0.30)}, false, results.LimitServer, "probe", "0.30 ≤ 0.30 and server CPUs 90.0 % busy ≥ 90.0 %: the server limits"},
		"a server that is not":            {0.90 - below, 0.90, []results.Probe{elasticity(0.30)}, false, results.LimitUnknown, "probe", "so it is not the loader, and server CPUs 90.0 % busy < 90.0 %, so it is not the server's CPUs"},
		"noise may read below 0":          {0.93, 0.90, []results.Probe{elasticity(-0.1)}, false, results.LimitServer, "probe", "elasticity of -0.10"},
		"a server that gets faster":       {0.93, 0.90, []results.Probe{elasticity(-0.11)}, false, results.LimitUnknown, "probe", "-0.11 < −0.10: the server gets faster when the loader is slower, so this is not its own peak"},
		"two full sides, and faster":      {0.99, 0.99, []results.Probe{elasticity(-0.4)}, false, results.LimitUnknown, "probe", "not its own peak"},
		"a full loader that limits":       {0.70, 0.99, []results.Probe{elasticity(1)}, false, results.LimitLoader, "probe", "the loader limits"},
		"a full loader that does not":     {0.70, 0.99, []results.Probe{elasticity(0)}, false, results.LimitUnknown, "probe", "not the loader"},
		"balanced turns to the server":    {0.92, 0.99, []results.Probe{elasticity(0)}, false, results.LimitServer, "probe", "the server limits"},
		"a full server is not asked":      {0.95, 0.95 - below, []results.Probe{elasticity(1)}, false, results.LimitServer, "shares", ""},
		"two full sides, the loader":      {0.95, 0.95, []results.Probe{elasticity(0.9)}, false, results.LimitLoader, "probe", "the loader limits"},
		"two full sides, the server":      {0.99, 0.99, []results.Probe{elasticity(0.1)}, false, results.LimitServer, "probe", "the server limits"},
		"two full sides, no reading":      {0.99, 0.99, []results.Probe{failed}, false, results.LimitServer, "probe-failed", "gave no reading"},
		"a probe that failed":             {0.92, 0.99, []results.Probe{failed}, false, results.LimitBalanced, "probe-failed", "gave no reading: the loader went away"},
		"a later one that did not":        {0.92, 0.99, []results.Probe{failed, elasticity(0.9)}, false, results.LimitLoader, "probe", ""},
		"the other kind says nothing":     {0.92, 0.99, []results.Probe{clients(1)}, false, results.LimitBalanced, "shares", ""},
		"more clients bring more":         {0.5, 0.5, []results.Probe{clients(0.05 + below)}, false, results.LimitConnections, "probe", "128 clients instead of 64 brought 5.0 % more > 5.0 %: too few clients limit"},
		"or they do not":                  {0.5, 0.5, []results.Probe{clients(0.05)}, false, results.LimitUnknown, "probe", "brought 5.0 % more ≤ 5.0 %, so it is not the number of clients"},
		"more clients could not be tried": {0.5, 0.5, []results.Probe{{Kind: results.ProbeClients, Failed: "no ports"}}, false, results.LimitUnknown, "probe-failed", "could not be tried: no ports"},
		"the clients are the row's own":   {0.5, 0.5, []results.Probe{clients(0)}, true, results.LimitConnections, "fixed-clients", "the row fixes its number of clients"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := closed(tt.us, tt.ul)
			e.Probes, e.FixedClients = tt.probes, tt.fixed
			v := Phase(e)
			if v.Bottleneck != tt.limit || v.Reasons[0].Code != tt.code || !strings.Contains(v.Reasons[0].Text, tt.says) {
				t.Errorf("%s, since %+v, want %s by %s that says %q", v.Bottleneck, v.Reasons[0], tt.limit, tt.code, tt.says)
			}
			if last := v.Reasons[len(v.Reasons)-1]; last.Code != "shares" {
				t.Errorf("the shares have no reason: %+v", v.Reasons)
			}
			bounded := v.Bottleneck == results.LimitBalanced || v.Bottleneck == results.LimitLoader && tt.us >= 0.7 && tt.us < 0.95
			if (v.UpperRPS != nil) != bounded {
				t.Errorf("upper bound %v", v.UpperRPS)
			}
		})
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		us, ul float64
		edit   func(*Evidence)
		want   results.ProbeKind
	}{
		"unknown":               {0.93, 0.5, nil, results.ProbeElasticity},
		"balanced":              {0.93, 0.99, nil, results.ProbeElasticity},
		"loader":                {0.5, 0.99, nil, results.ProbeElasticity},
		"server":                {0.95, 0.94, nil, ""},
		"both full":             {0.95, 0.95, nil, results.ProbeElasticity},
		"connections":           {0.5, 0.5, nil, results.ProbeClients},
		"clients by definition": {0.5, 0.5, func(e *Evidence) { e.FixedClients = true }, ""},
		"shared CPUs":           {0.5, 0.99, func(e *Evidence) { e.Shared = true }, ""},
		"not sampled":           {0.5, 0.99, func(e *Evidence) { e.Measured.ServerCPUBusy = nil }, ""},
		"void":                  {0.5, 0.99, func(e *Evidence) { e.Loader.Total.Failed = 1 }, ""},
		"open loop":             {0.5, 0.99, func(e *Evidence) { e.Loader.Loop = results.OpenLoop }, ""},
		"whatever was decided":  {0.5, 0.99, func(e *Evidence) { e.Probes = []results.Probe{elasticity(0)} }, results.ProbeElasticity},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := closed(tt.us, tt.ul)
			if tt.edit != nil {
				tt.edit(&e)
			}
			if got := Needs(e); got != tt.want {
				t.Errorf("needs %q, want %q", got, tt.want)
			}
		})
	}
}

// windows have those throughputs in req/s at that CPU time a request in µs.
func windows(cost float64, rps ...uint64) []results.ProbeWindow {
	var list []results.ProbeWindow
	for _, n := range rps {
		list = append(list, results.ProbeWindow{Completed: n, WindowNS: second, LoaderCPUNS: cost * 1e3})
	}
	return list
}

func TestReadElasticity(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		off, on []results.ProbeWindow
		want    float64
		failed  string
	}{
		"a loader that limits alone":                      {windows(10, 12000, 12000, 12000, 12000), windows(12, 10000, 10000, 10000, 10000), 1, ""},
		"one that does not matter":                        {windows(10, 12000, 12000, 12000, 12000), windows(12, 12000, 12000, 12000, 12000), 0, ""},
		"drift takes itself out":                          {windows(10, 12000, 13200, 14400, 15600), windows(12, 10000, 11000, 12000, 13000), 1, ""},
		"one disturbed window":                            {windows(10, 12000, 3000, 12000, 12000), windows(12, 10000, 10000, 10000, 10000), 1, ""},
		"two pairs that say nothing and two that say all": {windows(10, 12000, 12000, 12000, 12000), windows(12, 10000, 10000, 12000, 12000), 0, "its pairs of windows disagree: they read from 0.00 to 1.00, and even without one of them they are 1.00 apart > 0.60"},
		"pairs that all say no":                           {windows(10, 12000, 12000, 12000, 12000), windows(12, 12000, 13000, 15000, 16000), -1.2222, ""},
		"the cost did not grow: half of the delay counts": {windows(10, 12000), windows(9, 11163), 1, ""},
		"a slower loader may help the server":             {windows(10, 12000), windows(9, 12900), -1, ""},
		"no cost is known":                                {windows(0, 12000), windows(10, 10000), 0, "the loader's CPU time per request is not known"},
		"too few requests":                                {windows(10, 12000, 19), windows(12, 10000, 10000), 0, "too few requests: 19 completed, at least 20 are needed"},
		"no window":                                       {nil, windows(12, 10000), 0, "no window to compare"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := results.Probe{Kind: results.ProbeElasticity, DelayNS: 1500, Off: tt.off, On: tt.on}
			Read(&p, results.DefaultThresholds())
			hold(t, &p, tt.want, tt.failed)
		})
	}
}

// hold compares a reading with the expected one.
func hold(t *testing.T, p *results.Probe, want float64, failed string) {
	t.Helper()
	if failed != "" {
		if p.Reading != nil || !strings.Contains(p.Failed, failed) {
			t.Errorf("reading %v, failed %q, want a failure that says %q", p.Reading, p.Failed, failed)
		}
		return
	}
	if p.Failed != "" || p.Reading == nil || math.Abs(*p.Reading-want) > 1e-3 {
		t.Errorf("reading %v, failed %q, want %v", p.Reading, p.Failed, want)
	}
}

func TestReadClients(t *testing.T) {
	t.Parallel()
	limits := results.DefaultThresholds()
	p := results.Probe{Kind: results.ProbeClients, Off: windows(1, 1000), On: windows(1, 500, 1100, 1200)}
	Read(&p, limits)
	hold(t, &p, 0.1, "")
	p = results.Probe{Kind: results.ProbeClients, Off: windows(1, 20), On: windows(1, 7, 7, 6)}
	Read(&p, limits)
	hold(t, &p, -0.65, "")
	p = results.Probe{Kind: results.ProbeClients, Off: windows(1, 20), On: windows(1, 7, 6, 6)}
	Read(&p, limits)
	hold(t, &p, 0, "too few requests: 19 completed")
	p = results.Probe{Kind: results.ProbeClients, Off: windows(1, 1000), Failed: "no ports"}
	Read(&p, limits)
	hold(t, &p, 0, "no ports")
}

func TestWindowOfAProbe(t *testing.T) {
	t.Parallel()
	e := closed(0.5, 0.9)
	e.Loader.Threads = []results.ThreadUse{{CPUNS: 30e6, SpinNS: 10e6, Work: 0.9}, {CPUNS: 40e6, Work: 0.1}}
	w := Window(e.Loader, e.Measured, results.DefaultThresholds())
	if w.Completed != 10000 || w.WindowNS != second || w.LoaderCPUNS != 6000 || *w.ServerShare != 0.5 || *w.LoaderShare != 0.9 || w.ThroughputRPS() != 10000 {
		t.Errorf("got %+v, want 60 ms over 10 000 requests", w)
	}
	e.Loader.Threads, e.Measured.Loader = nil, &results.Usage{CPUNS: 40e6, ReadT1NS: 2 * second, BusiestThread: ptr(0.3)}
	if w := Window(e.Loader, e.Measured, results.DefaultThresholds()); w.LoaderCPUNS != 2000 || *w.LoaderShare != 0.3 {
		t.Errorf("a loader without threads: %+v", w)
	}
	e.Loader.Total.Completed = 0
	if w := Window(e.Loader, e.Measured, results.DefaultThresholds()); w.LoaderCPUNS != 0 {
		t.Errorf("no request cost %v ns", w.LoaderCPUNS)
	}
}

func TestThresholdsOfThePlan(t *testing.T) {
	t.Parallel()
	e := closed(0.93, 0.5)
	e.Limits = results.DefaultThresholds()
	e.Limits.FullShare = 0.92
	want{limit: results.LimitServer, codes: []string{"shares"}, says: []string{"server CPUs 93.0 % busy ≥ 92.0 %"}}.hold(t, Phase(e))
	e.Limits.FullShare, e.Limits.SteadyHalves = 0.95, 1
	e.Loader.CompletedFirstHalf = 7000
	want{limit: results.LimitUnknown, codes: []string{"shares"}}.hold(t, Phase(e))
}

func TestALoaderWithoutThreads(t *testing.T) {
	t.Parallel()
	e := closed(0.5, 0)
	e.Loader.Threads, e.Measured.Loader = nil, &results.Usage{BusiestThread: ptr(0.97)}
	want{limit: results.LimitLoader, codes: []string{"shares"}, says: []string{"busiest loader thread ran 97.0 % ≥ 95.0 %"}}.hold(t, Phase(e))
}

func TestLittlesLaw(t *testing.T) {
	t.Parallel()
	// 64 connections at 10 000 req/s: 6.4 ms each where nothing is lost.
	full := 6400 * time.Microsecond
	flags := []results.Flag{results.FlagBookkeeping}
	codes := []string{"shares", "littles-law"}
	tests := map[string]struct {
		service time.Duration
		edit    func(*Evidence)
		want    want
	}{
		"all connections busy":         {full, nil, want{codes: []string{"shares"}}},
		"the loader's work is between": {full * 97 / 100, func(e *Evidence) { e.Loader.Threads[0].Work = 1.2 }, want{codes: []string{"shares"}}},
		"a tenth idle": {full * 90 / 100, nil, want{flags: flags, codes: codes, says: []string{
			"throughput × time accounts for 58.1 of 64 connections, 9.2 % off > 3.6 %: requests were lost or connections were idle",
		}}},
		"within 3 % and the cut requests":  {full * 97 / 100, nil, want{codes: []string{"shares"}}},
		"more answered than asked":         {full * 105 / 100, nil, want{flags: flags, codes: codes, says: []string{"more was answered than asked"}}},
		"a pipeline refills late":          {full / 2, func(e *Evidence) { e.Report.Depth = 16 }, want{codes: []string{"shares"}}},
		"connections that are opened anew": {full / 2, func(e *Evidence) { e.Reconnects = true }, want{codes: []string{"shares"}}},
		"connections that were closed":     {full / 2, func(e *Evidence) { e.Loader.UnannouncedCloses = 1 }, want{codes: []string{"shares"}}},
		"a loader of goroutines":           {full / 2, func(e *Evidence) { e.Loader.Threads[1].Loops = 0 }, want{codes: []string{"shares"}}},
		"requests as long as the window":   {time.Second, func(e *Evidence) { e.Loader.Total.Completed, e.Loader.CompletedFirstHalf = 100, 50 }, want{codes: []string{"shares"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := closed(1, 0.5)
			for i := range e.Loader.Threads {
				e.Loader.Threads[i] = results.ThreadUse{Work: 0.25, Loops: 1}
			}
			if tt.edit != nil {
				tt.edit(&e)
			}
			e.Loader.Total.Service = histogram(t, int(e.Loader.Total.Completed), tt.service)
			tt.want.limit = results.LimitServer
			tt.want.hold(t, Phase(e))
		})
	}
}
