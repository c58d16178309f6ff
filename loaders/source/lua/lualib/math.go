package lualib

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// repairMath puts what gopher-lua does otherwise into the math library.
func repairMath(l *lua.LState) {
	library, ok := l.GetGlobal("math").(*lua.LTable)
	if !ok {
		return
	}
	library.RawSetString("huge", lua.LNumber(math.Inf(1)))
	var r random
	r.seed(0)
	l.SetFuncs(library, map[string]lua.LGFunction{
		"random": func(l *lua.LState) int {
			l.Push(lua.LNumber(within(l, r.next())))
			return 1
		},
		"randomseed": func(l *lua.LState) int {
			r.seed(checkNumber(l, 1))
			return 0
		},
		"floor": rounding(math.Floor), "ceil": rounding(math.Ceil), "max": extreme(math.Max), "min": extreme(math.Min),
	})
}

// within returns the number, from 0 on and below 1, as one of the range of the arguments.
func within(l *lua.LState, x float64) float64 {
	switch l.GetTop() {
	case 0:
		return x
	case 1:
		return math.Floor(x*checkNumber(l, 1)) + 1
	}
	low, high := checkNumber(l, 1), checkNumber(l, 2)
	return math.Floor(x*(high-low+1)) + low
}

// rounding returns a function of one number, infinite ones included.
func rounding(f func(float64) float64) lua.LGFunction {
	return func(l *lua.LState) int {
		l.Push(lua.LNumber(f(checkNumber(l, 1))))
		return 1
	}
}

// extreme returns a function of one number or more.
func extreme(of func(a, b float64) float64) lua.LGFunction {
	return func(l *lua.LState) int {
		x := checkNumber(l, 1)
		for n := 2; n <= l.GetTop(); n++ {
			x = of(x, checkNumber(l, n))
		}
		l.Push(lua.LNumber(x))
		return 1
	}
}
