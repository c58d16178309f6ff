package flowfile_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/flowfile"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// files are those that flow files of the tests name.
var files = map[string]string{
	"users.csv": "username,password\nann,\"a\"\"b\"\nbob,c\n", "blob.bin": "\x00\xff${x}", "bad.csv": "a,b\n1\n", "control.csv": "a\n\"x\ny\"\n",
}

func open(name string) (string, error) {
	text, ok := files[name]
	if !ok {
		return "", os.ErrNotExist
	}
	return text, nil
}

const shop = `base: https://api.example.com/v1/
data: {users: {file: users.csv, take: unique}}
load: {users: 200, ramp: 10s}
headers: {Accept: application/json, X-Env: test}
flows:
  - name: buy
    session: user
    pause: 500ms ± 50%
    headers: {x-env: flow}
    steps:
      - post: /auth/login
        body: {json: {username: "${users.username}", password: "${users.password}", n: 1.50, list: [true, null, "a\"b"]}}
        capture: {token: {json: $.access_token}, sid: {header: X-Session-Id, else: none}}
        expect: {status: 200, within: 500ms, headers: {Server: {regex: '^j'}, X: y}}
      - get: /search?q=${randstr(8)}
        name: search
        pause: 0s
        wait: exp 1s
        timeout: 2s
        repeat: 3
        headers: {Authorization: "Bearer ${token}", X-Session-Id: "${sid}"}
        expect: {json: {$.items: "*", $.n: 5}, contains: x, regex: [a, b]}
      - post: https://other.example:8443/orders
        keepalive: false
        body: {form: {a b: "${token}", c: "ü"}}
        expect: {status: any}
`

func parse(t *testing.T, text string) *adhoc.Walk {
	t.Helper()
	w, err := flowfile.Parse("flow.yaml", []byte(text), "", open)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestParse(t *testing.T) {
	t.Parallel()
	w := parse(t, shop)
	half := func(d time.Duration) loaders.Think { return loaders.Think{From: d / 2, To: d * 3 / 2} }
	if len(w.Hosts) != 2 || w.Hosts[0].Origin() != "https://api.example.com" || w.Hosts[1].Origin() != "https://other.example:8443" {
		t.Errorf("hosts %+v", w.Hosts)
	}
	if *w.Users != 200 || *w.Ramp != 10*time.Second || w.RateRPS != nil {
		t.Errorf("load %v %v %v", w.Users, w.Ramp, w.RateRPS)
	}
	f := w.Flows
	if diff := cmp.Diff([]string{"token", "sid", "users.username", "users.password", loaders.CookieJar}, f.Columns()); diff != "" {
		t.Error(diff)
	}
	steps := f.List[0].Steps
	if diff := cmp.Diff([]loaders.FlowStep{
		{
			Name: "post /auth/login", Call: loaders.Call{Request: 0, WithCookies: 1, Uses: []int{2, 3}}, Repeat: 1, Pause: half(500 * time.Millisecond), Within: 500 * time.Millisecond,
			Captures: []loaders.Capture{{Variable: 0, JSON: "$.access_token", InHeader: true}, {Variable: 1, Header: "X-Session-Id", Else: new("none"), InHeader: true}},
		},
		{Name: "search", Call: loaders.Call{Request: 2, WithCookies: 3, Uses: []int{0, 1}}, Repeat: 3, Wait: loaders.Think{From: time.Second, To: time.Second, Exponential: true}},
		{Name: "post https://other.example:8443/orders", Call: loaders.Call{Request: 4, WithCookies: 5, Uses: []int{0}}, Repeat: 1, Pause: half(500 * time.Millisecond)},
	}, steps); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	login, search, order := w.Requests[0], w.Requests[2], w.Requests[4]
	if diff := cmp.Diff(scenarios.Request{
		Name: "buy/post /auth/login", Method: "POST", Path: "/v1/auth/login", Pieces: true, Encode: scenarios.EncodeJSON,
		Headers: []scenarios.Header{{Name: "Accept", Value: "application/json"}, {Name: "x-env", Value: "flow"}, {Name: "Content-Type", Value: "application/json"}},
		Body:    &scenarios.Body{Text: `{"username":"${users.username}","password":"${users.password}","n":1.50,"list":[true,null,"a\"b"]}`},
		Expect:  scenarios.Expect{Status: 200, Checks: &scenarios.Checks{Headers: []string{"X: y"}, HeaderPatterns: []scenarios.Header{{Name: "Server", Value: "^j"}}}},
	}, login); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(&scenarios.Checks{JSON: []string{"$.n=5"}, Present: []string{"$.items"}, Contains: []string{"x"}, Patterns: []string{"a", "b"}}, search.Expect.Checks); diff != "" || search.Timeout != 2*time.Second {
		t.Errorf("timeout %v, %s", search.Timeout, diff)
	}
	if order.Target != 1 || order.Path != "/orders" || order.Expect.Status != scenarios.AnyStatus || order.Body.Text != "a+b=${token}&c=%C3%BC" ||
		order.Headers[len(order.Headers)-1].Value != "application/x-www-form-urlencoded" || order.Headers[2] != (scenarios.Header{Name: "Connection", Value: "close"}) {
		t.Errorf("%+v", order)
	}
	if with := w.Requests[1]; with.Headers[len(with.Headers)-1].Name != "Cookie" || !with.Pieces {
		t.Errorf("%+v", with)
	}
}

// A request without pieces is always the same, whatever stands for ${ in it; bodies of files
// are taken as they are.
func TestFixedRequests(t *testing.T) {
	t.Parallel()
	w := parse(t, `base: http://h
flows:
  - name: f
    session: none
    steps:
      - {post: "/$${a}", body: "$${b}", headers: {X: "$${c}"}}
      - {put: /b, body: {file: blob.bin}}
      - {put: /c?x=1, body: {file: blob.bin}, headers: {X: "${uuid()}"}}
      - {post: /d, body: {multipart: {a: text, b: {file: blob.bin, type: image/png}}}}
`)
	first := w.Requests[0]
	if first.Pieces || first.Path != "/$%7Ba%7D" || first.Body.Text != "${b}" || first.Headers[0].Value != "${c}" {
		t.Errorf("%+v", first)
	}
	if file := w.Requests[1]; file.Pieces || file.Body.Text != files["blob.bin"] {
		t.Errorf("%+v", file)
	}
	if file := w.Requests[2]; !file.Pieces || file.Body.Text != "\x00\xff$${x}" {
		t.Errorf("%+v", file)
	}
	if parts := w.Requests[3]; parts.Pieces || !strings.Contains(parts.Body.Text, files["blob.bin"]) || !strings.Contains(parts.Body.Text, "image/png") {
		t.Errorf("%+v", parts)
	}
}

// Variables that only steps with else use may be without a value.
func TestOptionalCaptures(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]bool{
		"- {post: '/b?${v}', else: {get: /b}}":                       true,
		"- {post: '/b?${v}', else: {get: /b}}\n      - get: /c?${v}": false,
		"- get: /b?${v}": false,
		"- get: /b":      false,
	} {
		w := parse(t, "base: http://h\nflows:\n  - name: f\n    steps:\n      - {get: /a, capture: {v: {cookie: c}}}\n      "+file+"\n")
		if got := w.Flows.List[0].Steps[0].Captures[0].Optional; got != want {
			t.Errorf("%s: optional %v", file, got)
		}
	}
}

