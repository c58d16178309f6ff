package lua_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/retry"
)

// Top-level code runs once in the main state and once in that of each thread.
func TestOneStateAThreadAndOneMainState(t *testing.T) {
	t.Parallel()
	l := scripted(`print("loaded", wrk.thread ~= nil)`, 2)
	l.spec.Threads, l.spec.Connections = 2, 2
	l.run(t).right(t).prints(t, strings.Repeat("loaded\tfalse\n", 3))
}

// An error while the script is loaded lets the load go on, with the functions defined
// before, and is an error at its end; lax, it is a warning.
func TestErrorWhileLoading(t *testing.T) {
	t.Parallel()
	const text = "function request() return wrk.format(nil, '/before') end\nerror('wrong')\nfunction response() end"
	l := scripted(text, 2).run(t)
	if l.err != nil || l.report.Script.Error != "test.lua:2: wrong" || !slices.Equal(l.paths(), []string{"/before", "/before"}) || l.report.Script.Ended {
		t.Errorf("%v, %+v, %q", l.err, l.report.Script, l.paths())
	}
	lax := scripted("x = = 5", 2)
	lax.spec.Script.Compat = loaders.Lax
	lax.run(t).right(t)
	if got := lax.report.Warnings; len(got) != 1 || !strings.HasPrefix(got[0], "test.lua:1: ") || len(lax.seen()) != 2 {
		t.Errorf("%q, %d requests", got, len(lax.seen()))
	}
}

// The functions are called in wrk's order: setup in the main state and init in each
// thread's, one more request of thread 0, the load, and done in the main state.
func TestOrderOfHooks(t *testing.T) {
	t.Parallel()
	l := scripted(`
		function setup(thread) print("setup") thread:set("id", (n or 0) + 1) n = (n or 0) + 1 end
		function init(args) print("init", id, wrk.request == nil) end
		function request() print("request", id) return wrk.format() end
		function response() print("response", id) end
		function done() print("done", n, id) end`, 1)
	l.run(t).right(t).prints(t, "setup\ninit\t1\ttrue\nrequest\t1\nrequest\t1\nresponse\t1\n")
	l.finishes(t, "done\t1\tnil\n")
}

// Without a function request the text of wrk.format() behind init is asked; a global one
// wins.
func TestWrkRequestIsSetAfterInit(t *testing.T) {
	t.Parallel()
	l := scripted(`function init() wrk.path = "/init" wrk.method = "PUT" wrk.body = "b" end`, 2).run(t).right(t)
	for _, r := range l.seen() {
		if !strings.HasPrefix(r, "PUT /init HTTP/1.1\r\n") || !strings.HasSuffix(r, "Content-Length: 1\r\n\r\nb") {
			t.Errorf("%q", r)
		}
	}
	l = scripted(`function init() wrk.path = "/init" end request = function() return wrk.format(nil, "/global") end`, 1).run(t).right(t)
	if !slices.Equal(l.paths(), []string{"/global"}) {
		t.Errorf("%q", l.paths())
	}
}

// The fields of wrk are those of the URL and of the command line; args[0] is the URL.
func TestFieldsOfWrk(t *testing.T) {
	t.Parallel()
	l := scripted(`function init(args)
		print(wrk.scheme, wrk.host, wrk.port, wrk.method, wrk.path, wrk.body, wrk.headers["X-A"], wrk.headers.Host)
		print(args[0], args[1], args[2], #args, require("wrk") == wrk)
	end`, 1)
	l.spec.Requests[0].Headers = append(l.spec.Requests[0].Headers, header("X-A", "b"))
	l.spec.Script.URL, l.spec.Script.Args = "http://example.com:8080/a/b?c=d#e", []string{"one", "two"}
	l.run(t).right(t).prints(t, "http\texample.com\t8080\tGET\t/a/b?c=d#e\tnil\tb\texample.com:8080\nhttp://example.com:8080/a/b?c=d#e\tone\ttwo\t2\ttrue\n")
	l = scripted(`print(wrk.host, wrk.port, wrk.path) function init() print(wrk.headers.Host) end`, 1)
	l.spec.Script.URL = "http://[::1]"
	l.run(t).right(t).prints(t, "::1\tnil\t/\n::1\tnil\t/\n[::1]\n")
}

