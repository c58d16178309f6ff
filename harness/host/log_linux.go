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
// brackets where the log cannot be read or is not complete.
func (h *handle) LogTail(n int) string {
	if h.program.Log == "" {
		return ""
	}
	incomplete := h.flush()
	text, err := os.ReadFile(h.program.Log) // it is bounded
	if err != nil {
		return fmt.Sprintf("[reading the log: %v]", err)
	}
	tail := Tail(text, n)
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

// Tail returns the last whole lines of a text, at most n bytes. Of a last line
// longer than that it returns the end.
func Tail(text []byte, n int) string {
	text = bytes.TrimRight(text, "\n")
	if len(text) <= n {
		return string(text)
	}
	if _, rest, whole := bytes.Cut(text[len(text)-n-1:], []byte("\n")); whole {
		return string(rest)
	}
	return string(text[len(text)-n:])
}

// output is the read end of a program's standard output. It closes itself at the
// end, and not with the program: the last output can still be read then.
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
