package lua_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
)

// shapes are scripts of the kinds that people write. Each script ends after a number of
// requests.
var shapes = map[string]string{
	"counter": `
		local n = 0
		function request()
			n = n + 1
			if n > 41 then wrk.thread:stop() return "" end
			wrk.headers["X-Counter"] = n
			return wrk.format(nil, "/" .. n)
		end`,
	"post with a body": `
		wrk.method, wrk.body = "POST", '{"name": "x"}'
		wrk.headers["Content-Type"] = "application/json"
		local n = 0
		function response() n = n + 1 if n == 40 then wrk.thread:stop() end end`,
	"random paths": `
		local n = 0
		function request()
			n = n + 1
			if n > 41 then wrk.thread:stop() return "" end
			return wrk.format("GET", "/item/" .. math.random(1, 1000) .. "?q=" .. string.format("%05d", math.random(99999)))
		end`,
	"random text": `
		local chars, n = "abcdefghijklmnopqrstuvwxyz", 0
		math.randomseed(7)
		function request()
			n = n + 1
			if n > 41 then wrk.thread:stop() return "" end
			local t = {}
			for i = 1, 20 do local c = math.random(#chars) t[i] = chars:sub(c, c) end
			return wrk.format("PUT", "/", nil, table.concat(t))
		end`,
	"pipeline": `
		local n = 0
		function init() local r = {} for i = 1, 4 do r[i] = wrk.format(nil, "/" .. i) end all = table.concat(r) end
		function request() return all end
		function response() n = n + 1 if n == 40 then wrk.thread:stop() end end`,
	"token": `
		local token, n = nil, 0
		function request() return wrk.format("GET", token and "/resource" or "/login") end
		function response(status, headers, body)
			n = n + 1
			if n == 40 then wrk.thread:stop() end
			if not token then token = body wrk.headers["Authorization"] = "Bearer " .. token end
		end`,
	"arguments and captures": `
		local n = 0
		function init(args) prefix, from = args[1], args[0]:match("^(%w+)://([^/]+)") end
		function request()
			n = n + 1
			if n > 41 then wrk.thread:stop() return "" end
			return wrk.format(nil, ("/" .. prefix .. "/" .. n):gsub("/", "/x"), {["X-From"] = from, ["X-Sum"] = n / 3})
		end`,
}

// wrkAt is wrk, or the reason to skip the test.
func wrkAt(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("wrk")
	switch {
	case err == nil:
	case os.Getenv("JOUST_REQUIRE") == "all":
		t.Fatalf("%v, and JOUST_REQUIRE=all", err)
	default:
		t.Skipf("%v: install it to run scripts side by side", err)
	}
	return path
}

// byWrk runs a script by wrk itself, on one connection, and returns the requests that the
// server read and what wrk printed.
func byWrk(t *testing.T, path, text string, answer func(string) string) (requests []string, printed string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.lua")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	retry.Often(t, func() string {
		r := &recorder{answer: answer}
		server := enginetest.Start(t, r.serve)
		out, err := exec.CommandContext(t.Context(), path, "-t1", "-c1", "-d1s", "-s", file, "http://"+server.Address+"/path?x=1", "--", "one").CombinedOutput()
		if ended := (*exec.ExitError)(nil); errors.As(err, &ended) && !ended.Exited() {
			return fmt.Sprintf("wrk itself crashed: %v", err) // as it may where a script stops its thread
		}
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		requests, printed = r.seen(), string(out)
		return ""
	})
	return requests, printed
}

// normal returns a request with its fields in order: wrk's own order is arbitrary. The
// port of the server is left out.
func normal(request string) string {
	head, body, _ := strings.Cut(request, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "Host: ") {
			lines[i] = "Host"
		}
	}
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n") + "\n\n" + body
}