// wrk.format writes what it is given, in the order of the table, with Host and
// Content-Length in it, and nothing else.
func TestFormat(t *testing.T) {
	t.Parallel()
	l := scripted(`
		local function show(...) io.write((wrk.format(...):gsub("\r\n", "|")), "\n") end
		function init()
			wrk.headers = {Host = "h"}
			show()
			show("POST", "/p", nil, "body\0\255")
			local own = {["X-B"] = 1.5, ["X-A"] = wrk.thread.addr ~= nil}
			show(nil, nil, own, 12345)
			print(own.Host, own["Content-Length"])
			show(nil, nil, own)
			print(own["Content-Length"])
			own["X-A"] = nil
			show("DELETE", 5, own)
			print((pcall(wrk.format, nil, nil, "no table")))
		end`, 1)
	l.run(t).right(t).prints(t, strings.Join([]string{
		"GET /path?x=1#end HTTP/1.1|Host: h||",
		"POST /p HTTP/1.1|Host: h|Content-Length: 6||body\x00\xff",
		"GET /path?x=1#end HTTP/1.1|X-B: 1.5|X-A: true|Host: h|Content-Length: 5||12345",
		"h\t5",
		"GET /path?x=1#end HTTP/1.1|X-B: 1.5|X-A: true|Host: h||",
		"nil",
		"DELETE 5 HTTP/1.1|X-B: 1.5|Host: h||",
		"false",
	}, "\n")+"\n")
}

// What request returns goes out as it is: absolute URLs, bytes of any value, chunked
// bodies, heads of the script's own.
func TestRequestsGoOutUntouched(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"GET http://other/abs HTTP/1.1\r\nHost: other\r\nx-lower:no-space\r\n\r\n",
		"POST /bin HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n\x00\xff\r\n",
		"HEAD /head HTTP/1.1\r\nHost: h\r\n\r\n",
	} {
		quoted := strings.NewReplacer("\r", `\r`, "\n", `\n`, "\x00", `\0`, "\xff", `\255`).Replace(text)
		l := scripted(`function request() return "`+quoted+`" end`, 3)
		if strings.HasPrefix(text, "HEAD") {
			l.answer = func(string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" }
		}
		l.run(t).right(t)
		for _, got := range l.seen() {
			if got != text {
				t.Errorf("%q came as %q", text, got)
			}
		}
		if p := l.report.Phases[0]; p.Total.Completed != 3 {
			t.Errorf("%q: %d right answers: %s", text, p.Total.Completed, p.Total.FirstError)
		}
	}
}

// A request that says Connection: close has a connection of its own.
func TestRequestsThatClose(t *testing.T) {
	t.Parallel()
	l := scripted(`function request() return wrk.format(nil, nil, {Connection = "close"}) end`, 3)
	l.answer = func(string) string { return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" }
	l.run(t).right(t)
	if p := l.report.Phases[0]; p.Total.Completed != 3 || p.RequestedCloses < 2 || p.Failures() != 0 {
		t.Errorf("%d right, %d closes, %d failures: %s", p.Total.Completed, p.RequestedCloses, p.Failures(), p.Total.FirstError)
	}
}

// Several requests of one text are in flight together, and each has its response.
func TestPipeline(t *testing.T) {
	t.Parallel()
	const n = 12
	l := scripted(`
		local r = {}
		for i = 1, 3 do r[i] = wrk.format(nil, "/" .. i) end
		local all, calls = table.concat(r), 0
		function request() calls = calls + 1 return all end
		function response(status, headers, body) got = (got or "") .. body end
		function done() print("done") end
		function setup(t) thread = t end
		function done() print(thread:get("got")) end`, n)
	l.answer = func(r string) string { return enginetest.OK(strings.Fields(r)[1]) }
	l.run(t).right(t).finishes(t, strings.Repeat("/1/2/3", n/3)+"\n")
	if want := slices.Repeat([]string{"/1", "/2", "/3"}, n/3); l.report.Depth != 3 || !slices.Equal(l.paths(), want) {
		t.Errorf("depth %d, %q", l.report.Depth, l.paths())
	}
}

// Texts that are new each time, in a pipeline, never take the place of one in flight.
func TestPipelineOfNewTexts(t *testing.T) {
	t.Parallel()
	const n = 6000
	l := scripted(`
		local i = 0
		function request()
			local r = {}
			for k = 1, 3 do i = i + 1 r[k] = wrk.format(nil, "/" .. i) end
			return table.concat(r)
		end
		function response(status, headers, body) assert(body == "/" .. (last or 3) + 1, body) last = (last or 3) + 1 end`, n)
	l.answer = func(r string) string { return enginetest.OK(strings.Fields(r)[1]) }
	l.run(t).right(t)
	for i, path := range l.paths() {
		if want := fmt.Sprintf("/%d", i+4); path != want { // the first text told the depth
			t.Fatalf("request %d is %s, want %s", i, path, want)
		}
	}
}

// A text that is no request says where it is wrong; so does a function that returns
// nothing.
func TestWrongTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`function request() return "GET / HTTP/1.1\r\n" end`:                                             "incomplete request at 2:1",
		`function request() return "nonsense" end`:                                                       "incomplete request at 1:1",
		`function request() return nil end`:                                                              "test.lua:1: request() returned nil",
		"local n = 0\nfunction request()\n n = n + 1\n if n < 3 then return wrk.format() end end":        "test.lua:2: request() returned nil, when it was called for the 3rd time by thread 0",
		"local n = 0\nfunction request()\n n = n + 1\n return wrk.format() .. (n > 2 and '?' or '') end": "incomplete request at 4:1",
	} {
		l := scripted(text, 10).run(t)
		got := ""
		if l.err != nil {
			got = l.err.Error()
		} else if l.report.Script.Ended {
			got = l.report.Script.Error
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s\ngives %q, want %q", text, got, want)
		}
	}
}

