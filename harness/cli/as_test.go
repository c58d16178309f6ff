package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders/dialect"
	"github.com/joust-bench/joust/loaders/retry"
)

// Each dialect asks exactly as often as its line says, and prints the tool's own report.
func TestAsAsksExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line  string
		asked int64
		says  []string
	}{
		{"ab -q -n 40 -c 4", 40, []string{"Complete requests:      40\n", "Failed requests:        0\n", "Document Length:        5 bytes\n", "Concurrency Level:      4\n", "\n 100% "}},
		{"ab -q -n 40 -c 4 -k", 40, []string{"Complete requests:      40\n", "Keep-Alive requests:    40\n"}},
		{"hey -n 40 -c 4", 40, []string{"\nSummary:\n", "  [200]\t40 responses\n", "Total data:\t200 bytes\n"}},
		{"hey -n 40 -c 4 -o csv", 40, []string{"response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n", ",200,\n"}},
		{"pywrkr -n 40 -c 4", 40, []string{"  Mode:              40 requests\n", "  Total Requests:    40\n", "  Total Errors:      0\n", "    200:         40 (100.0%)\n"}},
		{"load-tester -n 40 -c 4", 40, []string{"Requests: 40, Concurrency: 4\n", "Running...  [40/40] done\n", "Succeeded:  40\nFailed:     0\n", "  200: 40\n"}},
	} {
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t, nil)
			e := joust(t, append(append([]string{"as"}, strings.Fields(c.line)...), s.URL+"/")...)
			if c.line[:4] == "load" {
				s = newTarget(t, nil)
				e = joust(t, append(append([]string{"as"}, strings.Fields(c.line)...), "--url", s.URL+"/")...)
			}
			if e.code != 0 || s.asked.Load() != c.asked {
				t.Fatalf("the server was asked %d times, %v", s.asked.Load(), e)
			}
			for _, text := range c.says {
				if !strings.Contains(e.out, text) {
					t.Errorf("%q is missing: %v", text, e)
				}
			}
		})
	}
}

// What the tools say of themselves reaches the server.
func TestAsAsksAsTheToolDoes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]map[string]string{
		"ab -q":               {"Proto": "HTTP/1.0", "User-Agent": "ApacheBench/2.3", "Accept": "*/*", "Connection": ""},
		"ab -q -k":            {"Proto": "HTTP/1.0", "Connection": "Keep-Alive"},
		"ab -q -i":            {"Method": "HEAD"},
		"hey -n 1 -c 1":       {"Proto": "HTTP/1.1", "User-Agent": "hey/0.0.1", "Content-Type": "text/html", "Accept-Encoding": "gzip, br"},
		"hey -n 1 -c 1 -U me": {"User-Agent": "me hey/0.0.1"},
		"hey -n 1 -c 1 -disable-compression -m put": {"Accept-Encoding": "", "Method": "PUT"},
		"pywrkr -n 1 -c 1 -C a=b -A me:pw":          {"Cookie": "a=b", "Authorization": "Basic bWU6cHc=", "Method": "GET"},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := make(chan map[string]string, 100)
			s := newTarget(t, func(_ http.ResponseWriter, r *http.Request) {
				seen := map[string]string{"Proto": r.Proto, "Method": r.Method}
				for name := range r.Header {
					seen[name] = r.Header.Get(name)
				}
				got <- seen
			})
			if e := joust(t, append(append([]string{"as"}, strings.Fields(line)...), s.URL+"/")...); e.code != 0 {
				t.Fatal(e)
			}
			seen := <-got
			for name, value := range want {
				if seen[name] != value {
					t.Errorf("%s is %q, want %q", name, seen[name], value)
				}
			}
		})
	}
}

// Without -k each request of ab has a connection of its own.
func TestAsConnections(t *testing.T) {
	t.Parallel()
	remotes := make(chan string, 100)
	s := newTarget(t, func(_ http.ResponseWriter, r *http.Request) { remotes <- r.RemoteAddr + r.Header.Get("X-Request-Id") })
	for _, args := range [][]string{{"ab", "-q", "-n", "20", "-c", "2", s.URL + "/"}, {"load-tester", "-n", "20", "-c", "2", "-u", s.URL}} {
		if e := joust(t, append([]string{"as"}, args...)...); e.code != 0 {
			t.Fatal(e)
		}
		different := map[string]bool{}
		for range 20 {
			different[<-remotes] = true
		}
		if len(different) != 20 {
			t.Errorf("%s: %d connections for 20 requests", args[0], len(different))
		}
	}
}

// A status of 500 is an answer to the tools, which count it in their own way.
func TestAsCountsStatuses(t *testing.T) {
	t.Parallel()
	s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	for line, want := range map[string]string{
		"wrk -d1 -c2 -t1":                         "  Non-2xx or 3xx responses: ",
		"ab -q -n 8 -c 2":                         "Failed requests:        0\nNon-2xx responses:      8\n",
		"hey -n 8 -c 2":                           "  [503]\t8 responses\n",
		"pywrkr -n 8 -c 2":                        "  Total Errors:      8\n",
		"pywrkr -n 8 -c 2 --th error_rate<100.01": "    error_rate<100.01   Actual: 100.00%        PASS\n",
	} {
		if e := joust(t, append(append([]string{"as"}, strings.Fields(line)...), s.URL+"/")...); e.code != 0 || !strings.Contains(e.out, want) {
			t.Errorf("%s: want %q, %v", line, want, e)
		}
	}
	if e := joust(t, "as", "pywrkr", "-n", "8", "--threshold", "error_rate < 1%", s.URL+"/"); e.code != 2 || !strings.Contains(e.out, "FAIL") {
		t.Error(e)
	}
	if e := joust(t, "as", "load-tester", "-n", "8", "--url", s.URL); e.code != 0 || !strings.Contains(e.out, "Failed:     8\n") {
		t.Error(e)
	}
}

