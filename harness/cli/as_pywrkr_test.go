package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// URLs of a file are asked in turn, and the page of charts is joust's.
func TestAsAsksURLsOfAFile(t *testing.T) {
	t.Parallel()
	var asked sync.Map
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := asked.LoadOrStore(r.URL.Path, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
		_, _ = fmt.Fprint(w, "hello")
	})
	dir := t.TempDir()
	list, page := filepath.Join(dir, "urls.txt"), filepath.Join(dir, "page.html")
	if err := os.WriteFile(list, []byte(s.URL+"/a\n"+s.URL+"/${b}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := joust(t, "as", "pywrkr", "-n", "40", "-c", "2", "--url-file", list, "-l", "--latency-breakdown", "--html-report", page)
	if e.code != 0 || !strings.Contains(e.out, "TCP Connect") {
		t.Fatal(e)
	}
	for _, path := range []string{"/a", "/${b}"} {
		if n, ok := asked.Load(path); !ok || n.(*atomic.Int64).Load() != 20 {
			t.Errorf("%s is not asked 20 times: %v", path, e)
		}
	}
	for _, want := range []string{"MULTI-URL COMPARISON SUMMARY\n", "    1  GET     " + s.URL + "/a  ", "    2  GET     " + s.URL + "/${b}  ", "  Total: 2 endpoints, 40 requests, 0 errors, "} {
		if !strings.Contains(e.out, want) {
			t.Errorf("no %q in\n%s", want, e.out)
		}
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "<svg") {
		t.Errorf("the page: %v, %s", err, text)
	}
	if e := joust(t, "as", "pywrkr", "--html-report", "page.txt.gz", s.URL); e.code != 2 || !strings.Contains(e.errors, ".html") {
		t.Error(e)
	}
}

// The search for the capacity prints pywrkr's table and writes its JSON.
func TestAsFindsTheCapacity(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	file := filepath.Join(t.TempDir(), "found.json")
	e := joust(t, "as", "pywrkr", "--autofind", "--start-users", "2", "--max-users", "4", "--step-duration", "0.5", "--think-time", "0.02", "--json", file, s.URL)
	for _, want := range []string{"AUTOFIND RESULTS\n", "  Maximum sustainable load: 4 users\n", "  Users |      RPS |     p50 |     p95 |     p99 | Errors | Status\n", "   0.0% | OK\n"} {
		if e.code != 0 || !strings.Contains(e.out, want) {
			t.Errorf("%q is missing: %v", want, e)
		}
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), `"max_sustainable_users": 4`) || !strings.Contains(string(text), `"passed": true`) {
		t.Errorf("the JSON: %v, %s", err, text)
	}
}

// Exports have pywrkr's own names and its job. Answers with a status from 400 on are errors
// of it, though they count as answers.
func TestAsExports(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%4 == 0 {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	var mu sync.Mutex
	var last map[string]*dto.MetricFamily
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(r.Body)
		if err != nil || r.URL.Path != "/metrics/job/pywrkr/env/ci" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		last = families
	}))
	t.Cleanup(gateway.Close)
	if e := joust(t, "as", "pywrkr", "-n", "200", "-c", "2", "--tag", "env=ci", "--prom-remote-write", gateway.URL, s.URL); e.code != 0 {
		t.Fatal(e)
	}
	mu.Lock()
	defer mu.Unlock()
	if n := last["pywrkr_requests_total"]; n == nil || n.Metric[0].GetCounter().GetValue() != 200 {
		t.Errorf("requests: %v", n)
	}
	if n := last["pywrkr_errors_total"]; n == nil || n.Metric[0].GetCounter().GetValue() != 50 {
		t.Errorf("errors: %v", n)
	}
	for _, name := range []string{"pywrkr_requests_per_sec", "pywrkr_transfer_bytes_per_sec", "pywrkr_duration_sec", "pywrkr_latency_p50_ms", "pywrkr_latency_p95_ms", "pywrkr_latency_mean_ms", "pywrkr_latency_max_ms"} {
		if last[name] == nil {
			t.Errorf("no %s in %v", name, last)
		}
	}
}
