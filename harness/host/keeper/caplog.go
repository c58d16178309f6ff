package keeper

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
)

const (
	// defaultLogCap and minLogCap bound the size of a log, in bytes. Below the
	// minimum the line about the cut would not fit.
	defaultLogCap = 1 << 20
	minLogCap     = 512
	// cutRoom is kept free for the line about the cut.
	cutRoom = 64
)

// capLog is a log file of bounded size that keeps the first and the last half
// of the output. Up to the cap it is written through; beyond it the end waits in
// memory for Flush. Used from one goroutine.
type capLog struct {
	file *os.File
	// head and room are the numbers of bytes at the start and at the end that are
	// kept when the whole does not fit.
	limit, head, room int64
	total             int64
	// end holds the last room bytes beyond the head, and up to as many before
	// them.
	end []byte
	// err is the first failure. Later output is dropped: the program must not
	// stall on its log.
	err error
}

// WriteLog writes the text as a log of at most limit bytes; 0 stands for 1 MiB.
func WriteLog(path string, limit int64, text []byte) error {
	log, err := openLog(path, limit)
	if err != nil {
		return err
	}
	log.Write(text)
	return log.Close()
}

// openLog creates or empties the file; limit is in bytes, 0 takes 1 MiB.
func openLog(path string, limit int64) (*capLog, error) {
	limit = max(cmp.Or(limit, defaultLogCap), minLogCap)
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating the log: %w", err)
	}
	head := limit / 2
	return &capLog{file: f, limit: limit, head: head, room: limit - head - cutRoom}, nil
}

// Write never fails: Flush returns the errors.
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
		l.end = append(l.end, p[skip:]...)
	}
	if int64(len(l.end)) > 2*l.room {
		l.trim()
	}
	l.total += int64(len(p))
}

// trim drops the bytes before the last room ones.
func (l *capLog) trim() {
	l.end = slices.Delete(l.end, 0, max(0, len(l.end)-int(l.room)))
}

// Flush writes the end of a log that was cut, after a line that says how much
// is missing.
func (l *capLog) Flush() error {
	if l.err != nil || l.total <= l.limit {
		return l.err
	}
	l.trim()
	end := append(fmt.Appendf(nil, "\n[joust cut %d bytes here]\n", l.total-l.head-int64(len(l.end))), l.end...)
	if _, err := l.file.WriteAt(end, l.head); err != nil {
		l.err = fmt.Errorf("writing the end of the log: %w", err)
	} else if err := l.file.Truncate(l.head + int64(len(end))); err != nil {
		l.err = fmt.Errorf("cutting the log: %w", err)
	}
	return l.err
}

// Close flushes and closes the file.
func (l *capLog) Close() error {
	return errors.Join(l.Flush(), l.file.Close())
}
