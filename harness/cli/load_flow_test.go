package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/results/summary"
)

// writeFlow writes a flow file with its rows, and returns its path.
func writeFlow(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"flow.yaml": text, "users.csv": "name,password\nann,1\nbob,2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "flow.yaml")
}

// shop is a server with a login, whose token /orders wants.
func shop(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/login":
		var user struct{ Name, Password string }
		if json.Unmarshal(body, &user) != nil || user.Name == "" {
			w.WriteHeader(400)
			return
		}
		_, _ = fmt.Fprintf(w, `{"token":"t-%s"}`, user.Name)
	case "/orders":
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer t-") {
			w.WriteHeader(401)
			return
		}
		w.WriteHeader(201)
	}
}

const shopFlow = `data: {users: {file: users.csv}}
flows:
  - name: buy
    steps:
      - post: /login
        body: {json: {name: "${users.name}", password: "${users.password}"}}
        capture: {token: {json: $.token}}
      - post: /orders
        headers: {Authorization: "Bearer ${token}"}
        expect: {status: 201}
  - name: browse
    weight: 2
    steps: [{get: /items}]
`

// A flow file is walked as it says, and the result tells steps, iterations and rows.
func TestLoadFlow(t *testing.T) {
	t.Parallel()
	file := writeFlow(t, "load: {iterations: 60, users: 6}\n"+shopFlow)
	for _, engine := range []string{"evloop", "portable"} {
		s := newTarget(t, shop)
		e := joust(t, "load", "--flow", file, s.URL, "--engine", engine, "--format", "json", "-t", "2")
		var d summary.Document
		if err := json.Unmarshal([]byte(e.out), &d); err != nil {
			t.Fatalf("%v\n%s", err, e)
		}
		p := d.Report.Phases[0]
		buy, browse := p.Flows["buy"], p.Flows["browse"]
		if buy.Finished+browse.Finished != 60 || buy.Finished == 0 || browse.Finished == 0 || buy.Aborted+browse.Aborted != 0 || d.Report.Users != 6 {
			t.Errorf("%s: %+v %+v\n%s", engine, buy, browse, e)
		}
		if d.Groups["buy/post /orders"].Requests != buy.Finished || d.Groups["browse/get /items"].Requests != browse.Finished || uint64(s.asked.Load()) != 2*buy.Finished+browse.Finished {
			t.Errorf("%s: groups %+v", engine, d.Groups)
		}
		if d.Report.DataSets["users"].Taken != buy.Finished {
			t.Errorf("%s: rows %+v", engine, d.Report.DataSets)
		}
	}
	s := newTarget(t, shop)
	e := joust(t, "load", "--flow", file, s.URL)
	for _, says := range []string{"2 flows of " + file + " at " + s.URL, "60 finished, 0 continued behind a failed step, 0 aborted", "iterations by flow, without pauses", "by step", "buy/post /login", "users: "} {
		if !strings.Contains(e.out, says) {
			t.Errorf("the result does not say %q\n%s", says, e)
		}
	}
}

// A rate begins iterations; those that find no idle user are blocked, with advice.
func TestLoadFlowAtARate(t *testing.T) {
	t.Parallel()
	file := writeFlow(t, "load: {users: 1}\nflows: [{name: f, pause: 50ms, steps: [{get: /a}, {get: /b}]}]\n")
	s := newTarget(t, nil)
	e := joustUntil(t, func(e ended) bool {
		return strings.Contains(e.out, "arrivals blocked") && strings.Contains(e.out, "Little")
	}, "load", "--flow", file, s.URL, "-R", "100", "-d", "500ms", "--warmup", "0")
	for _, says := range []string{"open loop at 100 iterations/s", "arrivals blocked, since all users were busy (1 user); by Little's law this rate keeps ", "ask for more with --users", "achieved "} {
		if !strings.Contains(e.out, says) {
			t.Errorf("the result does not say %q\n%s", says, e)
		}
	}
}

func TestLoadFlowRefuses(t *testing.T) {
	t.Parallel()
	good := writeFlow(t, "base: http://127.0.0.1:1\n"+shopFlow)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--flow", good, "-H", "A: b", "--think", "1s"}, "--header with --flow: the file says what is asked"},
		{[]string{"--flow", good, "--find", "users"}, "--find with --flow: the capacity of flows is not searched yet"},
		{[]string{"--flow", good, "--depth", "4"}, "--depth 4 with flows"},
		{[]string{"--flow", good, "x"}, "takes a URL in place of the base of --flow"},
		{[]string{"--flow", filepath.Join(t.TempDir(), "none")}, "no such file"},
		{[]string{"--flow", writeFlow(t, shopFlow)}, "no base: the file needs the scheme and host of its paths"},
		{[]string{"--flow", writeFlow(t, "bsae: x\nflows: []\n")}, `flow.yaml:1: unknown key "bsae", did you mean "base"?`},
		{[]string{"--flow", writeFlow(t, "base: http://h\ndata: {u: {file: ../u.csv}}\n")}, "is not in the folder of the flow file"},
		{[]string{"--flow", writeFlow(t, "base: http://127.0.0.1:1\nmix: priority\n"+shopFlow), "-R", "5"}, "a rate with flows that end after their repetitions"},
		{[]string{"--flow", good, "--threshold", "sell/*: p99<1s"}, "--threshold"},
	} {
		e := joust(t, append([]string{"load"}, c.args...)...)
		if e.code != ExitUsage || !strings.Contains(e.errors, c.says) {
			t.Errorf("%q: want an error of usage that says %q\n%s", c.args, c.says, e)
		}
	}
}

