package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/joust-bench/joust/harness/host/keeper"
)

// LogTail returns the last lines of the log, at most n bytes, and a line in
// brackets where the log is not to be had or not complete.
func (h *handle) LogTail(n int) string {
	if h.program.Log == "" {
		return ""
	}
	incomplete := h.flush()
	tail, err := readTail(h.program.Log, n)
	if err != nil {
		return fmt.Sprintf("[%v]", err)
	}
	if incomplete != "" {
		tail += fmt.Sprintf("\n[%s]", incomplete)
	}
	return tail
}

// flush has the keeper bring the log up to date and returns why it could not.
func (h *handle) flush() string {
	h.flushMu.Lock()
	defer h.flushMu.Unlock()
	select {
	case <-h.flushed: // The late answer to an earlier question.
	default:
	}
	if h.order(keeper.Command{Flush: true}) != nil {
		// The keeper is ending, and flushes as it does.
		<-h.gone
		return h.logErr
	}
	select {
	case answer := <-h.flushed:
		return answer
	case <-h.gone:
		return h.logErr
	case <-time.After(flushPatience):
		return "the keeper did not bring the log up to date in time"
	}
}

// readTail returns the last whole lines of a file, at most n bytes; a last
// line longer than that is cut at its start.
func readTail(path string, n int) (tail string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading the log: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return "", fmt.Errorf("reading the log: %w", err)
	}
	// One byte more tells whether the first line is whole.
	from := max(0, size-int64(n)-1)
	text, err := io.ReadAll(io.NewSectionReader(f, from, size-from))
	if err != nil {
		return "", fmt.Errorf("reading the log: %w", err)
	}
	text = bytes.TrimRight(text, "\n")
	if from > 0 {
		if _, rest, ok := bytes.Cut(text, []byte("\n")); ok {
			text = rest
		}
	}
	return string(text[max(0, len(text)-n):]), nil
}

// output is the read end of a program's standard output. It closes itself at
// the end, so that what was written before the program was stopped can still
// be read.
type output struct{ file *os.File }

func (o *output) Read(p []byte) (int, error) {
	n, err := o.file.Read(p)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) {
		// A second Close of the file is harmless.
		_ = o.file.Close()
		return n, io.EOF
	}
	return n, fmt.Errorf("reading the program's standard output: %w", err)
}
