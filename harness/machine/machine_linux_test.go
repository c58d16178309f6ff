package machine

import (
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

func root(files map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	return out
}

func TestSystemFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		files map[string]string
		want  results.Host
	}{
		{name: "nothing can be read", want: results.Host{Sysctls: map[string]string{}}},
		{
			name: "laptop on battery",
			files: map[string]string{
				"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave",
				"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance",
				"sys/devices/system/cpu/cpu2/cpufreq/scaling_governor": "powersave",
				"sys/devices/system/cpu/intel_pstate/no_turbo":         "0",
				"sys/class/power_supply/AC/type":                       "Mains",
				"sys/class/power_supply/BAT0/type":                     "Battery",
				"sys/class/power_supply/BAT0/status":                   "Discharging",
				"proc/sys/net/core/somaxconn":                          "4096",
				"proc/sys/net/ipv4/ip_local_port_range":                "32768\t60999",
			},
			want: results.Host{
				Governor: "performance, powersave", Turbo: "on", Battery: "discharging",
				Sysctls: map[string]string{"net.core.somaxconn": "4096", "net.ipv4.ip_local_port_range": "32768 60999"},
			},
		},
		{
			name: "wireless mouse",
			files: map[string]string{
				"sys/devices/system/cpu/cpufreq/boost":     "0",
				"sys/class/power_supply/hidpp_0/type":      "Battery",
				"sys/class/power_supply/hidpp_0/scope":     "Device",
				"sys/class/power_supply/hidpp_0/status":    "Discharging",
				"sys/devices/system/cpu/cpufreq/unrelated": "1",
			},
			want: results.Host{Turbo: "off", Sysctls: map[string]string{}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got results.Host
			systemFiles(root(tt.files), &got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFactsOfThisMachine(t *testing.T) {
	t.Parallel()
	h := Facts()
	if h.OS != "linux" || h.Kernel == "" || h.Topology == "" || h.CPUs != runtime.NumCPU() {
		t.Errorf("%+v", h)
	}
	if text, _ := os.ReadFile("/proc/cpuinfo"); strings.Contains(string(text), "model name") && h.CPUModel == "" {
		t.Error("the model of the processor was not read")
	}
	if h.MemoryBytes < 1<<20 {
		t.Errorf("%d bytes of memory", h.MemoryBytes)
	}
	if h.LoopbackMTU < 576 {
		t.Errorf("loopback MTU %d", h.LoopbackMTU)
	}
	for _, name := range []string{"nofile soft", "nofile hard"} {
		if h.Limits[name] == "" {
			t.Errorf("no limit %q in %v", name, h.Limits)
		}
	}
	if _, err := os.Stat(portRangeFile); err == nil && h.Sysctls["net.ipv4.ip_local_port_range"] == "" {
		t.Errorf("no port range in %v", h.Sysctls)
	}
}

func TestCgroupVersion(t *testing.T) {
	t.Parallel()
	if got := cgroupVersion(t.TempDir() + "/none"); got != "" {
		t.Errorf("%q where nothing is mounted", got)
	}
	if got := cgroupVersion(t.TempDir()); got != "v1" {
		t.Errorf("%q for a folder without cgroup2", got)
	}
}
