package calibrate

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowed is a server that is slower under a loader that sleeps.
func slowed() *Wakeups {
	pair := func(waitRPS, waitNS, spinRPS, spinNS float64) WakeupsPair {
		return WakeupsPair{Wait: ServerCost{waitRPS, waitNS}, Spin: ServerCost{spinRPS, spinNS}}
	}
	w := &Wakeups{Server: "nethttp", Scenario: "hello", Connections: 64, WindowNS: 5e8, Pairs: []WakeupsPair{
		pair(62_300, 16_100, 74_400, 13_400),
		pair(60_000, 17_000, 75_000, 13_000), // 0.8 of the peak
		pair(66_000, 15_000, 74_000, 14_000),
	}}
	w.conclude()
	return w
}

func TestWakeupsConclude(t *testing.T) {
	t.Parallel()
	w := slowed()
	if w.Wait != (ServerCost{62_300, 16_100}) || w.Spin != (ServerCost{74_400, 13_400}) {
		t.Errorf("medians %+v and %+v", w.Wait, w.Spin)
	}
	if math.Abs(w.PeakRatio-62_300.0/74_400) > 1e-9 || math.Abs(w.CPURatio-16_100.0/13_400) > 1e-9 {
		t.Errorf("ratios %f and %f are not the medians of the pairs' own", w.PeakRatio, w.CPURatio)
	}
}

func TestWakeupsText(t *testing.T) {
	t.Parallel()
	same, mixed, raised, none := slowed(), slowed(), slowed(), &Wakeups{Server: "nethttp", Failed: "it cannot be built"}
	for i := range same.Pairs {
		p := &same.Pairs[i]
		p.Wait = ServerCost{p.Spin.RPS * (1 + 0.004*float64(i-1)), p.Spin.CPUNS}
		p = &mixed.Pairs[i]
		p.Wait = ServerCost{p.Spin.RPS * (1.02 + 0.1*float64(i-1)), p.Spin.CPUNS}
		p = &raised.Pairs[i]
		p.Wait, p.Spin = p.Spin, p.Wait
	}
	same.conclude()
	mixed.conclude()
	raised.conclude()
	for want, w := range map[string]*Wakeups{
		"a loader that sleeps lowers the peak of nethttp by 16 % here (74.4 k → 62.3 k req/s) and costs it 2.70 µs more CPU per request (13.4 → 16.1 µs)":                                                   slowed(),
		"a loader that sleeps raises the peak of nethttp by 19 % here (62.3 k → 74.4 k req/s) and costs it 2.70 µs less CPU per request (16.1 → 13.4 µs)":                                                   raised,
		"a loader that sleeps changes the peak of nethttp by less than 1 % here (74.4 k → 74.3 k req/s) and costs it as much CPU per request (13.4 → 13.4 µs)":                                              same,
		"a loader that sleeps raises the peak of nethttp by 2 % here (74.4 k → 76.5 k req/s) and costs it as much CPU per request (13.4 → 13.4 µs); the pairs of windows disagree: -8 to +12 % of the peak": mixed,
		"what a loader that sleeps costs nethttp was not measured: it cannot be built":                                                                                                                      none,
	} {
		if got := w.Text(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := w.Costs(); got != strings.Contains(want, "lowers") {
			t.Errorf("it costs the server something: %t, but %s", got, want)
		}
	}
}

// TestWakeupsAreStored: units stand in the names, and calibrations without wakeups
// can be read.
func TestWakeupsAreStored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	c := Calibration{Schema: 1, Fingerprint: "f", Wakeups: slowed()}
	path, err := Write(folder, c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(folder, "f")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`"wakeups"`, `"server_cpu_per_request_ns"`, `"rps"`, `"window_ns"`, `"peak_ratio"`, `"cpu_ratio"`} {
		if !strings.Contains(string(text), name) {
			t.Errorf("no %s in\n%s", name, text)
		}
	}
	c.Wakeups = nil
	older, err := json.Marshal(c)
	if err != nil || strings.Contains(string(older), "wakeups") {
		t.Fatalf("%s, %v", older, err)
	}
	if err := os.WriteFile(path, older, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(folder, "f"); err != nil || got.Wakeups != nil {
		t.Errorf("an older calibration: %+v, %v", got, err)
	}
}
