package external_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/scenarios"
)

func row(change func(*scenarios.Scenario)) *scenarios.Scenario {
	s := &scenarios.Scenario{
		Name: "row", Protocols: []scenarios.Protocol{scenarios.H1}, Modes: []scenarios.Mode{scenarios.Closed, scenarios.Open}, Depth: 1,
		Requests: []scenarios.Request{{Name: "a", Method: "GET", Path: "/", Expect: scenarios.Expect{Status: 200}}},
	}
	if change != nil {
		change(s)
	}
	return s
}

// TestWhatEachToolCanExpress is the table of the documentation: "" where the tool
// can, else a part of the reason.
func TestWhatEachToolCanExpress(t *testing.T) {
	t.Parallel()
	more := func(second scenarios.Request) func(*scenarios.Scenario) {
		return func(s *scenarios.Scenario) { s.Requests = append(s.Requests, second) }
	}
	second := scenarios.Request{Name: "b", Method: "GET", Path: "/b", Expect: scenarios.Expect{Status: 200}}
	post := second
	post.Method, post.Body = "POST", &scenarios.Body{Text: "x"}
	for name, c := range map[string]struct {
		change                func(*scenarios.Scenario)
		wrk, wrk2, h2load, ab string
	}{
		"a plain GET":           {nil, "", "", "", ""},
		"a body":                {func(s *scenarios.Scenario) { s.Requests[0] = post }, "", "", "", ""},
		"a body with PATCH":     {func(s *scenarios.Scenario) { s.Requests[0] = post; s.Requests[0].Method = "PATCH" }, "", "", "", "POST and PUT only"},
		"HEAD":                  {func(s *scenarios.Scenario) { s.Requests[0].Method = "HEAD" }, "HEAD", "HEAD", "HEAD", ""},
		"a chunked body":        {func(s *scenarios.Scenario) { s.Requests[0].Body = &scenarios.Body{Text: "xx", Chunk: 1} }, "", "", "chunked", "HTTP/1.0"},
		"a chunked answer":      {func(s *scenarios.Scenario) { s.Requests[0].Expect.Framing = scenarios.ChunkedFramed }, "", "", "", "HTTP/1.0"},
		"depth 4":               {func(s *scenarios.Scenario) { s.Depth = 4 }, "", "paces batches", "", "pipeline"},
		"closed only":           {func(s *scenarios.Scenario) { s.Modes = s.Modes[:1] }, "", "open loops only", "", ""},
		"open only":             {func(s *scenarios.Scenario) { s.Modes = s.Modes[1:] }, "closed loops only", "", "closed loops only", "closed loops only"},
		"two paths in turn":     {more(second), "", "", "", "one request only"},
		"two methods in turn":   {more(post), "", "", "path only", "one request only"},
		"weighted":              {func(s *scenarios.Scenario) { more(second)(s); s.Rotation = scenarios.Weighted }, "weighted", "weighted", "weighted", "weighted"},
		"a reconnect every 10":  {func(s *scenarios.Scenario) { s.Connection.ReconnectEvery = 10 }, "every 10", "every 10", "every 10", "every 10"},
		"a reconnect each time": {func(s *scenarios.Scenario) { s.Connection.ReconnectEvery = 1 }, "Connection: close", "Connection: close", "never opens", ""},
		"one that says close": {func(s *scenarios.Scenario) {
			s.Connection.ReconnectEvery = 1
			s.Requests[0].Headers = []scenarios.Header{{Name: "Connection", Value: "close"}}
		}, "", "", "never opens", ""},
		"waves":                {func(s *scenarios.Scenario) { s.Connection = scenarios.Connection{ReconnectEvery: 1, Together: true} }, "waves", "waves", "waves", "waves"},
		"a reset at the end":   {func(s *scenarios.Scenario) { s.Connection.CloseWith = scenarios.RST }, "reset", "reset", "reset", "reset"},
		"a 404":                {func(s *scenarios.Scenario) { s.Requests[0].Expect.Status = 404 }, "404", "404", "404", "404"},
		"an upgrade":           {func(s *scenarios.Scenario) { s.Requests[0].Expect.Status = 101 }, "101", "101", "101", "101"},
		"steps":                {func(s *scenarios.Scenario) { s.Requests[0].Exchange = scenarios.Exchange{{}} }, "steps", "steps", "steps", "steps"},
		"messages, no request": {func(s *scenarios.Scenario) { s.Unit = scenarios.Messages }, "messages", "messages", "messages", "messages"},
	} {
		for tool, want := range map[string]string{"wrk": c.wrk, "wrk2": c.wrk2, "h2load": c.h2load, "ab": c.ab} {
			got := lookup(t, tool).WhyNot(row(c.change), scenarios.H1)
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%s, %s: %q, want %q", name, tool, got, want)
			}
		}
	}
	if why := external.Tools()[0].WhyNot(row(nil), scenarios.H2); !strings.Contains(why, "h1 only") {
		t.Errorf("HTTP/2 by wrk: %q", why)
	}
}

func TestUnknownToolNamesTheNearest(t *testing.T) {
	t.Parallel()
	if _, err := external.Lookup("wkr"); err == nil || !strings.Contains(err.Error(), `unknown loader "wkr"`) || !strings.Contains(err.Error(), "wrk") {
		t.Errorf("error %v", err)
	}
}