// Flows in breadth, and those of a mix by priority, are walked once where nobody says more.
func TestRepeats(t *testing.T) {
	t.Parallel()
	w := parse(t, `base: http://h
mix: priority
flows:
  - {name: one, order: breadth, session: iteration, steps: [{get: /one}, {get: /one}]}
  - {name: two, repeat: 10, steps: [{get: /three}]}
`)
	if a, b := w.Flows.List[0], w.Flows.List[1]; a.Repeat != 1 || b.Repeat != 10 || a.Steps[1].Name != "get /one (2)" || !w.Flows.Finite() {
		t.Errorf("%+v %+v", a, b)
	}
	if w := parse(t, "base: http://h\nflows: [{name: f, steps: [{get: /}]}]\n"); w.Flows.Finite() {
		t.Errorf("%+v", w.Flows)
	}
}

// Each mistake is told with its line, and all of a file at once.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	step := func(text string) string {
		return "base: http://h\nflows:\n  - name: f\n    steps:\n      - " + text + "\n"
	}
	for file, want := range map[string]string{
		"":                       "flow.yaml: the file is empty",
		"flows: [\n":             "not YAML",
		"base: http://h\n":       "no flow: the file needs a list under the key flows",
		"base: h\nflows: []\n":   "flow.yaml:1: base: URL \"h\" has no scheme",
		"base: http://h/?x\n":    "has more than a scheme, a host and a path",
		"bsae: http://h\n":       `unknown key "bsae", did you mean "base"?`,
		"mix: fair\nflows: []\n": `mix "fair": weighted, equal or priority`,
		"base: http://h\nsetup: {repeat: 2, steps: [{get: /}]}": "setup: it is walked once and to its end",
		"flows: [{name: f}]\n": "a flow has no steps",
		"flows: [{steps: [{get: /}]}, {name: a, steps: [{get: /}]}, {name: a, steps: [{get: /}]}]\n": "a flow has no name: give it one with the key name\nflow.yaml:1: no base",
		"flows: [{name: f, steps: [{get: /}]}]\n":                                                    "no base: the file needs the scheme and host",
		"load: {users: 0, rate: -1, rate_of: hours}\nflows: []\n":                                    "load.users: at least 1 is needed\nflow.yaml:1: load.rate: it must be above 0\nflow.yaml:1: load.rate_of \"hours\": iterations or steps",
		"load: {ramp: 5}\n": "load.ramp: \"5\": it has no unit",
		"load: {iterations: 5}\nbase: http://h\nflows: [{name: f, repeat: 2, steps: [{get: /}]}]": "load.iterations with flows that end after their repetitions",
		"data: {u: {file: none.csv}}\n":            "data.u: file does not exist",
		"data: {u: {file: bad.csv}}\n":             "data.u: bad.csv: line 2 has 1 values, and there are 2 columns",
		"data: {u: {}}\n":                          "data.u: one of file and rows says what the rows are",
		"data: {u: {rows: [{a: [1]}]}}\n":          "data.u: rows: line 1 holds an object or a list",
		"data: {u.v: {rows: [{a: 1}]}}\n":          `data: "u.v" is no name of a set`,
		"data: {u: {rows: [{a: 1}], take: all}}\n": "data.u.take \"all\": loop, sequential, random or unique",
		step("{}"):                      "a step needs a verb with its path",
		step("{gett: /}"):               `unknown key "gett", did you mean "get"?`,
		step("{get: /, post: /}"):       "a step has one verb, and this one has get and post",
		step("get: items"):              `path "items": it begins with /, or is a URL`,
		step("get: ftp://h/"):           "it begins with /, or is a URL",
		step("{ws: /chat}"):             "ws: flows speak no WebSocket yet",
		step("{get: /, before: x.lua}"): "before: scripts in steps are not run yet",
		step("{get: /, name: a}\n      - {get: /b, name: a}"):            `two steps of the flow have the name "a"`,
		step("{get: /, pause: 5}"):                                       `"5": it has no unit: write one, such as 500ms or 2s`,
		step("{get: /, wait: uniform 1..5s}"):                            "it has no unit",
		step("{get: /, wait: 2s..1s}"):                                   "write 1s, 1s±50%, exp 1s or uniform 1s..5s",
		step("{get: /, timeout: -1s}"):                                   "it must be above 0",
		step("{get: /, repeat: 0}"):                                      "repeat 0: a whole number from 1",
		step("{get: '/?${tokn}', capture: {token: {json: a}}}"):          `"${tokn}" at 2 names nothing known, did you mean ${token}?`,
		step("{get: '/?${token}', capture: {token: {json: a}}}"):         "${token} has no value here: no earlier step of the flow captures it",
		step("{get: '/?${token'}"):                                       "has no }: a literal ${ is written $${",
		step("{get: /, capture: {token: {json: a, regex: b}}}"):          "capture token: one of json, regex, header and cookie says where the text stands",
		step("{get: /, capture: {token: {json: a..b}}}"):                 "a name is missing in the path",
		step("{get: /, capture: {token: {regex: '('}}}"):                 "missing closing )",
		step("{get: /, capture: {a.b: {json: a}}}"):                      `"a.b" is no name of a variable`,
		step("{get: /, else: {get: /b}}"):                                "else: it is sent where a variable of the step has no value, and the step has no variable",
		step("{get: /, expect: {status: 99}}"):                           `"99" is no final status`,
		step("{get: /, expect: {regex: '('}}"):                           "expect.regex: error parsing regexp",
		step("{get: /, expect: {json: {a..b: 1}}}"):                      "expect.json: \"a..b\": a name is missing",
		step("{get: /, expect: {stauts: 200}}"):                          `unknown key "stauts", did you mean "status"?`,
		step("{head: /, expect: {contains: x}}"):                         "expect looks into a body, and answers to HEAD have none",
		step("{post: /, body: {json: {a: 1}, form: {a: b}}}"):            "a body is a text, or one of json, form, file and multipart",
		step("{post: /, body: {file: none}}"):                            "body.file: file does not exist",
		step("{post: /, body: {json: {a: .nan}}}"):                       "is no number of JSON",
		step("{get: /, headers: {Content-Length: '5'}}"):                 "header Content-Length follows from the body; remove it",
		step("{get: /, headers: {\"a b\": c}}"):                          "is not a token",
		step("{get: /, keepalive: false, headers: {Connection: close}}"): "both say what becomes of the connection",
		"base: http://h\ndata: {u: {file: control.csv}}\nflows: [{name: f, steps: [{get: /, headers: {X: '${u.a}'}}]}]\n": "row 1 of the data u has a control character in its column a",
		"base: http://h\nflows: [{name: f, keep: all, keep_limit: 0, order: wide, session: all, on_error: stop, weight: 0, steps: [{get: /}]}]\n": `order "wide": depth or breadth
flow.yaml:2: session "all": user or iteration or none
flow.yaml:2: on_error "stop": abort or continue
flow.yaml:2: weight 0: a whole number from 1 to 1000000 is needed
flow.yaml:2: keep "all": none, times, heads or bodies
flow.yaml:2: keep_limit: it bounds the bytes of bodies that are kept`,
	} {
		_, err := flowfile.Parse("flow.yaml", []byte(file), "", open)
		var problems strictyaml.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", file, err, want)
		}
	}
}

