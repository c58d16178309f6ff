package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/summary"
)

// Two loads at once run, and each report names the other.
func TestTwoLoadsAtOnce(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	tmp := t.TempDir()
	first, out, _ := command(t, tmp, "load", s.URL, "-c", "1", "-t", "1", "-d", "60s", "--expect-status", "200")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the first load", func() bool { return s.asked.Load() > 0 })
	second, document, errs := command(t, tmp, short(s.URL, "--format", "json")...)
	if code := exitOf(t, second.Run()); code != ExitOK && code != ExitVoid { // its window is short
		t.Errorf("the second: exit code %d\n%s%s", code, document, errs)
	}
	var got summary.Document
	if err := json.Unmarshal(document.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if n := got.Report.Neighbours; len(n) != 1 || n[0].PID != first.Process.Pid || n[0].Since.IsZero() || n[0].Command != strings.Join(first.Args, " ") {
		t.Errorf("the second measured beside %+v, want process %d", n, first.Process.Pid)
	}
	other := newTarget(t, nil)
	third, _, _ := command(t, tmp, "load", other.URL, "-c", "1", "-t", "1", "-d", "60s", "--expect-status", "200")
	if err := third.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the third load", func() bool { return other.asked.Load() > 0 })
	for _, c := range []*exec.Cmd{first, third} {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if code := exitOf(t, c.Wait()); code != ExitInterrupted {
			t.Errorf("exit code %d", code)
		}
	}
	if want := fmt.Sprintf("note: another joust measured on this machine at the same time, and took CPU time from this load (process %d, since 20", third.Process.Pid); !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out)
	}
}

// A load waits while a comparison measures and says for whom, or goes on with
// --anyway and says so.
func TestLoadBesideAComparison(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	tmp := t.TempDir()
	comparison, err := files.TryLock(filepath.Join(tmp, "joust-measuring.lock"), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	anyway, out, errs := command(t, tmp, short(s.URL, "--anyway")...)
	if code := exitOf(t, anyway.Run()); code != ExitOK && code != ExitVoid || strings.Contains(errs.String(), "waiting") {
		t.Errorf("with --anyway: exit code %d\n%s%s", code, out, errs)
	}
	if want := fmt.Sprintf("(process %d, since 20", os.Getpid()); !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	waits, _, _ := command(t, tmp, short(s.URL)...)
	waits.Stderr = nil
	printed, err := waits.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := waits.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(printed).ReadString('\n')
	for _, want := range []string{
		fmt.Sprintf("joust: waiting: a comparison has this machine (process %d, since 20", os.Getpid()),
		"): --anyway does not wait; kill -INT " + strconv.Itoa(os.Getpid()) + " ends it\n",
	} {
		if err != nil || !strings.Contains(line, want) {
			t.Errorf("printed %q, %v, want %q", line, err, want)
		}
	}
	if err := comparison.Release(); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, waits.Wait()); code != ExitOK && code != ExitVoid {
		t.Errorf("the one that waited: exit code %d", code)
	}
}