func TestCommandLines(t *testing.T) {
	t.Parallel()
	body := &scenarios.Body{Text: "ab", Length: 5}
	post := scenarios.Request{Name: "p", Method: "POST", Path: "/echo", Body: body, Headers: []scenarios.Header{
		{Name: "Content-Type", Value: "text/x"}, {Name: "X-A", Value: "1"},
	}}
	get := scenarios.Request{Name: "g", Method: "GET", Path: "/"}
	other := scenarios.Request{Name: "o", Method: "GET", Path: "/o"}
	spec := func(depth int, requests ...scenarios.Request) loaders.Spec {
		return loaders.Spec{
			Target: loaders.Target{Address: "127.0.0.1:80", Host: "127.0.0.1:80"}, Requests: requests, Depth: depth,
			Connections: 50, Threads: 4, RequestTimeout: 1500 * time.Millisecond,
		}
	}
	for name, c := range map[string]struct {
		tool  string
		spec  loaders.Spec
		args  string
		files map[string]string
	}{
		"wrk, plain": {"wrk", spec(1, get), "-t 2 -c 50 -d 3s --latency --timeout 2s http://127.0.0.1:80/", nil},
		"wrk, scripted": {"wrk", spec(1, post), "-t 2 -c 50 -d 3s --latency --timeout 2s -s /d/joust.lua http://127.0.0.1:80/echo", map[string]string{
			"requests.bin": "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Type: text/x\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nababa",
		}},
		"wrk, pipelined": {"wrk", spec(2, get), "-t 2 -c 50 -d 3s --latency --timeout 2s -s /d/joust.lua http://127.0.0.1:80/", map[string]string{
			"requests.bin": strings.Repeat("GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", 2),
		}},
		"wrk2":              {"wrk2", spec(1, get), "-t 2 -c 50 -d 3s -R 1234 --latency --u_latency --timeout 2s http://127.0.0.1:80/", nil},
		"h2load, a body":    {"h2load", spec(1, post), "--h1 -t 4 -c 50 -D 3s -N 2s -d /d/body.bin -H Content-Type: text/x -H X-A: 1 http://127.0.0.1:80/echo", map[string]string{"body.bin": "ababa"}},
		"h2load, two paths": {"h2load", spec(4, get, other), "--h1 -t 4 -c 50 -D 3s -N 2s -m 4 -i /d/urls.txt", map[string]string{"urls.txt": "http://127.0.0.1:80/\nhttp://127.0.0.1:80/o\n"}},
		"ab":                {"ab", spec(1, get), "-q -r -k -c 50 -t 3 -n 3000000 -s 2 -e /d/percentiles.csv http://127.0.0.1:80/", nil},
		"ab, a body":        {"ab", spec(1, post), "-q -r -k -c 50 -t 3 -n 3000000 -s 2 -e /d/percentiles.csv -p /d/body.bin -T text/x -H X-A: 1 http://127.0.0.1:80/echo", map[string]string{"body.bin": "ababa"}},
	} {
		dir, starter := t.TempDir(), &noting{err: errors.New("enough")}
		c.spec.Phases = phases(lookup(t, c.tool).Loop, 3*time.Second)
		c.spec.Protocol = scenarios.H1
		_, err := loader(t, c.tool, starter, dir).Run(t.Context(), c.spec, &control{rate: 1234})
		if !errors.Is(err, starter.err) {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.ReplaceAll(strings.Join(starter.args, " "), dir, "/d"); got != c.args {
			t.Errorf("%s: %q, want %q", name, got, c.args)
		}
		for file, want := range c.files {
			if text, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(text) != want {
				t.Errorf("%s: %s holds %q, %v, want %q", name, file, text, err, want)
			}
		}
	}
}

// noting notes the arguments and fails.
type noting struct {
	args []string
	err  error
}

func (n *noting) Run(_ context.Context, _ string, args []string, _ func()) (external.Output, error) {
	n.args = args
	return external.Output{}, n.err
}

// TestFindDistinguishesWrkFromWrk2 uses scripts for programs: they print the
// versions of the real ones.
func TestFindDistinguishesWrkFromWrk2(t *testing.T) {
	const (
		wrk  = "echo 'wrk 4.1.0 [epoll] Copyright (C) 2012 Will Glozer'; echo '    -c, --connections <N>'; exit 1"
		wrk2 = "echo 'wrk 4.0.0 [epoll] Copyright (C) 2012 Will Glozer'; echo '    -R, --rate <T>  work rate (throughput)'; exit 1"
	)
	for name, c := range map[string]struct {
		programs map[string]string
		tool     string
		version  string
		why      string
	}{
		"wrk":               {map[string]string{"wrk": wrk}, "wrk", "4.1.0", ""},
		"wrk2 as wrk2":      {map[string]string{"wrk2": wrk2, "wrk": wrk}, "wrk2", "4.0.0", ""},
		"wrk2 as wrk":       {map[string]string{"wrk": wrk2}, "wrk2", "4.0.0", ""},
		"wrk that is wrk2":  {map[string]string{"wrk": wrk2}, "wrk", "", "is wrk2, which calls itself wrk"},
		"wrk2 that is none": {map[string]string{"wrk2": wrk}, "wrk2", "", "has no --rate"},
		"a wrk and no wrk2": {map[string]string{"wrk": wrk}, "wrk2", "", "not on PATH: build it"},
		"no ab":             {nil, "ab", "", "not on PATH: install the package apache2-utils"},
		"a broken ab":       {map[string]string{"ab": "echo no libapr; exit 127"}, "ab", "", `prints no version of ab: it said "no libapr"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for program, script := range c.programs {
				if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir)
			f := external.Find(t.Context(), lookup(t, c.tool))
			if f.Version != c.version || !strings.Contains(f.Why, c.why) || (f.Why == "") != (c.why == "") || (f.Path == "") != (c.why != "") {
				t.Errorf("found %q %q, why not %q; want %q, %q", f.Path, f.Version, f.Why, c.version, c.why)
			}
		})
	}
}
