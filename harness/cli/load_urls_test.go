package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/joust-bench/joust/results/summary"
)

// counts are the requests that a server answered, by method and path.
type counts struct {
	mu sync.Mutex
	of map[string]uint64
}

func (c *counts) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]uint64{}
	}
	c.of[r.Method+" "+r.URL.RequestURI()]++
	_, _ = io.WriteString(w, "alive")
}

// The results of each URL are what its own server counted. The file may come from a pipe.
func TestLoadURLFile(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"evloop", "portable"} {
		for _, input := range []bool{false, true} {
			var one, two counts
			a, b := newTarget(t, one.serve), newTarget(t, two.serve)
			lines := fmt.Sprintf("# two hosts\n%[1]s/a\nPOST %[1]s/b?x=1\n\n{\"url\": \"%[2]s/c\", \"weight\": 4}\n%[2]s/d\n", a.URL, b.URL)
			file := filepath.Join(t.TempDir(), "urls.txt")
			if input {
				file = "-"
			} else if err := os.WriteFile(file, []byte(lines), 0o644); err != nil {
				t.Fatal(err)
			}
			c, out, errs := command(t, t.TempDir(), "load", "--url-file", file, "-n", "600", "-c", "6", "-t", "2", "--engine", engine, "--format", "json", b.URL+"/e")
			c.Stdin = strings.NewReader(lines)
			if code := exitOf(t, c.Run()); code != 0 {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			var d summary.Document
			if err := json.Unmarshal(out.Bytes(), &d); err != nil {
				t.Fatal(err)
			}
			if d.Requests != 600 || len(d.Groups) != 5 || d.Report.URLs != 5 || len(d.Report.Phases[0].Targets) != 2 {
				t.Errorf("%s: %d requests in %d groups on targets %+v", engine, d.Requests, len(d.Groups), d.Report.Phases[0].Targets)
			}
			for name, server := range map[string]*counts{"GET " + a.URL + "/a": &one, "POST " + a.URL + "/b?x=1": &one, "GET " + b.URL + "/c": &two, "GET " + b.URL + "/d": &two, "GET " + b.URL + "/e": &two} {
				method, url, _ := strings.Cut(name, " ")
				path := url[strings.LastIndex(url, "/"):]
				if got, served := d.Groups[name].Requests, server.of[method+" "+path]; got != served || got == 0 {
					t.Errorf("%s: %s: %d in the report, %d served", engine, name, got, served)
				}
			}
		}
	}
}

// A file of 100 000 lines is asked in turn: a load of as many requests asks each once.
func TestLoadLongURLFile(t *testing.T) {
	t.Parallel()
	const lines = 20_000
	var mu sync.Mutex
	asked := make(map[string]int, lines)
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
	})
	var text strings.Builder
	for i := range lines {
		fmt.Fprintf(&text, "%s/%d/%d\n", s.URL, i%3, i)
	}
	file := filepath.Join(t.TempDir(), "urls.txt")
	if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	c, out, errs := command(t, t.TempDir(), "load", "--url-file", file, "-n", fmt.Sprint(lines), "-c", "8", "-t", "2")
	if code := exitOf(t, c.Run()); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{"20000 URLs of " + file, "by host and first path segment", "  /0\n", "  /2\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for path, n := range asked {
		if n != 1 {
			t.Errorf("%s is asked %d times", path, n)
		}
	}
	if len(asked) != lines {
		t.Errorf("%d of %d URLs are asked", len(asked), lines)
	}
}

// One host of two is down: its requests fail and are told by its name, and the load goes on.
func TestLoadWithAHostDown(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	c, out, errs := command(t, t.TempDir(), "load", "--url-file", "-", "-n", "200", "-c", "4", "-t", "1")
	c.Stdin = strings.NewReader(s.URL + "/\nhttp://127.0.0.1:1/\n")
	if code := exitOf(t, c.Run()); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{"2 URLs of standard input on 2 hosts", "100 right in the window", "100 failed", "GET http://127.0.0.1:1/", "http://127.0.0.1:1 is down: ", "http://127.0.0.1:1: connection refused"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if n := s.asked.Load(); n != 100 {
		t.Errorf("the other host is asked %d times", n)
	}
}

func TestLoadURLFileRefused(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(bad, []byte("http://h/\nno\nhttp://h/\nworse\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--url-file", bad}, "bad.txt: 2 of 4 lines are wrong:\nline 2: "},
		{[]string{"--url-file", bad + "x"}, "no such file"},
		{[]string{"--url-file", ""}, "the name of a file is needed"},
		{[]string{"--url-file", "-", "-b", "@-"}, "both read standard input"},
		{[]string{"--url-file", "-", "host"}, `"host" is none`},
		{[]string{"--url-file", "-"}, "no URL is in it"},
	} {
		cmd, _, errs := command(t, t.TempDir(), append([]string{"load"}, c.args...)...)
		if code := exitOf(t, cmd.Run()); code != ExitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%q: exit code %d, %s", c.args, code, errs)
		}
	}
}
