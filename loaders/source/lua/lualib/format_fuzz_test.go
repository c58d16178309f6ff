package lualib_test

import (
	"context"
	"io"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"github.com/joust-bench/joust/loaders/source/lua/lualib"
)

// No format breaks the interpreter: it gives a text, or an error of the script.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"%d", "%5.2f", "%-10s|", "%q", "%%", "%c", "%", "%99999d", "%#x", "%a", "%i%u"} {
		f.Add(seed, 1.5, "x")
	}
	s := lualib.New(context.Background(), lualib.Streams{Out: io.Discard, Err: io.Discard})
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, format string, x float64, text string) {
		s.Push(s.GetField(s.GetGlobal("string"), "format"))
		s.Push(lua.LString(format))
		s.Push(lua.LNumber(x))
		s.Push(lua.LString(text))
		if err := s.PCall(3, 1, nil); err != nil {
			if api, ok := err.(*lua.ApiError); !ok || api.Type == lua.ApiErrorPanic {
				t.Fatalf("%q: %v", format, err)
			}
			return
		}
		if _, ok := s.Get(-1).(lua.LString); !ok {
			t.Fatalf("%q gives %v", format, s.Get(-1))
		}
		s.Pop(1)
	})
}