// A URL of the command line replaces the base.
func TestBase(t *testing.T) {
	t.Parallel()
	w, err := flowfile.Parse("flow.yaml", []byte("base: http://a/x\nflows: [{name: f, steps: [{get: /}]}]\n"), "http://b:81/y", open)
	if err != nil || w.Hosts[0].Origin() != "http://b:81" || w.Requests[0].Path != "/y/" {
		t.Errorf("%+v, %v", w, err)
	}
}

// A draft is a file that says what the draft says.
func TestWrite(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	d := flowfile.Draft{
		Base: "http://h", Name: "- odd: name", Session: "none", OnError: "continue", Pause: "1s ± 50%",
		Data: []flowfile.DraftData{{Name: "users", File: "users.csv", Take: "random"}},
		Steps: []flowfile.DraftStep{
			{Method: "POST", Path: "/a?b=${users.username}", Name: "yes", Headers: []scenarios.Header{{Name: "X", Value: "1"}, {Name: "Y", Value: ""}}, Body: new("5"), Wait: "2s", Pause: "0s"},
			{Method: "DELETE", Path: "/", JSON: map[string]any{"a": []any{1, "2", nil}}},
		},
	}
	if err := flowfile.Write(&out, &d); err != nil {
		t.Fatal(err)
	}
	w := parse(t, out.String())
	if f := w.Flows.List[0]; f.Name != d.Name || f.Session != loaders.NoSession || f.OnError != loaders.ContinueIteration || f.Steps[0].Name != "yes" || f.Steps[1].Pause.From != 500*time.Millisecond {
		t.Errorf("%+v\n%s", f, &out)
	}
	if r := w.Requests[0]; r.Body.Text != "5" || r.Headers[0].Value != "1" || r.Path != "/a?b=${users.username}" {
		t.Errorf("%+v\n%s", r, &out)
	}
	if r := w.Requests[1]; r.Body.Text != `{"a":[1,"2",null]}` {
		t.Errorf("%+v\n%s", r.Body, &out)
	}
	if err := flowfile.Write(&out, &flowfile.Draft{Steps: []flowfile.DraftStep{{Method: "FOO"}}}); err == nil || !strings.Contains(err.Error(), "--format urls") {
		t.Error(err)
	}
}

