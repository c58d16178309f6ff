package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/harness/tree"
)

// TestQuotasOfBothVersions reads groups with and without a quota.
func TestQuotasOfBothVersions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		v1    bool
		files map[string]string
		cpus  float64
		ok    bool
	}{
		"version 1":          {true, map[string]string{"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}, 0.5, true},
		"version 1, none":    {true, map[string]string{"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, 0, false},
		"version 2":          {false, map[string]string{"cpu.max": "150000 100000\n"}, 1.5, true},
		"version 2, none":    {false, map[string]string{"cpu.max": "max 100000\n"}, 0, false},
		"no controller here": {false, nil, 0, false},
	} {
		dir := t.TempDir()
		for file, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if cpus, ok := new(files).quota(dir, c.v1); ok != c.ok || cpus != c.cpus {
			t.Errorf("%s: %v processors, %t, want %v, %t", name, cpus, ok, c.cpus, c.ok)
		}
	}
}

func TestThrottlingOfBothVersions(t *testing.T) {
	t.Parallel()
	var got throttling
	got.add([]byte("nr_periods 10\nnr_throttled 4\nthrottled_time 70\nnr_bursts 0\n"))
	got.add([]byte("usage_usec 9\nnr_periods 1\nnr_throttled 1\nthrottled_usec 3\n"))
	if want := (throttling{ns: 3070, periods: 11, throttled: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if cpus := tightest([]quotaGroup{{cpus: 2}, {cpus: 0.5}, {cpus: 1}}); cpus == nil || *cpus != 0.5 {
		t.Errorf("tightest %v", cpus)
	}
	if cpus := tightest(nil); cpus != nil {
		t.Errorf("no group has the quota %v", *cpus)
	}
}

// TestUsageUnderAQuota holds back a process that wants a whole processor.
func TestUsageUnderAQuota(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	mount := tree.FindHierarchy(string(text), "cpu")
	own := mount.Enclosing("1:cpu:/\n0::/\n")
	if len(own) == 0 {
		t.Skip("no cgroup with a CPU controller is mounted here")
	}
	dir, err := os.MkdirTemp(own[0], "joust-quota-test-")
	if err != nil {
		t.Skipf("no cgroup can be made here: %v", err)
	}
	t.Cleanup(func() { removeGroup(t, dir) })
	quota := map[string]string{"cpu.max": "4000 20000"}
	if mount.V1 {
		quota = map[string]string{"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "4000"}
	}
	for file, value := range quota {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0); err != nil {
			t.Skipf("no quota can be set here: %v", err)
		}
	}
	p := start(t, "spin")
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(p.cmd.Process.Pid)), 0); err != nil {
		t.Skipf("no process can be moved into a cgroup here: %v", err)
	}
	t.Cleanup(p.end)
	holds(t, func(length time.Duration) error {
		u := usage(t, p.tree(), length, 0)
		if u.QuotaCPUs == nil || u.ThrottledNS == nil || u.ThrottledPeriods == nil || u.QuotaPeriods == nil {
			return fmt.Errorf("the quota is not seen: %+v", u)
		}
		if d := cmp.Diff(0.2, *u.QuotaCPUs); d != "" {
			return fmt.Errorf("quota (-want +got):\n%s", d)
		}
		if *u.ThrottledNS <= 0 || *u.ThrottledPeriods < 3 || *u.ThrottledPeriods > *u.QuotaPeriods {
			return fmt.Errorf("held back for %d ns in %d of %d periods", *u.ThrottledNS, *u.ThrottledPeriods, *u.QuotaPeriods)
		}
		return nil
	})
	if u := usage(t, start(t, "sleep").tree(), 50*time.Millisecond, 0); u.QuotaCPUs != nil && *u.QuotaCPUs == 0.2 {
		t.Errorf("a process outside has the quota %v", *u.QuotaCPUs)
	}
}
