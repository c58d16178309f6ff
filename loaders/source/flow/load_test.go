package flow_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/engine"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/loaders/retry"
	"github.com/joust-bench/joust/results"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// site is a server that keeps its access log.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	lines []string
	// connects counts its connections.
	connects atomic.Int64
}

// serve answers by the handler. Each request stands in the log, with the fields of these
// names and its body.
func serve(t *testing.T, handle http.HandlerFunc, fields ...string) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		line := r.Method + " " + r.URL.RequestURI()
		for _, name := range fields {
			line += fmt.Sprintf(" %s=%s", name, r.Header.Get(name))
		}
		if len(body) > 0 {
			line += " " + string(body)
		}
		s.mu.Lock()
		s.lines = append(s.lines, line)
		s.mu.Unlock()
		if handle != nil {
			handle(w, r)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connects.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *site) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// specFor makes the load of a flow file on the site. The file's base is the site, and OTHER
// in it stands for other sites.
func specFor(t testing.TB, s *site, file string, phase loaders.Phase) loaders.Spec {
	t.Helper()
	w, err := flowfile.Parse("flow.yaml", []byte(file), s.URL, func(string) (string, error) { return "", os.ErrNotExist })
	if err != nil {
		t.Fatal(err)
	}
	spec := enginetest.Spec(phase)
	spec.Requests, spec.Flows, spec.Connections, spec.Users = w.Requests, &w.Flows, 1, 1
	for i, host := range w.Hosts {
		numeric := strings.Replace(host.Name, "localhost", "127.0.0.1", 1)
		target := loaders.Target{Network: "tcp", Address: numeric + ":" + host.Port, Host: host.Host}
		if i == 0 {
			spec.Target = target
		} else {
			spec.Hosts = append(spec.Hosts, loaders.Host{Target: target})
		}
	}
	spec.Connections = max(spec.Connections, len(w.Hosts))
	return spec
}

// long bounds loads that end by themselves.
const long = 20 * time.Second

func run(t testing.TB, spec loaders.Spec) results.Report {
	t.Helper()
	e, err := engine.Choose(spec)
	if err != nil {
		t.Fatal(err)
	}
	return enginetest.Drive(t, e, spec, &enginetest.Steer{})
}

// walked runs a load that ends by itself, and returns its phase.
func walked(t testing.TB, s *site, file string) results.Phase {
	t.Helper()
	report := run(t, specFor(t, s, file, enginetest.Closed(long)))
	return report.Phases[0]
}

// use fails unless the flow of the phase ended as often as that.
func use(t *testing.T, p *results.Phase, name string, finished, continued, aborted uint64) {
	t.Helper()
	u, ok := p.Flows[name]
	if !ok || u.Finished != finished || u.Continued != continued || u.Aborted != aborted {
		t.Errorf("flow %s: %d finished, %d continued, %d aborted, want %d, %d, %d: %s", name, u.Finished, u.Continued, u.Aborted, finished, continued, aborted, p.Total.FirstError)
	}
}

// Texts of each place are taken out of answers into every part of later requests, encoded
// as that part wants it.
func TestCaptures(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/login":
			w.Header().Set("X-Session", "s1")
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "c1", Path: "/nowhere"})
			_, _ = io.WriteString(w, `{"token":"a\"b/c","ids":[7,8],"flag":true,"none":null}<p id="u">Ann B</p>`)
		}
	}, "Authorization", "Content-Type")
	p := walked(t, s, `
load: {iterations: 2}
flows:
  - name: f
    steps:
      - get: /login
        capture:
          token: {json: $.token}
          id: {json: "ids[1]"}
          flag: {json: flag}
          gone: {json: none, else: nothing}
          user: {regex: 'id="u">([^<]+)<'}
          whole: {regex: 'Ann .'}
          session: {header: x-session}
          cookie: {cookie: sid}
      - post: /${token}/${id}?u=${user}&c=${cookie}
        headers: {Authorization: "${token} ${session} ${flag} ${gone}"}
        body: {json: {a: "${token}", b: "${whole}"}}
      - post: /form
        body: {form: {t: "${token}"}}
      - post: /text
        body: "${token}"
`)
	use(t, &p, "f", 2, 0, 0)
	once := "GET /login Authorization= Content-Type=\n" +
		`POST /a%22b%2Fc/8?u=Ann%20B&c=c1 Authorization=a"b/c s1 true nothing Content-Type=application/json {"a":"a\"b/c","b":"Ann B"}` + "\n" +
		"POST /form Authorization= Content-Type=application/x-www-form-urlencoded t=a%22b%2Fc\n" +
		`POST /text Authorization= Content-Type=application/octet-stream a"b/c`
	if diff := cmp.Diff(once+"\n"+once, s.log()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if h := p.Flows["f"].Iteration; h == nil || h.Count != 2 {
		t.Errorf("times of iterations: %+v", h)
	}
	if len(p.Groups) != 4 || p.Groups["f/get /login"].Completed != 2 {
		t.Errorf("groups %v", p.Groups)
	}
}