// wrk.thread:stop() ends the thread quietly, from request and from response, and a nil
// behind it is no error.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`local n = 0 function request() n = n + 1 if n > 5 then wrk.thread:stop() return nil end return wrk.format() end`,
		`local n = 0 function response() n = n + 1 if n == 4 then wrk.thread:stop() end end`,
	} {
		l := scripted(text, 1000).run(t).right(t)
		if got := len(l.seen()); got != 4 {
			t.Errorf("%s: %d requests", text, got)
		}
	}
	l := scripted(`function setup(thread) print(pcall(thread.stop, thread)) end`, 1).run(t).right(t)
	if !strings.HasPrefix(l.printed, "false\t") || !strings.Contains(l.printed, "while the thread runs") {
		t.Error(l.printed)
	}
}

// response sees names as they came, the last of equal ones, and the body without its
// framing; for wrong answers too.
func TestResponse(t *testing.T) {
	t.Parallel()
	l := scripted(`function response(status, headers, body)
		print(status, headers["X-Name"], headers["x-name"], headers["X-Twice"], #body, body)
	end`, 1)
	l.spec.Requests[0].Expect.Status = 200
	l.answer = func(string) string {
		return "HTTP/1.1 404 Not Found\r\nX-Name:  a b \r\nX-Twice: 1\r\nX-Twice: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
	}
	l.run(t).right(t).prints(t, "404\ta b\tnil\t2\t5\tabcde\n")
	if p := l.report.Phases[0]; p.Total.Failed != 1 {
		t.Errorf("%d failures", p.Total.Failed)
	}
}

// A function response that init takes away is not called.
func TestResponseOnlyIfDefinedAfterInit(t *testing.T) {
	t.Parallel()
	scripted(`function response() print("called") end function init() response = nil end`, 2).run(t).right(t).prints(t, "")
}

// delay makes each request wait for whole milliseconds, which are in no latency.
func TestDelay(t *testing.T) {
	t.Parallel()
	const n = 5
	retry.Often(t, func() string {
		l := scripted(`function delay() return 20.9 end
			function request() if last then print(wrk.time_us() - last >= 20000) end last = wrk.time_us() return wrk.format() end`, n).run(t).right(t)
		if !strings.Contains(l.printed, "true\n") || strings.Contains(l.printed, "false") {
			t.Error(l.printed)
		}
		p := l.report.Phases[0]
		if took := time.Duration(p.WindowNS()); took < n*20*time.Millisecond || p.Total.Completed != n {
			t.Errorf("%d requests took %v", p.Total.Completed, took)
		}
		if p.Total.Service.MinNS >= 20e6 { // as of a busy machine
			return fmt.Sprintf("the least service time is %d ns", p.Total.Service.MinNS)
		}
		return ""
	})
}

// Values of all kinds cross threads, functions do not.
func TestThreadGetAndSet(t *testing.T) {
	t.Parallel()
	l := scripted(`
		local threads = {}
		function setup(thread)
			table.insert(threads, thread)
			local big = {}
			for i = 1, 500 do big[i] = i end
			thread:set("big", big)
			thread:set("mixed", {a = {b = {true, "x"}}, n = 1.5, [10] = "ten"})
			thread:set("flag", false)
			thread:set("none", nil)
			print((select(2, pcall(thread.set, thread, "f", print)):gsub("^test.lua:%d+: ", "")))
			print((select(2, pcall(thread.set, thread, "t", {1, {print}})):gsub("^test.lua:%d+: ", "")))
			print(pcall(function() thread.name = "x" end))
		end
		function init()
			wrk.thread:set("own", "mine")
			print(#big, big[500], mixed.a.b[2], mixed.n, mixed[10], flag, none, own, wrk.thread:get("own"))
			result = {count = 7, list = {1, 2, 3}}
		end
		function done() print(threads[1]:get("result").count, #threads[1]:get("result").list, threads[1]:get("missing")) end`, 1)
	l.run(t).right(t).prints(t, strings.Join([]string{
		"cannot transfer 'function' to thread",
		"cannot transfer 'function' to thread",
		"false\ttest.lua:13: cannot set 'string' on thread",
		"500\t500\tx\t1.5\tten\tfalse\tnil\tmine\tmine",
	}, "\n")+"\n")
	l.finishes(t, "7\t3\tnil\n")
}

