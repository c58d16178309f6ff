package tree

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseGroups(t *testing.T) {
	t.Parallel()
	const (
		unified = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		pure    = "30 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
		three   = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		joined  = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		partial = "35 31 0:32 /docker /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	)
	tests := map[string]struct {
		mounts, cgroup string
		want           Groups
	}{
		"version 2":    {pure, "0::/system.slice/docker-ab.scope\n", Groups{Unified: "/sys/fs/cgroup/system.slice/docker-ab.scope"}},
		"hybrid":       {three + unified, "4:memory:/docker/ab\n2:cpuacct:/docker/ab\n1:cpu:/docker/ab\n0::/docker/ab\n", Groups{Unified: "/sys/fs/cgroup/unified/docker/ab", CPUAcctV1: "/sys/fs/cgroup/cpuacct/docker/ab", MemoryV1: "/sys/fs/cgroup/memory/docker/ab"}},
		"one for both": {joined, "3:cpu,cpuacct:/docker/ab\n", Groups{CPUAcctV1: "/sys/fs/cgroup/cpu,cpuacct/docker/ab"}},
		"partial":      {partial, "4:memory:/docker/ab\n", Groups{MemoryV1: "/sys/fs/cgroup/memory/ab"}},
		"outside":      {partial, "4:memory:/dockers/ab\n", Groups{}},
		"not mounted":  {pure, "9:name=systemd:/a\n4:memory:/docker/ab\n", Groups{}},
		"nonsense":     {three, "memory\n", Groups{}},
		"with a colon": {three, "4:memory:/a:b\n", Groups{MemoryV1: "/sys/fs/cgroup/memory/a:b"}},
	}
	for name, test := range tests {
		if got := parseGroups(test.mounts, test.cgroup); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestFindHierarchy(t *testing.T) {
	t.Parallel()
	const (
		hybrid = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu
`
		unified = "30 24 0:26 /user.slice /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	)
	for name, c := range map[string]struct {
		mountinfo string
		want      Hierarchy
	}{
		"version 1 has the controller": {hybrid, Hierarchy{root: "/", point: "/sys/fs/cgroup/cpu", options: []string{"rw", "cpu"}, V1: true}},
		"together with cpuacct":        {"1 2 0:3 / /c rw - cgroup cgroup rw,cpu,cpuacct\n", Hierarchy{root: "/", point: "/c", options: []string{"rw", "cpu", "cpuacct"}, V1: true}},
		"version 2 alone":              {unified, Hierarchy{root: "/user.slice", point: "/sys/fs/cgroup", options: []string{"rw", "nsdelegate"}}},
		"neither":                      {"1 2 0:3 / / rw - ext4 /dev/sda rw\nnonsense\n", Hierarchy{}},
	} {
		got := FindHierarchy(c.mountinfo, "cpu")
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(Hierarchy{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestEnclosing(t *testing.T) {
	t.Parallel()
	v1 := Hierarchy{root: "/", point: "/c", options: []string{"rw", "cpu"}, V1: true}
	v2 := Hierarchy{root: "/", point: "/c"}
	part := Hierarchy{root: "/docker/1", point: "/c"}
	for name, c := range map[string]struct {
		in     Hierarchy
		cgroup string
		want   []string
	}{
		"version 1":           {v1, "2:cpuacct:/other\n1:cpu:/a/b\n0::/c\n", []string{"/c/a/b", "/c/a", "/c"}},
		"with cpuacct":        {v1, "3:cpu,cpuacct:/a\n", []string{"/c/a", "/c"}},
		"version 2":           {v2, "1:cpu:/a/b\n0::/c d\n", []string{"/c/c d", "/c"}},
		"below the mount":     {part, "0::/docker/1/x\n", []string{"/c/x", "/c"}},
		"at the mount":        {part, "0::/docker/1\n", []string{"/c"}},
		"outside the mount":   {part, "0::/docker/2\n", nil},
		"outside a namespace": {v2, "0::/../other\n", nil},
		"none":                {v2, "1:cpu:/a\n", nil},
		"no mount":            {Hierarchy{}, "0::/a\n", nil},
	} {
		if diff := cmp.Diff(c.want, c.in.Enclosing(c.cgroup)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// No text is too strange to read, and the groups above a group end at its mount.
func FuzzMounts(f *testing.F) {
	f.Add("32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "4:cpu:/docker/ab\n0::/x\n")
	f.Add("30 23 0:26 / /mnt/c\\040g rw - cgroup2 cgroup2 rw\n", "0::/a\n")
	f.Add("a b c d\\ e\\0 - cgroup2 ", "0::")
	f.Fuzz(func(t *testing.T, mounts, cgroup string) {
		parseGroups(mounts, cgroup)
		dir, err := cgroupDir(mounts, cgroup)
		if (dir == "") != (err != nil) {
			t.Errorf("%q with %v", dir, err)
		}
		enclosing := FindHierarchy(mounts, "cpu").Enclosing(cgroup)
		if slices.Contains(enclosing, "") {
			t.Errorf("an empty directory in %q", enclosing)
		}
	})
}
