package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/find"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/metric"
	"github.com/joust-bench/joust/results/summary"
)

const (
	// places and delay give a server of a known capacity: each of four places answers a
	// request in 20 ms, which makes 200 req/s.
	places = 4
	delay  = 20 * time.Millisecond
)

// newPlaces is that server. Requests wait for a place, first come, first served.
func newPlaces(t *testing.T) *target {
	t.Helper()
	free := make(chan struct{}, places)
	return newTarget(t, func(http.ResponseWriter, *http.Request) {
		free <- struct{}{}
		time.Sleep(delay)
		<-free
	})
}

// searched runs a search and reads its JSON.
func searched(t *testing.T, args ...string) (c summary.Capacity, e ended) {
	t.Helper()
	run, out, errs := command(t, t.TempDir(), append([]string{"load", "--format", "json", "-t", "1", "--warmup", "200ms"}, args...)...)
	e = ended{exitOf(t, run.Run()), out.String(), errs.String()}
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		t.Fatalf("%v: %s", err, e)
	}
	return c, e
}

// A server of a known capacity is searched for it: no step beyond the capacity can keep
// the conditions, and on a quiet machine those below do.
func TestFindingTheCapacity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   results.Sought
		args []string
		// least and most bound the answer. The answers of n connections come 5 ms × n after
		// their requests, and half of them after half that time where a loader that stood
		// still asks for all of them at once. Users think for 20 ms, which makes room for four
		// more.
		least, most float64
	}{
		{results.SoughtRate, []string{"--keep", "p95<200ms,achieved>=90%", "--find-from", "50", "--find-to", "5k", "-c", "100"}, 120, 240},
		{results.SoughtConnections, []string{"--keep", "p50<=100ms", "--find-from", "4", "--find-to", "1k"}, 12, 44},
		{results.SoughtUsers, []string{"--keep", "p50<=100ms", "--think", "20ms", "--find-from", "4", "--find-to", "1k"}, 14, 48},
	} {
		t.Run(string(c.of), func(t *testing.T) {
			t.Parallel()
			retry.Often(t, func() string {
				got, e := searched(t, append([]string{newPlaces(t).URL, "--find", string(c.of), "--step", "600ms"}, c.args...)...)
				if len(got.Steps) > find.MostSteps || got.Find != c.of || got.Text == "" || got.Answer.End == "" {
					t.Fatalf("%d steps: %s", len(got.Steps), e)
				}
				for _, s := range got.Steps {
					if s.Outcome == metric.Kept && s.Value() > c.most {
						t.Fatalf("%s are kept, and at most %v can be: %s", s.Level, c.most, e)
					}
				}
				if e.code != ExitOK || got.Answer.Kept.Value() < c.least || !got.Answer.Confirmed {
					return fmt.Sprintf("at least %v can be kept: %s", c.least, e)
				}
				return ""
			})
		})
	}
}

// A search asks the URLs of a file in each of its steps.
func TestFindingTheCapacityOfManyURLs(t *testing.T) {
	t.Parallel()
	var served counts
	s := newTarget(t, served.serve)
	run, out, errs := command(t, t.TempDir(), "load", "--url-file", "-", "--find", "users", "--find-from", "2", "--find-to", "4",
		"--step", "300ms", "--warmup", "0", "--keep", "error_rate<50%", "--format", "json", "-t", "1")
	run.Stdin = strings.NewReader(s.URL + "/a\nPOST " + s.URL + "/b\n")
	code := exitOf(t, run.Run())
	var c summary.Capacity
	if err := json.Unmarshal(out.Bytes(), &c); err != nil || code != ExitOK {
		t.Fatalf("exit code %d, %v: %s", code, err, errs)
	}
	if c.Answer.Kept.Value() != 4 || c.Answer.End != results.EndCeiling {
		t.Errorf("%+v: %s", c.Answer, c.Text)
	}
	var all uint64
	for _, step := range c.Steps {
		all += step.Requests
	}
	if a, b := served.of["GET /a"], served.of["POST /b"]; a+b < all || a == 0 || b == 0 {
		t.Errorf("%d and %d requests were served, and %d are in the steps", a, b, all)
	}
}

