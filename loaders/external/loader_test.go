package external_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// loader is a Driver of the tool with files in dir.
func loader(t testing.TB, tool string, starter external.Starter, dir string) external.Driver {
	t.Helper()
	return external.Driver{Found: external.Found{Tool: lookup(t, tool), Path: "/opt/" + tool, Version: "1"}, Starter: starter, Dir: dir}
}

// installed returns the real tool, or skips the test. No package has wrk2.
func installed(t *testing.T, name string) external.Found {
	t.Helper()
	f := external.Find(t.Context(), lookup(t, name))
	if f.Why != "" && os.Getenv("JOUST_REQUIRE") == "all" && name != "wrk2" {
		t.Fatalf("%s: %s, and JOUST_REQUIRE=all", name, f.Why)
	}
	if f.Why != "" {
		t.Skipf("%s: %s", name, f.Why)
	}
	return f
}

// direct runs a program as it is, without a host.
type direct struct{ path string }

func (d direct) Run(ctx context.Context, _ string, args []string, started func()) (external.Output, error) {
	var stdout, stderr strings.Builder
	c := exec.CommandContext(ctx, d.path, args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		return external.Output{}, err
	}
	started()
	o := external.Output{}
	if err := c.Wait(); err != nil {
		o.Exit = err.Error()
	}
	o.Stdout, o.Stderr = stdout.String(), stderr.String()
	return o, nil
}

// control notes the windows and the ends of phases.
type control struct {
	mu      sync.Mutex
	windows []loaders.Window
	lead    []time.Duration
	done    []loaders.PhaseDone
	rate    float64
	skip    string
}

func (c *control) Ready(context.Context, loaders.Ready) (int64, error) {
	return 0, errors.New("a foreign loader is never ready")
}

func (c *control) Window(w loaders.Window) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.windows, c.lead = append(c.windows, w), append(c.lead, clock.Until(w.T0NS))
}
func (c *control) Interval(loaders.Interval)     {}
func (c *control) PhaseDone(p loaders.PhaseDone) { c.done = append(c.done, p) }
func (c *control) Adjust(context.Context, string) (loaders.Adjustment, error) {
	return loaders.Adjustment{RateRPS: c.rate, Skip: c.skip}, nil
}

