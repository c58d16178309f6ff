package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/summary"
)

// target is a server that counts what it answers.
type target struct {
	*httptest.Server
	asked atomic.Int64
}

// newTarget answers every request as handle says, "alive" for nil.
func newTarget(t *testing.T, handle http.HandlerFunc) *target {
	t.Helper()
	s := &target{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if handle != nil {
			handle(w, r)
			return
		}
		_, _ = io.WriteString(w, "alive")
	}))
	t.Cleanup(s.Close)
	return s
}

// ended is the outcome of one joust.
type ended struct {
	code        int
	out, errors string
}

// command returns joust with a measuring lock of its own: it does not wait for other
// jousts on this machine.
func command(t *testing.T, tmp string, args ...string) (c *exec.Cmd, out, errs *bytes.Buffer) {
	t.Helper()
	c = exec.CommandContext(t.Context(), filepath.Join(programs, "joust"), args...)
	c.Env = append(os.Environ(), "TMPDIR="+tmp, "PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	c.Stdout, c.Stderr = out, errs
	return c, out, errs
}

// joust runs once, and again where a busy machine let nothing happen within the
// load's short window.
func joust(t *testing.T, args ...string) ended {
	t.Helper()
	return joustUntil(t, func(e ended) bool {
		return !strings.Contains(e.out, "requests    0 right in the window") || !strings.Contains(e.out, " 0 right, 0 failed")
	}, args...)
}

// joustUntil runs joust until the outcome holds, as it does often on a machine with
// time to spare.
func joustUntil(t *testing.T, holds func(ended) bool, args ...string) (e ended) {
	t.Helper()
	retry.Often(t, func() string {
		c, out, errs := command(t, t.TempDir(), args...)
		e = ended{exitOf(t, c.Run()), out.String(), errs.String()}
		if holds(e) {
			return ""
		}
		return e.String()
	})
	return e
}

// String returns the outcome for people.
func (e ended) String() string { return fmt.Sprintf("exit code %d\n%s%s", e.code, e.out, e.errors) }

func exitOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// short returns the arguments of a load that is over soon.
func short(url string, more ...string) []string {
	return append([]string{"load", url, "-c", "4", "-t", "1", "-d", "150ms", "--warmup", "50ms", "--expect-status", "200"}, more...)
}

func TestLoadText(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	for _, c := range []struct {
		more []string
		want []string
	}{
		{nil, []string{"GET " + s.URL + "\n", "4 connections, 1 thread, closed loop, 150 ms after 50 ms of warm-up", "service time", "200: ", "idle " + string(loaders.DefaultIdle(false, runtime.NumCPU())), ", 0 failed"}},
		{[]string{"-R", "0.2k", "--poisson", "-c", "2", "--seed", "11"}, []string{"open loop at 200 req/s (poisson)", "corrected ", "send lag", "seed 11"}},
		{[]string{"-R", "200", "--ramp-to", "0.4k"}, []string{"open loop at 200 req/s (ramp to 400/s)", "corrected "}},
		{[]string{"-R", "200", "--rate-profile", "square:cycles=1"}, []string{"open loop at 200 req/s (profile square:cycles=1,low=0.2)", "target on average 1"}},
		{[]string{"-R", "200", "--burst", "4"}, []string{"open loop at 200 req/s (bursts of 4)", "corrected "}},
		{[]string{"--engine", "portable", "--depth", "3"}, []string{"joust portable", "3 requests in flight on each"}},
		{[]string{"--users", "9", "--think", "exp 1ms"}, []string{"9 users thinking exp 1ms, closed loop", "corrected counts from the end of a user's think time", "corrected "}},
		{[]string{"--users", "9"}, []string{"1 thread, 9 users, closed loop", "requests each (mean; min "}},
		{[]string{"--users", "9", "--think", "1ms", "--ramp", "100ms"}, []string{"9 users thinking 1ms, started over 100 ms, closed loop", "think times overrun where a connection was idle: p50 "}},
		{[]string{"--reconnect", "2", "--rst"}, []string{" reconnected"}},
	} {
		e := joust(t, short(s.URL, c.more...)...)
		if e.code != 0 {
			t.Errorf("%q: exit code %d\n%s%s", c.more, e.code, e.out, e.errors)
		}
		for _, want := range c.want {
			if !strings.Contains(e.out, want) {
				t.Errorf("%q: no %q in\n%s", c.more, want, e.out)
			}
		}
		if e.errors != "" {
			t.Errorf("%q: printed %q", c.more, e.errors)
		}
	}
}

// The loader counts the same requests as the server.
func TestLoadJSONAndCounts(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	file := filepath.Join(t.TempDir(), "latency.hgrm")
	e := joust(t, short(s.URL, "--format", "json", "--hgrm", file)...)
	if e.code != 0 {
		t.Fatalf("exit code %d: %s", e.code, e.errors)
	}
	var d summary.Document
	decoder := json.NewDecoder(strings.NewReader(e.out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if d.Schema != 1 || d.Requests == 0 || d.Errors != 0 || d.DurationNS != int64(150*time.Millisecond) || len(d.Report.Phases) != 2 {
		t.Errorf("%+v", d)
	}
	if want := float64(d.Requests) * 1e9 / float64(d.DurationNS); d.ThroughputRPS < want*0.999 || d.ThroughputRPS > want*1.001 {
		t.Errorf("throughput %v, want %v", d.ThroughputRPS, want)
	}
	counted := uint64(0)
	for _, p := range d.Report.Phases {
		counted += p.Total.Completed + p.CompletedBefore + p.CompletedAfter + p.Unanswered
	}
	if asked := uint64(s.asked.Load()); counted != asked {
		t.Errorf("the loader counts %d requests, the server %d", counted, asked)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "1/(1-Percentile)") || !strings.Contains(string(text), fmt.Sprintf("Total count    = %12d]", d.Requests)) {
		t.Errorf("%v, %s", err, text)
	}
}

// A ramp offers what its mean rate would, and the report says where it ends.
func TestLoadRamps(t *testing.T) {
	t.Parallel()
	s := newTarget(t, nil)
	for _, engine := range []string{"evloop", "portable"} {
		e := joust(t, "load", s.URL, "-c", "4", "-t", "1", "-d", "800ms", "--warmup", "0s", "-R", "100", "--ramp-to", "1100", "--engine", engine, "--format", "json")
		var d summary.Document
		if err := json.Unmarshal([]byte(e.out), &d); err != nil {
			t.Fatalf("%v: %s%s", err, e.out, e.errors)
		}
		p := d.Report.Phases[0]
		// The rate is 300 when the window opens, after a lead of 200 ms, and 1100
		// when it ends: 700 on the mean.
		if want := 700 * 0.8; math.Abs(float64(p.Rate.Offered)-want) > 3 {
			t.Errorf("%s: offered %d, want %v", engine, p.Rate.Offered, want)
		}
		if p.Schedule != "ramp" || p.RampToRPS != 1100 || p.Rate.TargetRPS != 100 {
			t.Errorf("%s: the report says %s to %v from %v", engine, p.Schedule, p.RampToRPS, p.Rate.TargetRPS)
		}
	}
}

// With a number of requests, exactly that many are sent; any status from 200 to
// 399 is right.
func TestLoadOfANumberOfRequests(t *testing.T) {
	t.Parallel()
	for _, more := range [][]string{{"-c", "7"}, {"-c", "3", "-R", "2k"}, {"-c", "5", "-d", "30s", "--depth", "3"}} {
		s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) })
		e := joust(t, append([]string{"load", s.URL, "-t", "1", "-n", "1000"}, more...)...)
		if !strings.Contains(e.out, "1 000 right, 0 failed") || !strings.Contains(e.out, "302: 1 000") || s.asked.Load() != 1000 {
			t.Errorf("%q: exit code %d, the server saw %d\n%s%s", more, e.code, s.asked.Load(), e.out, e.errors)
		}
	}
}

func TestLoadTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := newTarget(t, nil)
	for _, c := range []struct {
		url  string
		more []string
		code int
		want string
	}{
		{s.URL, []string{"--ca", ca}, 0, "  TLS "},
		{s.URL, []string{"--insecure", "--reconnect", "10", "--resume"}, 0, " reconnected"},
		{s.URL, []string{"--ca", ca, "--servername", "example.com"}, 0, "200: "},
		{s.URL, []string{"--ca", ca, "--servername", "other.example"}, 1, "--servername gives another name"},
		{s.URL, nil, 1, "name its authority with --ca FILE"},
		{"https" + strings.TrimPrefix(plain.URL, "http"), nil, 1, "speaks plain HTTP, and the URL says https: write " + plain.URL},
	} {
		e := joust(t, short(c.url, c.more...)...)
		if e.code != c.code || !strings.Contains(e.out+e.errors, c.want) {
			t.Errorf("%q: exit code %d, want %d and %q in\n%s%s", c.more, e.code, c.code, c.want, e.out, e.errors)
		}
	}
}

func TestLoadSendsWhatIsAsked(t *testing.T) {
	t.Parallel()
	wrong := make(chan string, 1)
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := fmt.Sprintf("%s %s %s %q %q %s", r.Method, r.RequestURI, r.Host, r.Header["A"], r.Header.Get("X-Y"), body)
		if want := `PUT /p?q=1 other.example ["b" "c"] "z" from the file`; got != want {
			select {
			case wrong <- fmt.Sprintf("got %s, want %s", got, want):
			default:
			}
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write(body)
	})
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("from the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := joust(t, short(s.URL+"/p?q=1", "-m", "PUT", "-H", "A:b", "-H", "A: c", "-H", "x-y:\tz ", "-H", "HOST:other.example",
		"--body-file", file, "--expect-body", "from the file")...)
	select {
	case w := <-wrong:
		t.Error(w)
	default:
	}
	if e.code != 0 {
		t.Errorf("exit code %d\n%s%s", e.code, e.out, e.errors)
	}
}

