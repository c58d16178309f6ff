package cli

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// storedCopy returns a folder with the stored run of the repository.
func storedCopy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(storedRun())); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A threshold that is broken, or that nothing was measured for, ends a report with its exit
// status, behind the table that says so.
func TestThresholdsOfARun(t *testing.T) {
	t.Parallel()
	dir := storedCopy(t)
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"--threshold", "*/node throughput>1k", "--threshold", "hello/nginx/open 50% p50<1h"}, ExitOK, []string{"hello/node/closed", "kept"}},
		{[]string{"--threshold", "*/node throughput>1k", "--threshold", "hello/node throughput>1M"}, ExitWrong, []string{"hello/node throughput>1M", "broken"}},
		{[]string{"--threshold", "hello/none p99<1s"}, ExitWrong, []string{"not measured: no cell has these names: the run has the scenarios hello, json"}},
		{[]string{"--threshold", "hello/node p99x<1s", "--threshold", "p99"}, ExitUsage, []string{`there is no metric "p99x"`, `"p99" is no bound`}},
	} {
		e := joust(t, append([]string{"report", dir}, c.args...)...)
		for _, want := range c.says {
			if e.code != c.code || !strings.Contains(e.out+e.errors, want) {
				t.Errorf("%q: want exit code %d and %q: %v", c.args, c.code, want, e)
			}
		}
	}
}

// JUnit has a case for each threshold and cell, and a failure for a broken one.
func TestThresholdsInJUnit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "joust.xml")
	e := joust(t, "export", storedRun(), "--format", "junit", "--threshold", "*/node throughput>1M", "--threshold", "hello/nginx throughput>1", "-o", path)
	text, err := os.ReadFile(path)
	if err != nil || e.code != ExitOK {
		t.Fatal(err, e)
	}
	var got struct {
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Tests int    `xml:"tests,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if last := got.Suites[len(got.Suites)-1]; got.Failures != 2 || last.Name != "thresholds" || last.Tests != 3 {
		t.Errorf("%d failures, the last suite is %+v", got.Failures, last)
	}
	if e := joust(t, "export", storedRun(), "--format", "csv", "--threshold", "p99<1s"); e.code != ExitUsage || !strings.Contains(e.errors, "--threshold is for --format junit") {
		t.Error(e)
	}
}

// A run writes its exports and holds its cells against thresholds when it ends.
func TestRunExportsAndJudges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "good", nil)
	text := s.joust(t, s.run("--servers", "good", "--export", "csv,junit", "--threshold", "hello/good throughput>1000000000")...).ends(patience, ExitWrong)
	says(t, text, "hello/good/closed", "broken")
	dir, _ := s.stored(t)
	for name, want := range map[string]string{"joust.csv": ",throughput,", "joust.junit.xml": "<failure message="} {
		data, err := os.ReadFile(filepath.Join(dir, exportFolder, name))
		if err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%s: %v; %q is not in\n%.600s", name, err, want, data)
		}
	}
}
