package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/results"
)

// seen returns the surroundings that a stooge of the last run printed.
func (s *site) seen(t *testing.T, runDir, log string) results.Surroundings {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(runDir, "logs", log))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var seen results.Surroundings
		if err := json.Unmarshal([]byte(line), &seen); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	t.Fatalf("%s says nothing of it:\n%s", log, text)
	return results.Surroundings{}
}

// busyShell is a shell with settings that change servers.
func (s *site) busyShell() {
	s.env = []string{
		"GOGC=off", "GODEBUG=gctrace=1", "GOMAXPROCS=1", "NODE_OPTIONS=--jitless", "LD_LIBRARY_PATH=/nowhere", "MALLOC_ARENA_MAX=1",
		"http_proxy=http://127.0.0.1:1", "LANG=de_DE.UTF-8", "TZ=Asia/Tokyo", "PASSED=on",
	}
	s.shell = "umask 077; ulimit -S -s 1024; ulimit -S -c unlimited"
}

// A server sees exactly the surroundings of run.json, whatever shell joust was called
// from.
func TestServersRunInStatedSurroundings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.busyShell()
	if err := writeServer(s.path("servers"), "teller", []string{"surroundings"}, []string{
		`env={MINE: of the manifest, OTHER: "a=b", AT: "{{.Port}} {{.Dir}}/x", TZ: CET}`,
	}); err != nil {
		t.Fatal(err)
	}
	s.joust(t, s.run("--servers", "teller", "--env", "MINE=of the user", "--env", "PASSED")...).ends(patience, ExitOK)
	dir, run := s.stored(t)
	stored := run.Server("teller").Surroundings
	if stored == nil {
		t.Fatal("nothing is stored")
	}
	want := map[string]string{
		"PATH": programs + ":" + os.Getenv("PATH"), "HOME": os.Getenv("HOME"), "TMPDIR": "{{.Dir}}", "LANG": "C.UTF-8", "TZ": "CET",
		"MINE": "of the user", "OTHER": "a=b", "AT": "{{.Port}} {{.Dir}}/x", "PASSED": "on",
	}
	if d := cmp.Diff(want, stored.Environment); d != "" {
		t.Errorf("stored is (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"AT", "MINE", "OTHER", "PASSED", "TZ"}, stored.Added); d != "" {
		t.Error(d)
	}
	seen := s.seen(t, dir, "teller.log")
	temporary := seen.WorkingDirectory
	port, _, _ := strings.Cut(seen.Environment["AT"], " ")
	for name, value := range stored.Environment {
		stored.Environment[name] = strings.NewReplacer("{{.Dir}}", temporary, "{{.Port}}", port).Replace(value)
	}
	if d := cmp.Diff(stored.Environment, seen.Environment); d != "" {
		t.Errorf("the server sees (-stored +seen):\n%s", d)
	}
	if stored.WorkingDirectory != "{{.Dir}}" || !strings.HasPrefix(temporary, s.path("tmp")) {
		t.Errorf("stored is the working directory %s, and the server is in %s", stored.WorkingDirectory, temporary)
	}
	if stored.Umask != seen.Umask || stored.Limits["stack soft"] != seen.Limits["stack soft"] || stored.Limits["core soft"] != seen.Limits["core soft"] {
		t.Errorf("stored is %+v, and the server sees %+v", stored, seen)
	}
	if stored.Umask != "0022" || stored.Limits["stack soft"] != "8388608" || stored.Limits["core soft"] != "0" {
		t.Errorf("stored is %+v", stored)
	}
	if d := cmp.Diff(map[string]string{"MINE": "of the user", "PASSED": "on"}, run.Plan.Env); d != "" {
		t.Errorf("the plan's variables (-want +got):\n%s", d)
	}
}

// A container gets the same, except for the variables of its image.
func TestContainersRunInStatedSurroundings(t *testing.T) {
	t.Parallel()
	b := newBoxes(t)
	b.busyShell()
	name := b.box(t, "teller", stoogefile, itsAddress+", surroundings", "env: {MINE: of the manifest, OTHER: \"a=b\"}")
	b.joust(t, b.run("--servers", name, "--env", "MINE=of the user")...).ends(patience, ExitOK)
	dir, run := b.stored(t)
	stored, seen := run.Server(name).Surroundings, b.seen(t, dir, name+".container.log")
	want := map[string]string{"LANG": "C.UTF-8", "TZ": "UTC", "MINE": "of the user", "OTHER": "a=b"}
	if d := cmp.Diff(want, stored.Environment); d != "" {
		t.Errorf("stored is (-want +got):\n%s", d)
	}
	for _, ofTheEngine := range []string{"PATH", "HOME", "HOSTNAME"} {
		delete(seen.Environment, ofTheEngine)
	}
	if d := cmp.Diff(stored.Environment, seen.Environment); d != "" {
		t.Errorf("the server sees (-stored +seen):\n%s", d)
	}
	if stored.Umask != seen.Umask || stored.WorkingDirectory != seen.WorkingDirectory ||
		stored.Limits["stack soft"] != seen.Limits["stack soft"] || stored.Limits["core soft"] != seen.Limits["core soft"] {
		t.Errorf("stored is %+v, and the server sees %+v", stored, seen)
	}
}

// In a duel, a variant's own variable wins over --env.
func TestVariantsWinOverEnv(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.busyShell()
	s.server(t, "teller", []string{"surroundings"})
	s.joust(t, "duel", "--a", "teller", "--b", "teller,env.MINE=of B", "--env", "MINE=of both", "--servers-dir", s.path("servers"),
		"--clients", "4", "--duration", "100ms", "--warmup", "0s", "--budget", "1s").ends(patience, ExitUsage)
	dir, run := s.stored(t)
	for side, want := range map[string]string{"A": "of both", "B": "of B"} {
		if got := run.Server(side).Surroundings.Environment["MINE"]; got != want || s.seen(t, dir, side+".log").Environment["MINE"] != want {
			t.Errorf("%s has %q stored, want %q", side, got, want)
		}
	}
}
