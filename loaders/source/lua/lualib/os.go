package lualib

import (
	"errors"
	"os"
	"os/exec"
	"runtime/metrics"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/joust-bench/joust/loaders/clock"
)

// repairOS puts what gopher-lua does otherwise into the os library.
func (s *State) repairOS() {
	library, ok := s.GetGlobal("os").(*lua.LTable)
	if !ok {
		return
	}
	s.SetFuncs(library, map[string]lua.LGFunction{"exit": s.exit, "execute": s.execute, "clock": processorTime})
}

// exit implements os.exit: it ends the load, and joust itself goes on to report it.
func (s *State) exit(l *lua.LState) int {
	code := whole(optNumber(l, 1, 0))
	s.exited = &code
	l.RaiseError("os.exit(%d)", code)
	return 0
}

// processorTime implements os.clock: the CPU time of the process in seconds.
func processorTime(l *lua.LState) int {
	ns, err := clock.ProcessCPU()
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	l.Push(lua.LNumber(time.Duration(ns).Seconds()))
	return 1
}

// execute implements os.execute. It returns the status as C's system does.
func (s *State) execute(l *lua.LState) int {
	if l.GetTop() == 0 {
		l.Push(lua.LNumber(1))
		return 1
	}
	cmd := s.files.shell(l, checkText(l, 1))
	cmd.Stdin, cmd.Stdout = os.Stdin, s.files.Out
	status := 0
	if err := cmd.Run(); err != nil {
		status = -1
		if ended, ok := errors.AsType[*exec.ExitError](err); ok {
			status = ended.ExitCode() << 8
		}
	}
	l.Push(lua.LNumber(status))
	return 1
}

// collectGarbage implements collectgarbage. The collector is Go's, which a script does not
// steer.
func collectGarbage(l *lua.LState) int {
	if l.OptString(1, "collect") == "count" {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		l.Push(lua.LNumber(float64(sample[0].Value.Uint64()) / 1024))
		return 1
	}
	l.Push(lua.LNumber(0))
	return 1
}

// print implements print.
func (s *State) print(l *lua.LState) int {
	var line strings.Builder
	for n := 1; n <= l.GetTop(); n++ {
		if n > 1 {
			line.WriteByte('\t')
		}
		line.WriteString(ToString(l, l.Get(n)))
	}
	line.WriteByte('\n')
	_, _ = s.files.Out.Write([]byte(line.String())) // as in C, print does not report an error
	return 0
}

// concat implements table.concat.
func concat(l *lua.LState) int {
	t, between := l.CheckTable(1), ""
	if l.Get(2) != lua.LNil {
		between = checkText(l, 2)
	}
	first, last := whole(optNumber(l, 3, 1)), whole(optNumber(l, 4, float64(t.Len())))
	var out []byte
	for i := first; i <= last; i++ {
		switch v := t.RawGetInt(i).(type) {
		case lua.LString:
			out = append(out, v...)
		case lua.LNumber:
			out = AppendNumber(out, float64(v))
		default:
			l.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		if i < last {
			out = append(out, between...)
		}
	}
	l.Push(lua.LString(out))
	return 1
}
