package sample

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/joust-bench/joust/harness/tree"
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
	f := new(files)
	got, err := f.groupCPU(Tree{Groups: tree.Groups{CPUAcctV1: acct}})
	if err != nil || got.total != 23044982 || got.user != 20000000 || got.system != 3044982 {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, dir := range map[string]string{"gone": filepath.Join(acct, "x"), "nonsense": control(t, map[string]string{"cpuacct.usage": "many\n"})} {
		if got, err := f.groupCPU(Tree{Groups: tree.Groups{CPUAcctV1: dir}}); err == nil {
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
	f := new(files)
	for name, groups := range map[string]tree.Groups{"version 1": {CPUAcctV1: v1, MemoryV1: v1}, "version 2": {Unified: v2}} {
		var s results.UsageSample
		tree := Tree{Groups: groups}
		tree.split(f, &s)
		if !is(s.AnonymousBytes, 794624) || !is(s.FileBytes, 5201920) || !is(s.SocketBytes, 8192) || !is(tree.groupPeak(f), 6471680) {
			t.Errorf("%s: %+v, peak %v", name, s, tree.groupPeak(f))
		}
		if err := tree.resetGroupPeak(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if peak := (Tree{Groups: tree.Groups{CPUAcctV1: v1, MemoryV1: v1}}).groupPeak(f); !is(peak, 0) {
		t.Errorf("the peak of version 1 was not reset: %v", peak)
	}
	for name, groups := range map[string]tree.Groups{"no group": {}, "no controller": {Unified: t.TempDir()}, "none of version 1": {CPUAcctV1: v1}} {
		var s results.UsageSample
		tree := Tree{Groups: groups}
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
