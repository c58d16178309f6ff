package launch_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/scenarios"

	"github.com/joust-bench/joust/harness/launch"
)

// hello returns the row of that name.
func hello(t *testing.T) *scenarios.Scenario {
	t.Helper()
	table, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	row, err := table.Find("hello")
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// answering starts a server that gives one body to every request, and returns its
// URL.
func answering(t *testing.T, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(body)) // the client sees missing bytes
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func attached(url string) launch.Fixture {
	return launch.Fixture{Manifest: catalog.Manifest{Name: "here", URL: url, StartTimeout: 3 * time.Second}}
}

func TestAttachedServerIsUsedAndLeftAlone(t *testing.T) {
	t.Parallel()
	row, url := hello(t), answering(t, "alive\r\n")
	s, err := launch.Launcher{}.StartServer(t.Context(), attached(url), scenarios.H1, row)
	if err != nil {
		t.Fatal(err)
	}
	if s.Handle != nil || "http://"+s.Address != url {
		t.Errorf("attached to %s with the handle %v, want %s and none", s.Address, s.Handle, url)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := (launch.Launcher{}).StartServer(t.Context(), attached(url), scenarios.H1, row); err != nil {
		t.Errorf("it was not left alone: %v", err)
	}
}

func TestAttachReportsErrors(t *testing.T) {
	t.Parallel()
	row := hello(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, tt := range map[string]struct{ url, says string }{
		"TLS":          {"https://127.0.0.1:1", "http://HOST:PORT is needed"},
		"no host":      {"http://no-such-host.invalid:80", "its url http://no-such-host.invalid:80: host \"no-such-host.invalid\" cannot be resolved"},
		"wrong answer": {answering(t, "dead!\r\n"), "answers wrongly: GET /: the body differs"},
		"nobody there": {gone.URL, "not ready within its start_timeout of 200ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := attached(tt.url)
			if name == "nobody there" {
				f.Manifest.StartTimeout = 200 * time.Millisecond
			}
			_, err := launch.Launcher{}.StartServer(t.Context(), f, scenarios.H1, row)
			var start *launch.StartError
			if !errors.As(err, &start) || start.Server != "here" || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want one of the server here that says %q", err, tt.says)
			}
		})
	}
}

func TestCheckOfAnAttachedServer(t *testing.T) {
	t.Parallel()
	row := hello(t)
	rnd := rand.New(rand.NewPCG(1, 1))
	outcome, err := launch.Launcher{}.Check(t.Context(), attached(answering(t, "dead!\r\n")), []*scenarios.Scenario{row}, rnd)
	if err != nil || !strings.Contains(outcome.Differences["hello"], "server here: ") {
		t.Errorf("outcome %v, %v, want a difference that names the server", outcome, err)
	}
}

func TestStartErrorEndsWithTheLog(t *testing.T) {
	t.Parallel()
	cause := errors.New("it ended")
	with := &launch.StartError{Server: "nginx", Err: cause, Log: "\nbind failed\n"}
	if got := with.Error(); got != "server nginx: it ended\nthe end of its output:\nbind failed" || !errors.Is(with, cause) {
		t.Errorf("error %q", got)
	}
	if got := (&launch.StartError{Server: "nginx", Err: cause, Log: " \n"}).Error(); got != "server nginx: it ended" {
		t.Errorf("error without a log: %q", got)
	}
}

func TestDescribeExit(t *testing.T) {
	t.Parallel()
	for want, exit := range map[string]host.Exit{
		"exit status 3":             {Code: 3},
		"ended by signal SIGSEGV":   {Code: -1, Signal: "SIGSEGV"},
		"killed for want of memory": {Code: -1, Signal: "SIGKILL", OOMKilled: true},
	} {
		if got := launch.DescribeExit(exit); got != want {
			t.Errorf("%+v is described as %q, want %q", exit, got, want)
		}
	}
}