// counter answers each request with its body, and counts the requests that differ
// from the row's.
type counter struct {
	asked, wrong atomic.Uint64
	last         atomic.Value
	right        func(*http.Request, string) bool
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	c.asked.Add(1)
	if err != nil || !c.right(r, string(body)) {
		c.wrong.Add(1)
		c.last.Store(fmt.Sprintf("%s %s %v %q", r.Method, r.URL, r.Header, body))
	}
	// Without a length the answer to HTTP/1.0 would end the connection.
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func specOf(address string, change func(*loaders.Spec)) loaders.Spec {
	s := loaders.Spec{
		Target: loaders.Target{Network: "tcp", Address: address, Host: address}, Protocol: scenarios.H1, Connections: 4, Threads: 1,
		Requests: []scenarios.Request{{Name: "a", Method: "GET", Path: "/"}},
		Phases:   phases(results.ClosedLoop, time.Second),
	}
	if change != nil {
		change(&s)
	}
	return s
}

// phases is one measured phase.
func phases(loop results.Loop, length time.Duration) []loaders.Phase {
	return []loaders.Phase{{Name: string(loop), Loop: loop, Measured: true, Duration: length}}
}

// TestRealToolsAskWhatTheRowSays runs each tool for a second against a server
// that checks and counts what it is asked.
func TestRealToolsAskWhatTheRowSays(t *testing.T) {
	t.Parallel()
	text := &scenarios.Body{Text: "0123456789", Length: 3333}
	post := func(s *loaders.Spec) {
		s.Requests[0] = scenarios.Request{Name: "p", Method: "POST", Path: "/echo?x=1", Body: text, Headers: []scenarios.Header{
			{Name: "Content-Type", Value: "application/x-joust"}, {Name: "X-Joust", Value: `a "b" \c`},
		}}
	}
	posted := func(r *http.Request, body string) bool {
		return r.Method == "POST" && r.URL.String() == "/echo?x=1" && r.Header.Get("Content-Type") == "application/x-joust" &&
			r.Header.Get("X-Joust") == `a "b" \c` && body == string(text.Bytes())
	}
	var paths sync.Map
	for name, c := range map[string]struct {
		tools  []string
		change func(*loaders.Spec)
		right  func(*http.Request, string) bool
	}{
		"plain": {[]string{"wrk", "h2load", "ab"}, nil, func(r *http.Request, _ string) bool { return r.Method == "GET" && r.URL.Path == "/" }},
		"body":  {[]string{"wrk", "h2load", "ab"}, post, posted},
		"pipelined": {[]string{"wrk", "h2load"}, func(s *loaders.Spec) { s.Depth = 4 }, func(r *http.Request, _ string) bool {
			return r.URL.Path == "/"
		}},
		"in turn": {[]string{"wrk", "h2load"}, func(s *loaders.Spec) {
			s.Requests = append(s.Requests, scenarios.Request{Name: "b", Method: "GET", Path: "/b"})
		}, func(r *http.Request, _ string) bool { paths.Store(r.URL.Path, true); return true }},
		"chunked": {[]string{"wrk"}, func(s *loaders.Spec) {
			post(s)
			s.Requests[0].Body = &scenarios.Body{Text: "0123456789", Length: 3333, Chunk: 1000}
		}, func(r *http.Request, body string) bool { return posted(r, body) && len(r.TransferEncoding) == 1 }},
		"HEAD": {[]string{"ab"}, func(s *loaders.Spec) { s.Requests[0].Method = "HEAD" }, func(r *http.Request, _ string) bool { return r.Method == "HEAD" }},
	} {
		for _, tool := range c.tools {
			t.Run(tool+" "+name, func(t *testing.T) {
				t.Parallel()
				f := installed(t, tool)
				count := &counter{right: c.right}
				s := httptest.NewServer(count)
				defer s.Close()
				noted := &control{}
				report, err := external.Driver{Found: f, Starter: direct{f.Path}, Dir: t.TempDir()}.Run(t.Context(), specOf(s.Listener.Addr().String(), c.change), noted)
				if err != nil {
					t.Fatal(err)
				}
				p := report.Phase("closed")
				if p.Total.Completed == 0 || p.Total.Failed > 0 || count.wrong.Load() > 0 {
					t.Errorf("%d completed, %d failed (%s), %d wrong, the last %v", p.Total.Completed, p.Total.Failed, p.Total.FirstError, count.wrong.Load(), count.last.Load())
				}
				// Requests in flight at the end are not in the tool's count.
				asked, flight := count.asked.Load(), uint64(4*max(1, report.Depth))
				if p.Total.Completed > asked || p.Total.Completed+flight < asked {
					t.Errorf("it counts %d, the server %d", p.Total.Completed, asked)
				}
				if got := time.Duration(p.WindowNS()); got < 900*time.Millisecond || got > 3*time.Second {
					t.Errorf("a window of %v", got)
				}
				if len(report.Warnings) > 0 || report.Version == "" || len(noted.windows) != 1 || noted.lead[0] < 50*time.Millisecond {
					t.Errorf("warnings %q, version %q, windows %+v, announced %v ahead", report.Warnings, report.Version, noted.windows, noted.lead)
				}
			})
		}
	}
}

func TestWhatAToolCannotKnowIsNull(t *testing.T) {
	t.Parallel()
	report, err := recorded(t, "wrk-hello").report(t)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"connections_open":null`, `"seed":null`, `"gc_pause_ns":null`, `"sent_bytes":null`, `"min_connections_open":null`,
		`"completed_first_half":null`, `"received_bytes":12111052`, `"received_body_bytes":null`,
		`"requests_asked":null`, `"requests_unanswered":null`, `"surplus_answers":null`, `"unannounced_closes":null`, `"backoff_ns":null`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	var back results.Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	p := back.Phase("closed")
	if back.Knows("seed") || p.Knows("min_connections_open") || !p.Knows("received_bytes") || p.Total.Completed != 85873 || back.Foreign.Tool != "wrk" {
		t.Errorf("read back as %+v", back)
	}
}

// TestOpenLoopOfWrk2 has recorded output, since no live wrk2 was at hand.
func TestOpenLoopOfWrk2(t *testing.T) {
	t.Parallel()
	spec := specOf("127.0.0.1:80", func(s *loaders.Spec) {
		s.Phases = []loaders.Phase{
			{Name: "warm-up", Loop: results.ClosedLoop, Duration: time.Second},
			{Name: "open 2000/s", Loop: results.OpenLoop, Measured: true, Duration: 14500 * time.Millisecond, Adjust: true},
		}
	})
	steer, recording := &control{rate: 1999.6}, recorded(t, "wrk2-normal-u_latency")
	report, err := loader(t, "wrk2", recording, t.TempDir()).Run(t.Context(), spec, steer)
	if err != nil {
		t.Fatal(err)
	}
	p := report.Phase("open 2000/s")
	if p.Rate == nil || p.Rate.TargetRPS != 2000 || p.Rate.Achieved != 29963 || p.Rate.Offered < 30000 || p.Rate.Offered > 30004 {
		t.Errorf("rate %+v", p.Rate)
	}
	if ns, ok := p.Total.CorrectedTable.At(0.5); !ok || ns != 851000 {
		t.Errorf("corrected p50 is %d", ns)
	}
	for phase, want := range map[string]string{"warm-up": "-d 1s -R 2000", "open 2000/s": "-d 15s -R 2000"} {
		if got := strings.Join(report.Foreign.Commands[phase], " "); !strings.Contains(got, want) || !strings.HasPrefix(got, "/opt/wrk2 ") {
			t.Errorf("%s: %q", phase, got)
		}
	}
	if !slices.ContainsFunc(report.Warnings, func(w string) bool { return strings.Contains(w, "14.5s asked for; wrk2 ran for 15 s") }) {
		t.Errorf("warnings %q", report.Warnings)
	}
	steer.skip = "no peak"
	if report, err = loader(t, "wrk2", recording, t.TempDir()).Run(t.Context(), spec, steer); err != nil || report.Phase("open 2000/s").Skipped != "no peak" {
		t.Errorf("a skipped rate: %+v, %v", report.Phases, err)
	}
}

func TestLargeTransfersStretchTheRun(t *testing.T) {
	t.Parallel()
	for pace, want := range map[int]string{0: "-d 2s", 100: "-d 2s", 10: "-d 5s", 1: "-d 10s"} {
		starter := starterFunc(func(context.Context, func()) (external.Output, error) {
			return external.Output{Stdout: fmt.Sprintf("%d requests in 1.00s, 1KB read\nRequests/sec: %d\n", pace, pace)}, nil
		})
		spec := specOf("127.0.0.1:80", func(s *loaders.Spec) {
			warmup := loaders.Phase{Name: "warm-up", Loop: results.ClosedLoop, Duration: time.Second}
			p := &s.Phases[0]
			p.Duration, p.MinCompletions, p.MaxDuration = 1500*time.Millisecond, 50, 10*time.Second
			s.Phases = append([]loaders.Phase{warmup}, *p)
		})
		report, err := loader(t, "wrk", starter, t.TempDir()).Run(t.Context(), spec, &control{})
		if got := strings.Join(report.Foreign.Commands["closed"], " "); err != nil || !strings.Contains(got, want+" ") {
			t.Errorf("at %d req/s: %q, %v, want %s", pace, got, err, want)
		}
	}
}

// starterFunc is a tool that does what the function does.
type starterFunc func(ctx context.Context, started func()) (external.Output, error)

func (f starterFunc) Run(ctx context.Context, _ string, _ []string, started func()) (external.Output, error) {
	return f(ctx, started)
}

// endless is a tool that does not end by itself.
func endless(ctx context.Context, started func()) (external.Output, error) {
	started()
	<-ctx.Done()
	return external.Output{}, ctx.Err()
}

func TestToolThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spec := specOf("127.0.0.1:80", func(s *loaders.Spec) { s.RequestTimeout = time.Second })
		_, err := loader(t, "h2load", starterFunc(endless), t.TempDir()).Run(t.Context(), spec, &control{})
		if err == nil || !strings.Contains(err.Error(), `phase "closed": h2load had not ended 6s after its 1s, and was ended`) {
			t.Errorf("error %v", err)
		}
	})
}

func TestInterruptedToolReports(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	starter := starterFunc(func(ctx context.Context, started func()) (external.Output, error) {
		cancel()
		return endless(ctx, started)
	})
	report, err := loader(t, "ab", starter, t.TempDir()).Run(ctx, specOf("127.0.0.1:80", nil), &control{})
	if err != nil || !report.Interrupted {
		t.Errorf("report %+v, %v", report, err)
	}
}
