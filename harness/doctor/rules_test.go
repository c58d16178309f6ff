package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/calibrate"
	"github.com/joust-bench/joust/harness/machine"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// healthy is a machine on which everything is as it should be.
func healthy() Facts {
	busy, steal, waiting := 0.0, 0.0, 10
	return Facts{
		Host: results.Host{
			OS: "linux", CPUs: 4, Governor: "performance", Turbo: "off", LoopbackMTU: 65536, Cgroup: "v2",
			Sysctls: map[string]string{
				"net.core.somaxconn": "4096", "net.ipv4.tcp_tw_reuse": "2", "net.ipv4.ip_local_port_range": "32768 60999",
			},
			Limits: map[string]string{"nofile soft": "1024", "nofile hard": "1048576"},
		},
		State: machine.State{ClockSource: "tsc", PowerProfile: "performance", SMT: "off", TimeWait: &waiting},
		CPUs:  results.CPUSplit{Server: []int{0, 1}, Loader: []int{2, 3}, Pinned: true},
		Busy:  &busy, Steal: &steal,
		Wakeups: &calibrate.Wakeups{
			Server: "nethttp", PeakRatio: 0.83, CPURatio: 1.2,
			Wait: calibrate.ServerCost{RPS: 62_300, CPUNS: 16_100}, Spin: calibrate.ServerCost{RPS: 74_400, CPUNS: 13_400},
		},
	}
}

// shared is a machine on which server and loader have the same CPUs.
func shared(f *Facts) { f.CPUs.Shared, f.CPUs.Pinned = true, false }

