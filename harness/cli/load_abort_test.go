package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/results/summary"
)

// newFailing answers with 503 from the request on that begins so long after the first one.
// failed is the instant of the first failure in nanoseconds, 0 before.
func newFailing(t *testing.T, after time.Duration) (s *target, failed *atomic.Int64) {
	t.Helper()
	var began atomic.Int64
	failed = &atomic.Int64{}
	s = newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
		now := time.Now().UnixNano()
		began.CompareAndSwap(0, now)
		if now-began.Load() >= int64(after) {
			failed.CompareAndSwap(0, now)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return s, failed
}

// A load whose server begins to fail midway ends when the rule has held for its whole
// time, with the partial result, on both engines.
func TestAbortingALoad(t *testing.T) {
	t.Parallel()
	const holds = 500 * time.Millisecond
	for _, engine := range []string{"evloop", "portable"} {
		s, failed := newFailing(t, 300*time.Millisecond)
		c, out, errs := command(t, t.TempDir(), "load", s.URL, "-c", "2", "-t", "1", "-d", "10m", "--warmup", "0",
			"--abort-on", "throughput>1G for 1h", "--abort-on", "error_rate>50% for 500ms", "--format", "json", "--engine", engine)
		code := exitOf(t, c.Run())
		lasted := time.Now().UnixNano() - failed.Load()
		var d summary.Document
		if err := json.Unmarshal(out.Bytes(), &d); err != nil {
			t.Fatalf("%v: %s%s", err, out, errs)
		}
		a := d.Report.Aborted
		if code != ExitWrong || a == nil || a.Rule != "error_rate > 50% for 500ms" || a.Value <= 0.5 || a.Unit != "share" || a.AfterNS < int64(holds) || d.Errors == 0 {
			t.Errorf("%s: exit code %d, aborted by %+v after %d errors\n%s", engine, code, a, d.Errors, errs)
		}
		if lasted < int64(holds) {
			t.Errorf("%s: the server had failed for %v, and the rule says %v", engine, time.Duration(lasted), holds)
		}
		if want := "joust: ended early by the rule error_rate > 50% for 500ms, "; !strings.Contains(errs.String(), want) {
			t.Errorf("%s: no %q in %s", engine, want, errs)
		}
	}
}

// Latencies are those of segments of a second.
func TestAbortingBecauseOfLatency(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	e := joust(t, "load", s.URL, "-c", "2", "-t", "1", "-d", "10m", "--abort-on", "min>0s for 1s")
	if want := "note: ended early by the rule min > 0s for 1s, "; e.code != ExitWrong || !strings.Contains(e.out, want) || !strings.Contains(e.out, "this is a partial result") {
		t.Errorf("no %q in %s", want, e)
	}
}

// A server that fails for a shorter time than the rule's ends no load.
func TestARuleThatDoesNotHoldForLong(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
		if n := asked.Add(1); n > 10 && n <= 20 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	e := joust(t, short(s.URL, "--warmup", "0", "-d", "1s", "--abort-on", "errors>=1 for 10s", "--abort-on", "error_rate>50% for 10s")...)
	if e.code != ExitOK || strings.Contains(e.out, "ended early") || !strings.Contains(e.out, " 10 failed") {
		t.Error(e)
	}
}

func TestWrongRulesAndGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--abort-on", "error_rate>20%"}, "--abort-on: \"error_rate>20%\" has no time for which it must hold"},
		{[]string{"--abort-on", "status_500>1 for 1s"}, `there is no metric "status_500"`},
		{[]string{"--threshold", "checkout: p99<1s"}, `--threshold: "checkout: p99 < 1s": there is no group "checkout"; known are GET /`},
		{[]string{"--threshold", ": p99<1s"}, "names no group before its colon"},
	} {
		if e := joust(t, short("http://127.0.0.1:1", c.flags...)...); e.code != ExitUsage || !strings.Contains(e.errors, c.want) {
			t.Errorf("%q: want %q, got %s", c.flags, c.want, e)
		}
	}
	s := newTarget(t, nil)
	if e := joust(t, short(s.URL, "--threshold", "GET *: p50<1h")...); e.code != ExitOK || !strings.Contains(e.out, "p50 < 1h0m0s   ") {
		t.Errorf("the only group: %s", e)
	}
}