// A capture that finds nothing is a failure of its own cause, which ends the iteration or
// leaves out the steps that need the text.
func TestCapturesOfNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		capture, body, says string
	}{
		{"json: $.token", "{}", `nothing to capture for ${v}: $.token is missing or null in a body that begins with "{}"`},
		{"regex: 'a(b)'", "a", `"a(b)" matches nothing in a body`},
		{"header: X-None", "", "the header X-None is missing"},
		{"cookie: sid", "", "no answer has set the cookie sid"},
		{"regex: '(?s).+'", "a\nb", "has a control character, and a header uses it"},
	} {
		for _, onError := range []loaders.OnError{loaders.AbortIteration, loaders.ContinueIteration} {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) })
			p := walked(t, s, fmt.Sprintf(`
load: {iterations: 2}
flows:
  - name: f
    on_error: %s
    steps:
      - {get: /a, capture: {v: {%s}}}
      - {get: /b, headers: {X: "${v}"}}
      - {get: /c}
`, onError, c.capture))
			want := "GET /a\nGET /a"
			if onError == loaders.ContinueIteration {
				want = "GET /a\nGET /c\nGET /a\nGET /c"
				use(t, &p, "f", 0, 2, 0)
			} else {
				use(t, &p, "f", 0, 0, 2)
			}
			if s.log() != want || p.Total.Errors[results.CauseCapture] != 2 || !strings.Contains(p.Total.FirstError, c.says) {
				t.Errorf("%s, %s: asked %q, errors %v: %s", c.capture, onError, s.log(), p.Total.Errors, p.Total.FirstError)
			}
		}
	}
}

// Each condition that an answer does not meet is a failure of its own cause.
func TestConditions(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Kind", "test")
		if r.URL.Path == "/slow" {
			time.Sleep(60 * time.Millisecond)
		}
		_, _ = io.WriteString(w, `{"n":5,"s":"x"}`)
	})
	for expect, want := range map[string]results.Cause{
		"{status: 200, contains: '\"n\"', regex: '5', json: {n: 5, s: '*'}, headers: {X-Kind: test}, within: 19s}": "",
		"{headers: {X-Kind: {regex: '^te'}}}":  "",
		"{status: 201}":                        results.CauseStatus,
		"{contains: [n, none]}":                results.CausePattern,
		"{regex: '^n'}":                        results.CausePattern,
		"{json: {n: '5'}}":                     results.CauseJSON,
		"{json: {m: '*'}}":                     results.CauseJSON,
		"{headers: {X-Kind: tes}}":             results.CauseHeader,
		"{headers: {X-Kind: {regex: '^est'}}}": results.CauseHeader,
		"{body: x}":                            results.CauseLength,
		"{within: 20ms}":                       results.CauseWithin,
	} {
		path := "/a"
		if want == results.CauseWithin {
			path = "/slow"
		}
		p := walked(t, s, fmt.Sprintf("load: {iterations: 1}\nflows: [{name: f, steps: [{get: %s, expect: %s}, {get: /b}]}]\n", path, expect))
		if want == "" {
			use(t, &p, "f", 1, 0, 0)
			continue
		}
		use(t, &p, "f", 0, 0, 1)
		if p.Total.Errors[want] != 1 || p.Total.Completed != 0 || p.Total.FirstError == "" {
			t.Errorf("%s: errors %v, want %s: %s", expect, p.Total.Errors, want, p.Total.FirstError)
		}
	}
}