const pywrkrScenario = `{
  "name": "checkout", "base_url": "https://api.example.com/v1", "think_time": 1.5, "session": "fresh_per_iteration", "on_extract_failure": "continue", "author": "x",
  "data": {"users": {"file": "users.csv", "strategy": "random"}},
  "steps": [
    {"path": "/login", "method": "post", "name": "login", "body": {"name": "${users.name}", "n": [1, true, null]},
     "headers": {"X-Id": "${uuid()}"}, "extract": {"token": {"json": "$.token"}}, "assert_status": 200, "think_time": 0, "retries": 3,
     "assert_json": {"$.ok": true, "$.items[0].id": "*"}, "assert_header": {"Server": {"regex": "^j"}, "X": "y"}, "assert_max_latency": 0.25,
     "assert_body_contains": "tok", "assert_body_regex": "t.k"},
    {"path": "items?q=${token}&x=${missing}", "body": "${token}"}
  ]
}`

// A scenario of pywrkr becomes a flow file that joust reads, and the notes say what differs.
func TestImportPywrkr(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "checkout.json")
	if err := os.WriteFile(file, []byte(pywrkrScenario), 0o600); err != nil {
		t.Fatal(err)
	}
	e := joust(t, "import", "pywrkr", file)
	if e.code != ExitOK {
		t.Fatal(e)
	}
	const want = `base: https://api.example.com
data:
  users:
    file: users.csv
    take: random
flows:
  - name: checkout
    session: iteration
    on_error: continue
    pause: 1.5s ± 50%
    steps:
      - post: /login
        name: login
        headers:
          X-Id: ${uuid()}
        body:
          json:
            name: ${users.name}
            "n":
              - 1
              - true
              - null
        capture:
          token:
            json: $.token
        expect:
          status: 200
          json:
            $.ok: true
            $.items[0].id: "*"
          headers:
            Server:
              regex: ^j
            X: "y"
          within: 0.25s
          contains: tok
          regex: t.k
        pause: 0s
      - get: /items?q=${token}&x=$${missing}
        headers:
          Content-Type: text/plain; charset=utf-8
        body: ${token}
`
	if e.out != want {
		t.Errorf("got\n%s\nwant\n%s", e.out, want)
	}
	for _, says := range []string{"its path /v1 is dropped, as pywrkr does", "author is ignored", "step 1: retries is ignored", "${missing} names nothing that is known there"} {
		if !strings.Contains(e.errors, says) {
			t.Errorf("the notes do not say %q: %s", says, e.errors)
		}
	}
	rows := func(string) (string, error) { return "name\nann\n", nil }
	if _, err := flowfile.Parse("checkout.yaml", []byte(e.out), "", rows); err != nil {
		t.Error(err)
	}
	for text, says := range map[string]string{
		`{}`:                        "the scenario has no steps",
		`{"steps": [{"ws": "/c"}]}`: "flows speak no WebSocket yet",
		`{"steps": [{"path": "/", "extract": {"a": {"json": "b", "regex": "c"}}}], "session": "no", "data": {"d": {"fiel": 1}}}`: "step 1: extract.a: exactly one of json, regex and header",
		`[`: "is no scenario of pywrkr",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if e := joust(t, "import", "pywrkr", file); e.code != ExitUsage || !strings.Contains(e.errors, says) {
			t.Errorf("%s: want %q\n%s", text, says, e)
		}
	}
}

// The example walks through its own shop without a failure.
func TestExampleFlow(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	shop := exec.CommandContext(t.Context(), filepath.Join(programs, "flow-shop"), address)
	if err := shop.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = shop.Process.Kill() // it has served its purpose
		_ = shop.Wait()
	}()
	for { // the shop may still have to begin
		response, err := http.Get("http://" + address + "/items")
		if err == nil {
			_ = response.Body.Close()
			break
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
	for _, loop := range [][]string{nil, {"-R", "50"}} {
		args := append([]string{"load", "--flow", filepath.Join(checkout, "scripts", "flow.yaml"), "http://" + address, "-d", "1s", "--format", "json"}, loop...)
		if loop != nil {
			args = append(args, "--warmup", "0")
		}
		e := joust(t, args...)
		var d summary.Document
		if err := json.Unmarshal([]byte(e.out), &d); err != nil {
			t.Fatalf("%v\n%s", err, e)
		}
		p := d.Report.Phases[len(d.Report.Phases)-1]
		if sum, _ := p.Iterations(); p.Failures() != 0 || sum.Aborted+sum.Continued != 0 || p.Total.Completed == 0 {
			t.Errorf("%d right, %d failed, iterations %+v: %s", p.Total.Completed, p.Failures(), sum, p.Total.FirstError)
		}
	}
}