// thread.addr can be read and set; what it is set to is where the thread connects.
func TestThreadAddress(t *testing.T) {
	t.Parallel()
	other := &recorder{}
	second := enginetest.Start(t, other.serve)
	_, port, _ := strings.Cut(second.Address, ":")
	l := scripted(`
		function setup(thread)
			local addrs = wrk.lookup("127.0.0.1", "`+port+`")
			print(#addrs, wrk.connect(addrs[1]), ("%s"):format(addrs[1]) == "127.0.0.1:`+port+`")
			print(tostring(thread.addr) == tostring(wrk.addrs[1]))
			thread.addr = addrs[1]
		end
		function init() print(("%s"):format(wrk.thread.addr)) end`, 3)
	l.run(t).right(t).prints(t, "1\ttrue\ttrue\ntrue\n"+second.Address+"\n")
	if len(l.seen()) != 0 || len(other.seen()) != 3 {
		t.Errorf("%d requests to the target, %d to the address", len(l.seen()), len(other.seen()))
	}
}

// done has the figures in microseconds, those of wrk's objects.
func TestDone(t *testing.T) {
	t.Parallel()
	const n = 20
	l := scripted(`function done(summary, latency, requests)
		print(summary.requests, summary.bytes > 0, summary.duration > 0, summary.errors.status, summary.errors.connect, summary.errors.read, summary.errors.write, summary.errors.timeout)
		print(latency.min <= latency.mean, latency.mean <= latency.max, latency.stdev >= 0, latency:percentile(50) <= latency:percentile(99.9), latency:percentile(100) == latency.max)
		local all, last = 0, -1
		for i = 1, #latency do
			local value, count = latency(i)
			assert(value > last)
			all, last = all + count, value
		end
		print(all, latency(#latency + 1), requests.max >= requests.min, #requests >= 0)
	end`, n)
	l.answer = func(string) string { return "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" }
	l.run(t).right(t).finishes(t, "20\ttrue\ttrue\t20\t0\t0\t0\t0\ntrue\ttrue\ttrue\ttrue\ttrue\n20\t0\ttrue\ttrue\n")
}

// For scripts of wrk2, latency[i] is the value of that rank, and #latency counts all.
func TestDoneOfWRK2(t *testing.T) {
	t.Parallel()
	l := scripted(`function done(summary, latency) print(#latency, latency[1] <= latency[10], latency[20] == latency.max) end`, 20)
	l.spec.Script.Compat = loaders.WRK2
	l.run(t).right(t).finishes(t, "20\ttrue\ttrue\n")
}

// An error of a function ends the load, with its line and the number of the request, and
// what was measured stays.
func TestUncaughtErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"local n = 0\nfunction request()\n n = n + 1\n if n > 3 then local x = nil + 1 end\n return wrk.format() end": "test.lua:4: ",
		"local n = 0\nfunction response()\n n = n + 1\n if n == 2 then error('no more') end end":                      "test.lua:4: no more: response(), called for the 2nd time by thread 0",
		"function delay() error({}) end":     "delay(), called for the 1st time by thread 0",
		"function response() os.exit(0) end": "os.exit(0)",
	} {
		l := scripted(text, 1000).run(t)
		if l.err != nil || !l.report.Script.Ended || !strings.Contains(l.report.Script.Error, want) || l.report.Interrupted {
			t.Errorf("%s\ngives %v, %+v, want %q", text, l.err, l.report.Script, want)
		}
		if len(l.report.Phases) != 1 {
			t.Errorf("%s: %d phases", text, len(l.report.Phases))
		}
	}
	for text, want := range map[string]string{
		"function setup() error('s') end":   "the script: setup(): test.lua:1: s",
		"function init() error('i') end":    "the script: init(): test.lua:1: i",
		"function init() os.exit(2) end":    "os.exit(2)",
		"function request() error('r') end": "test.lua:1: r",
	} {
		if l := scripted(text, 1).run(t); l.err == nil || !strings.Contains(l.err.Error(), want) {
			t.Errorf("%s\ngives %v, want %q", text, l.err, want)
		}
	}
	l := scripted("function done() print('so far') error('d') end", 1).run(t)
	if l.output != "so far\n" || l.report.Script.Error != "test.lua:1: d: done()" || l.report.Script.Ended {
		t.Errorf("%q, %+v", l.output, l.report.Script)
	}
}

