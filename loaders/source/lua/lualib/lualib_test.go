package lualib_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/joust-bench/joust/loaders/source/lua/lualib"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a text in a fresh state and returns what it prints, with the error behind it.
func run(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	s := lualib.New(t.Context(), lualib.Streams{Out: &out, Err: io.Discard})
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	f, err := lualib.Compile(s.LState, text, "test.lua")
	if err == nil {
		s.Push(f)
		err = s.PCall(0, 0, nil)
	}
	if err != nil {
		out.WriteString("error: " + lualib.Message(err) + "\n")
	}
	return out.String()
}

// behaviours are texts with what LuaJIT 2.1 prints for them: TestAsLuaJIT asks it.
var behaviours = map[string]string{
	// Numbers and their texts.
	`print(1, 1.5, -0.1, 1e14, 1e15, 99999999999999, 123456789012346, 2^53, -0, 1/3)`:                                                     "1\t1.5\t-0.1\t1e+14\t1e+15\t99999999999999\t1.2345678901235e+14\t9.007199254741e+15\t-0\t0.33333333333333\n",
	`print(1/0, -1/0, math.huge, -math.huge)`:                                                                                             "inf\t-inf\tinf\t-inf\n",
	`print(tonumber("1e3"), tonumber("2e-1"), tonumber("0x10"), tonumber("010"), tonumber(" 5 "), tonumber("0x1p4"))`:                     "1000\t0.2\t16\t10\t5\t16\n",
	`print(tonumber(""), tonumber("5x"), tonumber("1_0"), tonumber("0x"), tonumber("--1"), tonumber("1e"), tonumber("e1"), tonumber({}))`: "nil\tnil\tnil\tnil\tnil\tnil\tnil\tnil\n",
	`print(tonumber("ff", 16), tonumber("zz", 36), tonumber("101", 2), tonumber("8", 8), tonumber("-7", 10))`:                             "255\t1295\t5\tnil\t-7\n",
	`print(tostring(nil), tostring(true), tostring(setmetatable({}, {__tostring = function() return "me" end})))`:                         "nil\ttrue\tme\n",
	`io.write(1e15, " ", 0.1, " ", 5, "\n")`:                                                                                              "1e+15 0.1 5\n",
	// Formats.
	`print(string.format("%d %5d|%-5d|%05d|%+d|% d", 3.7, 42, 42, 42, 42, 42))`:               "3    42|42   |00042|+42| 42\n",
	`print(string.format("%u %x %X %#x %o", 42, 255, 255, 255, 8))`:                           "42 ff FF 0xff 10\n",
	`print(string.format("%x", -1))`:                                                          "ffffffffffffffff\n",
	`print(string.format("%s|%10s|%-10s|%.2s", "ab", "ab", "ab", "abc"))`:                     "ab|        ab|ab        |ab\n",
	`print(string.format("%s %s %s", nil, true, 1.5))`:                                        "nil true 1.5\n",
	`print(string.format("%s", setmetatable({}, {__tostring = function() return "me" end})))`: "me\n",
	`print(string.format("%g %g %g %g", 0.1, 1e20, 100000, 1e6))`:                             "0.1 1e+20 100000 1e+06\n",
	`print(string.format("%.3f %8.2f|%-8.2f|%e", 1/3, 1/3, 1/3, 12345.678))`:                  "0.333     0.33|0.33    |1.234568e+04\n",
	`print(string.format("%5.1f%% %c%c", 99.55, 72, 105))`:                                    " 99.5% Hi\n",
	`print(string.format("%q", 'a "b" \\ \n c'))`:                                             "\"a \\\"b\\\" \\\\ \\\n c\"\n",
	`print(string.format("%f %g %5s", 1/0, -1/0, 1/0))`:                                       "inf -inf   inf\n",
	`print(string.format("%d", "10"), string.format("%.3d", 5), string.format("%a", 1.5))`:    "10\t005\t0x1.8p+0\n",
	`print((pcall(string.format, "%d", "x")))`:                                                "false\n",
	`print((pcall(string.format, "%d")))`:                                                     "false\n",
	`print((pcall(string.format, "%y", 1)))`:                                                  "false\n",
	`print(("%s-%s"):format(1, "a"))`:                                                         "1-a\n",
	// Patterns.
	`print(("hello world"):find("wor"), ("hello"):find("l", 4), ("a.b"):find(".", 1, true), ("x"):find("y"))`:                "7\t4\t2\tnil\n",
	`print(("key = value"):match("^(%w+)%s*=%s*(%w+)$"))`:                                                                    "key\tvalue\n",
	`print(("THE (quick) fox"):find("%((%a+)%)"))`:                                                                           "5\t11\tquick\n",
	`print(("hello"):match("()ll()"))`:                                                                                       "3\t5\n",
	`print(("THE (quick) fox"):match("%b()"))`:                                                                               "(quick)\n",
	`print(("THE (quick) fox"):gsub("%f[%a]%a+", string.lower))`:                                                             "the (quick) fox\t3\n",
	`print(("[[x]]"):match("%[%[(.-)%]%]"), ("a1b2"):gsub("%d", "<%0>"))`:                                                    "x\ta<1>b<2>\t2\n",
	`print(("abc"):gsub("", "-"), ("abc"):gsub("%w", "%%%0", 2))`:                                                            "-a-b-c-\t%a%bc\t2\n",
	`print(("$name is $age"):gsub("%$(%w+)", {name = "Lua", age = 25}))`:                                                     "Lua is 25\t2\n",
	`for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do io.write(k, v, ";") end print()`:                                      "a1;b2;\n",
	`local f = ("a b"):gmatch("%a") print(f(), f(), f())`:                                                                    "a\tb\n",
	`print(("x\0y"):find("%z"), ("a!"):match("%p"), ("\1"):match("%c") == "\1", ("a b"):match("%g+"))`:                       "2\t!\ttrue\ta\n",
	`print(("äé"):upper(), ("ABC"):lower(), ("aXb"):find("%u"))`:                                                             "äé\tabc\t2\t2\n",
	`print(("2026-11-30"):match("(%d+)-(%d+)-(%d+)"))`:                                                                       "2026\t11\t30\n",
	`print(("aaa"):match("a-b"), ("aaab"):match("a-b"), ("abc"):match("[^a]+"), ("a-z"):match("[a-]+"), ("]"):match("[]]"))`: "nil\taaab\tbc\ta-\t]\n",
	`print(("xyzxyz"):match("(x)(y)z%1%2"))`:                                                                                 "x\ty\n",
	`print((select(2, pcall(string.find, "a", "[a")):gsub("^.-:%d+: ", "")))`:                                                "malformed pattern (missing ']')\n",
	`print((select(2, pcall(string.find, "a", "%")):gsub("^.-:%d+: ", "")))`:                                                 "malformed pattern (ends with '%')\n",
	`print((select(2, pcall(string.gsub, "a", "(a", "b")):gsub("^.-:%d+: ", "")))`:                                           "b\n",
	`print(("a,b,,c"):gsub(",", ";"), ("abc"):gsub("b", false and "x" or function() end))`:                                   "a;b;;c\tabc\t1\n",
	`print(("x"):rep(3), ("x"):rep(0), ("x"):rep(-1), ("ab"):rep(2, ","))`:                                                   "xxx\t\t\tab,ab\n",
	// Tables.
	`local t = {} for i = 1, 5000 do t[i] = i end print(#table.concat(t), table.concat({1, 2.5, "x"}, "-"), table.concat({}, ","))`: "18893\t1-2.5-x\t\n",
	`local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end print(f(1000))`:                                        "1000\n",
	`print(table.getn({1, 2, 3}), #{1, 2}, select("#", unpack({1, 2, 3})))`:                                                         "3\t2\t3\n",
	`print((select(2, pcall(table.concat, {1, {}, 3})):gsub("^.-:%d+: ", "")))`:                                                     "invalid value (table) at index 2 in table for 'concat'\n",
	// Mathematics and bits.
	`print(math.floor(-1.5), math.ceil(1.2), math.max(1, 5, 3), math.min(2, -1), math.fmod(7, 3), 7 % -3)`:                               "-2\t2\t5\t-1\t1\t-2\n",
	`for i = 1, 5 do io.write(math.random(1, 1000000), " ") end print(math.random(5, 1) ~= nil, math.random(10) <= 10)`:                  "",
	`math.randomseed(42) for i = 1, 5 do io.write(math.random(100), " ") end print(string.format("%.10f", math.random()))`:               "",
	`print(bit.band(0xff, 0x0f), bit.bor(1, 2), bit.bxor(5, 1), bit.bnot(0), bit.lshift(1, 31), bit.rshift(-1, 28), bit.arshift(-8, 1))`: "15\t3\t4\t-1\t-2147483648\t15\t-4\n",
	`print(bit.tohex(255), bit.tohex(-1, -4), bit.tobit(2^32 + 5), bit.rol(0x12345678, 8) == 0x34567812, bit.bswap(1))`:                  "000000ff\tFFFF\t5\ttrue\t16777216\n",
	// Texts of Lua.
	`print("\x41\065\z
	  B", '\97' == 'a')`: "AAB\ttrue\n",
	`local f = loadstring("return ...") print(f(1, 2))`:                                                             "1\t2\n",
	`print(loadstring("x ="))`:                                                                                      "",
	`local env = {} setfenv(1, setmetatable(env, {__index = _G})) x = 5 print(env.x)`:                               "5\n",
	`print(type(os.time()), os.getenv("NO_SUCH_VARIABLE"), os.date("%Y", 0) == "1970" or os.date("!%Y", 0))`:        "number\tnil\ttrue\n",
	`print(pcall(error, {code = 5}), select(2, pcall(error, "x", 0)))`:                                              "",
	`print(io.open("/no/such/file"))`:                                                                               "nil\t/no/such/file: No such file or directory\t2\n",
	`print((pcall(io.lines, "/no/such/file")))`:                                                                     "false\n",
	`print(io.type(io.stdout), io.type(5))`:                                                                         "file\tnil\n",
	`local co = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b * 2 end) print(co(1), co(10))`: "2\t20\n",
}

