package container

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

const (
	// logLimit bounds the question for a container's output.
	logLimit = 5 * time.Second
	// mostLog is how much output is read at most, in bytes.
	mostLog = 8 << 20
)

// output asks the engine for what the container has written. It is asked for
// only when it is wanted, since following it would cost CPU time inside
// windows.
func (h *handle) output() ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), logLimit)
	defer cancel()
	r, err := h.engine.client.ContainerLogs(ctx, h.container.GetContainerID(), client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return nil, fmt.Errorf("reading the container's output: %w", err)
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := stdcopy.StdCopy(&b, &b, io.LimitReader(r, mostLog)); err != nil && b.Len() == 0 {
		return nil, fmt.Errorf("reading the container's output: %w", err)
	}
	return b.Bytes(), nil
}

// saveLog keeps the output before the container is removed.
func (h *handle) saveLog() error {
	text, err := h.output()
	h.logMu.Lock()
	defer h.logMu.Unlock()
	h.saved, h.log = true, text
	if err != nil || h.program.Log == "" {
		return err
	}
	if err := os.WriteFile(h.program.Log, cut(text, int(h.program.LogCap)), 0o644); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}

// cut keeps the first and the last half of a text that is longer than most
// bytes; 0 keeps all.
func cut(text []byte, most int) []byte {
	if most == 0 || len(text) <= most {
		return text
	}
	half := most / 2
	note := fmt.Sprintf("\n[%d bytes are left out here]\n", len(text)-2*half)
	return append(append(bytes.Clone(text[:half]), note...), text[len(text)-half:]...)
}

// LogTail returns the last lines of the output, at most n bytes, and a line in
// brackets where it is not to be had.
func (h *handle) LogTail(n int) string {
	h.logMu.Lock()
	text, saved := h.log, h.saved
	h.logMu.Unlock()
	if !saved {
		var err error
		if text, err = h.output(); err != nil {
			return fmt.Sprintf("[%v]", err)
		}
	}
	return tail(text, n)
}

// tail is the last whole lines of a text, at most n bytes; a last line longer
// than that is cut at its start.
func tail(text []byte, n int) string {
	text = bytes.TrimRight(text, "\n")
	if len(text) <= n {
		return string(text)
	}
	if _, rest, ok := bytes.Cut(text[len(text)-n-1:], []byte("\n")); ok {
		return string(rest)
	}
	return string(text[len(text)-n:])
}
