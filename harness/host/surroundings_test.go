//go:build linux

package host

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A joust that was called from a shell full of settings starts programs in the
// stated surroundings, and reports them as the program sees them.
func TestProgramStartsInStatedSurroundings(t *testing.T) {
	t.Parallel()
	// Without a keeper's care, a program would inherit these settings of joust.
	const shell = `umask 077; ulimit -S -n 128; ulimit -S -s 1024; ulimit -S -c unlimited
export GOGC=off GOMAXPROCS=7 LD_PRELOAD_LIKE=x.so NODE_OPTIONS=--jitless LANG=de_DE.UTF-8 TZ=Asia/Tokyo TMPDIR=/elsewhere
exec "$0" keep`
	l, err := NewLocal(LocalOptions{Keeper: []string{"sh", "-c", shell, os.Args[0]}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	h, err := l.Start(t.Context(), Program{
		Name: "it", Log: filepath.Join(dir, "log"), Dir: dir, Env: []string{"TZ=CET", "MINE=a=b"},
		Argv: []string{"sh", "-c", `umask; pwd; ulimit -S -n; ulimit -S -s; ulimit -S -c; tr '\0' '\n' < /proc/self/environ`},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	awaitExit(t, h)
	seen := strings.Split(h.LogTail(1<<16), "\n")
	s := h.Surroundings()
	want := []string{s.Umask, s.WorkingDirectory, s.Limits["nofile soft"], "8192", s.Limits["core soft"]}
	for _, name := range []string{"HOME", "LANG", "MINE", "PATH", "TMPDIR", "TZ"} {
		want = append(want, name+"="+s.Environment[name])
	}
	if d := cmp.Diff(want, seen); d != "" {
		t.Errorf("the program sees others than are reported (-reported +seen):\n%s", d)
	}
	if s.Umask != "0022" || s.WorkingDirectory != dir || s.Limits["core soft"] != "0" || s.Limits["stack soft"] != "8388608" {
		t.Errorf("%+v", s)
	}
	if s.Limits["nofile soft"] == "128" || s.Limits["nproc soft"] == "" || s.Limits["memlock hard"] == "" || s.Niceness == nil {
		t.Errorf("%+v", s)
	}
	exactly := map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": os.Getenv("HOME"), "TMPDIR": dir, "LANG": "C.UTF-8", "TZ": "CET", "MINE": "a=b",
	}
	if d := cmp.Diff(exactly, s.Environment); d != "" {
		t.Errorf("the environment (-want +got):\n%s", d)
	}
}
