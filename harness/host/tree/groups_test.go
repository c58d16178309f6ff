package tree

import "testing"

func TestParseGroups(t *testing.T) {
	t.Parallel()
	const (
		unified = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		pure    = "30 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
		apart   = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		joined  = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		partial = "35 31 0:32 /docker /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	)
	tests := map[string]struct {
		mounts, cgroup string
		want           Groups
	}{
		"version 2":    {pure, "0::/system.slice/docker-ab.scope\n", Groups{Unified: "/sys/fs/cgroup/system.slice/docker-ab.scope"}},
		"hybrid":       {apart + unified, "4:memory:/docker/ab\n2:cpuacct:/docker/ab\n1:cpu:/docker/ab\n0::/docker/ab\n", Groups{Unified: "/sys/fs/cgroup/unified/docker/ab", CPUAcct: "/sys/fs/cgroup/cpuacct/docker/ab", Memory: "/sys/fs/cgroup/memory/docker/ab"}},
		"one for both": {joined, "3:cpu,cpuacct:/docker/ab\n", Groups{CPUAcct: "/sys/fs/cgroup/cpu,cpuacct/docker/ab"}},
		"partial":      {partial, "4:memory:/docker/ab\n", Groups{Memory: "/sys/fs/cgroup/memory/ab"}},
		"outside":      {partial, "4:memory:/dockers/ab\n", Groups{}},
		"not mounted":  {pure, "9:name=systemd:/a\n4:memory:/docker/ab\n", Groups{}},
		"with a colon": {apart, "4:memory:/a:b\n", Groups{Memory: "/sys/fs/cgroup/memory/a:b"}},
	}
	for name, test := range tests {
		if got, err := parseGroups(test.mounts, test.cgroup); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, test.want)
		}
	}
	if g, err := parseGroups(apart, "memory\n"); err == nil {
		t.Errorf("nonsense was read as %+v", g)
	}
}

func FuzzParseGroups(f *testing.F) {
	f.Add("32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "4:cpu:/docker/ab\n0::/x\n")
	f.Fuzz(func(t *testing.T, mounts, cgroup string) {
		if g, err := parseGroups(mounts, cgroup); err != nil && g != (Groups{}) && g.Unified == "" {
			t.Errorf("%+v beside %v", g, err)
		}
	})
}
