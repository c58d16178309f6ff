package lualib

import (
	"bytes"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// stringFunctions take the place of those of gopher-lua.
func stringFunctions() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"find": find, "match": matchOnce, "gmatch": gmatch, "gfind": gmatch, "gsub": gsub, "format": format,
		"lower": lower, "upper": upper, "rep": repeat, "dump": refuseDump,
	}
}

// newMatcher returns a matcher of the first two arguments.
func newMatcher(l *lua.LState) *matcher {
	return &matcher{subject: checkText(l, 1), pattern: checkText(l, 2), ctx: l.Context()}
}

// begin returns the place of the subject where a search begins, from the argument.
func begin(l *lua.LState, n, length int) int {
	at := whole(optNumber(l, n, 1))
	switch {
	case at < 0:
		at = max(0, length+at)
	case at > 0:
		at--
	}
	return min(at, length)
}

// search finds the first match from the place on. It returns none as the end where there
// is no match, and raises the matcher's problem.
func (m *matcher) search(l *lua.LState, from int) (at, end int) {
	p := 0
	if m.at(0) == '^' {
		p = 1
	}
	for at = from; at <= len(m.subject); at++ {
		end = m.start(at, p)
		m.raise(l)
		if end != none || p == 1 {
			return at, end
		}
	}
	return at, none
}

// raise raises the matcher's problem as an error of the script.
func (m *matcher) raise(l *lua.LState) {
	if m.problem != "" {
		l.RaiseError("%s", m.problem)
	}
}

// value returns the capture of that number; the whole match from at to end stands for the
// first where the pattern has none.
func (m *matcher) value(l *lua.LState, number, at, end int) lua.LValue {
	if number >= m.level {
		if number > 0 {
			l.RaiseError("invalid capture index")
		}
		return lua.LString(m.subject[at:end])
	}
	c := m.captures[number]
	switch c.length {
	case openCapture:
		l.RaiseError("unfinished capture")
	case positionCapture:
		return lua.LNumber(c.at + 1)
	}
	return lua.LString(m.subject[c.at : c.at+c.length])
}

// push pushes all captures, or the whole match where there are none, and returns how many.
func (m *matcher) push(l *lua.LState, at, end int) int {
	n := max(1, m.level)
	for i := range n {
		l.Push(m.value(l, i, at, end))
	}
	return n
}

// special are the bytes with a meaning in patterns.
const special = "^$*+?.([%-"

// find implements string.find.
func find(l *lua.LState) int {
	s, pattern := checkText(l, 1), checkText(l, 2)
	from := begin(l, 3, len(s))
	if l.ToBool(4) || !strings.ContainsAny(pattern, special) {
		at := strings.Index(s[from:], pattern)
		if at < 0 {
			l.Push(lua.LNil)
			return 1
		}
		l.Push(lua.LNumber(from + at + 1))
		l.Push(lua.LNumber(from + at + len(pattern)))
		return 2
	}
	m := newMatcher(l)
	at, end := m.search(l, from)
	if end == none {
		l.Push(lua.LNil)
		return 1
	}
	l.Push(lua.LNumber(at + 1))
	l.Push(lua.LNumber(end))
	if m.level == 0 {
		return 2
	}
	return 2 + m.push(l, at, end)
}

// matchOnce implements string.match.
func matchOnce(l *lua.LState) int {
	m := newMatcher(l)
	at, end := m.search(l, begin(l, 3, len(m.subject)))
	if end == none {
		l.Push(lua.LNil)
		return 1
	}
	return m.push(l, at, end)
}

// gmatch implements string.gmatch: the iterator can be called by hand too.
func gmatch(l *lua.LState) int {
	m, from := newMatcher(l), 0
	l.Push(l.NewFunction(func(l *lua.LState) int {
		for at := from; at <= len(m.subject); at++ {
			end := m.start(at, 0)
			m.raise(l)
			if end == none {
				continue
			}
			if from = end; end == at {
				from++
			}
			return m.push(l, at, end)
		}
		from = len(m.subject) + 1
		return 0
	}))
	return 1
}

