package lualib

import (
	"errors"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// plainIntegers bounds the whole numbers that are written with all digits: LuaJIT writes
// numbers with 14 of them.
const plainIntegers = 1e14

// AppendNumber appends the number as LuaJIT writes it: with 14 digits at most.
func AppendNumber(to []byte, x float64) []byte {
	switch {
	case x == math.Trunc(x) && math.Abs(x) < plainIntegers:
		if x == 0 && math.Signbit(x) {
			return append(to, "-0"...)
		}
		return strconv.AppendInt(to, int64(x), 10)
	case math.IsNaN(x):
		return append(to, "nan"...)
	case math.IsInf(x, 0):
		if x < 0 {
			to = append(to, '-')
		}
		return append(to, "inf"...)
	}
	return strconv.AppendFloat(to, x, 'g', 14, 64)
}

// ParseNumber reads a number as LuaJIT does: decimal, hexadecimal or binary, with a
// fraction and an exponent, with white space around it. ok is false for all other texts.
func ParseNumber(text string) (x float64, ok bool) {
	text = strings.Trim(text, " \t\n\v\f\r")
	digits, negative := text, false
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		digits, negative = digits[1:], digits[0] == '-'
	}
	if x, ok = parseUnsigned(digits); ok && negative {
		x = -x
	}
	return x, ok
}

func parseUnsigned(digits string) (x float64, ok bool) {
	if digits == "" || strings.ContainsAny(digits, "_+-") && !hasSignedExponent(digits) {
		return 0, false
	}
	switch lower := strings.ToLower(digits); {
	case lower == "inf" || lower == "infinity":
		return math.Inf(1), true
	case lower == "nan":
		return math.NaN(), true
	case strings.HasPrefix(lower, "0x"):
		return parseHex(lower)
	case strings.HasPrefix(lower, "0b"):
		n, err := strconv.ParseUint(lower[2:], 2, 64)
		return float64(n), err == nil
	}
	if c := digits[0]; c != '.' && !isDigit(c) {
		return 0, false
	}
	return rounded(digits)
}

// hasSignedExponent reports whether the only sign of the digits is that of an exponent.
func hasSignedExponent(digits string) bool {
	at := strings.IndexAny(digits, "+-")
	return at > 0 && strings.IndexByte("eEpP", digits[at-1]) >= 0 && !strings.ContainsAny(digits[at+1:], "+-") && !strings.Contains(digits, "_")
}

// parseHex reads a hexadecimal number in lower case, which need not have an exponent.
func parseHex(lower string) (float64, bool) {
	if lower == "0x" {
		return 0, false
	}
	if !strings.Contains(lower, "p") {
		lower += "p0"
	}
	return rounded(lower)
}

// rounded reads a number that may be beyond the range of numbers: infinite, or 0.
func rounded(digits string) (float64, bool) {
	x, err := strconv.ParseFloat(digits, 64)
	return x, err == nil || errors.Is(err, strconv.ErrRange)
}

// text returns the value as a string where it is one or a number.
func text(v lua.LValue) (s string, ok bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return string(AppendNumber(nil, float64(v))), true
	}
	return "", false
}

// number returns the value as a number where it is one or a string of one.
func number(v lua.LValue) (x float64, ok bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return ParseNumber(string(v))
	}
	return 0, false
}

// typeName returns the name of the argument's type for messages.
func typeName(l *lua.LState, n int) string {
	if n > l.GetTop() {
		return "no value"
	}
	return l.Get(n).Type().String()
}

// checkText returns the argument as a string; numbers are strings too.
func checkText(l *lua.LState, n int) string {
	s, ok := text(l.Get(n))
	if !ok {
		l.ArgError(n, "string expected, got "+typeName(l, n))
	}
	return s
}

// checkNumber returns the argument as a number; strings of numbers are numbers too.
func checkNumber(l *lua.LState, n int) float64 {
	x, ok := number(l.Get(n))
	if !ok {
		l.ArgError(n, "number expected, got "+typeName(l, n))
	}
	return x
}

// optNumber is checkNumber of an argument that may be absent or nil.
func optNumber(l *lua.LState, n int, otherwise float64) float64 {
	if l.Get(n) == lua.LNil {
		return otherwise
	}
	return checkNumber(l, n)
}

// whole returns a number without its fraction, within the range of an int.
func whole(x float64) int {
	switch {
	case math.IsNaN(x):
		return 0
	case x >= math.MaxInt64:
		return math.MaxInt
	case x <= math.MinInt64:
		return math.MinInt
	}
	return int(x)
}

// ToString returns the value as tostring does, with __tostring.
func ToString(l *lua.LState, v lua.LValue) string {
	if s, ok := text(v); ok {
		return s
	}
	if f, ok := l.GetMetaField(v, "__tostring").(*lua.LFunction); ok {
		l.Push(f)
		l.Push(v)
		l.Call(1, 1)
		made := l.Get(-1)
		l.Pop(1)
		s, ok := text(made)
		if !ok {
			l.RaiseError("'tostring' must return a string to 'print'")
		}
		return s
	}
	if f, ok := v.(*lua.LFunction); ok && f.IsG {
		return "function: builtin: " + strings.TrimPrefix(v.String(), "function: ")
	}
	return v.String()
}

// tostring implements tostring.
func tostring(l *lua.LState) int {
	l.Push(lua.LString(ToString(l, l.CheckAny(1))))
	return 1
}

// tonumber implements tonumber.
func tonumber(l *lua.LState) int {
	v := l.CheckAny(1)
	base := whole(optNumber(l, 2, 10))
	if base < 2 || base > 36 {
		l.ArgError(2, "base out of range")
	}
	var x float64
	var ok bool
	if base == 10 {
		x, ok = number(v)
	} else {
		x, ok = parseBase(checkText(l, 1), base)
	}
	if !ok {
		l.Push(lua.LNil)
		return 1
	}
	l.Push(lua.LNumber(x))
	return 1
}

// parseBase reads a whole number of a base.
func parseBase(digits string, base int) (float64, bool) {
	digits = strings.ToLower(strings.Trim(digits, " \t\n\v\f\r"))
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	if base == 16 {
		digits = strings.TrimPrefix(digits, "0x")
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil || strings.Contains(digits, "_") {
		return 0, false
	}
	if negative {
		return -float64(n), true
	}
	return float64(n), true
}
