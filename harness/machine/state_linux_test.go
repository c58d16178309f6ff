package machine

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStateFiles(t *testing.T) {
	t.Parallel()
	waiting, small := 7, uint64(1<<29)
	tests := []struct {
		name  string
		files map[string]string
		want  State
	}{
		{name: "nothing can be read"},
		{
			name: "version 2, a limit above the own group",
			files: map[string]string{
				"sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc",
				"sys/firmware/acpi/platform_profile":                              "balanced",
				"sys/devices/system/cpu/smt/active":                               "1",
				"proc/net/sockstat":                                               "sockets: used 9\nTCP: inuse 3 orphan 0 tw 7 alloc 9 mem 1\nUDP: inuse 0 mem 0",
				"proc/self/mountinfo":                                             "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
				"proc/self/cgroup":                                                "0::/a/b",
				"sys/fs/cgroup/a/b/memory.max":                                    "max",
				"sys/fs/cgroup/a/memory.max":                                      "536870912",
			},
			want: State{ClockSource: "tsc", PowerProfile: "balanced", SMT: "on", TimeWait: &waiting, MemoryLimitBytes: &small},
		},
		{
			name: "version 1, none above",
			files: map[string]string{
				"sys/devices/system/cpu/smt/active":                      "0",
				"proc/net/sockstat":                                      "UDP: tw 3",
				"proc/self/mountinfo":                                    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
				"proc/self/cgroup":                                       "4:cpu,cpuacct:/x\n3:memory:/\n0::/",
				"sys/fs/cgroup/memory/memory.limit_in_bytes":             "9223372036854771712",
				"sys/devices/system/clocksource/clocksource0/irrelevant": "x",
			},
			want: State{SMT: "off"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, stateFiles(root(tt.files))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestStateOfThisMachine(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/net/sockstat"); err == nil && Now().TimeWait == nil {
		t.Error("the number of sockets in TIME_WAIT was not read")
	}
}