func TestNothingKeepsTheConditions(t *testing.T) {
	t.Parallel()
	s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	e := joust(t, "load", s.URL, "--find", "users", "--step", "200ms", "--warmup", "50ms", "--keep", "error_rate<1%")
	for _, want := range []string{
		"the most users that keep error_rate < 1%, from 10 users by × 2 to 10 000 users, 200 ms a step", "grow again", "broken: error_rate was 100.0 %",
		"\nnot even 10 users keep it: error_rate was 100.0 %; begin lower with --find-from\n",
	} {
		if e.code != ExitWrong || !strings.Contains(e.out, want) {
			t.Errorf("no %q in %s", want, e)
		}
	}
	if want := "step 2: 10 users: 0 req/s"; !strings.Contains(e.errors, want) {
		t.Errorf("no %q in %s", want, e.errors)
	}
}

// Requests without an answer may have failed.
func TestAFirstStepThatCannotBeTold(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	s := newTarget(t, func(http.ResponseWriter, *http.Request) { <-end })
	t.Cleanup(func() { close(end) }) // before the server's own end
	c, e := searched(t, s.URL, "--find", "connections", "--step", "200ms", "--drain", "50ms", "--keep", "errors<1")
	if e.code != ExitUsage || c.Answer.End != results.EndFirst || !strings.Contains(c.Text, "it cannot be told") || !strings.Contains(e.errors, "joust: of 10 connections") {
		t.Errorf("%+v: %s", c.Answer, e)
	}
}

// A server that goes away ends the search with what was found.
func TestATargetThatGoesAway(t *testing.T) {
	t.Parallel()
	var accepted atomic.Int64
	listener := make(chan net.Listener, 1)
	l := raw(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		if accepted.Add(1) == 2 {
			l := <-listener
			_ = l.Close()
		}
		alive(c)
	})
	listener <- l
	c, e := searched(t, "http://"+l.Addr().String(), "--find", "connections", "--find-from", "2", "--step", "300ms", "--keep", "errors<1")
	if e.code != ExitVoid || c.Answer.End != results.EndGone || c.Answer.Kept == nil || c.Answer.Kept.Connections != 2 || c.Answer.Confirmed {
		t.Errorf("%+v: %s", c.Answer, e)
	}
	if want := "the target was gone in the step of 4 connections: nothing listens on "; !strings.Contains(c.Text, want) {
		t.Errorf("no %q in %s", want, c.Text)
	}
}

// Ctrl-C prints the steps so far.
func TestInterruptingASearch(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	run, out, errs := command(t, t.TempDir(), "load", s.URL, "--find", "connections", "--find-from", "2", "--step", "300ms", "--warmup", "0", "--keep", "errors<1", "--find-to", "2000")
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	before := s.asked.Load()
	await(t, "the first step", func() bool { return s.asked.Load() > before })
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, run.Wait()); code != ExitInterrupted || !strings.Contains(out.String(), "the search was interrupted") || !strings.Contains(out.String(), "\n grow ") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

func TestSearchesThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--find", "threads"}, "--find threads: users, rate or connections"},
		{[]string{"--keep", "p95<1s"}, "--keep is for a search"},
		{[]string{"--find-to", "5"}, "are for a search: say with --find"},
		{[]string{"--find", "users", "--keep", "p95"}, `--keep: "p95" is no condition`},
		{[]string{"--find", "users", "--keep", "p95<1s,pay: p50<1s"}, `there is no group "pay"`},
		{[]string{"--find", "users", "--keep", "achieved>99%"}, "only --find rate has a rate to achieve"},
		{[]string{"--find", "users", "--threshold", "p95<1s", "--hgrm", "x"}, "--threshold is for one load, and --find makes several"},
		{[]string{"--find", "users", "--find-to", "5G"}, "--find-to 5e+09: a whole number of users above 0 is needed"},
		{[]string{"--find", "users", "-d", "5"}, "-d with --find"},
	} {
		if e := joust(t, append([]string{"load", "http://127.0.0.1:1"}, c.flags...)...); e.code != ExitUsage || !strings.Contains(e.errors, c.want) {
			t.Errorf("%q: want %q, got %s", c.flags, c.want, e)
		}
	}
}