// A script asks the same under joust as under wrk, byte for byte.
func TestAsksAsWrkDoes(t *testing.T) {
	t.Parallel()
	path := wrkAt(t)
	answer := func(string) string { return enginetest.OK("secret") }
	for name, text := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, _ := byWrk(t, path, text, answer)
			l := scripted(text, 1000)
			l.answer = answer
			l.spec.Script.Args = []string{"one"}
			l.spec.Script.URL = "http://127.0.0.1/path?x=1"
			l.run(t).right(t)
			got := l.seen()
			// wrk may have sent one more text before it stopped.
			n := min(len(got), len(want))
			if n < 40 || len(want) > n+8 || len(got) > n+8 {
				t.Fatalf("joust asked %d requests, wrk %d", len(got), len(want))
			}
			for i := range n {
				if normal(got[i]) != normal(want[i]) {
					t.Fatalf("request %d is %q, wrk's is %q", i, got[i], want[i])
				}
			}
		})
	}
}

// done sees the same figures, as far as two loads of the same server can have the same.
func TestDoneSeesWhatWrkDoes(t *testing.T) {
	t.Parallel()
	const text = `
		local n, threads = 0, {}
		function setup(thread) threads[#threads + 1] = thread end
		function response(status) n = n + 1 answers = n if n == 50 then wrk.thread:stop() end end
		function done(summary, latency, requests)
			io.write("----\n")
			print(summary.requests, summary.errors.status, summary.errors.connect, summary.errors.timeout, threads[1]:get("answers"))
			for _, p in pairs({50, 90, 99, 99.999}) do
				local v = latency:percentile(p)
				print(p, v >= latency.min, v <= latency.max, v == math.floor(v))
			end
			print(latency.min == math.floor(latency.min), latency.mean > 0, latency(1) == latency.min, type(#latency))
			print(string.format("%g%%: %d", 50, latency:percentile(50)) ~= "", type(requests.max), type(requests:percentile(50)))
		end`
	answer := func(string) string { return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }
	_, printed := byWrk(t, wrkAt(t), text, answer)
	_, want, ok := strings.Cut(printed, "----\n")
	l := scripted(text, 1000)
	l.answer = answer
	l.run(t).right(t)
	if got := strings.TrimPrefix(l.output, "----\n"); !ok || got != want {
		t.Errorf("joust's done() prints\n%s\nwrk's\n%s", got, want)
	}
}

// The states print when they are loaded and set up as wrk's do.
func TestPrintsAsWrkDoes(t *testing.T) {
	t.Parallel()
	const text = `
		print("top", wrk.scheme, wrk.host, wrk.method, wrk.path, wrk.body, wrk.thread ~= nil, type(wrk.format))
		function setup(thread) print("setup", type(thread.addr), tostring(thread.addr):match("^127.0.0.1:%d+$") ~= nil) thread:set("x", {1, {y = "z"}}) end
		function init(args) print("init", args[0]:match("^http://127.0.0.1:%d+/path%?x=1$") ~= nil, args[1], #args, x[2].y, wrk.request, wrk.headers.Host ~= nil) end
		local n = 0
		function request() n = n + 1 if n == 3 then wrk.thread:stop() return "" end print("request", n) return wrk.format() end
		function response(status, headers, body) print("response", status, headers["Content-Length"], body) end`
	_, printed := byWrk(t, wrkAt(t), text, nil)
	var want []string
	for line := range strings.Lines(printed) {
		if word, _, _ := strings.Cut(line, "\t"); slices.Contains([]string{"top", "setup", "init", "request", "response"}, word) {
			want = append(want, line)
		}
	}
	l := scripted(text, 1000)
	l.spec.Script.Args = []string{"one"}
	server := "http://127.0.0.1:80/path?x=1"
	l.spec.Script.URL = server
	l.run(t).right(t)
	if got := l.printed; got != strings.Join(want, "") {
		t.Errorf("joust prints\n%s\nwrk\n%s", got, strings.Join(want, ""))
	}
}