func TestLoadOfWrongAnswers(t *testing.T) {
	t.Parallel()
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/404" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, "four")
	})
	for _, c := range []struct {
		path string
		more []string
		want string
	}{
		{"/404", nil, "status 404 where 200 counts as right"},
		{"/", []string{"--expect-body", "for"}, "length "},
		{"/", []string{"--expect-body", "fore"}, "body "},
		{"/", []string{"--expect-status", "503"}, "status 200 where 503 counts as right"},
	} {
		e := joust(t, short(s.URL+c.path, c.more...)...)
		if e.code != ExitVoid || !strings.Contains(e.out, c.want) || !strings.Contains(e.out, "void: ") {
			t.Errorf("%s %q: exit code %d, want %q in\n%s%s", c.path, c.more, e.code, c.want, e.out, e.errors)
		}
	}
	if e := joust(t, short(s.URL+"/404", "--format", "json")...); e.code != ExitVoid || !strings.Contains(e.errors, "requests failed") {
		t.Errorf("JSON: exit code %d, %s", e.code, e.errors)
	}
	if e := joust(t, short(s.URL+"/404", "--expect-status", "404")...); e.code != ExitOK {
		t.Errorf("a 404 that is asked for: exit code %d\n%s", e.code, e.out)
	}
}

// Failures are results: they are counted by status and cause, the first is told, and
// thresholds decide. Of ten answers one is wrong.
func TestLoadOfSomeWrongAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		more []string
		code int
		want []string
	}{
		{nil, ExitOK, nil},
		{[]string{"--threshold", "error_rate<11%", "--threshold", "p99.5<1h", "--percentiles", "99.5"}, ExitOK, []string{"error_rate < 11%   10.0 %", "     p99.5 "}},
		{[]string{"--threshold", "error_rate<1%", "--threshold", "p50<1h"}, ExitWrong, []string{"error_rate < 1%   10.0 %", "broken", "kept"}},
		{[]string{"--threshold", "status_503<1"}, ExitWrong, []string{"status_503 < 1   2", "broken"}},
		{[]string{"--threshold", "achieved>1%"}, ExitWrong, []string{"not measured"}},
		{[]string{"--threshold", "errors>1", "--format", "json"}, ExitOK, []string{`"outcome": "kept"`, `"p99.9": `, `"of": "service"`}},
		{[]string{"--threshold", "errors<=1", "--format", "json"}, ExitWrong, []string{`"outcome": "broken"`, "threshold errors <= 1: broken, 2\n"}},
	} {
		var asked atomic.Int64
		s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1)%10 == 0 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		e := joust(t, append([]string{"load", s.URL, "-c", "2", "-t", "1", "-n", "20"}, c.more...)...)
		if !slices.Contains(c.more, "json") {
			c.want = append(c.want, "20 asked in and around it: 18 right, 2 failed", "failed      2 of 20 requests (10.0 %)", "the first: GET /: status 503 where 200 to 399 counts as right", " failed ")
		}
		for _, want := range c.want {
			if e.code != c.code || !strings.Contains(e.out+e.errors, want) || strings.Contains(e.out, "void:") {
				t.Errorf("%q: exit code %d, want %d and %q in\n%s%s", c.more, e.code, c.code, want, e.out, e.errors)
			}
		}
	}
}

