package lualib

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// deepestJSON bounds the nesting of a document.
const deepestJSON = 1000

// jsonStyle is how one of the libraries of JSON writes and fails.
type jsonStyle struct {
	// raises is true where a wrong document is an error; else it is a second result.
	raises bool
	// emptyIsList is true where an empty table is written as a list.
	emptyIsList bool
	// slash is what a slash in a string is written as.
	slash string
	// null stands for null in documents that are read.
	null lua.LValue
}

// jsonModules returns the modules of JSON by their names.
func jsonModules(l *lua.LState) map[string]*lua.LTable {
	null := l.NewUserData()
	null.Metatable = l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"__tostring": func(l *lua.LState) int { l.Push(lua.LString("null")); return 1 },
	})
	cjson := jsonStyle{raises: true, slash: `\/`, null: null}
	safe := cjson
	safe.raises = false
	dkjson := jsonStyle{emptyIsList: true, slash: "/", null: lua.LNil}
	plain := jsonStyle{raises: true, emptyIsList: true, slash: "/", null: lua.LNil}
	modules := map[string]*lua.LTable{}
	for name, style := range map[string]jsonStyle{"cjson": cjson, "cjson.safe": safe, "dkjson": dkjson, "json": plain} {
		module := l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{"encode": style.encode, "decode": style.decode})
		module.RawSetString("null", null)
		modules[name] = module
	}
	modules["dkjson"].RawSetString("decode", l.NewFunction(dkjson.decodeAt))
	for _, name := range []string{"cjson", "cjson.safe"} {
		module := modules[name]
		for _, setting := range []string{"encode_sparse_array", "encode_max_depth", "decode_max_depth", "encode_number_precision", "encode_keep_buffer", "encode_invalid_numbers", "decode_invalid_numbers"} {
			module.RawSetString(setting, l.NewFunction(func(*lua.LState) int { return 0 }))
		}
		module.RawSetString("new", l.NewFunction(func(l *lua.LState) int { l.Push(module); return 1 }))
	}
	return modules
}

// failed raises the error, or pushes nil with it.
func (s jsonStyle) failed(l *lua.LState, err error) int {
	if s.raises {
		l.RaiseError("%s", err.Error())
	}
	l.Push(lua.LNil)
	l.Push(lua.LString(err.Error()))
	return 2
}

// encode implements encode.
func (s jsonStyle) encode(l *lua.LState) int {
	out, err := s.append(nil, l.CheckAny(1), 0)
	if err != nil {
		return s.failed(l, err)
	}
	l.Push(lua.LString(out))
	return 1
}

// append appends a value of Lua as JSON.
func (s jsonStyle) append(out []byte, v lua.LValue, depth int) ([]byte, error) {
	if depth > deepestJSON {
		return out, errors.New("cannot write JSON: the table is nested too deeply, or holds itself")
	}
	switch v := v.(type) {
	case lua.LBool:
		return append(out, v.String()...), nil
	case lua.LNumber:
		if math.IsInf(float64(v), 0) || math.IsNaN(float64(v)) {
			return out, errors.New("cannot write JSON: it has no number that is infinite or none")
		}
		return AppendNumber(out, float64(v)), nil
	case lua.LString:
		return s.quote(out, string(v)), nil
	case *lua.LTable:
		if n := v.MaxN(); n > 0 || s.emptyIsList {
			if key, _ := v.Next(lua.LNil); key == lua.LNil || n > 0 {
				return s.list(out, v, n, depth)
			}
		}
		return s.object(out, v, depth)
	case *lua.LUserData:
		return append(out, "null"...), nil
	}
	if v == lua.LNil {
		return append(out, "null"...), nil
	}
	return out, fmt.Errorf("cannot write JSON: a %s has no form there", v.Type())
}

func (s jsonStyle) list(out []byte, v *lua.LTable, n, depth int) (_ []byte, err error) {
	out = append(out, '[')
	for i := 1; i <= n; i++ {
		if i > 1 {
			out = append(out, ',')
		}
		if out, err = s.append(out, v.RawGetInt(i), depth+1); err != nil {
			return out, err
		}
	}
	return append(out, ']'), nil
}

