package keeper

import (
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	// defaultLogCap and minLogCap bound the size of a log, in bytes. Below the
	// minimum the line that tells of the cut would not fit.
	defaultLogCap = 1 << 20
	minLogCap     = 512
	// cutRoom is kept free for the line that tells of the cut.
	cutRoom = 64
)

// capLog is a log file of bounded size that keeps the first and the last half
// of what was written. Up to the cap it is written through; beyond it the end
// waits in memory for Flush. Used from one goroutine.
type capLog struct {
	file *os.File
	// head and room are how many bytes at the start and at the end are kept
	// when the whole does not fit.
	limit, head, room int64
	total             int64
	// end is a ring of the last room bytes beyond the head; next is where its
	// oldest byte stands once it is full.
	end  []byte
	next int
	// err is the first failure. Later output is dropped: the program must not
	// stall on its log.
	err error
}

// openLog creates or empties the file; limit is in bytes, 0 takes 1 MiB.
func openLog(path string, limit int64) (*capLog, error) {
	if limit == 0 {
		limit = defaultLogCap
	}
	limit = max(limit, minLogCap)
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating the log: %w", err)
	}
	head := limit / 2
	return &capLog{file: f, limit: limit, head: head, room: limit - head - cutRoom}, nil
}

// Write takes everything and never fails; failures are told by Flush.
func (l *capLog) Write(p []byte) {
	if l.err != nil {
		return
	}
	if fits := min(int64(len(p)), l.limit-l.total); fits > 0 {
		if _, err := l.file.Write(p[:fits]); err != nil {
			l.err = fmt.Errorf("writing the log: %w", err)
			return
		}
	}
	if skip := min(int64(len(p)), max(0, l.head-l.total)); skip < int64(len(p)) {
		l.remember(p[skip:])
	}
	l.total += int64(len(p))
}

// remember keeps the last room bytes.
func (l *capLog) remember(p []byte) {
	if int64(len(p)) > l.room {
		p = p[int64(len(p))-l.room:]
	}
	if grow := min(int(l.room)-len(l.end), len(p)); grow > 0 {
		l.end = append(l.end, p[:grow]...)
		p = p[grow:]
	}
	for len(p) > 0 {
		n := copy(l.end[l.next:], p)
		l.next = (l.next + n) % len(l.end)
		p = p[n:]
	}
}

// Flush writes the end of a log that was cut, after a line that says how much
// is missing.
func (l *capLog) Flush() error {
	if l.err != nil || l.total <= l.limit {
		return l.err
	}
	cut := fmt.Sprintf("\n[joust cut %d bytes here]\n", l.total-l.head-int64(len(l.end)))
	w := io.NewOffsetWriter(l.file, l.head)
	for _, part := range [][]byte{[]byte(cut), l.end[l.next:], l.end[:l.next]} {
		if _, err := w.Write(part); err != nil {
			l.err = fmt.Errorf("writing the end of the log: %w", err)
			return l.err
		}
	}
	if err := l.file.Truncate(l.head + int64(len(cut)+len(l.end))); err != nil {
		l.err = fmt.Errorf("cutting the log: %w", err)
	}
	return l.err
}

// Close flushes and closes the file.
func (l *capLog) Close() error {
	return errors.Join(l.Flush(), l.file.Close())
}