// raw listens and hands every connection to serve.
func raw(t *testing.T, network, address string, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no %s here: %v", address, err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { defer c.Close(); serve(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); conns.Wait() })
	return l
}

// alive answers every read as one request.
func alive(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

func TestLoadFindsItsTarget(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	raw(t, "unix", path, alive)
	six := raw(t, "tcp", "[::1]:0", alive).Addr().String()
	four := raw(t, "tcp", "127.0.0.1:0", alive).Addr().(*net.TCPAddr)
	loads := [][]string{
		short("http://some.name/", "--unix", path),
		short("http://" + six + "/"),
		short(fmt.Sprintf("http://localhost:%d/", four.Port)),
	}
	if runtime.GOOS == "linux" { // the only one with abstract sockets
		abstract := fmt.Sprintf("@joust-test-%d", os.Getpid())
		raw(t, "unix", abstract, alive)
		for _, name := range session.Engines() {
			loads = append(loads, short("http://some.name/", "--unix", abstract, "--engine", string(name)))
		}
	}
	for _, args := range loads {
		if e := joust(t, args...); e.code != 0 || !strings.Contains(e.out, "200: ") {
			t.Errorf("%s: exit code %d\n%s%s", args[1], e.code, e.out, e.errors)
		}
	}
}

// A load that cannot run says why in one sentence.
func TestLoadRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closed := raw(t, "tcp", "127.0.0.1:0", alive)
	refused := closed.Addr().String()
	_ = closed.Close()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"load"}, 2, "load needs a URL"},
		{[]string{"load", "a", "b"}, 2, "takes one URL"},
		{[]string{"load", "127.0.0.1:80"}, 2, "write http://127.0.0.1:80"},
		{[]string{"load", "http://h:x/"}, 2, "malformed"},
		{[]string{"load", "http://h/", "-c", "x"}, 2, `--connections "x": a whole number is needed`},
		{[]string{"load", "http://h/", "--body-fil", "x"}, 2, "--body-file"},
		{[]string{"load", "http://h/", "-R", "50%"}, 2, "-R 50%: a rate above 0"},
		{[]string{"load", "http://h/", "-R", "fast"}, 2, "-R fast: a rate above 0"},
		{[]string{"load", "http://h/", "-R", "10", "--ramp-to", "50%"}, 2, "--ramp-to 50%: a rate above 0"},
		{[]string{"load", "http://h/", "-R", "10", "-d", "1", "--rate-profile", "sine:cycle=2"}, 2, `--rate-profile sine:cycle=2: sine has no parameter "cycle"`},
		{[]string{"load", "http://h/", "-R", "10", "-d", "1", "--rate-profile", "csv:" + dir + "/none"}, 2, "--rate-profile: open "},
		{[]string{"load", "http://h/", "--burst", "5"}, 2, "--burst says how requests of an open loop are spaced"},
		{[]string{"load", "http://h/", "--think", "soon"}, 2, "write 1s, 1s±50%"},
		{[]string{"load", "http://127.0.0.1/", "--users", "5", "-R", "10"}, 2, "--users and --think are for closed loops"},
		{[]string{"load", "http://127.0.0.1/", "--users", "5", "--ramp", "20s"}, 2, "--ramp 20s is longer than the load of 10s"},
		{[]string{"load", "http://h/", "--cpus", "a"}, 2, "--cpus"},
		{[]string{"load", "http://h/", "--cpus", "1023"}, 2, "there is no CPU 1023"},
		{[]string{"load", "http://h/", "-b", "x", "--body-file", "y"}, 2, "give one of them"},
		{[]string{"load", "http://h/", "--body-file", dir + "/none"}, 2, "--body-file: open "},
		{[]string{"load", "https://h/", "--ca", dir + "/none"}, 2, "--ca: open "},
		{[]string{"load", "https://h/", "--cert", dir + "/c", "--key", dir + "/k"}, 2, "--cert"},
		{[]string{"load", "http://h/", "--format", "xml"}, 2, `--format "xml": the formats are text, json`},
		{[]string{"load", "http://h/", "--threshold", "p95<fast"}, 2, `--threshold: "p95<fast": "fast" is no duration`},
		{[]string{"load", "http://h/", "--threshold", "p95"}, 2, "such as p99<10ms"},
		{[]string{"load", "http://h/", "--percentiles", "101"}, 2, `--percentiles: "101" is beyond 100 percent`},
		{[]string{"load", "http://h/", "--hgrm", dir + "/none/x"}, 2, "--hgrm: there is no folder " + dir + "/none: make it first"},
		{[]string{"load", "http://h/", "--hgrm", dir}, 2, "--hgrm: " + dir + " is a folder: name a file in it"},
		{[]string{"load", "http://h/", "--unix", "/" + strings.Repeat("p", 119)}, 2, ": it has 120 bytes, and a socket's path has 107 at most"},
		{[]string{"load", "http://h/", "--unix", "@joust-test-" + filepath.Base(dir)}, 1, "nothing listens on @joust-test-"},
		{[]string{"load", "http://h/", "--proxy", "h"}, 2, "http://host:port"},
		{[]string{"load", "http://h/", "--unix", dir}, 2, "is no socket"},
		{[]string{"load", "http://h/", "--unix", dir + "/none"}, 1, "start the server first"},
		{short("http://127.0.0.1/", "--engine", "warp"), 2, `engine "warp"`},
		{short("http://127.0.0.1/", "-c", "10000000"), 2, "connections are possible here"},
		{short("http://127.0.0.1/", "-c", "100000000"), 2, "requests may be in flight"},
		{short("http://nosuch.invalid/"), 1, `host "nosuch.invalid" cannot be resolved`},
		{short("http://" + refused + "/"), 1, "nothing listens on " + refused},
		{short(strings.Replace(secure.URL, "https", "http", 1)+"/x", "-d", "20s"), 1, "speaks TLS, and the URL says http: write " + secure.URL + "/x"},
	} {
		e := joust(t, c.args...)
		if e.code != c.code || !strings.Contains(e.errors, c.want) || strings.Count(e.errors, "\n") != 1 || e.out != "" {
			t.Errorf("%q: exit code %d, %q, want %d and one line with %q (printed %q)", c.args, e.code, e.errors, c.code, c.want, e.out)
		}
	}
}

