package lualib

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// byteOrderMark may stand at the begin of a text.
const byteOrderMark = "\xef\xbb\xbf"

// Compile compiles a text in Lua, in which LuaJIT's escapes \x41 and \z may stand. name is
// that of the file in messages. The error names the line.
func Compile(l *lua.LState, text, name string) (*lua.LFunction, error) {
	text = strings.TrimPrefix(text, byteOrderMark)
	if strings.HasPrefix(text, "#") { // the line that names an interpreter
		_, rest, _ := strings.Cut(text, "\n")
		text = "\n" + rest
	}
	plain, err := rewrite(text, name)
	if err != nil {
		return nil, err
	}
	f, err := l.Load(strings.NewReader(plain), name)
	if err != nil {
		return nil, syntaxError(err, name)
	}
	return f, nil
}

// syntaxError returns the error as Lua writes it: FILE:LINE: what is wrong.
func syntaxError(err error, name string) error {
	var wrong *parse.Error
	var uncompiled *lua.CompileError
	var cause error
	if api, ok := errors.AsType[*lua.ApiError](err); ok {
		cause = api.Cause
	}
	switch {
	case errors.As(cause, &wrong) && wrong.Pos.Line == parse.EOF:
		return fmt.Errorf("%s: %s at the end of the text", name, wrong.Message)
	case errors.As(cause, &wrong):
		return fmt.Errorf("%s:%d: %s near '%s'", name, wrong.Pos.Line, wrong.Message, wrong.Token)
	case errors.As(cause, &uncompiled):
		return fmt.Errorf("%s:%d: %s", name, uncompiled.Line, uncompiled.Message)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// rewriter copies a text of Lua and changes what gopher-lua does not read.
type rewriter struct {
	text string
	at   int
	line int
	out  bytes.Buffer
	// owed are line ends of a string that were left out: they come behind it, so that all
	// lines keep their numbers.
	owed int
}

// rewrite replaces the escapes of strings that gopher-lua does not know. It returns an
// error for a number that only LuaJIT's FFI has.
func rewrite(text, name string) (string, error) {
	if !strings.ContainsAny(text, `\`) && !strings.Contains(strings.ToUpper(text), "LL") {
		return text, nil
	}
	r := rewriter{text: text, line: 1}
	for r.at < len(text) {
		if err := r.token(name); err != nil {
			return "", err
		}
	}
	return r.out.String(), nil
}

// copy copies the next n bytes.
func (r *rewriter) copy(n int) {
	piece := r.text[r.at:min(r.at+n, len(r.text))]
	r.line += strings.Count(piece, "\n")
	r.out.WriteString(piece)
	r.at += len(piece)
}

// token copies one token, or a byte between tokens.
func (r *rewriter) token(name string) error {
	rest := r.text[r.at:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		if n := longBracket(rest[2:]); n > 0 {
			r.copy(2 + n)
			return nil
		}
		line, _, _ := strings.Cut(rest, "\n")
		r.copy(len(line))
	case c == '[' && longBracket(rest) > 0:
		r.copy(longBracket(rest))
	case c == '"' || c == '\'':
		r.literal(c)
	case isDigit(c):
		n := 0
		for n < len(rest) && (isDigit(rest[n]) || isLetter(rest[n]) || rest[n] == '.') {
			n++
		}
		if number := strings.ToLower(rest[:n]); strings.HasSuffix(number, "ll") {
			return fmt.Errorf("%s:%d: %s is a number of LuaJIT's FFI, which joust does not have: write it without its letters", name, r.line, rest[:n])
		}
		r.copy(n)
	case isLetter(c) || c == '_':
		n := 0
		for n < len(rest) && (isDigit(rest[n]) || isLetter(rest[n]) || rest[n] == '_') {
			n++
		}
		r.copy(n)
	default:
		r.copy(1)
	}
	return nil
}

// longBracket returns the length of the text in long brackets at the begin, 0 for none.
func longBracket(text string) int {
	if text == "" || text[0] != '[' {
		return 0
	}
	level := 1
	for level < len(text) && text[level] == '=' {
		level++
	}
	if level == len(text) || text[level] != '[' {
		return 0
	}
	closing := "]" + strings.Repeat("=", level-1) + "]"
	if end := strings.Index(text, closing); end >= 0 {
		return end + len(closing)
	}
	return len(text)
}

// literal copies a string in quotes.
func (r *rewriter) literal(quote byte) {
	r.copy(1)
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == quote || c == '\n':
			r.copy(1)
			r.out.WriteString(strings.Repeat("\n", r.owed))
			r.owed = 0
			return
		case c == '\\':
			r.escape()
		default:
			r.copy(1)
		}
	}
}

// escape copies an escape, or writes what stands for one that gopher-lua does not know.
func (r *rewriter) escape() {
	rest := r.text[r.at:]
	if len(rest) >= 4 && rest[1] == 'x' {
		if n, err := strconv.ParseUint(rest[2:4], 16, 8); err == nil {
			fmt.Fprintf(&r.out, `\%03d`, n)
			r.at += 4
			return
		}
	}
	if len(rest) >= 2 && rest[1] == 'z' {
		rest = strings.TrimLeft(rest[2:], " \t\n\v\f\r")
		ends := strings.Count(r.text[r.at:len(r.text)-len(rest)], "\n")
		r.line, r.owed, r.at = r.line+ends, r.owed+ends, len(r.text)-len(rest)
		return
	}
	r.copy(2)
}

// loadFile reads and compiles a file, standard input where the path is empty.
func loadFile(l *lua.LState, path string) (*lua.LFunction, error) {
	source := path
	if path == "" {
		path, source = "/dev/stdin", "=stdin"
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open %w", err)
	}
	return Compile(l, string(text), source)
}

// pushLoaded pushes the function, or nil with the error.
func pushLoaded(l *lua.LState, f *lua.LFunction, err error) int {
	if err != nil {
		l.Push(lua.LNil)
		l.Push(lua.LString(err.Error()))
		return 2
	}
	l.Push(f)
	return 1
}

// loading are the functions that read texts of Lua.
func loading() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"loadstring": func(l *lua.LState) int {
			text := checkText(l, 1)
			f, err := Compile(l, text, l.OptString(2, text))
			return pushLoaded(l, f, err)
		},
		"loadfile": func(l *lua.LState) int {
			f, err := loadFile(l, l.OptString(1, ""))
			return pushLoaded(l, f, err)
		},
		"dofile": func(l *lua.LState) int {
			f, err := loadFile(l, l.OptString(1, ""))
			if err != nil {
				l.RaiseError("%s", err.Error())
			}
			top := l.GetTop()
			l.Push(f)
			l.Call(0, lua.MultRet)
			return l.GetTop() - top
		},
	}
}
