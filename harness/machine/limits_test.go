package machine

import (
	"math"
	"strings"
	"testing"
)

func TestMaxConnections(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		files  uint64
		ports  int
		want   int
		reason string
	}{
		{"files", 1024, 28232, 960, "sudo prlimit --pid $$ --nofile="},
		{"ports", 1 << 20, 28232, 28232, "sudo sysctl -w net.ipv4.ip_local_port_range="},
		{"fewer files than reserved", 10, 28232, 0, "10 files"},
		{"no limit on files", math.MaxUint64, 100, 100, "100 ports"},
		{"no known limit", math.MaxUint64, math.MaxInt, math.MaxInt, "files"},
	}
	for _, tt := range tests {
		n, reason := maxConnections(tt.files, tt.ports)
		if n != tt.want || !strings.Contains(reason, tt.reason) {
			t.Errorf("%s: %d, %q; want %d and %q", tt.name, n, reason, tt.want, tt.reason)
		}
	}
}

func TestRaiseNoFile(t *testing.T) {
	t.Parallel()
	p := start(t, "files 200 500", t.TempDir())
	if got := p.says(t); !strings.HasPrefix(got, "436 a process may open 500 files") {
		t.Errorf("MaxConnections with a hard limit of 500: %s", got)
	}
	if got := p.says(t); got != "now 500" {
		t.Errorf("after RaiseNoFile: %s", got)
	}
	if got := p.says(t); got != "shell 500 <nil>" {
		t.Errorf("inherited by a shell: %s", got)
	}
}

func TestParsePortRange(t *testing.T) {
	t.Parallel()
	if first, last, err := parsePortRange("32768\t60999\n"); first != 32768 || last != 60999 || err != nil {
		t.Errorf("got %d, %d, %v", first, last, err)
	}
	for _, bad := range []string{"", "1", "1 2 3", "2 1", "a 2", "1 b", "1 65536", "-1 2"} {
		if _, _, err := parsePortRange(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzParsePortRange(f *testing.F) {
	f.Add("32768\t60999\n")
	f.Add("2 1")
	f.Fuzz(func(t *testing.T, text string) {
		first, last, err := parsePortRange(text)
		if err == nil && (first < 0 || last < first || last > 65535) {
			t.Errorf("%q is %d to %d", text, first, last)
		}
	})
}
