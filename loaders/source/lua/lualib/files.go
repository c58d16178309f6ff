package lualib

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"
)

// file is an open file of a script. Reads and writes are buffered.
type file struct {
	// standard is true for the streams of the process, which a script cannot close.
	standard bool
	open     bool
	reader   *bufio.Reader
	writer   *bufio.Writer
	// disk is nil for streams. process is the command behind a pipe, nil for none.
	disk    *os.File
	process *exec.Cmd
	closers []io.Closer
}

// errClosed is the use of a file that is closed.
var errClosed = errors.New("attempt to use a closed file")

// onDisk returns an open file of the disk.
func onDisk(f *os.File) *file {
	return &file{open: true, reader: bufio.NewReader(f), writer: bufio.NewWriter(f), disk: f, closers: []io.Closer{f}}
}

// openFile opens a file in a mode of C's fopen.
func openFile(path, mode string) (*file, error) {
	plain := strings.ReplaceAll(mode, "b", "")
	flags, ok := map[string]int{
		"r": os.O_RDONLY, "r+": os.O_RDWR,
		"w": os.O_WRONLY | os.O_CREATE | os.O_TRUNC, "w+": os.O_RDWR | os.O_CREATE | os.O_TRUNC,
		"a": os.O_WRONLY | os.O_CREATE | os.O_APPEND, "a+": os.O_RDWR | os.O_CREATE | os.O_APPEND,
	}[plain]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.EINVAL}
	}
	f, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return nil, err
	}
	return onDisk(f), nil
}

// pipe starts a command and returns its output, or its input where writes is true; what it
// prints then goes to out.
func pipe(cmd *exec.Cmd, writes bool, out io.Writer) (*file, error) {
	f := &file{open: true, process: cmd}
	if writes {
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		cmd.Stdout = out
		f.writer, f.closers = bufio.NewWriter(in), []io.Closer{in}
	} else {
		prints, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		f.reader, f.closers = bufio.NewReader(prints), []io.Closer{prints}
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return f, nil
}

// read is the reader, behind all that was written.
func (f *file) read() (*bufio.Reader, error) {
	switch {
	case !f.open:
		return nil, errClosed
	case f.reader == nil:
		return nil, syscall.EBADF
	case f.writer != nil && f.writer.Buffered() > 0:
		return f.reader, f.writer.Flush()
	}
	return f.reader, nil
}

// write is the writer, at the place up to which was read.
func (f *file) write() (*bufio.Writer, error) {
	switch {
	case !f.open:
		return nil, errClosed
	case f.writer == nil:
		return nil, syscall.EBADF
	case f.disk != nil && f.reader.Buffered() > 0:
		if _, err := f.disk.Seek(-int64(f.reader.Buffered()), io.SeekCurrent); err != nil {
			return nil, err
		}
		f.reader.Reset(f.disk)
	}
	return f.writer, nil
}

// seek goes to a place and returns it, in bytes from the begin.
func (f *file) seek(offset int64, whence int) (int64, error) {
	switch {
	case !f.open:
		return 0, errClosed
	case f.disk == nil:
		return 0, syscall.ESPIPE
	}
	if err := f.writer.Flush(); err != nil {
		return 0, err
	}
	if whence == io.SeekCurrent {
		offset -= int64(f.reader.Buffered())
	}
	f.reader.Reset(f.disk)
	return f.disk.Seek(offset, whence)
}

// flush hands all that was written to the system.
func (f *file) flush() error {
	switch {
	case !f.open:
		return errClosed
	case f.writer == nil:
		return nil
	}
	return f.writer.Flush()
}

// close ends the file and waits for the command behind a pipe.
func (f *file) close() error {
	if !f.open {
		return errClosed
	}
	err := f.flush()
	f.open = false
	for _, c := range f.closers {
		err = errors.Join(err, c.Close())
	}
	if f.process != nil {
		_ = f.process.Wait() // Lua 5.1 does not report how a command ended
	}
	return err
}

// pushError pushes nil, the error in the words of C, and its number. path names the file,
// empty for none.
func pushError(l *lua.LState, path string, err error) int {
	number := syscall.Errno(0)
	words := err.Error()
	if errors.As(err, &number) {
		words = number.Error()
		words = strings.ToUpper(words[:1]) + words[1:]
	}
	if path != "" {
		words = path + ": " + words
	}
	l.Push(lua.LNil)
	l.Push(lua.LString(words))
	l.Push(lua.LNumber(number))
	return 3
}