// Cookies go back to where they belong (RFC 6265), for as long as the session lasts.
func TestCookies(t *testing.T) {
	t.Parallel()
	for session, want := range map[loaders.CookieSession]string{
		loaders.UserSession: `GET /set Cookie=fixed=1
GET /a/b Cookie=fixed=1; a=2; all=1
GET /c Cookie=fixed=1; all=1
GET /set Cookie=fixed=1; all=1
GET /a/b Cookie=fixed=1; a=2; all=1
GET /c Cookie=fixed=1; all=1`,
		loaders.IterationSession: `GET /set Cookie=fixed=1
GET /a/b Cookie=fixed=1; a=2; all=1
GET /c Cookie=fixed=1; all=1
GET /set Cookie=fixed=1
GET /a/b Cookie=fixed=1; a=2; all=1
GET /c Cookie=fixed=1; all=1`,
		loaders.NoSession: `GET /set Cookie=fixed=1
GET /a/b Cookie=fixed=1
GET /c Cookie=fixed=1
GET /set Cookie=fixed=1
GET /a/b Cookie=fixed=1
GET /c Cookie=fixed=1`,
	} {
		other := serve(t, nil, "Cookie")
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/set" {
				return
			}
			for _, cookie := range []string{
				"all=1; Path=/", "a=2; Path=/a", "secure=3; Path=/; Secure", "gone=4; Path=/; Max-Age=0", "elsewhere=5; Path=/; Domain=example.com",
				"old=6; Path=/; Expires=Mon, 01 Jan 2001 00:00:00 GMT", "; malformed",
			} {
				w.Header().Add("Set-Cookie", cookie)
			}
		}, "Cookie")
		p := walked(t, s, fmt.Sprintf(`
load: {iterations: 2}
flows:
  - name: f
    session: %s
    headers: {Cookie: fixed=1, Host: shop.test}
    steps: [{get: /set}, {get: /a/b}, {get: "%s/x", headers: {Cookie: own=1, Host: other.test}}, {get: /c}]
`, session, strings.Replace(other.URL, "127.0.0.1", "localhost", 1)))
		use(t, &p, "f", 2, 0, 0)
		if diff := cmp.Diff(want, s.log()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", session, diff)
		}
		if got := other.log(); got != "GET /x Cookie=own=1\nGET /x Cookie=own=1" {
			t.Errorf("%s: the other host was sent %q", session, got)
		}
	}
}

// The cookies of an iteration are those of its user alone, however many walk at once.
func TestCookiesOfManyUsers(t *testing.T) {
	t.Parallel()
	var next atomic.Int64
	var wrong atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			id := strconv.FormatInt(next.Add(1), 10)
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/", MaxAge: 1000})
			_, _ = fmt.Fprintf(w, `{"id":%q}`, id)
			return
		}
		if c, err := r.Cookie("sid"); err != nil || c.Value != r.URL.Query().Get("id") {
			wrong.Add(1)
		}
	})
	spec := specFor(t, s, `
load: {iterations: 300}
flows:
  - name: f
    session: iteration
    steps: [{get: /login, capture: {id: {json: id}}}, {get: "/a?id=${id}"}, {post: "/b?id=${id}", body: "${id}"}]
`, enginetest.Closed(long))
	spec.Users, spec.Connections, spec.Threads = 40, 8, 2
	report := run(t, spec)
	use(t, &report.Phases[0], "f", 300, 0, 0)
	if wrong.Load() != 0 || next.Load() != 300 {
		t.Errorf("%d of %d logins were followed by cookies of others", wrong.Load(), next.Load())
	}
}

