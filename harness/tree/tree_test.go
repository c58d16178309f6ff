package tree

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The lines are as proc(5) describes them; the second name is the worst that a
// program can give itself.
func TestParseStat(t *testing.T) {
	t.Parallel()
	const rest = " 100 100 0 -1 4194304 1 0 0 0 11 12 13 14 20 0 1 0 98765 1000 200"
	want := Process{PID: 42, Parent: 7, State: 'S', User: 11, System: 12, ReapedUser: 13, ReapedSystem: 14, Start: 98765}
	tests := map[string]struct{ text, err string }{
		"plain":                   {"42 (sleep) S 7" + rest, ""},
		"spaces":                  {"42 (tmux: server) S 7" + rest, ""},
		"parentheses and a state": {"42 (a) R 1 (b)) S 7" + rest + "\n", ""},
		"line end in the name":    {"42 (a\nb) S 7" + rest, ""},
		"short":                   {"42 (sleep) S 7 100", "3 fields"},
		"no name":                 {"42 sleep S 7" + rest, "no command name"},
		"no process id":           {"x (sleep) S 7" + rest, `"x"`},
		"no start time":           {"42 (sleep) S 7" + strings.Replace(rest, "98765", "y", 1), `"y"`},
		"empty":                   {"", "no command name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStat([]byte(test.text))
			switch {
			case test.err == "" && (err != nil || got != want):
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want one with %q", err, test.err)
			}
		})
	}
	if zombie, err := parseStat([]byte("42 (sleep) Z 7" + rest)); err != nil || !zombie.Ended() {
		t.Errorf("a zombie is %+v, %v", zombie, err)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("42 (sleep) S 7 100 100 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1000 200")
	f.Add(")(")
	for _, path := range []string{"/proc/self/stat", "/proc/1/stat"} {
		if text, err := os.ReadFile(path); err == nil {
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseStat([]byte(text))
		if err != nil && p != (Process{}) {
			t.Errorf("both %+v and %v", p, err)
		}
	})
}

// For every table of processes, loops of a torn read included, the walk ends and
// finds each process at most once, after its parent.
func TestBelowLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []Process
		for pid := 1; pid <= rapid.IntRange(1, 30).Draw(t, "n"); pid++ {
			all = append(all, Process{PID: pid, Parent: rapid.IntRange(0, 30).Draw(t, "parent")})
		}
		seen := map[int]bool{1: true}
		for _, p := range below(1, all) {
			if seen[p.PID] || !seen[p.Parent] {
				t.Fatalf("%+v is out of order or twice in %+v", p, all)
			}
			seen[p.PID] = true
		}
		for _, p := range all {
			if seen[p.Parent] && !seen[p.PID] {
				t.Fatalf("%+v is missing", p)
			}
		}
	})
}

func TestOwnerRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := Owner{PID: rapid.IntRange(1, 1<<22).Draw(t, "pid"), Start: rapid.Uint64().Draw(t, "start")}
		n := rapid.StringMatching(`[a-z0-9-]+`).Draw(t, "n")
		if got, ok := CgroupOwner(o.CgroupName(n)); !ok || got != o {
			t.Fatalf("%v became %v, %v", o, got, ok)
		}
		if got, rest, ok := CutOwner(o.String() + "-" + n); !ok || got != o || rest != n {
			t.Fatalf("%v became %v, %q, %v", o, got, rest, ok)
		}
	})
}

func TestForeignNamesAreNotOurs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "joust", "joust-", "joust-1-2", "joust-1-2-", "joust-a-2-3", "joust-1-b-3", "joust-0-2-3",
		"joust--1-2-3", "joust-01-2-3", "joust-+1-2-3", "system.slice", "xjoust-1-2-3",
	} {
		if o, ok := CgroupOwner(name); ok {
			t.Errorf("%q is taken for a group of %v", name, o)
		}
	}
}

func TestCgroupDir(t *testing.T) {
	t.Parallel()
	const v1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	tests := map[string]struct{ mounts, cgroup, want string }{
		"pure":      {"30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", "0::/user.slice/s.scope\n", "/sys/fs/cgroup/user.slice/s.scope"},
		"hybrid":    {v1 + "41 31 0:38 / /sys/fs/cgroup/unified rw shared:1 master:2 - cgroup2 cgroup2 rw\n", "1:cpu:/a\n0::/\n", "/sys/fs/cgroup/unified"},
		"container": {"30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/docker/abc/x\n", "/sys/fs/cgroup/x"},
		"space":     {"30 23 0:26 / /mnt/c\\040g rw - cgroup2 cgroup2 rw\n", "0::/a\n", "/mnt/c g/a"},
		"outside":   {"30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/docker/abcd\n", ""},
		"above":     {"30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/../x\n", ""},
		"only one":  {v1, "1:cpu:/a\n", ""},
		"unmounted": {v1, "0::/a\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cgroupDir(test.mounts, test.cgroup)
			if got != test.want || errors.Is(err, ErrNoCgroup) != (test.want == "") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	got := strings.Split(unescape(`a\040b \134 \0 \9xx \777 end\`), " ")
	want := []string{"a", "b", `\`, `\0`, `\9xx`, `\777`, `end\`}
	if !slices.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got := unescape(fmt.Sprintf(`\%03o`, 'A')); got != "A" {
		t.Errorf("got %q", got)
	}
}
