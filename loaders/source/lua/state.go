package lua

import (
	"context"
	"errors"
	"fmt"

	gl "github.com/yuin/gopher-lua"

	"github.com/joust-bench/joust/loaders/source/lua/lualib"
)

// state is a state of Lua with wrk's objects.
type state struct {
	*lualib.State
	program *Program
	// wrk is the table of that name.
	wrk *gl.LTable
	// addressClass, threadClass and statsClass are the metatables of wrk's objects.
	addressClass, threadClass, statsClass *gl.LTable
	// text is the memory of wrk.format.
	text []byte
}

// newState makes a state, with wrk's objects, and loads the script in it.
func (p *Program) newState(ctx context.Context) *state {
	s := &state{State: lualib.New(ctx, lualib.Streams{Out: p.out, Err: p.err}), program: p}
	s.makeClasses()
	s.makeWrk()
	f, err := lualib.Compile(s.LState, string(p.Text), p.File)
	if err == nil {
		err = s.call(f)
	}
	if err != nil {
		p.unload(err)
	}
	return s
}

// makeWrk makes the table wrk.
func (s *state) makeWrk() {
	p := s.program
	s.wrk = s.NewTable()
	set := func(key string, v gl.LValue) { s.wrk.RawSetString(key, v) }
	set("scheme", gl.LString(p.target.scheme))
	set("host", gl.LString(p.target.host))
	if p.target.port != "" {
		set("port", gl.LString(p.target.port))
	}
	set("method", gl.LString(p.model().Method))
	set("path", gl.LString(p.target.path))
	headers := s.NewTable()
	for _, h := range p.model().Headers {
		headers.RawSetString(h.Name, gl.LString(h.Value))
	}
	set("headers", headers)
	if body := p.model().Body; body != nil {
		set("body", gl.LString(body.Text))
	}
	s.SetFuncs(s.wrk, map[string]gl.LGFunction{
		"format": s.format, "lookup": s.lookup, "connect": s.connect, "resolve": s.resolve, "time_us": timeMicros, "setup": s.setup, "init": s.init,
	})
	s.SetGlobal("wrk", s.wrk)
	s.PreloadModule("wrk", func(l *gl.LState) int { l.Push(s.wrk); return 1 })
}

// call calls a function. Its error has the place in the script.
func (s *state) call(f gl.LValue, args ...gl.LValue) error {
	s.Push(f)
	for _, arg := range args {
		s.Push(arg)
	}
	return s.explain(s.PCall(len(args), 0, nil))
}

// explain returns an error of the script in words; nil for none. A script that has called
// os.exit has one too.
func (s *state) explain(err error) error {
	if code, ok := s.Exited(); ok {
		return fmt.Errorf("it called os.exit(%d)", code)
	}
	if err == nil {
		return nil
	}
	return errors.New(lualib.Message(err))
}

// isFunction reports whether the global of that name is a function.
func (s *state) isFunction(name string) bool {
	_, ok := s.GetGlobal(name).(*gl.LFunction)
	return ok
}

// setup implements wrk.setup.
func (s *state) setup(l *gl.LState) int {
	t := checkThread(l)
	if addresses, ok := l.GetField(s.wrk, "addrs").(*gl.LTable); ok {
		if a, ok := addressOf(addresses.RawGetInt(1)); ok {
			t.address = a
		}
	}
	if s.isFunction("setup") {
		l.Push(l.GetGlobal("setup"))
		l.Push(l.Get(1))
		l.Call(1, 0)
	}
	return 0
}

// init implements wrk.init: behind it wrk.request is the request of the fields of wrk.
func (s *state) init(l *gl.LState) int {
	if headers, ok := l.GetField(s.wrk, "headers").(*gl.LTable); ok && gl.LVIsFalse(l.GetField(headers, "Host")) {
		t := target{host: gl.LVAsString(l.GetField(s.wrk, "host")), port: gl.LVAsString(l.GetField(s.wrk, "port"))}
		l.SetField(headers, "Host", gl.LString(t.field()))
	}
	if s.isFunction("init") {
		l.Push(l.GetGlobal("init"))
		l.Push(l.Get(1))
		l.Call(1, 0)
	}
	l.Push(l.GetField(s.wrk, "format"))
	l.Call(0, 1)
	fixed := l.Get(-1)
	l.Pop(1)
	l.SetField(s.wrk, "request", l.NewFunction(func(l *gl.LState) int { l.Push(fixed); return 1 }))
	return 0
}