// The other step is sent where a variable has no value, and such a variable is no failure.
func TestElse(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/five" && asked.Add(1)%2 == 1 {
			_, _ = io.WriteString(w, `<div id="userName">ann</div>`)
		}
	})
	p := walked(t, s, `
load: {iterations: 2}
flows:
  - name: three
    steps:
      - {get: /five, capture: {user: {regex: '(?i)<div id="userName">([^<>]+)</div>'}}}
      - {post: /six, body: {form: {cgi-username: "${user}"}}, else: {get: /six}}
`)
	use(t, &p, "three", 2, 0, 0)
	if got := s.log(); got != "GET /five\nPOST /six cgi-username=ann\nGET /five\nGET /six" {
		t.Error(got)
	}
}

// Each user takes a row an iteration; rows that are taken once end the load, and no row is
// taken twice.
func TestUniqueRows(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	spec := specFor(t, s, `
data: {users: {rows: [{n: a, m: 1}, {n: b, m: 2}, {n: c, m: 3}, {n: d, m: 4}, {n: e, m: 5}], take: unique}, unused: {rows: [{x: 1}], take: unique}}
flows:
  - name: f
    steps: [{get: "/${users.n}"}, {get: "/${users.n}${users.m}"}]
`, enginetest.Closed(long))
	spec.Users, spec.Connections, spec.Threads = 4, 4, 2
	report := run(t, spec)
	use(t, &report.Phases[0], "f", 5, 0, 0)
	for _, path := range []string{"/a", "/b", "/c", "/d", "/e", "/a1", "/b2", "/c3", "/d4", "/e5"} {
		if n := strings.Count(s.log()+"\n", "GET "+path+"\n"); n != 1 {
			t.Errorf("%s was asked %d times", path, n)
		}
	}
	want := map[string]results.DataUse{"users": {Rows: 5, Order: "unique", Taken: 5, UsedUp: true}, "unused": {Rows: 1, Order: "unique"}}
	if diff := cmp.Diff(want, report.DataSets); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// ApacheBench's runs {a, b} and {c, d}, three times each, make its access logs.
func TestAccessLogs(t *testing.T) {
	t.Parallel()
	for _, c := range accessLogs {
		s := serve(t, nil)
		p := walked(t, s, fmt.Sprintf(`
keepalive: false
mix: %s
flows:
  - {name: one, order: %[2]s, repeat: 3, session: iteration, steps: [{get: /a}, {get: /b}]}
  - {name: two, order: %[2]s, repeat: 3, session: iteration, steps: [{get: /c}, {get: /d}]}
`, c.mix, c.order))
		use(t, &p, "one", 3, 0, 0)
		use(t, &p, "two", 3, 0, 0)
		if got := strings.NewReplacer("GET /", "", "\n", "").Replace(s.log()); got != c.want || s.connects.Load() < 12 {
			t.Errorf("%s, %s: %s on %d connections, want %s on one each", c.mix, c.order, got, s.connects.Load(), c.want)
		}
	}
}

// With two requests in flight each flow in depth has one: every round of the access log has
// a request of both, in the order of their steps.
func TestAccessLogOfTwo(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	var waiting sync.Mutex
	inside := 0
	s := serve(t, func(http.ResponseWriter, *http.Request) {
		waiting.Lock() // each answer waits for the request of the other flow
		if inside++; inside%2 == 0 {
			close(arrived)
			arrived = make(chan struct{})
			waiting.Unlock()
			return
		}
		meet := arrived
		waiting.Unlock()
		<-meet
	})
	spec := specFor(t, s, `
mix: equal
flows:
  - {name: one, repeat: 3, steps: [{get: /a}, {get: /b}]}
  - {name: two, repeat: 3, steps: [{get: /c}, {get: /d}]}
`, enginetest.Closed(long))
	spec.Users, spec.Connections = 2, 2
	run(t, spec)
	got := strings.NewReplacer("GET /", "", "\n", "").Replace(s.log())
	for i := 0; i+4 <= len(got); i += 4 {
		round := got[i : i+4]
		if first, second := round[:2], round[2:]; first != "ac" && first != "ca" || second != "bd" && second != "db" {
			t.Errorf("round %q of %q", round, got)
		}
	}
	if len(got) != 12 {
		t.Error(got)
	}
}

// A flow whose first step never succeeds aborts each iteration, and goes on.
func TestFirstStepNeverSucceeds(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	p := walked(t, s, "load: {iterations: 50}\nflows: [{name: f, steps: [{get: /a}, {get: /b}]}]\n")
	use(t, &p, "f", 0, 0, 50)
	if strings.Contains(s.log(), "/b") || p.Total.Errors[results.CauseStatus] != 50 || p.Flows["f"].Iteration != nil {
		t.Errorf("errors %v, times %+v", p.Total.Errors, p.Flows["f"].Iteration)
	}
}

// Bodies that are no text are looked into, and sent, byte for byte.
func TestBinaryBodies(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			_, _ = w.Write([]byte("\x00\xff<\xfe\x01>\r\n\x00"))
		}
	})
	p := walked(t, s, `
load: {iterations: 1}
flows: [{name: f, steps: [{get: /, capture: {raw: {regex: '(?s)<(.*)>'}}}, {post: "/?${raw}", body: "\0${raw}"}]}]
`)
	if strings.Contains(p.Total.FirstError, "invalid") {
		t.Fatal(p.Total.FirstError)
	}
	use(t, &p, "f", 1, 0, 0)
	if got := s.log(); got != "GET /\nPOST /?%FE%01 \x00\xfe\x01" {
		t.Errorf("%q", got)
	}
}