// A function that never returns ends with the load.
func TestInfiniteLoopsEndWithTheLoad(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"local n = 0 function request() n = n + 1 while n > 3 do end return wrk.format() end",
		"function response() while true do end end",
		"function response() socket.sleep(3600) end",
	} {
		l := scripted(text, 1000)
		l.spec.Phases[0].Duration, l.spec.Drain = 200*time.Millisecond, 100*time.Millisecond
		l.spec.Threads, l.spec.Connections = 2, 2
		l.run(t)
		if l.err != nil || !strings.Contains(l.report.Script.Error, "did not return") {
			t.Errorf("%s\ngives %v, %+v", text, l.err, l.report.Script)
		}
	}
}

// The time in the script is a figure of each thread.
func TestScriptTimeIsMeasured(t *testing.T) {
	t.Parallel()
	l := scripted(`function request() local s = 0 for i = 1, 20000 do s = s + i end return wrk.format() end function response() end`, 50).run(t).right(t)
	share, thread, spent, ok := l.report.Phases[0].ScriptShare()
	if !ok || thread != 0 || share <= 0 || share > 1 || spent.RequestNS <= spent.ResponseNS || spent.ResponseNS <= 0 {
		t.Errorf("%v, %d, %+v, %t", share, thread, spent, ok)
	}
}

// Scripts read their files from the working directory's paths, as wrk lets them.
func TestReadsFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "paths.txt")
	if err := os.WriteFile(path, []byte("/one\n/two\n/three\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := scripted(`
		local paths, n = {}, 0
		for line in io.lines("`+path+`") do paths[#paths + 1] = line end
		function request() n = n + 1 return wrk.format(nil, paths[n % #paths + 1]) end`, 6).run(t).right(t)
	if want := []string{"/three", "/one", "/two", "/three", "/one", "/two"}; !slices.Equal(l.paths(), want) {
		t.Errorf("%q", l.paths())
	}
}

// A token of one answer is the header of all later requests.
func TestTokenOutOfAnAnswer(t *testing.T) {
	t.Parallel()
	l := scripted(`
		local token, path = nil, "/login"
		function request() return wrk.format("GET", path) end
		function response(status, headers, body)
			if not token and status == 200 then
				token, path = headers["X-Token"], "/resource"
				wrk.headers["X-Token"] = token
			end
		end`, 4)
	l.answer = func(string) string { return "HTTP/1.1 200 OK\r\nX-Token: t0\r\nContent-Length: 0\r\n\r\n" }
	l.run(t).right(t)
	seen := l.seen()
	if strings.Contains(seen[0], "X-Token") || !strings.HasPrefix(seen[0], "GET /login ") {
		t.Errorf("%q", seen[0])
	}
	for _, r := range seen[1:] {
		if !strings.HasPrefix(r, "GET /resource ") || !strings.Contains(r, "X-Token: t0\r\n") {
			t.Errorf("%q", r)
		}
	}
}

// An open loop asks the script at its rate, each connection by itself.
func TestOpenLoop(t *testing.T) {
	t.Parallel()
	l := scripted(`local n = 0 function request() n = n + 1 return wrk.format(nil, "/" .. n) end function delay() return 1000 end`, 0)
	l.spec.Phases[0] = enginetest.Open(100, 300*time.Millisecond)
	l.spec.Connections = 3
	l.run(t).right(t)
	if p := l.report.Phases[0]; p.Rate.Offered != 30 || p.Total.Completed+p.Total.Failed == 0 || len(l.report.Warnings) != 1 {
		t.Errorf("%+v, %q", p.Rate, l.report.Warnings)
	}
}

// Many connections of several threads: every request is one of the script's, once.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	const n = 4000
	l := scripted(`
		local n, id = 0, 0
		function setup(thread) count = (count or 0) + 1 thread:set("id", count) end
		function request() n = n + 1 return wrk.format(nil, "/" .. _G.id .. "/" .. n) end`, n)
	l.spec.Threads, l.spec.Connections = 2, 16
	l.run(t).right(t)
	paths := l.paths()
	slices.Sort(paths)
	if len(slices.Compact(paths)) != n {
		t.Errorf("%d different paths of %d requests", len(slices.Compact(paths)), n)
	}
}
