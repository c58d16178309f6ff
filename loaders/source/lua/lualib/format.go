package lualib

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// directive is one % of a format: its flags, width and precision, -1 where it has none.
type directive struct {
	flags            string
	width, precision int
	verb             byte
}

// format implements string.format.
func format(l *lua.LState) int {
	f := checkText(l, 1)
	out := make([]byte, 0, len(f)+32)
	arg := 1
	for {
		at := strings.IndexByte(f, '%')
		if at < 0 {
			break
		}
		out, f = append(out, f[:at]...), f[at+1:]
		if strings.HasPrefix(f, "%") {
			out, f = append(out, '%'), f[1:]
			continue
		}
		d, rest := readDirective(l, f)
		f = rest
		arg++
		out = d.append(l, out, arg)
	}
	out = append(out, f...)
	l.Push(lua.LString(out))
	return 1
}

// readDirective reads what stands behind a %.
func readDirective(l *lua.LState, f string) (d directive, rest string) {
	n := 0
	for n < len(f) && strings.IndexByte("-+ #0", f[n]) >= 0 {
		n++
	}
	d = directive{flags: f[:n], width: -1, precision: -1}
	f = f[n:]
	d.width, f = twoDigits(f)
	if strings.HasPrefix(f, ".") {
		if d.precision, f = twoDigits(f[1:]); d.precision < 0 {
			d.precision = 0
		}
	}
	if n > 5 || f != "" && isDigit(f[0]) {
		l.RaiseError("invalid format (width or precision too long)")
	}
	if f == "" {
		l.RaiseError("invalid option '%%' to 'format'")
	}
	d.verb = f[0]
	return d, f[1:]
}

// twoDigits reads a number of at most two digits, -1 for none.
func twoDigits(f string) (n int, rest string) {
	digits := 0
	for digits < min(2, len(f)) && isDigit(f[digits]) {
		digits++
	}
	if digits == 0 {
		return -1, f
	}
	n, _ = strconv.Atoi(f[:digits]) // these are digits
	return n, f[digits:]
}

// append appends the argument as the directive says.
func (d directive) append(l *lua.LState, out []byte, arg int) []byte {
	switch d.verb {
	case 's':
		if arg > l.GetTop() {
			l.ArgError(arg, "string expected, got no value")
		}
		s := ToString(l, l.Get(arg))
		if d.precision >= 0 {
			s = s[:min(len(s), d.precision)]
		}
		return d.pad(out, s)
	case 'd', 'i':
		x := checkNumber(l, arg)
		if d.plain() && x == math.Trunc(x) && math.Abs(x) < plainIntegers {
			return strconv.AppendInt(out, int64(x), 10)
		}
		return fmt.Appendf(out, d.verbWith('d', -1), integer(x))
	case 'u', 'o', 'x', 'X':
		verb := d.verb
		if verb == 'u' {
			verb = 'd'
		}
		return fmt.Appendf(out, d.verbWith(verb, -1), unsigned(checkNumber(l, arg)))
	case 'c':
		return d.pad(out, string([]byte{byte(whole(checkNumber(l, arg)))}))
	case 'e', 'E', 'f', 'F', 'g', 'G', 'a', 'A':
		return d.float(out, checkNumber(l, arg))
	case 'q':
		return quoted(out, checkText(l, arg))
	}
	l.RaiseError("invalid option '%%%s' to 'format'", string(rune(d.verb)))
	return out
}

// plain reports whether the directive has a letter only.
func (d directive) plain() bool { return d.flags == "" && d.width < 0 && d.precision < 0 }

// pad appends a string, with spaces up to the width: bytes count, not letters.
func (d directive) pad(out []byte, s string) []byte {
	room := max(0, d.width-len(s))
	if strings.Contains(d.flags, "-") {
		return append(append(out, s...), strings.Repeat(" ", room)...)
	}
	return append(append(out, strings.Repeat(" ", room)...), s...)
}

// verbWith returns the directive as package fmt has it, with the precision where the
// directive has none; -1 for none.
func (d directive) verbWith(verb byte, precision int) string {
	text := "%" + d.flags
	if d.width >= 0 {
		text += strconv.Itoa(d.width)
	}
	if d.precision >= 0 {
		precision = d.precision
	}
	if precision >= 0 {
		text += "." + strconv.Itoa(precision)
	}
	return text + string(rune(verb))
}

// integer returns the number without its fraction, as C converts it.
func integer(x float64) int64 {
	if x >= math.MaxInt64 || math.IsNaN(x) {
		return math.MinInt64
	}
	return int64(max(x, math.MinInt64))
}

// unsigned returns the number as an unsigned one; a negative one wraps around.
func unsigned(x float64) uint64 {
	if x >= math.MaxInt64 && x < math.MaxUint64 {
		return uint64(x)
	}
	return uint64(integer(x))
}

// float appends a number with a fraction or an exponent.
func (d directive) float(out []byte, x float64) []byte {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return d.pad(out, d.signed(notFinite(x, isLower(d.verb)), x))
	}
	if d.verb == 'a' || d.verb == 'A' {
		return d.pad(out, d.signed(hexFloat(x, d.precision, d.verb), x))
	}
	return fmt.Appendf(out, d.verbWith(d.verb, 6), x)
}

// signed returns the text with the sign that a flag asks for.
func (d directive) signed(s string, x float64) string {
	switch {
	case x < 0 || strings.HasPrefix(s, "-"):
		return s
	case strings.Contains(d.flags, "+"):
		return "+" + s
	case strings.Contains(d.flags, " "):
		return " " + s
	}
	return s
}

// notFinite returns the name of a number that has no digits.
func notFinite(x float64, small bool) string {
	s := string(AppendNumber(nil, x))
	if small {
		return s
	}
	return strings.ToUpper(s)
}

// hexFloat writes a number as %a does: with as few digits of the exponent as there are.
func hexFloat(x float64, precision int, verb byte) string {
	s := strconv.FormatFloat(x, 'x', precision, 64)
	if at := strings.IndexByte(s, 'p'); at >= 0 && len(s) > at+3 && s[at+2] == '0' {
		s = s[:at+2] + s[at+3:]
	}
	if verb == 'A' {
		return strings.ToUpper(s)
	}
	return s
}

// quoted appends a string in quotes, so that Lua reads it back.
func quoted(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n':
			out = append(out, '\\', c)
		case c < ' ' || c == 0x7f:
			out = append(out, '\\')
			if i+1 < len(s) && isDigit(s[i+1]) {
				out = fmt.Appendf(out, "%03d", c)
			} else {
				out = strconv.AppendUint(out, uint64(c), 10)
			}
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