// A flow of ten thousand steps is walked whole, and reported as one group.
func TestManySteps(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("load: {iterations: 1}\nflows:\n  - name: f\n    session: none\n    steps:\n")
	const steps = 10_000
	for i := range steps {
		fmt.Fprintf(&file, "      - get: /%d\n", i)
	}
	s := serve(t, nil)
	p := walked(t, s, file.String())
	use(t, &p, "f", 1, 0, 0)
	if p.Total.Completed != steps || len(p.Groups) != 0 || !strings.HasSuffix(s.log(), "GET /9998\nGET /9999") {
		t.Errorf("%d right answers in %d groups", p.Total.Completed, len(p.Groups))
	}
}

// Iterations are kept one by one where the flow asks for that: with times, heads and the
// begins of bodies.
func TestKeep(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/b" {
			w.WriteHeader(404)
		}
		_, _ = io.WriteString(w, "0123\xff6789")
	})
	report := run(t, specFor(t, s, `
mix: priority
flows:
  - {name: none, steps: [{get: /a}]}
  - {name: times, keep: times, repeat: 2, steps: [{get: /a}, {get: /b}]}
  - {name: heads, keep: heads, steps: [{get: /a}]}
  - {name: bodies, keep: bodies, keep_limit: 4, steps: [{get: /a}]}
  - {name: bytes, keep: bodies, steps: [{get: /a}]}
`, enginetest.Closed(long)))
	if len(report.Iterations) != 5 || report.IterationsDropped != 0 {
		t.Fatalf("%+v", report.Iterations)
	}
	for i, k := range report.Iterations {
		if k.Number != i || k.Steps[0].Status != 200 || k.Steps[0].TookNS <= 0 {
			t.Errorf("%+v", k)
		}
	}
	times, heads, bodies, raw := report.Iterations[1], report.Iterations[2].Steps[0], report.Iterations[3].Steps[0], report.Iterations[4].Steps[0]
	if len(times.Steps) != 2 || !times.Aborted || times.Steps[1].Cause != results.CauseStatus || times.Steps[1].Status != 404 || times.Steps[0].Head != "" {
		t.Errorf("%+v", times)
	}
	if !strings.HasPrefix(heads.Head, "HTTP/1.1 200 OK\r\n") || heads.BodyBytes != 0 || bodies.Body != "0123" || string(raw.BodyBase64) != "0123\xff6789" {
		t.Errorf("%+v\n%+v\n%+v", heads, bodies, raw)
	}
}