func TestLoadOfGarbage(t *testing.T) {
	t.Parallel()
	l := raw(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		buf := make([]byte, 4096)
		if _, err := c.Read(buf); err == nil {
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n")
			_, _ = io.Copy(io.Discard, c)
		}
	})
	// Back-off would leave a short window, or one behind a warm-up, empty.
	e := joust(t, short("http://"+l.Addr().String()+"/", "-d", "1s", "--warmup", "0s")...)
	if e.code != ExitVoid || !strings.Contains(e.out, "protocol ") || !strings.Contains(e.out, "SSH-2.0") {
		t.Errorf("exit code %d\n%s%s", e.code, e.out, e.errors)
	}
}

// await polls for a condition of another process.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

func TestLoadInterrupted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, warmup string
		want         []string
	}{
		{"inside the window", "0s", []string{"note: interrupted: this is a partial result", "200: "}},
		{"inside the warm-up", "60s", []string{"interrupted: this is a partial result", "nothing was measured"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(time.Millisecond)
				_, _ = io.WriteString(w, "alive")
			})
			cmd, out, errs := command(t, t.TempDir(), "load", s.URL, "-c", "2", "-t", "1", "-d", "60s", "--warmup", c.warmup, "--expect-status", "200")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// Two connections ask 200 times at most in the lead-in of 0.1 s.
			await(t, "the window", func() bool { return s.asked.Load() > 500 })
			stopped := time.Now()
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := exitOf(t, cmd.Wait()); code != ExitInterrupted {
				t.Errorf("exit code %d\n%s", code, errs)
			}
			if took := time.Since(stopped); took > 10*time.Second {
				t.Errorf("the drain of 2 s at most took %v", took)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s%s", want, out, errs)
				}
			}
		})
	}
}

