package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/results/summary"
)

// scriptFile writes a script and returns its path.
func scriptFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.lua")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const greeting = `
	function init(args) print("init " .. args[1] .. " " .. args[2]) end
	local n = 0
	function request() n = n + 1 return wrk.format(nil, "/" .. n) end
	function done(summary, latency) print("done with " .. summary.requests, latency.max > 0) end`

// A script is loaded with its arguments, and what done prints stands behind the result.
func TestLoadScript(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	e := joust(t, "load", "--script", scriptFile(t, greeting), "-n", "20", "-c", "2", "-t", "1", s.URL+"/", "--", "one", "-two")
	if e.code != 0 || !strings.HasPrefix(e.out, "init one -two\n") || !strings.HasSuffix(e.out, "\ndone with 20\ttrue\n") || !strings.Contains(e.out, "  script      ") {
		t.Error(e)
	}
}

// Where the result is no text, standard output is free of what the script prints.
func TestLoadScriptInJSON(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	e := joust(t, "load", "--script", scriptFile(t, greeting), "-n", "20", "-c", "2", "-t", "1", "--format", "json", s.URL+"/", "one", "two")
	var d summary.Document
	if err := json.Unmarshal([]byte(e.out), &d); err != nil || e.code != 0 {
		t.Fatal(err, e)
	}
	if d.Report.Script == nil || d.Report.Script.Output != "done with 20\ttrue\n" || !strings.Contains(e.errors, "init one two\n") {
		t.Errorf("%+v, %s", d.Report.Script, e.errors)
	}
}

// A script that fails ends the load with 1, and the result so far is printed.
func TestLoadScriptThatFails(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	text := "local n = 0\nfunction response()\n n = n + 1\n if n > 5 then error('enough') end end"
	e := joust(t, "load", "--script", scriptFile(t, text), "-n", "1000", "-c", "1", "-t", "1", s.URL+"/")
	if e.code != ExitFailed || !strings.Contains(e.out, "test.lua:4: enough") || !strings.Contains(e.out, "partial result") || !strings.Contains(e.out, "throughput") {
		t.Error(e)
	}
	e = joust(t, "as", "wrk", "-t1", "-c1", "-d1", "-s", scriptFile(t, text), s.URL+"/")
	if e.code != ExitFailed || !strings.Contains(e.errors, "test.lua:4: enough") || !strings.Contains(e.out, "Requests/sec:") {
		t.Error(e)
	}
	e = joust(t, "load", "--script", scriptFile(t, "function init() local x = nil .. 1 end"), s.URL+"/")
	if e.code != ExitFailed || !strings.Contains(e.errors, "test.lua:1: ") {
		t.Error(e)
	}
}

// joust as wrk runs the script and prints wrk's report, with the output of done behind it.
func TestAsWrkRunsScripts(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1000)
	s := newTarget(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case seen <- r.Method + " " + r.URL.Path:
		default:
		}
	})
	text := `
		local n = 0
		function request() n = n + 1 if n > 30 then wrk.thread:stop() return "" end return wrk.format("PUT", "/" .. n) end
		function done(summary, latency) print("last", summary.requests, latency:percentile(99) > 0) end`
	e := joust(t, "as", "wrk", "-t1", "-c1", "-d2", "-s", scriptFile(t, text), s.URL+"/", "--", "arg")
	if e.code != 0 || !strings.HasSuffix(e.out, "B\nlast\t29\ttrue\n") || !strings.Contains(e.out, "  29 requests in ") {
		t.Error(e)
	}
	if got := <-seen; got != "PUT /2" {
		t.Error(got)
	}
	text = `function done(summary, latency) print(#latency == summary.requests, latency[1] > 0) end`
	if e := joust(t, "as", "wrk2", "-t1", "-c1", "-d1", "-R50", "-s", scriptFile(t, text), s.URL+"/"); e.code != 0 || !strings.HasSuffix(e.out, "\ntrue\ttrue\n") {
		t.Error(e)
	}
}

// Flags that say what the script says itself are refused, all at once.
func TestLoadScriptRefuses(t *testing.T) {
	t.Parallel()
	path := scriptFile(t, "")
	for line, want := range map[string]string{
		"--script " + path + " --depth 4":                  "--script with --depth 4",
		"--script " + path + " --users 4 --follow":         "--script with --follow",
		"--script " + path + " --compat wrk3":              "--compat wrk3: lax or wrk2",
		"--script " + path + " --bust":                     "--script with --bust",
		"--script " + path + ".none":                       "--script: open ",
		"--compat lax":                                     "name it with --script",
		"--script " + path + " --request-id --depth 2":     "--script with --request-id",
		"--script " + path + " --url-file " + path:         "--script with --url-file",
		"--script " + path + " --proxy http://127.0.0.1:9": "--script with --proxy",
	} {
		e := joust(t, append(append([]string{"load"}, strings.Fields(line)...), "http://127.0.0.1:1/")...)
		if e.code != ExitUsage || !strings.Contains(e.errors, want) {
			t.Errorf("%s: %v, want %s", line, e, want)
		}
	}
}