// The setup is walked once, and what it captures is shared; a setup that fails is an error.
func TestSetup(t *testing.T) {
	t.Parallel()
	var logins atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			_, _ = fmt.Fprintf(w, `{"token":"t%d"}`, logins.Add(1))
		}
	})
	const file = `
setup: {pause: 1ms, steps: [{get: /login, capture: {token: {json: %s}}}, {get: "/first?${token}"}]}
load: {iterations: 20}
flows: [{name: f, steps: [{get: "/a?${token}"}]}]
`
	spec := specFor(t, s, fmt.Sprintf(file, "token"), enginetest.Closed(long))
	spec.Users, spec.Connections, spec.Threads = 4, 4, 2
	report := run(t, spec)
	use(t, &report.Phases[0], "f", 20, 0, 0)
	if got := s.log(); len(report.Phases) != 1 || logins.Load() != 1 || strings.Count(got, "GET /a?t1") != 20 || strings.Count(got, "GET /first?t1") != 1 {
		t.Errorf("%d logins, %d phases, asked\n%s", logins.Load(), len(report.Phases), got)
	}
	spec = specFor(t, s, fmt.Sprintf(file, "none"), enginetest.Closed(long))
	e, err := engine.Choose(spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), spec, &enginetest.Steer{}); err == nil || !strings.Contains(err.Error(), "the setup of the flows failed: setup/get /login: nothing to capture for ${token}") {
		t.Error(err)
	}
}

// Pauses are kept, and taken out of the time of an iteration.
func TestPauses(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	spec := specFor(t, s, `
load: {iterations: 6}
flows: [{name: f, pause: 30ms, steps: [{get: /a, wait: 20ms}, {get: /b}]}]
`, enginetest.Closed(long))
	spec.Users, spec.Connections = 2, 2
	report := run(t, spec)
	p := &report.Phases[0]
	use(t, p, "f", 6, 0, 0)
	// Each iteration pauses before a and between a and b, and behind the first one of its user
	// before all of that.
	whole, h := time.Duration(p.Flows["f"].UserNS), p.Flows["f"].Iteration
	asked := 6 * time.Duration(h.MeanNS)
	paused := whole - asked
	// The mean is that of a histogram, exact to a thousandth or so.
	is := func(want time.Duration) bool { return (paused - want).Abs() <= time.Millisecond+asked/200 }
	if one, two := 450*time.Millisecond, 420*time.Millisecond; !is(one) && !is(two) {
		t.Errorf("users paused for %v in iterations, want %v by two of them or %v by one", paused, two, one)
	}
	if took := time.Duration(p.WindowNS()); took < paused/2 {
		t.Errorf("the load took %v", took)
	}
}

// A step has a time limit of its own, and may end its connection.
func TestTimeoutAndKeepalive(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-release
		}
	})
	defer close(release)
	p := walked(t, s, `
load: {iterations: 1}
flows: [{name: f, on_error: continue, steps: [{get: /slow, timeout: 50ms}, {get: /a, keepalive: false}, {get: /b}]}]
`)
	use(t, &p, "f", 0, 1, 0)
	if p.Total.Errors[results.CauseTimeout] != 1 || !strings.Contains(p.Total.FirstError, "no answer within 50ms") || p.RequestedCloses != 1 {
		t.Errorf("errors %v, %d closes: %s", p.Total.Errors, p.RequestedCloses, p.Total.FirstError)
	}
}

// In an open loop each arrival begins an iteration or is blocked: nothing waits. Latency
// counts from the arrival.
func TestOpenLoop(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(5 * time.Millisecond) })
	const file = "flows: [{name: f, pause: 10ms, steps: [{get: /a}, {get: /b}]}]\n"
	for _, c := range []struct {
		users  int
		blocks bool
	}{{40, false}, {1, true}} {
		retry.Often(t, func() string {
			spec := specFor(t, s, file, enginetest.Open(100, 600*time.Millisecond))
			spec.Users, spec.Connections = c.users, c.users
			report := run(t, spec)
			p := &report.Phases[0]
			u := p.Flows["f"]
			ended := u.Finished + u.Continued + u.Aborted
			if p.Rate.Offered < 55 || p.Rate.Offered > 65 || ended+p.Rate.Blocked > p.Rate.Offered || p.Rate.Achieved != u.Finished+u.Continued {
				t.Errorf("%d offered, %d ended, %d blocked, %d achieved", p.Rate.Offered, ended, p.Rate.Blocked, p.Rate.Achieved)
			}
			if needed := p.UsersNeeded(); ended > 0 && needed < 100*0.015 {
				t.Errorf("%.2f users are needed for iterations of 20 ms and more at 100 a second", needed)
			}
			if (p.Rate.Blocked > 0) != c.blocks {
				return fmt.Sprintf("%d of 60 arrivals are blocked with %d users", p.Rate.Blocked, c.users)
			}
			if !c.blocks && ended < 50 {
				return fmt.Sprintf("%d of 60 iterations ended", ended)
			}
			return ""
		})
	}
}

