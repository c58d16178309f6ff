package cli

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/summary"
)

// A load writes its result into files of all formats, and the text to standard output.
func TestLoadWritesFiles(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	dir := t.TempDir()
	args := []string{"-d", "400ms"}
	for _, name := range []string{"a.json", "b.csv", "c.md", "d.html", "e.txt", "f.hgrm"} {
		args = append(args, "--output", filepath.Join(dir, name))
	}
	e := joust(t, short(s.URL, args...)...)
	if e.code != ExitOK || e.errors != "" || !strings.Contains(e.out, "\n  histogram: ") {
		t.Fatal(e)
	}
	text := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	var d summary.Document
	if err := json.Unmarshal([]byte(text("a.json")), &d); err != nil || d.Latency == nil {
		t.Errorf("%v in\n%s", err, text("a.json"))
	}
	if rows, err := csv.NewReader(strings.NewReader(text("b.csv"))).ReadAll(); err != nil || len(rows) < 2 || rows[1][0] != "GET "+s.URL {
		t.Errorf("%v, %v", rows, err)
	}
	for name, begin := range map[string]string{"c.md": "### GET http://", "d.html": "<!DOCTYPE html>", "e.txt": "GET " + s.URL + "\n", "f.hgrm": " Value"} {
		if !strings.HasPrefix(text(name), begin) {
			t.Errorf("%s begins with %.60q", name, text(name))
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
}

// The formats of standard output, and what is shown.
func TestLoadFormats(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	for _, c := range []struct {
		args  []string
		begin string
		has   []string
		not   []string
	}{
		{[]string{"--format", "csv"}, "load,part,", []string{",window,,0,"}, nil},
		{[]string{"--format", "md", "--show", "none"}, "### GET ", []string{"| throughput"}, []string{"```"}},
		{[]string{"--format", "html", "--show", "all"}, "<!DOCTYPE html>", []string{"<svg", "100 %"}, nil},
		{[]string{"--show", "within"}, "GET ", []string{"\n  served within: "}, []string{"histogram: "}},
		{[]string{"--show", "none", "--quiet"}, "GET ", nil, []string{"histogram: ", "served within", "over time"}},
	} {
		e := joust(t, short(s.URL, c.args...)...)
		if e.code != ExitOK || !strings.HasPrefix(e.out, c.begin) || e.errors != "" {
			t.Errorf("%q: %s", c.args, e)
		}
		for _, want := range c.has {
			if !strings.Contains(e.out, want) {
				t.Errorf("%q: no %q in\n%s", c.args, want, e.out)
			}
		}
		for _, not := range c.not {
			if strings.Contains(e.out, not) {
				t.Errorf("%q: %q in\n%s", c.args, not, e.out)
			}
		}
	}
}

// Files that cannot be written, and names that say no format, are refused before the
// load, all of them at once.
func TestLoadRefusesOutputs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.json")
	e := joust(t, "load", "http://127.0.0.1:1/", "--output", file, "--output", file, "--output", "x.xml", "--output", dir+"/none/b.csv", "--hgrm", dir, "--show", "bars", "--format", "xml")
	for _, want := range []string{
		`--format "xml": the formats are text, json, csv, md, html`, "--output: x.xml: the end of the file's name says the format: .json, .csv, .md, .html, .txt, .hgrm or .jsonl",
		"--output: " + file + " is written already: give it once", "--output: there is no folder " + dir + "/none: make it first",
		"--hgrm: " + dir + " is a folder", `--show: "bars" is no part of the result`,
	} {
		if !strings.Contains(e.errors, want) {
			t.Errorf("no %q in\n%s", want, e.errors)
		}
	}
	if _, err := os.Stat(file); e.code != ExitUsage || err == nil {
		t.Errorf("exit code %d, and the file is there: %t", e.code, err == nil)
	}
}

// With --quiet there is nothing but the result, whatever is odd about the load.
func TestQuietLoad(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	e := joust(t, short(s.URL, "--quiet", "--format", "json", "--expect-status", "503")...)
	if e.code != ExitVoid || e.errors != "" || !strings.HasPrefix(e.out, "{") {
		t.Error(e)
	}
}

// The environment is the process's own, so the test does not run in parallel.
func TestTextsWithoutUTF8(t *testing.T) {
	for _, c := range []struct {
		environment string
		want        bool
	}{
		{"", false}, {"LANG=C", true}, {"LANG=de_DE.UTF-8", false}, {"LANG=en_US.utf8", false}, {"LANG=en_US.ISO-8859-1", true},
		{"LC_ALL=C LANG=en_US.UTF-8", true}, {"LC_ALL=C.UTF-8 LANG=C", false}, {"LC_CTYPE=POSIX LANG=en_US.UTF-8", true}, {"TERM=dumb", false},
	} {
		for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG", "TERM"} {
			t.Setenv(name, "")
		}
		for pair := range strings.FieldsSeq(c.environment) {
			name, value, _ := strings.Cut(pair, "=")
			t.Setenv(name, value)
		}
		if got := asciiOnly(io.Discard); got != c.want {
			t.Errorf("%s: ASCII only is %t", c.environment, got)
		}
	}
}
