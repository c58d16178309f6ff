package sample

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	// The fields after the name, from the state to the start time.
	const rest = " S 42 7 7 0 -1 4194560 100 200 0 0 11 12 13 14 20 0 3 0 9876 1000 50"
	want := procStat{ppid: 42, utime: 11, stime: 12, cutime: 13, cstime: 14, start: 9876}
	tests := []struct {
		name, text, err string
	}{
		{name: "plain", text: "7 (nginx)" + rest},
		{name: "spaces", text: "7 (tmux: server)" + rest},
		{name: "parentheses and numbers", text: "7 (a) S 1 2) (b)" + rest + "\n"},
		{name: "line end in the name", text: "7 (a\nb)" + rest},
		{name: "empty", text: "", err: "no command name"},
		{name: "short", text: "7 (nginx) S 42", err: "2 fields"},
		{name: "no number", text: "7 (nginx)" + strings.Replace(rest, "9876", "x", 1), err: `"x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStat([]byte(tt.text))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil || got != want {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestParseStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       procStatus
		fails      bool
	}{
		{"process", "Name:\tnginx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t3\n", procStatus{rss: 1 << 20, peak: 2 << 20, threads: 3}, false},
		{"zombie", "Name:\tnginx\nState:\tZ (zombie)\nThreads:\t1\n", procStatus{threads: 1}, false},
		{"no unit", "VmRSS:\t1024\n", procStatus{}, true},
		{"no number", "VmRSS:\tmany kB\n", procStatus{}, true},
		{"too large", "VmRSS:\t18446744073709551615 kB\n", procStatus{}, true},
		{"threads", "Threads:\tx\n", procStatus{}, true},
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
	n := func(v int64) *int64 { return &v }
	tests := []struct {
		name, text string
		want       groupStat
		fails      bool
	}{
		{"without controller", "usage_usec 10\nuser_usec 7\nsystem_usec 3\nnice_usec 0\n", groupStat{source: SourceCgroup, usage: 10_000, user: 7_000, system: 3_000}, false},
		{"with quota", "usage_usec 10\nuser_usec 7\nsystem_usec 3\nnr_periods 9\nnr_throttled 2\nthrottled_usec 5\n",
			groupStat{source: SourceCgroup, usage: 10_000, user: 7_000, system: 3_000, throttled: n(5_000), periods: n(2)}, false},
		{"empty", "", groupStat{}, true},
		{"no number", "usage_usec ten\n", groupStat{}, true},
	}
	for _, tt := range tests {
		got, err := parseCPUStat([]byte(tt.text))
		if (err != nil) != tt.fails {
			t.Errorf("%s: error %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(groupStat{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
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

// seed adds the files of this very machine to a corpus.
func seed(f *testing.F, paths ...string) {
	f.Helper()
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			f.Add(text)
		}
	}
	f.Add([]byte(""))
}

func FuzzParseStat(f *testing.F) {
	seed(f, "/proc/self/stat", "/proc/1/stat")
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := parseStat(text); err != nil && s != (procStat{}) {
			t.Errorf("%+v beside the error %v", s, err)
		}
	})
}

func FuzzParseStatus(f *testing.F) {
	seed(f, "/proc/self/status")
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseStatus(text)
		if err != nil && s != (procStatus{}) {
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
		if s, err := parseCPUStat(text); err != nil && s != (groupStat{}) {
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
