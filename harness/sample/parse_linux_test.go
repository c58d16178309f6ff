package sample

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       memoryUse
		fails      bool
	}{
		{"process", "Name:\tnginx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t3\n", memoryUse{rss: 1 << 20, peak: 2 << 20, threads: 3, processes: 1}, false},
		{"zombie", "Name:\tnginx\nState:\tZ (zombie)\nThreads:\t1\n", memoryUse{threads: 1, processes: 1}, false},
		{"no unit", "VmRSS:\t1024\n", memoryUse{}, true},
		{"no number", "VmRSS:\tmany kB\n", memoryUse{}, true},
		{"too large", "VmRSS:\t18446744073709551615 kB\n", memoryUse{}, true},
		{"threads", "Threads:\tx\n", memoryUse{}, true},
	}
	for _, tt := range tests {
		got, err := parseStatus([]byte(tt.text))
		if (err != nil) != tt.fails || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
}

func TestParseCPUStat(t *testing.T) {
	t.Parallel()
	want := groupCPU{source: SourceCgroup, total: 10_000, user: 7_000, system: 3_000}
	tests := []struct {
		name, text string
		want       groupCPU
		fails      bool
	}{
		{"without controller", "usage_usec 10\nuser_usec 7\nsystem_usec 3\nnice_usec 0\n", want, false},
		{"with quota", "usage_usec 10\nuser_usec 7\nsystem_usec 3\nnr_periods 9\nnr_throttled 2\nthrottled_usec 5\n", want, false},
		{"empty", "", groupCPU{}, true},
		{"no number", "usage_usec ten\n", groupCPU{}, true},
	}
	for _, tt := range tests {
		got, err := parseCPUStat([]byte(tt.text))
		if (err != nil) != tt.fails || got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
}

func TestParseProcessors(t *testing.T) {
	t.Parallel()
	const text = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 40 5 6 7 8 0 0\ncpu3 1 2 3 50 0 6 7 0 0 0\nintr 5 0\nctxt 1\n"
	got, err := parseProcessors([]byte(text))
	want := map[int]processor{0: {idle: 45, irq: 13, steal: 8}, 3: {idle: 50, irq: 13}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(processor{})); err != nil || diff != "" {
		t.Errorf("error %v (-want +got)\n%s", err, diff)
	}
	for _, bad := range []string{"", "cpu  1 2 3 4 5 6 7 8\n", "cpu0 1 2 3\n", "cpux 1 2 3 4 5 6 7 8\n", "cpu0 1 2 3 x 5 6 7 8\n"} {
		if got, err := parseProcessors([]byte(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func TestParseCounters(t *testing.T) {
	t.Parallel()
	const text = "Tcp: MaxConn RetransSegs\nTcp: -1 12\n\nTcpExt: ListenOverflows\nTcpExt: 3\n"
	got, err := parseCounters([]byte(text))
	want := map[string]int64{"Tcp.MaxConn": -1, "Tcp.RetransSegs": 12, "TcpExt.ListenOverflows": 3}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v (-want +got)\n%s", err, diff)
	}
	for _, bad := range []string{"Tcp: A\n", "Tcp: A B\nTcp: 1\n", "Tcp: A\nUdp: 1\n", "Tcp: A\nTcp: x\n"} {
		if got, err := parseCounters([]byte(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

// seed adds the files of this machine to a corpus.
func seed(f *testing.F, paths ...string) {
	f.Helper()
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte(""))
}

func FuzzParseStatus(f *testing.F) {
	seed(f, "/proc/self/status")
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseStatus(text)
		if err != nil && s != (memoryUse{}) {
			t.Errorf("%+v beside the error %v", s, err)
		}
		if s.rss%1024 != 0 || s.peak%1024 != 0 {
			t.Errorf("%+v: not a whole number of kB", s)
		}
	})
}

func FuzzParseCPUStat(f *testing.F) {
	seed(f, "/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/unified/cpu.stat")
	f.Add([]byte("usage_usec 10\nthrottled_usec 5\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := parseCPUStat(text); err != nil && s != (groupCPU{}) {
			t.Errorf("%+v beside the error %v", s, err)
		}
	})
}

func FuzzParseProcessors(f *testing.F) {
	seed(f, "/proc/stat")
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := parseProcessors(text); (err == nil) == (len(p) == 0) {
			t.Errorf("%v, %v", p, err)
		}
	})
}

func FuzzParseCounters(f *testing.F) {
	seed(f, "/proc/net/snmp", "/proc/net/netstat")
	f.Fuzz(func(t *testing.T, text []byte) {
		counters, err := parseCounters(text)
		if err != nil && counters != nil {
			t.Errorf("%v beside the error %v", counters, err)
		}
	})
}

func TestParsePressure(t *testing.T) {
	t.Parallel()
	const text = "some avg10=2.22 avg60=7.81 avg300=15.70 total=97371021\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
	if ns, ok := parsePressure([]byte(text)); !ok || ns != 97_371_021_000 {
		t.Errorf("%d ns, %t", ns, ok)
	}
	for _, bad := range []string{"", "some avg10=1\n", "full total=3\n", "some total=x\n"} {
		if ns, ok := parsePressure([]byte(bad)); ok {
			t.Errorf("%q gave %d ns", bad, ns)
		}
	}
}
