package lualib

import (
	"fmt"
	"os"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// openModules makes the modules that a script can require without a file.
func openModules(l *lua.LState) {
	modules := jsonModules(l)
	modules["bit"], modules["socket"], modules["base64"], modules["joust.digest"] = newBit(l), newSocket(l), newBase64(l), newDigests(l)
	for name, module := range modules {
		l.PreloadModule(name, func(l *lua.LState) int { l.Push(module); return 1 })
	}
	for name, f := range map[string]lua.LGFunction{"table.new": newTable, "table.clear": clearTable} {
		l.PreloadModule(name, func(l *lua.LState) int { l.Push(l.NewFunction(f)); return 1 })
	}
	l.SetGlobal("bit", modules["bit"])
	l.SetGlobal("socket", modules["socket"])
	l.SetGlobal("jit", refusing(l, "jit"))
	loaders, ok := l.GetField(l.GetGlobal("package"), "loaders").(*lua.LTable)
	if ok {
		loaders.RawSetInt(2, l.NewFunction(findModule))
	}
}

// newTable implements LuaJIT's table.new(elements, fields).
func newTable(l *lua.LState) int {
	const most = 1 << 20
	l.Push(l.CreateTable(min(max(0, whole(optNumber(l, 1, 0))), most), min(max(0, whole(optNumber(l, 2, 0))), most)))
	return 1
}

// clearTable implements LuaJIT's table.clear(table).
func clearTable(l *lua.LState) int {
	t := l.CheckTable(1)
	for key, _ := t.Next(lua.LNil); key != lua.LNil; key, _ = t.Next(key) {
		t.RawSet(key, lua.LNil)
	}
	return 0
}

// newSocket makes what joust has of LuaSocket.
func newSocket(l *lua.LState) *lua.LTable {
	t := refusing(l, "socket")
	return l.SetFuncs(t, map[string]lua.LGFunction{
		"gettime": func(l *lua.LState) int {
			l.Push(lua.LNumber(float64(time.Now().UnixMicro()) / 1e6))
			return 1
		},
		"sleep": sleep,
	})
}

// sleep waits for a number of seconds, or until the load ends.
func sleep(l *lua.LState) int {
	timer := time.NewTimer(time.Duration(checkNumber(l, 1) * float64(time.Second)))
	defer timer.Stop()
	if ctx := l.Context(); ctx != nil {
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		return 0
	}
	<-timer.C
	return 0
}

// refusing returns a table whose missing fields are refused by name.
func refusing(l *lua.LState, module string) *lua.LTable {
	t := l.NewTable()
	l.SetMetatable(t, l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{"__index": func(l *lua.LState) int {
		name := module + "." + l.Get(2).String()
		l.RaiseError("%s: %s", name, refusal(name))
		return 0
	}}))
	return t
}

// refusal says why a module, or a function of one, is not there and what to use instead. It
// returns "" for names that it does not know.
func refusal(name string) string {
	family, _, _ := strings.Cut(name, ".")
	switch family {
	case "ffi":
		return "joust runs Lua without LuaJIT's FFI: for the time write wrk.time_us(), for operations on bits bit.band and its like"
	case "jit":
		return "joust runs Lua without a compiler to machine code: leave it out"
	case "socket", "ssl", "ltn12", "mime":
		return "a script makes no connections of its own, since they would hold up the load: joust has socket.gettime and socket.sleep, and base64 as a module; what is to be fetched first can be read with io.popen('curl …')"
	case "openssl", "crypto", "_openssl":
		return "joust loads no libraries in C: require 'joust.digest' has md5, sha1, sha256, sha512 and hmac_sha256, require 'base64' encode and decode"
	case "zlib", "lzlib", "lz4":
		return "joust loads no libraries in C: write the compressed bodies into files before the load, and read them with io.open"
	case "lfs", "lsqlite3", "lpeg", "rapidjson", "struct", "posix":
		return "joust loads no libraries in C: the modules that it has are bit, cjson, cjson.safe, dkjson, json, base64, socket and joust.digest"
	}
	return ""
}

// findModule is the loader of modules in files: it looks for them along package.path.
func findModule(l *lua.LState) int {
	name := checkText(l, 1)
	path, _ := text(l.GetField(l.GetGlobal("package"), "path"))
	var missing []string
	for pattern := range strings.SplitSeq(path, ";") {
		file := strings.ReplaceAll(pattern, "?", strings.ReplaceAll(name, ".", "/"))
		if _, err := os.Stat(file); err != nil {
			missing = append(missing, fmt.Sprintf("no file '%s'", file))
			continue
		}
		f, err := loadFile(l, file)
		if err != nil {
			l.RaiseError("error loading module '%s' from file '%s':\n\t%s", name, file, err.Error())
		}
		l.Push(f)
		return 1
	}
	if why := refusal(name); why != "" {
		l.RaiseError("module '%s': %s", name, why)
	}
	l.Push(lua.LString(strings.Join(missing, "\n\t")))
	return 1
}
