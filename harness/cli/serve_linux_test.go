package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/joust-bench/joust/scenarios"
)

// announced reads a port file.
func announced(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok || values["READY"] != "" {
			t.Errorf("line %q in\n%s", line, text)
		}
		values[key] = value
	}
	return values
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "good", nil)
	file := s.path("port")
	if err := os.WriteFile(file, []byte("READY=1\n"), 0o644); err != nil { // of before
		t.Fatal(err)
	}
	p := s.joust(t, "serve", "good", "--servers-dir", s.path("servers"), "--port-file", file)
	p.until("the port file", func() bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "PORT=")
	})
	at := announced(t, file)
	if at["URL"] != "http://127.0.0.1:"+at["PORT"]+at["PATH"] || at["METHOD"] != "GET" || at["HEADERS"] != "{}" || at["BODY_FILE"] != "" || at["READY"] != "1" {
		t.Errorf("announced %v", at)
	}
	second := s.joust(t, "serve", "good", "--servers-dir", s.path("servers"), "--port-file", file).ends(patience, ExitUsage)
	says(t, second, fmt.Sprintf("joust serve, process %d, announces its server there: choose another file, or end it: kill -INT %s", p.cmd.Process.Pid, at["PID"]))
	answer, err := http.Get(at["URL"])
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	// It takes no measuring lock, or this joust would wait for ever.
	load := s.joust(t, "load", at["URL"], "-c", "2", "-t", "1", "-d", "100ms", "--warmup", "0s")
	load.ends(patience, ExitOK)
	p.signal(syscall.SIGTERM)
	text := p.ends(patience, ExitOK)
	says(t, text, "joust: removed a port file that a killed joust serve left: "+file, "good answers hello: GET "+at["URL"], "joust: ending the server; once more ends at once", "good used 0.", "peak memory ")
	if _, err := http.Get(at["URL"]); err == nil {
		t.Error("it still answers")
	}
	for _, pattern := range []string{file, s.path("tmp", "joust-[0-9]*")} {
		if paths, _ := filepath.Glob(pattern); len(paths) > 0 { // the pattern is right
			t.Errorf("%v remain", paths)
		}
	}
}

func TestServeOfAServerThatEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server(t, "doomed", []string{"dies", "1"})
	file := s.path("port")
	p := s.joust(t, "serve", "doomed", "--servers-dir", s.path("servers"), "--port-file", file)
	p.until("the port file", func() bool { _, err := os.Stat(file); return err == nil })
	if _, err := http.Get(announced(t, file)["URL"]); err == nil {
		t.Error("it answered and was to die")
	}
	says(t, p.ends(patience, ExitFailed), "doomed has ended: exit status 9", "out of ideas")
	if _, err := os.Stat(file); err == nil {
		t.Error("the port file is left")
	}
}

func TestAnnouncement(t *testing.T) {
	t.Parallel()
	x := announcement{port: "80", pid: 7, request: &scenarios.Request{
		Method: "POST", Path: "/echo?x=1", Body: &scenarios.Body{Text: "ab", Length: 5},
		Headers: []scenarios.Header{{Name: "Accept", Value: "a\"b"}, {Name: "X", Value: "1"}, {Name: "X", Value: "2"}},
	}}
	if err := x.writeBody(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(x.bodyFile)
	if err != nil || string(body) != "ababa" {
		t.Errorf("body %q, %v", body, err)
	}
	text, err := x.text()
	want := "PORT=80\nPATH=/echo?x=1\nMETHOD=POST\nURL=http://127.0.0.1:80/echo?x=1\n" +
		`HEADERS={"Accept":"a\"b","X":"1, 2"}` + "\nBODY_FILE=" + x.bodyFile + "\nPID=7\nREADY=1\n"
	if err != nil || text != want {
		t.Errorf("%v\n%s, want\n%s", err, text, want)
	}
	var headers map[string]string
	if err := json.Unmarshal([]byte(strings.Split(strings.Split(text, "HEADERS=")[1], "\n")[0]), &headers); err != nil || headers["X"] != "1, 2" {
		t.Errorf("headers %v, %v", headers, err)
	}
}