// known are those behaviours whose result is written down.
func TestBehaviours(t *testing.T) {
	t.Parallel()
	for text, want := range behaviours {
		if got := run(t, text); want != "" && got != want {
			t.Errorf("%s\nprints %q\nwant   %q", text, got, want)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("first\n12 0x10 1e2\n\nlast"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`local f = io.open(PATH) print(f:read()) print(f:read("*number", "*n", "*n")) print(f:read("*l"), f:read("*line"), f:read("*a")) print(f:read("*a"), f:read("*l")) f:close() print(io.type(f))`: "first\n12\t16\t100\n\t\tlast\n\tnil\nclosed file\n",
		`local f = io.open(PATH) print(f:read(3), f:seek("cur"), f:seek("set", 0), f:read("*L")) f.close() f:close()`:                                                                                   "fir\t3\t0\tfirst\n\n",
		`for line in io.lines(PATH) do io.write("<", line, ">") end print()`:                                                                                                                            "<first><12 0x10 1e2><><last>\n",
		`local n = 0 for line in io.open(PATH):lines() do n = n + 1 end print(n)`:                                                                                                                       "4\n",
		`io.input(PATH) print(io.read("*l"))`: "first\n",
		`local f = io.open(PATH .. "2", "w+b") f:write("a", 1, "\n") f:seek("set") print(f:read("*a")) f:close() for l in io.lines(PATH .. "2") do print(l) end`: "a1\n\na1\n",
		`local f = io.open(PATH .. "3", "w") f:write("x") f:close() print((pcall(f.write, f, "y")))`:                                                             "false\n",
		`local f = io.popen("echo hello") print(f:read("*a")) f:close()`:                                                                                         "hello\n\n",
		`print(os.execute("exit 3"), os.execute("true"))`:                                                                                                        "768\t0\n",
		`local f = io.tmpfile() f:write("5 6") f:seek("set") print(f:read("*n", "*n")) f:close()`:                                                                "5\t6\n",
	} {
		if got := run(t, "PATH = '"+filepath.Join(t.TempDir(), "x")+"'\n"+strings.ReplaceAll("PATH = '@'\n", "@", path)+text); got != want {
			t.Errorf("%s\nprints %q\nwant   %q", text, got, want)
		}
	}
}

func TestModules(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`local j = require "cjson" print(j.encode({a = 1}), j.encode({1, 2, "x/y"}), j.encode({}), j.encode(j.null))`:                   `{"a":1}	[1,2,"x\/y"]	{}	null` + "\n",
		`local j = require "cjson" local v = j.decode('{"a":[1,2.5,null],"b":{"c":"\\u00e9"}}') print(v.a[2], v.a[3] == j.null, v.b.c)`: "2.5\ttrue\té\n",
		`print(pcall(require("cjson").decode, "{"))`:                                                                     "",
		`local v, e = require("cjson.safe").decode("{x") print(v, e ~= nil)`:                                             "nil\ttrue\n",
		`local v, at, e = require("dkjson").decode('[1, 2] rest') print(#v, at, e)`:                                      "2\t7\tnil\n",
		`local v, at, e = require("dkjson").decode('[1,') print(v, e ~= nil)`:                                            "nil\ttrue\n",
		`print(require("dkjson").encode({}), require("json").encode({a = {true, "\n"}}), require("json").decode("1e2"))`: `[]	{"a":[true,"\n"]}	100` + "\n",
		`print(require("base64").encode("hello"), require("base64").decode("aGVsbG8="))`:                                 "aGVsbG8=\thello\n",
		`local d = require "joust.digest" print(d.sha256("abc"), #d.md5("", true))`:                                      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\t16\n", // FIPS 180-2
		`local d = require "joust.digest" print(d.hmac_sha256("Jefe", "what do ya want for nothing?"))`:                  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\n",     // RFC 4231
		`local t = require("table.new")(5, 0) t[1], t.a = 1, 2 require("table.clear")(t) print(next(t), #t)`:             "nil\t0\n",
		`print(socket.gettime() > 1e9, require("socket").sleep(0), require("bit") == bit)`:                               "true\tnil\ttrue\n",
	} {
		if got := run(t, text); want != "" && got != want {
			t.Errorf("%s\nprints %q\nwant   %q", text, got, want)
		}
	}
}

// What joust does not have is refused by its name, with what to use.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`require "ffi"`:            "wrk.time_us()",
		`jit.off()`:                "jit.off: ",
		`require "openssl.cipher"`: "joust.digest",
		`require "zlib"`:           "before the load",
		`socket.tcp()`:             "socket.tcp: ",
		`require "socket.http"`:    "io.popen",
		`local x = 5LL`:            "test.lua:1: 5LL is a number of LuaJIT's FFI",
		`require "no.such.module"`: "no file './no/such/module.lua'",
		`string.dump(print)`:       "bytecode",
		"local x =\n\n= 5":         "test.lua:3: ",
		`local t = nil; t.x = 5`:   "test.lua:1: attempt to index",
	} {
		if got := run(t, text); !strings.HasPrefix(got, "error: ") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Modules of a folder, with LuaJIT's escapes, are found along package.path.
func TestModulesInFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "lib", "own.lua"), []byte("\xef\xbb\xbfreturn {name = '\\x6fwn'}"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "package.path = '" + folder + "/?.lua;' .. package.path\nprint(require('lib.own').name, require('lib.own') == require('lib.own'), dofile('" + folder + "/lib/own.lua').name)"
	if got := run(t, text); got != "own\ttrue\town\n" {
		t.Error(got)
	}
}