func (s jsonStyle) object(out []byte, v *lua.LTable, depth int) (_ []byte, err error) {
	out = append(out, '{')
	first := true
	for key, value := v.Next(lua.LNil); key != lua.LNil; key, value = v.Next(key) {
		name, ok := text(key)
		if !ok {
			return out, fmt.Errorf("cannot write JSON: a key is a %s, and must be a string or a number", key.Type())
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(s.quote(out, name), ':')
		if out, err = s.append(out, value, depth+1); err != nil {
			return out, err
		}
	}
	return append(out, '}'), nil
}

// quote appends a string. Bytes beyond ASCII stay as they are.
func (s jsonStyle) quote(out []byte, text string) []byte {
	const escapes = "\"\"\\\\\bb\ff\nn\rr\tt"
	out = append(out, '"')
	for i := range len(text) {
		c := text[i]
		if at := strings.IndexByte(escapes, c); at >= 0 && at%2 == 0 {
			out = append(out, '\\', escapes[at+1])
			continue
		}
		switch {
		case c == '/':
			out = append(out, s.slash...)
		case c < ' ' || c == 0x7f:
			out = fmt.Appendf(out, `\u%04x`, c)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// decode implements decode.
func (s jsonStyle) decode(l *lua.LState) int {
	d := newDecoder(checkText(l, 1), s.null)
	v, err := d.value(l, 0)
	if err == nil {
		err = d.end()
	}
	if err != nil {
		return s.failed(l, err)
	}
	l.Push(v)
	return 1
}

// decodeAt implements decode of dkjson: it reads a value from a place on, and returns it
// with the place behind it.
func (s jsonStyle) decodeAt(l *lua.LState) int {
	document, from := checkText(l, 1), whole(optNumber(l, 2, 1))
	from = min(max(from, 1), len(document)+1)
	if l.GetTop() >= 3 {
		s.null = l.Get(3)
	}
	d := newDecoder(document[from-1:], s.null)
	v, err := d.value(l, 0)
	if err != nil {
		l.Push(lua.LNil)
		l.Push(lua.LNumber(from + int(d.InputOffset())))
		l.Push(lua.LString(err.Error()))
		return 3
	}
	l.Push(v)
	l.Push(lua.LNumber(from + int(d.InputOffset())))
	return 2
}

// decoder reads values of Lua from a document.
type decoder struct {
	*json.Decoder
	null lua.LValue
}

func newDecoder(document string, null lua.LValue) decoder {
	return decoder{json.NewDecoder(strings.NewReader(document)), null}
}

// end returns an error where something stands behind the value.
func (d decoder) end() error {
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("cannot read JSON: something stands behind the value, at byte %d", d.InputOffset())
	}
	return nil
}

// value reads one value.
func (d decoder) value(l *lua.LState, depth int) (lua.LValue, error) {
	token, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read JSON at byte %d: %w", d.InputOffset(), err)
	}
	return d.valueOf(l, token, depth)
}

// valueOf reads the value that begins with the token.
func (d decoder) valueOf(l *lua.LState, token json.Token, depth int) (lua.LValue, error) {
	switch v := token.(type) {
	case bool:
		return lua.LBool(v), nil
	case float64:
		return lua.LNumber(v), nil
	case string:
		return lua.LString(v), nil
	case json.Delim:
		if depth > deepestJSON {
			return nil, errors.New("cannot read JSON: it is nested too deeply")
		}
		if v == '[' {
			return d.list(l, depth)
		}
		return d.object(l, depth)
	}
	return d.null, nil
}

func (d decoder) list(l *lua.LState, depth int) (lua.LValue, error) {
	t := l.NewTable()
	for n := 1; d.More(); n++ {
		v, err := d.value(l, depth+1)
		if err != nil {
			return nil, err
		}
		t.RawSetInt(n, v)
	}
	return t, d.closing()
}

func (d decoder) object(l *lua.LState, depth int) (lua.LValue, error) {
	t := l.NewTable()
	for d.More() {
		key, err := d.value(l, depth+1)
		if err != nil {
			return nil, err
		}
		v, err := d.value(l, depth+1)
		if err != nil {
			return nil, err
		}
		t.RawSet(key, v)
	}
	return t, d.closing()
}

// closing reads the end of a list or an object.
func (d decoder) closing() error {
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("cannot read JSON at byte %d: %w", d.InputOffset(), err)
	}
	return nil
}