// The files are written, and a folder that is not there is told before the load.
func TestAsFiles(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newTarget(t, nil)
	csv, plot, results := filepath.Join(dir, "p.csv"), filepath.Join(dir, "p.tsv"), filepath.Join(dir, "p.json")
	if e := joust(t, "as", "ab", "-q", "-n", "20", "-e", csv, "-g", plot, s.URL+"/"); e.code != 0 {
		t.Fatal(e)
	}
	for file, lines := range map[string]int{csv: 102, plot: 21} {
		if text, err := os.ReadFile(file); err != nil || bytes.Count(text, []byte("\n")) != lines {
			t.Errorf("%s: %v, %s", file, err, text)
		}
	}
	if e := joust(t, "as", "pywrkr", "-n", "20", "--json", results, s.URL+"/"); e.code != 0 {
		t.Fatal(e)
	}
	var got map[string]any
	if text, err := os.ReadFile(results); err != nil || json.Unmarshal(text, &got) != nil || got["total_requests"] != 20.0 {
		t.Errorf("%v, %v", err, got)
	}
	before := s.asked.Load()
	if e := joust(t, "as", "ab", "-e", filepath.Join(dir, "none", "p.csv"), s.URL+"/"); e.code != 22 || s.asked.Load() != before || !strings.Contains(e.errors, "-e: ") {
		t.Error(e)
	}
}

// A symbolic link named after a tool speaks its dialect.
func TestAsByName(t *testing.T) {
	t.Parallel()
	s, dir := newTarget(t, nil), t.TempDir()
	for _, name := range dialect.Names() {
		link := filepath.Join(dir, name)
		if err := os.Symlink(filepath.Join(programs, "joust"), link); err != nil {
			t.Fatal(err)
		}
	}
	c, out, errs := command(t, dir)
	c.Path, c.Args = filepath.Join(dir, "ab"), []string{"ab", "-q", "-n", "4", s.URL + "/"}
	if err := c.Run(); err != nil || !strings.Contains(out.String(), "Complete requests:      4\n") {
		t.Errorf("%v: %s%s", err, out, errs)
	}
}

// sideBySide runs the real tool and joust as the tool, and compares the forms of their
// lines: numbers do not count, nor do lines that only some loads have.
func sideBySide(t *testing.T, tool string, sometimes *regexp.Regexp, args ...string) {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil && os.Getenv("JOUST_REQUIRE") == "all" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	retry.Often(t, func() string {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		theirs, err := exec.CommandContext(ctx, path, args...).Output()
		if err != nil {
			return err.Error()
		}
		e := joust(t, append([]string{"as", tool}, args...)...)
		a, b := forms(string(theirs), sometimes), forms(e.out, sometimes)
		if e.code == 0 && slices.Equal(a, b) {
			return ""
		}
		return "\n" + strings.Join(a, "\n") + "\n--- but joust\n" + strings.Join(b, "\n") + e.errors
	})
}

var (
	numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)
	units   = regexp.MustCompile(`N(us|ms|s|m|k|M|KB|MB|GB|B)\b`)
	spaces  = regexp.MustCompile(` +`)
)

// forms returns the forms of the lines.
func forms(text string, sometimes *regexp.Regexp) (list []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		if !sometimes.MatchString(line) {
			list = append(list, spaces.ReplaceAllString(units.ReplaceAllString(numbers.ReplaceAllString(line, "N"), "N"), " "))
		}
	}
	return list
}

func TestAsBesideWrk(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	sideBySide(t, "wrk", regexp.MustCompile(`Socket errors`), "-t1", "-c4", "-d1s", "--latency", s.URL+"/")
}

func TestAsBesideAB(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	sometimes := regexp.MustCompile(`^(This is|Copyright|Licensed|WARNING|ERROR|        These results|       deviation)`)
	sideBySide(t, "ab", sometimes, "-q", "-n", "100", "-c", "4", s.URL+"/")
	sideBySide(t, "ab", sometimes, "-q", "-n", "100", "-c", "4", "-k", "-l", s.URL+"/a?b")
}

// Ctrl-C ends a load as it ends the tool's: the partial report is printed.
func TestAsInterrupted(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]struct {
		code int
		says string
	}{
		"wrk -d 60 -c 2 -t 1": {0, "Requests/sec:"},
		"ab -t 60 -c 2":       {1, "Complete requests:"},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			begun := make(chan struct{}, 1)
			s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
				select {
				case begun <- struct{}{}:
				default:
				}
				_, _ = io.WriteString(w, "alive")
			})
			c, out, errs := command(t, t.TempDir(), append(append([]string{"as"}, strings.Fields(line)...), s.URL+"/")...)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			<-begun
			for s.asked.Load() < 50 {
				time.Sleep(time.Millisecond)
			}
			if err := c.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			if code := exitOf(t, c.Wait()); code != want.code || !strings.Contains(out.String(), want.says) {
				t.Errorf("exit code %d, want %d and %q\n%s%s", code, want.code, want.says, out, errs)
			}
		})
	}
}
