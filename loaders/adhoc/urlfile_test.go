package adhoc_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/loaders/pieces"
	"github.com/joust-bench/joust/scenarios"
)

// manySpec returns the load of the flags on a URL file. Each host has an address of its
// own.
func manySpec(f adhoc.Flags, file string) (loaders.Spec, error) {
	u, err := adhoc.ParseURLs(file)
	if err != nil {
		return loaders.Spec{}, err
	}
	m, err := f.Many(u)
	if err != nil {
		return loaders.Spec{}, err
	}
	var addresses [][]string
	for i := range u.Hosts() {
		addresses = append(addresses, []string{fmt.Sprintf("10.0.0.%d", i+1)})
	}
	return m.Spec(addresses)
}

func mustMany(t *testing.T, f adhoc.Flags, file string) loaders.Spec {
	t.Helper()
	s, err := manySpec(f, file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// requestsOf returns the requests that a load asks.
func requestsOf(s *loaders.Spec) []scenarios.Request {
	var list []scenarios.Request
	for i := range s.CountRequests() {
		list = append(list, s.RequestAt(i))
	}
	return list
}

// Each line becomes a request; the flags are the defaults of each.
func TestURLFile(t *testing.T) {
	t.Parallel()
	f := plain()
	f.Headers, f.ExpectStatus, f.Cookies = []string{"A: flag", "B: flag"}, new(200), []string{"c=1"}
	got := mustMany(t, f, "\ufeff# a comment\n\nhttp://h/a?x=1#part\r\n  DELETE\thttp://h/b c\n"+
		`{"url": "http://h/d", "method": "PUT", "headers": {"Cookie": "own", "b": "own"}, "body": {"json": {"k": [1, 2]}}, "expect": {"status": 201}}`+"\n"+
		`{"url": "http://u:p@h:80/e", "body": "text"}`)
	header := func(pairs ...string) (list []scenarios.Header) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, scenarios.Header{Name: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	ok := scenarios.Expect{Status: 200}
	flags := []string{"A", "flag", "B", "flag"}
	want := []scenarios.Request{
		{Name: "GET /a?x=1", Method: "GET", Path: "/a?x=1", Headers: header(append(flags, "Cookie", "c=1")...), Weight: 1, Expect: ok},
		{Name: "DELETE /b%20c", Method: "DELETE", Path: "/b%20c", Headers: header(append(flags, "Cookie", "c=1")...), Weight: 1, Expect: ok},
		{
			Name: "PUT /d", Method: "PUT", Path: "/d", Body: &scenarios.Body{Text: `{"k": [1, 2]}`}, Weight: 1, Expect: scenarios.Expect{Status: 201},
			Headers: header("Cookie", "own", "b", "own", "A", "flag", "Accept", "application/json", "Content-Type", "application/json"),
		},
		{
			Name: "POST /e", Method: "POST", Path: "/e", Body: &scenarios.Body{Text: "text"}, Weight: 1, Expect: ok,
			Headers: header(append(flags, "Authorization", "Basic dTpw", "Cookie", "c=1", "Content-Type", "application/octet-stream")...),
		},
	}
	if diff := cmp.Diff(want, requestsOf(&got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.Rotation != scenarios.InTurn || len(got.Hosts) != 0 || got.Target.Address != "10.0.0.1:80" || got.Users != 0 {
		t.Errorf("rotation %s, target %+v, hosts %+v, %d users", got.Rotation, got.Target, got.Hosts, got.Users)
	}
}

// The hosts of https come first; http and https, and two ports, are different hosts, and
// two spellings of one are not.
func TestURLsOfSeveralHosts(t *testing.T) {
	t.Parallel()
	f := plain()
	f.TLS.CAFile = "ca.pem"
	got := mustMany(t, f, "http://a/1\nhttps://a/2\nhttp://A:80/3\nhttp://a:81/4\nhttps://u@a:443/5\nhttps://b:8443/6\n")
	want := []loaders.Host{
		{Target: loaders.Target{Network: "tcp", Address: "10.0.0.2:8443", Host: "b:8443"}, TLS: &loaders.TLS{CAFile: "ca.pem", ServerName: "b"}},
		{Target: loaders.Target{Network: "tcp", Address: "10.0.0.3:80", Host: "a"}},
		{Target: loaders.Target{Network: "tcp", Address: "10.0.0.4:81", Host: "a:81"}},
	}
	if diff := cmp.Diff(want, got.Hosts); diff != "" {
		t.Errorf("hosts (-want +got)\n%s", diff)
	}
	if got.Target.Address != "10.0.0.1:443" || got.TLS == nil || got.TLS.ServerName != "a" || got.Protocol != scenarios.H1S {
		t.Errorf("the first target is %+v, %+v, %s", got.Target, got.TLS, got.Protocol)
	}
	for i, target := range []int{2, 0, 2, 3, 0, 1} {
		if r := got.RequestAt(i); r.Target != target || !strings.HasSuffix(r.Path, fmt.Sprint(i+1)) {
			t.Errorf("request %d is %s on target %d, want %d", i+1, r.Name, r.Target, target)
		}
	}
	if name := got.RequestAt(5).Name; name != "GET https://b:8443/6" {
		t.Errorf("the name %q", name)
	}
	if got.Users != got.Connections {
		t.Errorf("%d users on %d connections", got.Users, got.Connections)
	}
	f.RateRPS = new(5.0)
	if open := mustMany(t, f, "http://a/\nhttps://a/"); open.Users != 0 {
		t.Errorf("%d users of an open loop", open.Users)
	}
}

// Connections and threads that are not given are enough for each host on each thread.
func TestManyHostsByDefault(t *testing.T) {
	t.Parallel()
	file := linesOf(100, "http://h%d/")
	f := plain()
	f.Processors = 16
	if s := mustMany(t, f, file); s.Connections != 100 || s.Threads != 1 {
		t.Errorf("%d connections on %d threads", s.Connections, s.Threads)
	}
	f.Connections = new(350)
	if s := mustMany(t, f, file); s.Threads != 3 {
		t.Errorf("350 connections on %d threads", s.Threads)
	}
}

// Weights that differ make a draw.
func TestWeightsOfURLs(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]scenarios.Rotation{
		`{"url": "http://h/a", "weight": 3}` + "\nhttp://h/b":                              scenarios.Weighted,
		`{"url": "http://h/a", "weight": 3}` + "\n" + `{"url": "http://h/b", "weight": 3}`: scenarios.InTurn,
	} {
		if s := mustMany(t, plain(), file); s.Rotation != want {
			t.Errorf("%s: %s", file, s.Rotation)
		}
	}
}

func TestURLFileRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("http://h/\nno\n", 12)
	for file, want := range map[string][]string{
		"":                                     {"no URL is in it"},
		"# only\n\n":                           {"no URL is in it"},
		"http://h/\nhost/path\nhttp://h/":      {"1 of 3 lines is wrong", `line 2: URL "host/path" has no scheme: write http://host/path`},
		"get http://h/":                        {`line 1: "get" is neither a URL`},
		"GET":                                  {`line 1: URL "GET" has no scheme`},
		"GET  ":                                {`line 1: URL "GET" has no scheme`},
		"ftp://h/":                             {`line 1: URL "ftp://h/": joust load speaks http and https`},
		"http://u:secret@:99999/":              {"line 1: URL \"http://xxxxx@:99999/\": port 99999"},
		"http://h/\x01":                        {"control character"},
		"CONNECT http://h/":                    {"line 1: ", "method CONNECT asks for a tunnel"},
		long:                                   {"12 of 24 lines are wrong, the first 10:\nline 2: ", "line 20: "},
		`{"url": "http://h/", "metod": "GET"}`: {`line 1: unknown field "metod": a line in JSON looks like`},
		`{"url": "http://h/"`:                  {"line 1: the JSON object has no end"},
		`{"url": "http://h/"} x`:               {"more follows the JSON object"},
		`{"method": "GET"}`:                    {"has no url"},
		`{"url": 5}`:                           {"url may not be a number"},
		`{"url": "http://h/", "weight": 0}`:    {"weight 0: a whole number from 1"},
		`{"url": "http://h/", "weight": 1000001}`:             {"weight 1000001"},
		`{"url": "http://h/", "weight": 1.5}`:                 {"weight may not be a number 1.5"},
		`{"url": "http://h/", "method": "get"}`:               {`"get" is neither`},
		`{"url": "http://h/", "expect": {"status": 99}}`:      {"expect.status 99: a final status"},
		`{"url": "http://h/", "expect": {"body": "x"}}`:       {`unknown field "body"`},
		`{"url": "http://h/", "body": {"xml": "x"}}`:          {`body is a text, or {"json": value}`},
		`{"url": "http://h/", "body": 7}`:                     {`body is a text, or {"json": value}`},
		`{"url": "http://h/", "headers": ["A"]}`:              {"headers are an object of names and values"},
		`{"url": "http://h/", "headers": {"A": 1}}`:           {"the header A has a value that is no text"},
		`{"url": "http://h/", "headers": {"A:b": "x"}}`:       {`the header "A:b"`},
		`{"url": "http://h/", "headers": {"A": "x\r\nB: y"}}`: {"line 1: ", "control character"},
	} {
		_, err := manySpec(plain(), file)
		for _, part := range want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q: error %v, want %q", file, err, part)
			}
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || strings.Count(err.Error(), "line ") > 11) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestFlagsOfSeveralHostsRefused(t *testing.T) {
	t.Parallel()
	const file = "https://a/\nhttps://b/\nhttp://c/"
	for want, set := range map[string]func(*adhoc.Flags){
		"-c 5 with 3 hosts and 2 threads: each thread has a connection to each host: ask for -c 6 or more": func(f *adhoc.Flags) { f.Connections, f.Threads = new(5), new(2) },
		"-c 2 with 3 hosts and 1 thread: ":    func(f *adhoc.Flags) { f.Connections = new(2) },
		"--proxy with 3 hosts":                func(f *adhoc.Flags) { f.Proxy = "10.0.0.1:1" },
		"--unix with 3 hosts":                 func(f *adhoc.Flags) { f.Unix = "/s" },
		"--servername with several hosts":     func(f *adhoc.Flags) { f.TLS.ServerName = "x" },
		"--latency-from connect with 3 hosts": func(f *adhoc.Flags) { f.LatencyFrom = loaders.FromConnect },
		"--depth 0: at least 1":               func(f *adhoc.Flags) { f.Depth = 0 },
	} {
		f := plain()
		set(&f)
		if _, err := manySpec(f, file); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one sentence with %q", err, want)
		}
	}
}

// linesOf returns n lines, each with its number in the form.
func linesOf(n int, form string) string {
	var file strings.Builder
	for i := range n {
		fmt.Fprintf(&file, form+"\n", i)
	}
	return file.String()
}

// Up to a thousand URLs have groups of their own; more are grouped by host and first
// segment, and more than a thousand of these have one for those of the least weight.
func TestGroupsOfManyURLs(t *testing.T) {
	t.Parallel()
	groups := func(s loaders.Spec) map[string]int {
		list := map[string]int{}
		names, of := s.Groups()
		for _, group := range of {
			list[names[group]]++
		}
		return list
	}
	if s := mustMany(t, plain(), linesOf(1000, "http://h/a/%d")+linesOf(1000, "http://h/a/%d")); len(groups(s)) != 1000 || s.GroupedBy != "" {
		t.Errorf("%d groups by %q", len(groups(s)), s.GroupedBy)
	}
	s := mustMany(t, plain(), linesOf(100_000, "http://h/a/%d")+"http://g/b?c\nhttp://g/\n")
	if diff := cmp.Diff(map[string]int{"http://h/a": 100_000, "http://g/b": 1, "http://g/": 1}, groups(s)); diff != "" || s.GroupedBy != "host and first path segment" {
		t.Errorf("by %q (-want +got)\n%s", s.GroupedBy, diff)
	}
	s = mustMany(t, plain(), linesOf(3000, "http://h/%d/x")+linesOf(500, "http://h/2999/%d"))
	if got := groups(s); len(got) != 1000 || got["/2999"] != 501 || got["others"] != 3000-999 {
		t.Errorf("%d groups, %d and %d", len(got), got["/2999"], got["others"])
	}
}

// Lines with the same body and headers share them.
func TestURLsShareTheirSettings(t *testing.T) {
	t.Parallel()
	line := `{"url": "http://h/%d", "headers": {"A": "b"}, "body": "` + strings.Repeat("x", 5000) + `"}` + "\n"
	s := mustMany(t, plain(), fmt.Sprintf(line+line, 1, 2))
	a, b := s.RequestAt(0), s.RequestAt(1)
	if unsafe.StringData(a.Body.Text) != unsafe.StringData(b.Body.Text) || &a.Headers[0] != &b.Headers[0] {
		t.Error("two lines have bodies or headers of their own")
	}
}

// Lines that differ in their bodies alone are variants of one request; an empty body and one
// with pieces are settings of their own, whose faults are told with their lines.
func TestURLsWithBodiesOfTheirOwn(t *testing.T) {
	t.Parallel()
	line := func(body string) string {
		return fmt.Sprintf(`{"url": "http://h/", "method": "PUT", "headers": {"A": "b"}, "body": %q}`+"\n", body)
	}
	f := plain()
	f.Body = new("of the flags")
	s := mustMany(t, f, line("one")+line("two")+line("")+line("${uuid()}")+line("two"))
	var bodies []string
	for _, r := range s.EachRequest() {
		bodies = append(bodies, fmt.Sprint(r.Body.Text, r.Pieces))
	}
	if diff := cmp.Diff([]string{"onefalse", "twofalse", "false", "${uuid()}true", "twofalse"}, bodies); diff != "" || len(s.Requests) != 3 {
		t.Errorf("of %d requests (-want +got)\n%s", len(s.Requests), diff)
	}
	if _, err := manySpec(f, line("one")+line("${nothing()}")); err == nil || !strings.Contains(err.Error(), "line 2: ") {
		t.Errorf("error %v", err)
	}
}

// Many URLs are variants of few requests: each takes little memory. It runs alone: it
// counts the memory of the whole process.
func TestManyURLsInLittleMemory(t *testing.T) {
	const lines, most = 100_000, 250
	file := linesOf(lines, "http://h/item/%d")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := mustMany(t, plain(), file)
	runtime.ReadMemStats(&after)
	if bytes := (after.TotalAlloc - before.TotalAlloc) / lines; bytes > most || len(s.Requests) != 1 {
		t.Errorf("%d bytes a URL of %d requests, want at most %d", bytes, len(s.Requests), most)
	}
}

// Every file is refused, or each of its requests can be sent.
func FuzzParseURLs(f *testing.F) {
	for _, file := range []string{
		"http://h/a\nPOST https://g:1/\n# x", `{"url":"http://h/","headers":{"A":"b"},"body":{"json":1},"weight":2,"expect":{"status":204}}`,
		"\ufeffhttp://h\r\n", "GET\thttp://h/%zz [", "{", "{}", `{"url":"http://h/","body":""}`,
	} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file string) {
		s, err := manySpec(plain(), file)
		if err != nil {
			return
		}
		for _, asked := range s.EachRequest() {
			if asked.Pieces {
				marked, err := pieces.Mark(asked, nil, "h")
				if err != nil {
					t.Fatalf("%q: %v", file, err)
				}
				asked = &marked.Request
			}
			r, err := wire.Compile(asked, "h")
			if err != nil || strings.Count(string(r.Head[:r.HeadBytes]), "\n") != strings.Count(string(r.Head[:r.HeadBytes]), "\r\n") {
				t.Fatalf("%q: %q, %v", file, r.Head, err)
			}
		}
	})
}
