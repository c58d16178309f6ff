package sample

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/joust-bench/joust/results"
)

// control makes a directory with files as a control group has them.
func control(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func is[T comparable](p *T, want T) bool { return p != nil && *p == want }

func TestGroupV1(t *testing.T) {
	t.Parallel()
	acct := control(t, map[string]string{"cpuacct.usage": "23044982\n", "cpuacct.usage_user": "20000000\n", "cpuacct.usage_sys": "3044982\n"})
	f := newFiles()
	got, err := f.groupV1(GroupsV1{CPUAcct: acct})
	if err != nil || got.usage != 23044982 || got.user != 20000000 || got.system != 3044982 {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, groups := range map[string]GroupsV1{"gone": {CPUAcct: filepath.Join(acct, "x")}, "nonsense": {CPUAcct: control(t, map[string]string{"cpuacct.usage": "many\n"})}} {
		if got, err := f.groupV1(groups); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestMemoryOfGroup(t *testing.T) {
	t.Parallel()
	v1 := control(t, map[string]string{
		"memory.stat":                    "cache 1\nrss 2\ntotal_cache 5201920\ntotal_rss 794624\n",
		"memory.kmem.tcp.usage_in_bytes": "8192\n", "memory.kmem.tcp.max_usage_in_bytes": "9000\n", "memory.max_usage_in_bytes": "6471680\n",
	})
	v2 := control(t, map[string]string{"memory.stat": "anon 794624\nfile 5201920\nsock 8192\n", "memory.peak": "6471680\n"})
	f := newFiles()
	for name, tree := range map[string]Tree{"version 1": {V1: &GroupsV1{Memory: v1}}, "version 2": {Cgroup: v2}} {
		var s results.UsageSample
		tree.split(f, &s)
		if !is(s.AnonymousBytes, 794624) || !is(s.FileBytes, 5201920) || !is(s.SocketBytes, 8192) || !is(tree.groupPeak(f), 6471680) {
			t.Errorf("%s: %+v, peak %v", name, s, tree.groupPeak(f))
		}
		if err := tree.resetGroupPeak(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if peak := (Tree{V1: &GroupsV1{Memory: v1}}).groupPeak(f); !is(peak, 0) {
		t.Errorf("the peak of version 1 was not reset: %v", peak)
	}
	for name, tree := range map[string]Tree{"no group": {}, "no controller": {Cgroup: t.TempDir()}, "none of version 1": {V1: &GroupsV1{}}} {
		var s results.UsageSample
		tree.split(f, &s)
		if s != (results.UsageSample{}) || tree.groupPeak(f) != nil || tree.resetGroupPeak() != nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func FuzzParseNamed(f *testing.F) {
	seed(f, "/sys/fs/cgroup/memory/memory.stat", "/sys/fs/cgroup/memory.stat")
	f.Fuzz(func(t *testing.T, text []byte) {
		if counters, err := parseNamed(text); err != nil && counters != nil {
			t.Errorf("%v beside %v", counters, err)
		}
	})
}
