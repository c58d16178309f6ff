package lualib

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// newBit makes LuaJIT's library of operations on 32 bits.
func newBit(l *lua.LState) *lua.LTable {
	return l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"tobit":   unary(func(x uint32) uint32 { return x }),
		"bnot":    unary(func(x uint32) uint32 { return ^x }),
		"bswap":   unary(bits.ReverseBytes32),
		"band":    folding(func(a, b uint32) uint32 { return a & b }),
		"bor":     folding(func(a, b uint32) uint32 { return a | b }),
		"bxor":    folding(func(a, b uint32) uint32 { return a ^ b }),
		"lshift":  shifting(func(x uint32, n int) uint32 { return x << n }),
		"rshift":  shifting(func(x uint32, n int) uint32 { return x >> n }),
		"arshift": shifting(func(x uint32, n int) uint32 { return uint32(int32(x) >> n) }),
		"rol":     shifting(bits.RotateLeft32),
		"ror":     shifting(func(x uint32, n int) uint32 { return bits.RotateLeft32(x, -n) }),
		"tohex":   toHex,
	})
}

// checkBits returns the argument as 32 bits: it wraps around, and a fraction is rounded.
func checkBits(l *lua.LState, n int) uint32 {
	x := math.RoundToEven(checkNumber(l, n))
	if math.Abs(x) >= 1<<53 || math.IsNaN(x) {
		return 0
	}
	return uint32(int64(x))
}

// pushBits pushes the bits as a number with a sign.
func pushBits(l *lua.LState, x uint32) int {
	l.Push(lua.LNumber(int32(x)))
	return 1
}

func unary(f func(uint32) uint32) lua.LGFunction {
	return func(l *lua.LState) int { return pushBits(l, f(checkBits(l, 1))) }
}

func folding(f func(a, b uint32) uint32) lua.LGFunction {
	return func(l *lua.LState) int {
		x := checkBits(l, 1)
		for n := 2; n <= l.GetTop(); n++ {
			x = f(x, checkBits(l, n))
		}
		return pushBits(l, x)
	}
}

// shifting returns a function whose second argument counts bits, modulo 32.
func shifting(f func(x uint32, n int) uint32) lua.LGFunction {
	return func(l *lua.LState) int { return pushBits(l, f(checkBits(l, 1), int(checkBits(l, 2)&31))) }
}

// toHex implements bit.tohex: the last digits, in upper case for a negative count.
func toHex(l *lua.LState) int {
	x, n := checkBits(l, 1), whole(optNumber(l, 2, 8))
	digits := fmt.Sprintf("%08x", x)
	if n < 0 {
		digits, n = strings.ToUpper(digits), -n
	}
	l.Push(lua.LString(digits[8-min(n, 8):]))
	return 1
}