// gsub implements string.gsub.
func gsub(l *lua.LState) int {
	m := newMatcher(l)
	by := l.Get(3)
	switch by.Type() {
	case lua.LTString, lua.LTNumber, lua.LTFunction, lua.LTTable:
	default:
		l.ArgError(3, "string/function/table expected, got "+typeName(l, 3))
	}
	most := whole(optNumber(l, 4, float64(len(m.subject)+1)))
	p := 0
	if m.at(0) == '^' {
		p = 1
	}
	out, n, at := bytes.NewBuffer(make([]byte, 0, len(m.subject))), 0, 0
	for n < most {
		end := m.start(at, p)
		m.raise(l)
		if end != none {
			n++
			m.replace(l, out, by, at, end)
		}
		if end != none && end > at {
			at = end
		} else if at < len(m.subject) {
			out.WriteByte(m.subject[at])
			at++
		} else {
			break
		}
		if p == 1 {
			break
		}
	}
	out.WriteString(m.subject[min(at, len(m.subject)):])
	l.Push(lua.LString(out.String()))
	l.Push(lua.LNumber(n))
	return 2
}

// replace writes what stands for a match.
func (m *matcher) replace(l *lua.LState, out *bytes.Buffer, by lua.LValue, at, end int) {
	var made lua.LValue
	switch by := by.(type) {
	case *lua.LTable:
		made = l.GetTable(by, m.value(l, 0, at, end))
	case *lua.LFunction:
		l.Push(by)
		l.Call(m.push(l, at, end), 1)
		made = l.Get(-1)
		l.Pop(1)
	default:
		s, _ := text(by)
		m.expand(l, out, s, at, end)
		return
	}
	if lua.LVIsFalse(made) {
		out.WriteString(m.subject[at:end])
		return
	}
	s, ok := text(made)
	if !ok {
		l.RaiseError("invalid replacement value (a %s)", made.Type().String())
	}
	out.WriteString(s)
}

// expand writes a replacement in which %1 stands for a capture and %0 for the match.
func (m *matcher) expand(l *lua.LState, out *bytes.Buffer, s string, at, end int) {
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch {
		case i == len(s):
		case s[i] == '0':
			out.WriteString(m.subject[at:end])
		case isDigit(s[i]):
			value, _ := text(m.value(l, int(s[i]-'1'), at, end))
			out.WriteString(value)
		default:
			out.WriteByte(s[i])
		}
	}
}

// lower and upper change the letters of ASCII alone, as LuaJIT does.
func lower(l *lua.LState) int { return mapBytes(l, 'A', 'Z') }

func upper(l *lua.LState) int { return mapBytes(l, 'a', 'z') }

// mapBytes changes the case of the letters from first to last.
func mapBytes(l *lua.LState, first, last byte) int {
	s := []byte(checkText(l, 1))
	for i, c := range s {
		if first <= c && c <= last {
			s[i] = c ^ 0x20
		}
	}
	l.Push(lua.LString(s))
	return 1
}

// mostRepeated bounds the bytes of a repeated string.
const mostRepeated = 1 << 30

// repeat implements string.rep, with LuaJIT's separator.
func repeat(l *lua.LState) int {
	s, n, between := checkText(l, 1), whole(checkNumber(l, 2)), ""
	if l.GetTop() > 2 {
		between = checkText(l, 3)
	}
	switch {
	case n <= 0:
		l.Push(lua.LString(""))
		return 1
	case len(s)+len(between) > mostRepeated/n:
		l.RaiseError("resulting string too large")
	}
	l.Push(lua.LString(strings.Repeat(s+between, n-1) + s))
	return 1
}

// refuseDump refuses string.dump.
func refuseDump(l *lua.LState) int {
	l.RaiseError("string.dump: joust has no bytecode of Lua: load the text of the function")
	return 0
}
