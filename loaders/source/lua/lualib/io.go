package lualib

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// files is the io library of one state.
type files struct {
	Streams
	// open holds the files that the script has not closed.
	open map[*file]bool
	// input and output are the files of io.read and io.write.
	input, output *lua.LUserData
	class         *lua.LTable
}

// newFiles makes the io library and puts it into the state.
func newFiles(l *lua.LState, to Streams) *files {
	f := &files{Streams: to, open: map[*file]bool{}, class: l.NewTable()}
	f.class.RawSetString("__index", l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"close": f.close, "flush": f.flush, "lines": f.linesOf, "read": f.readFrom, "seek": f.seek,
		"setvbuf": func(l *lua.LState) int { l.Push(lua.LTrue); return 1 }, "write": f.writeTo,
	}))
	l.SetFuncs(f.class, map[string]lua.LGFunction{"__tostring": f.describe})
	library := l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"close": f.close, "flush": f.flushDefault, "input": f.setInput, "lines": f.lines, "open": f.openFile, "output": f.setOutput,
		"popen": f.popen, "read": f.read, "tmpfile": f.temporary, "type": f.kind, "write": f.write,
	})
	f.input = f.value(l, &file{standard: true, open: true, reader: bufio.NewReader(os.Stdin)})
	f.output = f.value(l, &file{standard: true, open: true, writer: bufio.NewWriterSize(to.Out, 1)})
	library.RawSetString("stdin", f.input)
	library.RawSetString("stdout", f.output)
	library.RawSetString("stderr", f.value(l, &file{standard: true, open: true, writer: bufio.NewWriterSize(to.Err, 1)}))
	l.SetGlobal("io", library)
	if loaded, ok := l.GetField(l.GetGlobal("package"), "loaded").(*lua.LTable); ok {
		loaded.RawSetString("io", library)
	}
	return f
}

// Close closes all files that the script has left open.
func (f *files) Close() error {
	var errs []error
	for open := range f.open {
		errs = append(errs, open.close())
	}
	clear(f.open)
	return errors.Join(errs...)
}

// value returns the file as a value of Lua.
func (f *files) value(l *lua.LState, of *file) *lua.LUserData {
	v := l.NewUserData()
	v.Value, v.Metatable = of, f.class
	if !of.standard {
		f.open[of] = true
	}
	return v
}

// pushFile pushes a file that was opened, or the error.
func (f *files) pushFile(l *lua.LState, path string, of *file, err error) int {
	if err != nil {
		return pushError(l, path, err)
	}
	l.Push(f.value(l, of))
	return 1
}

// checkFile returns the file of the first argument.
func checkFile(l *lua.LState) *file {
	if v, ok := l.Get(1).(*lua.LUserData); ok {
		if of, ok := v.Value.(*file); ok {
			return of
		}
	}
	l.ArgError(1, "FILE* expected, got "+typeName(l, 1))
	return nil
}

// raiseClosed raises the use of a closed file; it returns all other errors.
func raiseClosed(l *lua.LState, err error) error {
	if errors.Is(err, errClosed) {
		l.RaiseError("%s", err.Error())
	}
	return err
}

// pushDone pushes true, or the error.
func pushDone(l *lua.LState, err error) int {
	if raiseClosed(l, err) != nil {
		return pushError(l, "", err)
	}
	l.Push(lua.LTrue)
	return 1
}

func (f *files) openFile(l *lua.LState) int {
	path, mode := checkText(l, 1), "r"
	if l.Get(2) != lua.LNil {
		mode = checkText(l, 2)
	}
	of, err := openFile(path, mode)
	return f.pushFile(l, path, of, err)
}

func (f *files) popen(l *lua.LState) int {
	line := checkText(l, 1)
	of, err := pipe(f.shell(l, line), strings.HasPrefix(l.OptString(2, "r"), "w"), f.Out)
	return f.pushFile(l, line, of, err)
}

// shell returns a command of the shell, which ends with the script.
func (f *files) shell(l *lua.LState, line string) *exec.Cmd {
	ctx := l.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	cmd.Stderr, cmd.WaitDelay = f.Err, time.Second // what the command has started may hold its output
	return cmd
}