// What the setup captures is known in every flow, and no flow has to capture it.
func TestSetup(t *testing.T) {
	t.Parallel()
	w := parse(t, `base: http://h
setup: {steps: [{post: /login, capture: {token: {json: t}}}]}
flows:
  - {name: f, steps: [{get: /, headers: {A: "${token}"}}]}
`)
	setup := w.Flows.Setup
	if setup == nil || setup.Name != "setup" || !setup.Steps[0].Captures[0].InHeader || len(w.Flows.List) != 1 || w.Flows.Finite() {
		t.Errorf("%+v", w.Flows)
	}
}

// Any file is refused with problems that have lines, or makes requests that are there.
func FuzzParse(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte("base: http://h\nflows: [{name: f, steps: [{get: '/${a}', else: {get: /}}]}]"))
	f.Add([]byte("base: http://h\nmix: priority\nflows: [{name: f, order: breadth, steps: [{get: /, body: {json: [~, .5, 0x10]}}]}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := flowfile.Parse("flow.yaml", text, "", open)
		var problems strictyaml.Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0) {
			t.Fatalf("%v", err)
		}
		if err != nil {
			return
		}
		for i := range w.Flows.List {
			for _, s := range w.Flows.List[i].Steps {
				if s.Request >= len(w.Requests) || s.WithCookies >= len(w.Requests) || s.Repeat < 1 {
					t.Errorf("%+v of %d requests", s, len(w.Requests))
				}
			}
		}
		for i := range w.Requests {
			if w.Requests[i].Target >= len(w.Hosts) {
				t.Errorf("%+v of %d hosts", w.Requests[i], len(w.Hosts))
			}
		}
	})
}