func state(t *testing.T, findings []results.Finding, check string) results.Finding {
	t.Helper()
	for _, f := range findings {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("there is no check %q", check)
	return results.Finding{}
}

func TestHealthyMachine(t *testing.T) {
	t.Parallel()
	for _, f := range Findings(healthy()) {
		if f.State != results.StateOK || f.Fact == "" || f.Why == "" || f.Remedy != "" {
			t.Errorf("%+v", f)
		}
	}
}

func TestNothingKnown(t *testing.T) {
	t.Parallel()
	for _, f := range Findings(Facts{Host: results.Host{OS: "darwin"}}) {
		if f.State != results.StateUnknown {
			t.Errorf("%+v", f)
		}
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	const ok, warn, fail = results.StateOK, results.StateWarn, results.StateFail
	sysctl := func(name, value string) func(*Facts) {
		return func(f *Facts) { f.Host.Sysctls[name] = value }
	}
	files := func(hard string) func(*Facts) { return func(f *Facts) { f.Host.Limits["nofile hard"] = hard } }
	busy := func(share float64) func(*Facts) { return func(f *Facts) { f.Busy = &share } }
	steal := func(share float64) func(*Facts) { return func(f *Facts) { f.Steal = &share } }
	quota := func(cpus float64) func(*Facts) { return func(f *Facts) { f.QuotaCPUs = &cpus } }
	memory := func(bytes uint64) func(*Facts) { return func(f *Facts) { f.State.MemoryLimitBytes = &bytes } }
	waiting := func(n int) func(*Facts) { return func(f *Facts) { f.State.TimeWait = &n } }
	clock := func(name string) func(*Facts) { return func(f *Facts) { f.State.ClockSource = name } }
	profile := func(name string) func(*Facts) { return func(f *Facts) { f.State.PowerProfile = name } }
	for _, tt := range []struct {
		check  string
		change func(*Facts)
		want   results.State
		says   string
	}{
		{"open files", files("127"), fail, "less than 128"},
		{"open files", files("128"), warn, "less than 10064"},
		{"open files", files("10063"), warn, "1024, up to 10063"},
		{"open files", files("10064"), ok, ""},
		{"open files", files("18446744073709551615"), ok, ""},
		{"open files", files("many"), results.StateUnknown, ""},
		{"ports", sysctl("net.ipv4.ip_local_port_range", "60000 60126"), fail, "127"},
		{"ports", sysctl("net.ipv4.ip_local_port_range", "60000 60127"), warn, "128"},
		{"ports", sysctl("net.ipv4.ip_local_port_range", "1 14115"), warn, ""},
		{"ports", sysctl("net.ipv4.ip_local_port_range", "1 14116"), ok, ""},
		{"ports", sysctl("net.ipv4.ip_local_port_range", "9 1"), results.StateUnknown, ""},
		{"TIME_WAIT", waiting(7057), ok, ""},
		{"TIME_WAIT", waiting(7058), warn, "25 % or more of the 28232 ports"},
		{"TIME_WAIT", waiting(25409), fail, "90 %"},
		{"TIME_WAIT reuse", sysctl("net.ipv4.tcp_tw_reuse", "0"), warn, "off"},
		{"TIME_WAIT reuse", sysctl("net.ipv4.tcp_tw_reuse", "1"), ok, ""},
		{"somaxconn", sysctl("net.core.somaxconn", "4095"), warn, "less than 4096"},
		{"loopback MTU", func(f *Facts) { f.Host.LoopbackMTU = 65535 }, warn, "65535 bytes"},
		{"loopback MTU", func(f *Facts) { f.Host.OS, f.Host.LoopbackMTU = "darwin", 16384 }, ok, ""},
		{"load now", busy(0.049), ok, "0.2 of 4"},
		{"load now", busy(0.05), warn, "0.2 of 4"},
		{"load now", busy(0.499), warn, ""},
		{"load now", busy(0.5), fail, "2.0 of 4"},
		{"steal now", steal(0.019), ok, ""},
		{"steal now", steal(0.02), warn, "2 %"},
		{"steal now", steal(0.2), fail, ""},
		{"CPU quota", quota(1.99), fail, "less than one each"},
		{"CPU quota", quota(2), warn, "2 of 4 CPUs"},
		{"CPU quota", quota(4), ok, ""},
		{"memory limit", memory(512<<20 - 1), warn, "511 MiB"},
		{"memory limit", memory(512 << 20), ok, ""},
		{"governor", func(f *Facts) { f.Host.Governor = "performance, powersave" }, warn, "powersave"},
		{"turbo", func(f *Facts) { f.Host.Turbo = "on" }, warn, "on"},
		{"battery", func(f *Facts) { f.Host.Battery = "discharging" }, warn, "discharging"},
		{"battery", func(f *Facts) { f.Host.Battery = "charging" }, ok, ""},
		{"power profile", profile("balanced"), warn, "balanced"},
		{"power profile", profile("low-power"), fail, "caps the clock"},
		{"clock source", clock("kvm-clock"), ok, ""},
		{"clock source", clock("xen"), warn, "xen"},
		{"clock source", clock("acpi_pm"), fail, "acpi_pm"},
		{"cgroup", func(f *Facts) { f.Host.Cgroup = "v1" }, warn, "v1 alone"},
		{"cgroup", func(f *Facts) { f.Host.Cgroup = "v1 and v2" }, ok, ""},
		{"SMT", func(f *Facts) { f.State.SMT = "on" }, ok, "whole cores"},
		{"CPU split", func(f *Facts) { f.CPUs.Shared = true }, fail, "one core"},
		{"CPU split", func(f *Facts) { f.CPUs.Shared, f.CPUs.Pinned, f.CPUs.Note = true, false, "as asked" }, warn, "as asked"},
		{"loader wake-ups", func(*Facts) {}, ok, "lowers the peak of nethttp by 17 % here (74.4 k → 62.3 k req/s) and costs it 2.70 µs more CPU per request (13.4 → 16.1 µs); joust's loader polls on CPUs of its own"},
		{"loader wake-ups", shared, warn, "by 17 % here (74.4 k → 62.3 k req/s) and costs it 2.70 µs more CPU per request (13.4 → 16.1 µs); joust's loader sleeps too"},
		{"loader wake-ups", func(f *Facts) { shared(f); f.Wakeups.PeakRatio, f.Wakeups.CPURatio = 1, 1 }, ok, "by less than 1 %"},
		{"loader wake-ups", func(f *Facts) { f.Wakeups = nil }, results.StateUnknown, "joust calibrate"},
		{"loader wake-ups", func(f *Facts) { shared(f); f.Wakeups = nil }, results.StateUnknown, "joust calibrate"},
		{"loader wake-ups", func(f *Facts) { f.Wakeups.Failed = "no such program" }, results.StateUnknown, "no such program"},
	} {
		facts := healthy()
		tt.change(&facts)
		got := state(t, Findings(facts), tt.check)
		if got.State != tt.want || !strings.Contains(got.Fact, tt.says) {
			t.Errorf("%s: %s %q, want %s with %q", tt.check, got.State, got.Fact, tt.want, tt.says)
		}
		if (got.State == warn || got.State == fail) && got.Remedy == "" && tt.check != "CPU split" {
			t.Errorf("%s: nothing mends %q", tt.check, got.Fact)
		}
	}
}

func TestWorst(t *testing.T) {
	t.Parallel()
	of := func(states ...results.State) (list []results.Finding) {
		for _, s := range states {
			list = append(list, results.Finding{State: s})
		}
		return list
	}
	for _, tt := range []struct {
		findings []results.Finding
		want     results.State
	}{
		{nil, results.StateOK},
		{of(results.StateUnknown, results.StateOK), results.StateOK},
		{of(results.StateOK, results.StateWarn, results.StateUnknown), results.StateWarn},
		{of(results.StateFail, results.StateWarn), results.StateFail},
	} {
		if got := Worst(tt.findings); got != tt.want {
			t.Errorf("worst of %v is %s, want %s", tt.findings, got, tt.want)
		}
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		tool    tool
		version string
		err     error
		want    results.State
		says    string
	}{
		{tool{name: "git"}, "4.1.0", nil, results.StateOK, "4.1.0"},
		{tool{name: "git"}, "", fmt.Errorf("find: %w", exec.ErrNotFound), results.StateWarn, "not on PATH"},
		{tool{name: "perf"}, "", errors.New("no such kernel"), results.StateWarn, "no such kernel"},
	} {
		got := presence(tt.tool, tt.version, tt.err)
		if got.State != tt.want || !strings.Contains(got.Fact, tt.says) {
			t.Errorf("%s: %+v, want %s with %q", tt.tool.name, got, tt.want, tt.says)
		}
	}
}

func TestLoader(t *testing.T) {
	t.Parallel()
	tool := external.Tool{Name: "wrk", Install: "get it"}
	if got := loader(external.Found{Tool: tool, Version: "4.1"}); got.State != results.StateOK || got.Fact != "4.1" {
		t.Errorf("a loader: %+v", got)
	}
	got := loader(external.Found{Tool: tool, Why: "not on PATH: get it"})
	if got != (results.Finding{State: results.StateWarn, Fact: "not on PATH", Remedy: "get it"}) {
		t.Errorf("no loader: %+v", got)
	}
}

func TestEngine(t *testing.T) {
	t.Parallel()
	if got := engine(time.Second, nil); got.State != results.StateOK || got.Fact != "1s" {
		t.Errorf("an engine: %+v", got)
	}
	if got := engine(nil, errors.New("no socket")); got.State != results.StateWarn || got.Fact != "no socket" || got.Remedy == "" {
		t.Errorf("no engine: %+v", got)
	}
}

func TestThisMachine(t *testing.T) {
	t.Parallel()
	facts := Read(t.Context(), machine.Facts(), results.CPUSplit{})
	if facts.Host.OS == "linux" && (facts.Busy == nil || *facts.Busy < 0 || *facts.Busy > 1) {
		t.Errorf("busy share %v", facts.Busy)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if facts := Read(ended, machine.Facts(), results.CPUSplit{}); facts.Busy != nil || facts.Host.CPUs == 0 {
		t.Errorf("interrupted: %+v", facts)
	}
	for _, f := range Inventory(t.Context()) {
		if f.Check == "go" && f.State != results.StateOK {
			t.Errorf("the test is run by go, and yet: %+v", f)
		}
	}
}