func (f *files) temporary(l *lua.LState) int {
	disk, err := os.CreateTemp("", "lua_")
	if err != nil {
		return pushError(l, "", err)
	}
	if err := os.Remove(disk.Name()); err != nil {
		return pushError(l, "", err)
	}
	return f.pushFile(l, "", onDisk(disk), nil)
}

// close closes the file, or that of io.write where there is no argument.
func (f *files) close(l *lua.LState) int {
	of, _ := f.output.Value.(*file)
	if l.GetTop() > 0 {
		of = checkFile(l)
	}
	if of.standard {
		l.Push(lua.LNil)
		l.Push(lua.LString("cannot close standard file"))
		return 2
	}
	delete(f.open, of)
	return pushDone(l, of.close())
}

func (f *files) flush(l *lua.LState) int { return pushDone(l, checkFile(l).flush()) }

func (f *files) flushDefault(l *lua.LState) int {
	return pushDone(l, f.output.Value.(*file).flush())
}

func (f *files) seek(l *lua.LState) int {
	of := checkFile(l)
	whence, ok := map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}[l.OptString(2, "cur")]
	if !ok {
		l.ArgError(2, "invalid option '"+l.OptString(2, "cur")+"'")
	}
	at, err := of.seek(int64(optNumber(l, 3, 0)), whence)
	if raiseClosed(l, err) != nil {
		return pushError(l, "", err)
	}
	l.Push(lua.LNumber(at))
	return 1
}

// kind implements io.type.
func (f *files) kind(l *lua.LState) int {
	v, _ := l.CheckAny(1).(*lua.LUserData)
	of := (*file)(nil)
	if v != nil {
		of, _ = v.Value.(*file)
	}
	switch {
	case of == nil:
		l.Push(lua.LNil)
	case of.open:
		l.Push(lua.LString("file"))
	default:
		l.Push(lua.LString("closed file"))
	}
	return 1
}

// describe implements __tostring of files.
func (f *files) describe(l *lua.LState) int {
	if of := checkFile(l); !of.open {
		l.Push(lua.LString("file (closed)"))
	} else {
		l.Push(lua.LString("file (" + strings.TrimPrefix(l.Get(1).String(), "userdata: ") + ")"))
	}
	return 1
}

// setInput and setOutput implement io.input and io.output.
func (f *files) setInput(l *lua.LState) int { return f.set(l, &f.input, "r") }

func (f *files) setOutput(l *lua.LState) int { return f.set(l, &f.output, "w") }

// set makes the file, or the one of a path, the default one, and pushes the default one.
func (f *files) set(l *lua.LState, which **lua.LUserData, mode string) int {
	switch v := l.Get(1).(type) {
	case *lua.LUserData:
		checkFile(l)
		*which = v
	case lua.LString:
		of, err := openFile(string(v), mode)
		if err != nil {
			pushError(l, string(v), err)
			l.RaiseError("%s", l.Get(-2).String())
		}
		*which = f.value(l, of)
	}
	l.Push(*which)
	return 1
}

// write implements io.write, writeTo the method of files.
func (f *files) write(l *lua.LState) int { return write(l, f.output.Value.(*file), 1) }

func (f *files) writeTo(l *lua.LState) int { return write(l, checkFile(l), 2) }

// write writes the arguments from that one on.
func write(l *lua.LState, of *file, from int) int {
	w, err := of.write()
	if raiseClosed(l, err) != nil {
		return pushError(l, "", err)
	}
	var all []byte
	for n := from; n <= l.GetTop(); n++ {
		all = append(all, checkText(l, n)...)
	}
	if _, err = w.Write(all); err == nil && of.standard {
		err = w.Flush()
	}
	return pushDone(l, err)
}

// read implements io.read, readFrom the method of files.
func (f *files) read(l *lua.LState) int { return read(l, f.input.Value.(*file), arguments(l, 1)) }

func (f *files) readFrom(l *lua.LState) int { return read(l, checkFile(l), arguments(l, 2)) }

