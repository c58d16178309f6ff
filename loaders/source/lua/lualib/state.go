// Package lualib makes states of Lua in which scripts that were written for LuaJIT run: the
// interpreter gopher-lua, with libraries of its own in place of those that differ from
// LuaJIT's. It knows nothing of loads.
//
// What stays different: numbers that are joined by .. have up to 17 digits, pairs goes
// through a table in the order in which its keys were set, keys that were deleted from a
// table keep their memory, os.date knows the letters of gopher-lua alone, and there are no
// libraries in C.
package lualib

import (
	"context"
	"errors"
	"io"

	lua "github.com/yuin/gopher-lua"
)

// State is a state of Lua with its libraries. One goroutine may use it.
type State struct {
	*lua.LState
	files *files
	// exited is the status that the script gave os.exit; nil before.
	exited *int
}

// The sizes of a state: a table of a million elements can be passed as arguments, and
// functions can call one another 8192 deep.
const (
	registry         = 8 << 10
	greatestRegistry = 16 << 20
	registryStep     = 4 << 10
	callStack        = 8 << 10
)

// Streams take what a script writes to standard output and to standard error.
type Streams struct{ Out, Err io.Writer }

// New makes a state. Where ctx ends, so does each function that runs, with an error.
func New(ctx context.Context, to Streams) *State {
	s := &State{LState: lua.NewState(lua.Options{
		SkipOpenLibs: true, RegistrySize: registry, RegistryMaxSize: greatestRegistry, RegistryGrowStep: registryStep, CallStackSize: callStack,
	})}
	s.SetContext(ctx)
	for _, open := range []lua.LGFunction{
		lua.OpenPackage, lua.OpenBase, lua.OpenTable, lua.OpenOs, lua.OpenString, lua.OpenMath, lua.OpenDebug, lua.OpenCoroutine,
	} {
		s.Push(s.NewFunction(open))
		s.Call(0, 0)
	}
	s.files = newFiles(s.LState, to)
	s.repair()
	openModules(s.LState)
	return s
}

// SetContext sets the context with which functions end.
func (s *State) SetContext(ctx context.Context) { s.LState.SetContext(&ready{ctx, ctx.Done()}) }

// ready is a context whose channel is at hand: the interpreter asks for it before each
// instruction.
type ready struct {
	context.Context
	done <-chan struct{}
}

// Done implements context.Context.
func (r *ready) Done() <-chan struct{} { return r.done }

// repair replaces the functions that differ from LuaJIT's.
func (s *State) repair() {
	globals := s.G.Global
	s.SetFuncs(globals, map[string]lua.LGFunction{
		"tostring": tostring, "tonumber": tonumber, "print": s.print, "collectgarbage": collectGarbage,
	})
	s.SetFuncs(globals, loading())
	for _, name := range []string{"_printregs", "_GOPHER_LUA_VERSION"} {
		globals.RawSetString(name, lua.LNil)
	}
	if library, ok := s.GetGlobal("string").(*lua.LTable); ok {
		s.SetFuncs(library, stringFunctions())
	}
	if library, ok := s.GetGlobal("table").(*lua.LTable); ok {
		library.RawSetString("concat", s.NewFunction(concat))
	}
	repairMath(s.LState)
	s.repairOS()
}

// Exited returns the status that the script gave os.exit; ok is false where it did not call
// it.
func (s *State) Exited() (code int, ok bool) {
	if s.exited == nil {
		return 0, false
	}
	return *s.exited, true
}

// Message returns an error of a script without the list of the calls that led to it.
func Message(err error) string {
	if api, ok := errors.AsType[*lua.ApiError](err); ok && api.Object != nil {
		if s, ok := text(api.Object); ok {
			return s
		}
		return "an error that is a " + api.Object.Type().String()
	}
	return err.Error()
}

// Close ends the state, with the files that the script has left open.
func (s *State) Close() error {
	err := s.files.Close()
	s.LState.Close()
	return err
}
