package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/joust-bench/joust/results/summary"
)

// A redirect is shown with its target where nobody follows it, and its chain counts as
// one request where --follow is given.
func TestLoadFollows(t *testing.T) {
	t.Parallel()
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "/b", http.StatusFound)
		case "/out":
			http.Redirect(w, r, "https://other.test/", http.StatusFound)
		case "/b":
			w.WriteHeader(http.StatusNoContent)
		}
	})
	for _, c := range []struct {
		path  string
		more  []string
		asked int64
		want  []string
	}{
		{"/", nil, 6, []string{"302: 6", "6 that nobody followed (to " + s.URL + "/b): --follow follows them"}},
		{"/", []string{"--follow"}, 12, []string{"6 asked", "204: 6", "6 followed, 1.00 a request"}},
		{"/", []string{"--follow", "--engine", "portable", "-R", "1000"}, 12, []string{"6 asked", "204: 6", "6 followed, 1.00 a request"}},
		{"/out", []string{"--follow"}, 6, []string{"302: 6", "6 that nobody followed (to https://other.test/): --follow stays within the scheme"}},
	} {
		s.asked.Store(0)
		command, out, errs := command(t, t.TempDir(), append([]string{"load", s.URL + c.path, "-n", "6", "-c", "2"}, c.more...)...)
		if code := exitOf(t, command.Run()); code != ExitOK && !strings.Contains(out.String(), "the loader stood still") {
			t.Errorf("%s %q: exit code %d\n%s", c.path, c.more, code, errs)
		}
		if s.asked.Load() != c.asked {
			t.Errorf("%s %q: the server was asked %d times, want %d", c.path, c.more, s.asked.Load(), c.asked)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s %q: no %q in\n%s", c.path, c.more, want, out)
			}
		}
	}
}

// The slowest requests are listed by the ids that the server saw.
func TestLoadRequestIDs(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"X-Request-Id", "X-Trace"} {
		var mu sync.Mutex
		seen := map[string]bool{}
		s := newTarget(t, func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			seen[r.Header.Get(header)] = true
		})
		flag := "--request-id"
		if header != "X-Request-Id" {
			flag += "=" + header
		}
		text, out, errs := command(t, t.TempDir(), "load", s.URL, "-n", "8", "-c", "2", flag)
		if code := exitOf(t, text.Run()); code != ExitOK {
			t.Errorf("exit code %d\n%s", code, errs)
		}
		mu.Lock()
		for id := range seen {
			if !strings.Contains(out.String(), id) {
				t.Errorf("no %q in\n%s", id, out)
			}
		}
		clear(seen)
		mu.Unlock()
		asJSON, out, errs := command(t, t.TempDir(), "load", s.URL, "-n", "8", "-c", "2", "--format", "json", flag)
		if code := exitOf(t, asJSON.Run()); code != ExitOK {
			t.Errorf("exit code %d\n%s", code, errs)
		}
		var d summary.Document
		if err := json.Unmarshal(out.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		slowest := d.Report.Measured().Slowest
		if len(slowest) != 8 || d.Report.RequestID != header {
			t.Errorf("%d slow requests, ids in %q", len(slowest), d.Report.RequestID)
		}
		for _, r := range slowest {
			if !seen[r.ID] || r.Status != http.StatusOK {
				t.Errorf("%+v was never asked", r)
			}
		}
	}
}