// arguments returns the arguments from that one on.
func arguments(l *lua.LState, from int) []lua.LValue {
	var list []lua.LValue
	for n := from; n <= l.GetTop(); n++ {
		list = append(list, l.Get(n))
	}
	return list
}

// read reads what the formats ask for, one line where there are none, and pushes it. It
// ends with nil at the first that finds nothing.
func read(l *lua.LState, of *file, formats []lua.LValue) int {
	r, err := of.read()
	if raiseClosed(l, err) != nil {
		return pushError(l, "", err)
	}
	if len(formats) == 0 {
		formats = []lua.LValue{lua.LString("*l")}
	}
	for i, f := range formats {
		v := readOne(l, r, f)
		l.Push(v)
		if v == lua.LNil {
			return i + 1
		}
	}
	return len(formats)
}

// readOne reads what one format asks for; nil where there is nothing.
func readOne(l *lua.LState, r *bufio.Reader, f lua.LValue) lua.LValue {
	if n, ok := f.(lua.LNumber); ok {
		return readBytes(r, whole(float64(n)))
	}
	name, _ := text(f)
	switch name = strings.TrimPrefix(name, "*"); {
	case strings.HasPrefix(name, "l"):
		return readLine(r, false)
	case strings.HasPrefix(name, "L"):
		return readLine(r, true)
	case strings.HasPrefix(name, "a"):
		var all bytes.Buffer
		_, _ = all.ReadFrom(r) // what was read before an error is the answer, as in C
		return lua.LString(all.String())
	case strings.HasPrefix(name, "n"):
		return readNumber(r)
	}
	l.RaiseError("bad argument to 'read' (invalid format)")
	return lua.LNil
}

// readBytes reads up to n bytes. Reading none asks whether there are more.
func readBytes(r *bufio.Reader, n int) lua.LValue {
	if _, err := r.Peek(1); err != nil {
		return lua.LNil
	}
	if n <= 0 {
		return lua.LString("")
	}
	var some bytes.Buffer
	_, _ = io.CopyN(&some, r, int64(n)) // an error ends it early, as in C
	return lua.LString(some.String())
}

// readLine reads a line, with its end where keep is true.
func readLine(r *bufio.Reader, keep bool) lua.LValue {
	line, err := r.ReadString('\n')
	if err != nil && line == "" {
		return lua.LNil
	}
	if !keep {
		line = strings.TrimSuffix(line, "\n")
	}
	return lua.LString(line)
}

// readNumber reads a number behind white space; nil where there is none.
func readNumber(r *bufio.Reader) lua.LValue {
	var digits []byte
	for {
		next, err := r.Peek(1)
		if err != nil {
			break
		}
		c := next[0]
		if isSpace(c) && len(digits) > 0 || !isSpace(c) && !isDigit(c) && !isLetter(c) && !strings.ContainsRune("+-.", rune(c)) {
			break
		}
		if _, err := r.Discard(1); err != nil {
			break
		}
		if !isSpace(c) {
			digits = append(digits, c)
		}
	}
	if x, ok := ParseNumber(string(digits)); ok {
		return lua.LNumber(x)
	}
	return lua.LNil
}

// lines implements io.lines: it closes the file behind its last line.
func (f *files) lines(l *lua.LState) int {
	if l.Get(1) == lua.LNil {
		return f.iterate(l, f.input.Value.(*file), nil, false)
	}
	path := checkText(l, 1)
	of, err := openFile(path, "r")
	if err != nil {
		pushError(l, path, err)
		l.RaiseError("%s", l.Get(-2).String())
	}
	f.open[of] = true
	return f.iterate(l, of, arguments(l, 2), true)
}

// linesOf is the method of files.
func (f *files) linesOf(l *lua.LState) int { return f.iterate(l, checkFile(l), arguments(l, 2), false) }

// iterate pushes an iterator over what the formats ask for.
func (f *files) iterate(l *lua.LState, of *file, formats []lua.LValue, closes bool) int {
	l.Push(l.NewFunction(func(l *lua.LState) int {
		n := read(l, of, formats)
		if l.Get(-n) == lua.LNil && closes {
			delete(f.open, of)
			_ = of.close() // it was only read
		}
		return n
	}))
	return 1
}
