package lua

import (
	gl "github.com/yuin/gopher-lua"

	"github.com/joust-bench/joust/loaders/source/lua/lualib"
)

// format implements wrk.format(method, path, headers, body): what is absent comes from wrk,
// a Host from wrk.headers. Host and Content-Length are written into the table of headers,
// as wrk does.
func (s *state) format(l *gl.LState) int {
	method, path, body := s.given(l, 1, "method"), s.given(l, 2, "path"), s.given(l, 4, "body")
	headers, ok := s.given(l, 3, "headers").(*gl.LTable)
	if !ok {
		l.RaiseError("bad argument #3 to 'format' (table expected, got %s)", s.given(l, 3, "headers").Type().String())
	}
	if gl.LVIsFalse(l.GetField(headers, "Host")) {
		l.SetField(headers, "Host", l.GetField(l.GetField(s.wrk, "headers"), "Host"))
	}
	s.setLength(l, headers, body)
	out := append(appendValue(l, s.text[:0], method), ' ')
	out = append(appendValue(l, out, path), " HTTP/1.1\r\n"...)
	for name, value := headers.Next(gl.LNil); name != gl.LNil; name, value = headers.Next(name) {
		out = append(appendValue(l, out, name), ": "...)
		out = append(appendValue(l, out, value), "\r\n"...)
	}
	out = append(out, "\r\n"...)
	if !gl.LVIsFalse(body) {
		out = appendValue(l, out, body)
	}
	s.text = out
	l.Push(gl.LString(out))
	return 1
}

// given returns the argument, or the field of wrk where it is absent.
func (s *state) given(l *gl.LState, n int, field string) gl.LValue {
	if n <= l.GetTop() {
		if v := l.Get(n); !gl.LVIsFalse(v) {
			return v
		}
	}
	return l.GetField(s.wrk, field)
}

// setLength writes the length of the body into the headers; no body deletes it.
func (s *state) setLength(l *gl.LState, headers *gl.LTable, body gl.LValue) {
	const name = "Content-Length"
	length := 0
	switch body := body.(type) {
	case gl.LString:
		length = len(body)
	case gl.LNumber:
		length = len(lualib.AppendNumber(nil, float64(body)))
	default:
		if !gl.LVIsFalse(body) {
			l.RaiseError("bad argument #4 to 'format' (string expected, got %s)", body.Type().String())
		}
		if headers.RawGetString(name) != gl.LNil {
			l.SetField(headers, name, gl.LNil)
		}
		return
	}
	if was, ok := headers.RawGetString(name).(gl.LNumber); !ok || int(was) != length {
		l.SetField(headers, name, gl.LNumber(length))
	}
}

// appendValue appends the value as %s writes it.
func appendValue(l *gl.LState, out []byte, v gl.LValue) []byte {
	switch v := v.(type) {
	case gl.LString:
		return append(out, v...)
	case gl.LNumber:
		return lualib.AppendNumber(out, float64(v))
	}
	return append(out, lualib.ToString(l, v)...)
}
