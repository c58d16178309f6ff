package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results"
)

// bench calls scripts/wrk2_bench.sh in the site.
func (s *site) bench(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	c := exec.Command("bash", append([]string{filepath.Join(checkout, "scripts", "wrk2_bench.sh")}, args...)...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "JOUST="+filepath.Join(programs, "joust"), "TMPDIR="+s.path("tmp"),
		"XDG_CACHE_HOME="+s.path("cache"), "PATH="+strings.Join([]string{s.path("bin"), programs, os.Getenv("PATH")}, string(os.PathListSeparator)))
	out, err := c.CombinedOutput()
	return exitOf(t, err), string(out)
}

func TestWrk2BenchCommand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct {
		args string
		code int
		says []string
	}{
		{"--dry-run --loader joust", 0, []string{
			"joust's own open loop", "each trial finds the peak of its own process first",
			" run --servers nethttp", " --scenarios hello --trials 3 --duration 60s --threads ", " --clients 50 --rates 50%", " --mode closed", " --loader joust --out " + s.path("results"),
		}},
		{"--dry-run --loader joust --quick --server nginx --scenarios=json --conns 10 --peaks latest --out=elsewhere -- --pin none", 0, []string{
			" run --servers nginx --scenarios json --trials 1 --duration 2s", " --clients 10", " --mode open --peaks latest --loader joust --out " + s.path("elsewhere") + " --pin none",
		}},
		{"--dry-run --loader joust --quick --runs 2 --duration 5s", 0, []string{" --trials 2 --duration 5s "}},
		{"--dry-run --loader wrk2 --peaks latest --server nginx", 0, []string{
			"the load is made by wrk2", " --threads 8 --clients 50 ", " --mode open --peaks latest --loader wrk2 ",
		}},
		{"--dry-run --loader wrk2 --peaks own", 2, []string{"wrk2 has no closed loop to find a peak with"}},
		{"--dry-run --loader wrk2", 2, []string{"there is none in " + s.path("results") + ": make bench stores one"}},
		{"--help", 0, []string{"Usage: scripts/wrk2_bench.sh"}},
		{"--runs 0", 2, []string{"--runs 0: a whole number above 0 is needed"}},
		{"--conns many", 2, []string{"--conns many: a whole number above 0 is needed"}},
		{"--loader hey", 2, []string{"--loader hey: auto, wrk2 or joust"}},
		{"--out", 2, []string{"--out needs a value"}},
		{"--server=", 2, []string{"--server needs a value"}},
		{"--server nginx --fast", 2, []string{"unknown flag --fast (see scripts/wrk2_bench.sh --help)"}},
	} {
		code, text := s.bench(t, strings.Fields(tt.args)...)
		if code != tt.code {
			t.Errorf("%s: exit code %d, want %d:\n%s", tt.args, code, tt.code, text)
		}
		says(t, text, tt.says...)
	}
}

// TestWrk2BenchTakesWrk2 puts something on PATH that has wrk2's flag.
func TestWrk2BenchTakesWrk2(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := os.Mkdir(s.path("bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	const wrk2 = "#!/bin/sh\necho 'wrk 4.0.0 [epoll] Copyright (C) 2012 Will Glozer'\necho '    -R, --rate <T>  work rate (throughput)'\nexit 1\n"
	if err := os.WriteFile(s.path("bin", "wrk2"), []byte(wrk2), 0o755); err != nil {
		t.Fatal(err)
	}
	code, text := s.bench(t, "--dry-run", "--peaks", "latest")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(t, text, "the load is made by wrk2", " --loader wrk2 ")
}

func TestWrk2Bench(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "good", nil)
	args := []string{"--quick", "--loader", "joust", "--server", "good", "--conns", "4", "--rates", "20%",
		"--", "--servers-dir", s.path("servers"), "--warmup", "0s", "--duration", "300ms", "--repeat-budget", "0", "--no-probes"}
	for _, want := range []string{"each trial finds the peak of its own process first", "peaks are those of run "} {
		code, text := s.bench(t, args...)
		if code != ExitOK && code != ExitVoid { // a busy machine delays the loader
			t.Fatalf("exit code %d:\n%s", code, text)
		}
		says(t, text, want)
	}
	_, run := s.stored(t)
	if p := run.Plan.Tables[0]; p.Closed || len(p.Rates) != 1 || p.Rates[0] != (results.PlanRate{Kind: results.RateFraction, Fraction: 0.2}) || len(run.Plan.Peaks) != 1 {
		t.Errorf("table %+v, peaks %+v", p, run.Plan.Peaks)
	}
}

// TestScriptsAreSound runs shellcheck.
func TestScriptsAreSound(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("shellcheck")
	need(t, err)
	scripts, err := filepath.Glob(filepath.Join(checkout, "scripts", "*.sh"))
	if err != nil || len(scripts) == 0 {
		t.Fatal(err, scripts)
	}
	check := exec.Command("shellcheck", append([]string{"-x"}, scripts...)...)
	check.Dir = checkout // where the scripts name the others that they source
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
