package keeper

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// collector copies the output of a pipe to a log. It blocks in reads, which only
// a flush interrupts.
type collector struct {
	pipe *os.File
	log  *capLog
	// flushes holds the one request for a flush.
	flushes chan chan error
	// done is closed when the pipe has ended; err is then valid.
	done chan struct{}
	err  error
}

// collect starts copying to a new log. The returned file is the writing end, for
// the program alone.
func collect(path string, limit int64) (*collector, *os.File, error) {
	log, err := openLog(path, limit)
	if err != nil {
		return nil, nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("making the log's pipe: %w", err), log.Close())
	}
	c := &collector{pipe: r, log: log, flushes: make(chan chan error, 1), done: make(chan struct{})}
	go c.run()
	return c, w, nil
}

func (c *collector) run() {
	defer close(c.done)
	buf := make([]byte, 32<<10)
	for {
		n, err := c.pipe.Read(buf)
		c.log.Write(buf[:n])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = c.answer(buf)
		}
		if err != nil {
			// The end of the pipe is io.EOF: nobody can write any more. The
			// read end closes with the keeper: Flush never meets a closed one.
			c.err = c.log.Close()
			return
		}
	}
}

// answer empties the pipe and flushes the log.
func (c *collector) answer(buf []byte) error {
	if err := c.pipe.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	raw, err := c.pipe.SyscallConn()
	if err != nil {
		return err
	}
	// A pipe holds 64 KiB, or up to 1 MiB on request: a program that writes
	// without end must not keep us here.
	const most = 1 << 20
	err = raw.Read(func(fd uintptr) bool {
		for drained := 0; drained < most; {
			n, err := unix.Read(int(fd), buf)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if n <= 0 {
				break
			}
			c.log.Write(buf[:n])
			drained += n
		}
		return true
	})
	reply := <-c.flushes
	reply <- c.log.Flush()
	return err
}

// Flush returns when the log holds all output from before the call. No collector
// has nothing to flush. It must not be called by two goroutines at once.
func (c *collector) Flush() error {
	if c == nil {
		return nil
	}
	reply := make(chan error, 1)
	select {
	case <-c.done:
		return c.err
	case c.flushes <- reply:
	}
	// A deadline in the past ends the read that is under way.
	if err := c.pipe.SetReadDeadline(time.Unix(1, 0)); err != nil {
		<-c.flushes
		return fmt.Errorf("interrupting the log: %w", err)
	}
	select {
	case err := <-reply:
		return err
	case <-c.done:
		return c.err
	}
}