// Lines keep their numbers where a text is rewritten.
func TestLinesAreKept(t *testing.T) {
	t.Parallel()
	text := "local a = '\\x41\\z\n   \n   b'\n--[[ 1LL\n \\x ]] local b = [==[ \\z ]] ]==]\n-- 'it\nerror('here')"
	if got := run(t, text); got != "error: test.lua:7: here\n" {
		t.Error(got)
	}
}

// A script ends with its context, wherever it is.
func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"while true do end",
		"while true do pcall(function() while true do end end) end",
		"coroutine.wrap(function() while true do end end)()",
		`("a"):rep(3000):find(("a-"):rep(30) .. "b")`,
		"socket.sleep(3600)",
		`os.execute("sleep 3600")`,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		s := lualib.New(ctx, lualib.Streams{Out: io.Discard, Err: io.Discard})
		f, err := lualib.Compile(s.LState, text, "test.lua")
		if err != nil {
			t.Fatal(err)
		}
		s.Push(f)
		began := time.Now()
		err = s.PCall(0, 0, nil)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %v: %v", text, took, err)
		}
		cancel()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// os.exit is an error of the script that ends it, and is remembered.
func TestExit(t *testing.T) {
	t.Parallel()
	s := lualib.New(t.Context(), lualib.Streams{Out: io.Discard, Err: io.Discard})
	if _, ok := s.Exited(); ok {
		t.Error("a fresh state has exited")
	}
	f, err := lualib.Compile(s.LState, "os.exit(3)", "test.lua")
	if err != nil {
		t.Fatal(err)
	}
	s.Push(f)
	err = s.PCall(0, 0, nil)
	if code, ok := s.Exited(); !ok || code != 3 || err == nil {
		t.Errorf("%d, %t, %v", code, ok, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