func TestLoadHelpNamesTheExitCodes(t *testing.T) {
	t.Parallel()
	e := joust(t, "load", "--help")
	for _, want := range []string{"4 void: nothing was answered rightly", "130 interrupted", "--expect-status", "-R, --rate", "whichever comes first"} {
		if e.code != 0 || !strings.Contains(e.out, want) {
			t.Errorf("exit code %d, no %q in\n%s", e.code, want, e.out)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	l := &aim{url: "https://h:8443/x", target: adhoc.URL{TLS: true}, spec: loaders.Spec{
		Target: loaders.Target{Address: "10.0.0.1:8443"}, ConnectTimeout: 5 * time.Second,
	}}
	for _, c := range []struct {
		cause results.Cause
		text  string
		want  string
	}{
		{results.CauseConnectRefused, "x", "nothing listens on 10.0.0.1:8443"},
		{results.CauseConnectTimeout, "x", "10.0.0.1:8443 did not answer within 5s"},
		{results.CauseTLS, "tls: first record does not look like a TLS handshake", "speaks plain HTTP, and the URL says https: write http://h:8443/x"},
		{results.CauseTLS, "tls: failed to verify certificate: x509: certificate signed by unknown authority", "--ca FILE"},
		{results.CauseTLS, "tls: failed to verify certificate: x509: certificate is valid for a, not h", "--servername"},
		{results.CauseTLS, "EOF", "the TLS handshake with 10.0.0.1:8443 failed: EOF"},
		{results.CauseLocalPorts, "out of ports", "no connection to 10.0.0.1:8443 could be made: out of ports"},
	} {
		err := l.explain(&loaders.ConnectError{Cause: c.cause, Err: errors.New(c.text)})
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v, want %q", c.cause, c.text, err, c.want)
		}
	}
	l.spec.Proxy = &loaders.Proxy{Address: "10.0.0.9:3128"}
	refused := errors.New("the proxy refuses a tunnel to 10.0.0.1:8443: 502 Bad Gateway")
	if err := l.explain(&loaders.ConnectError{Cause: results.CauseProtocol, Err: refused}); err.Error() != "no connection through the proxy 10.0.0.9:3128 could be made: "+refused.Error() {
		t.Errorf("of a refused tunnel: %v", err)
	}
	other := errors.New("other")
	if err := l.explain(other); err != other {
		t.Errorf("another failure became %v", err)
	}
}

func TestLoadProgress(t *testing.T) {
	t.Parallel()
	at := func(s float64, done uint64, users *int) loaders.Interval {
		return loaders.Interval{Phase: "closed", Interval: results.Interval{AtNS: int64(s * 1e9), Completed: done, Failed: 2, Open: 4, Users: users}}
	}
	window := loaders.Window{Phase: "closed", T0NS: 0, T1NS: 10e9, Measured: true}
	for _, c := range []struct {
		name  string
		count uint64
		users *int
		want  string
	}{
		{"plain", 0, nil, "measuring 3.0 of 10.0 s: 1000 req/s, 2 failed, 4 open\n"},
		{"of users", 0, new(1200), "measuring 3.0 of 10.0 s: 1000 req/s, 2 failed, 4 open, 1200 users\n"},
		{"counted", 5000, nil, "measuring 2002 of 5000 requests: 1000 req/s, 2 failed, 4 open\n"},
	} {
		var out bytes.Buffer
		p := &loadProgress{display: &display{out: &out}, counts: map[string]uint64{"closed": c.count}}
		p.Window(window)
		p.Interval(at(1, 500, c.users))
		p.Interval(at(2.5, 1500, c.users))
		p.Interval(at(3, 2000, c.users))
		p.end()
		if out.String() != c.want {
			t.Errorf("%s: %q, want %q", c.name, out.String(), c.want)
		}
	}
}