// Arrivals may be steps: each takes a user who is ready, and none is sent between two.
func TestRateOfSteps(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	other := serve(t, nil)
	for _, steps := range []string{"[{get: /a}, {get: /b}]", "[{get: /a}, {get: '" + strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/b'}]"} {
		for _, c := range []struct {
			users  int
			blocks bool
		}{{20, false}, {1, true}} {
			retry.Often(t, func() string {
				pause := "1ms"
				if c.blocks {
					pause = "100ms"
				}
				spec := specFor(t, s, "load: {rate_of: steps}\nflows: [{name: f, pause: "+pause+", steps: "+steps+"}]\n", enginetest.Open(100, 600*time.Millisecond))
				spec.Users, spec.Connections = c.users, 2+c.users
				report := run(t, spec)
				p := &report.Phases[0]
				if p.Rate.Offered != p.Asked+p.Rate.Blocked+p.Rate.NeverSent || p.Rate.Achieved != p.Total.Completed || p.Failures() != 0 || p.Rate.Of != "" {
					t.Errorf("%d offered, %d asked, %d blocked, %d never sent, %d achieved, %d failed", p.Rate.Offered, p.Asked, p.Rate.Blocked, p.Rate.NeverSent, p.Rate.Achieved, p.Failures())
				}
				if (p.Rate.Blocked > 0) != c.blocks || p.Flows["f"].Finished == 0 {
					return fmt.Sprintf("%d of %d arrivals are blocked with %d users, %d iterations", p.Rate.Blocked, p.Rate.Offered, c.users, p.Flows["f"].Finished)
				}
				return ""
			})
		}
	}
}

// answerFrugally answers as many requests as it reads and allocates nothing for them.
func answerFrugally(c net.Conn) {
	answer, buf := []byte(enginetest.RightAnswer), make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		for range bytes.Count(buf[:n], []byte("\r\n\r\n")) {
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
	}
}

// Three fixed steps allocate nothing per request.
func TestNoAllocationPerStep(t *testing.T) {
	listener := enginetest.Accept(t, "tcp", "127.0.0.1:0", answerFrugally)
	s := &site{Server: &httptest.Server{URL: "http://" + listener.Addr().String()}}
	spec := specFor(t, s, "flows: [{name: f, steps: [{get: /a}, {get: /b}, {get: /c}]}]\n", enginetest.Closed(700*time.Millisecond))
	spec.Users, spec.Connections, spec.Interval = 8, 8, 100*time.Millisecond
	e, err := engine.Choose(spec)
	if err != nil {
		t.Fatal(err)
	}
	retry.Often(t, func() string {
		var first, last struct{ mallocs, completed uint64 }
		steer := enginetest.Steer{OnInterval: func(i loaders.Interval) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if last.mallocs, last.completed = m.Mallocs, i.Completed; first.mallocs == 0 {
				first = last
			}
		}}
		enginetest.Drive(t, e, spec, &steer)
		requests := last.completed - first.completed
		if requests < 3000 {
			return fmt.Sprintf("%d requests are too few for a judgement", requests)
		}
		if perRequest := float64(last.mallocs-first.mallocs) / float64(requests); perRequest > 0.01 {
			return fmt.Sprintf("%.3f allocations a request", perRequest)
		}
		return ""
	})
}
