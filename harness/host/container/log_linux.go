package container

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/host/keeper"
)

const (
	// logLimit bounds the question for a container's output.
	logLimit = 5 * time.Second
	// mostLog bounds the output that is read, in bytes.
	mostLog = 8 << 20
)

// output asks the engine for the container's output so far. Following the output
// all the time would cost CPU time inside windows.
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
	h.log.Store(&text)
	if err != nil || h.program.Log == "" {
		return err
	}
	return keeper.WriteLog(h.program.Log, h.program.LogCap, text)
}

// LogTail returns the last lines of the output, at most n bytes, or a line in
// brackets where it cannot be read.
func (h *handle) LogTail(n int) string {
	if saved := h.log.Load(); saved != nil {
		return host.Tail(*saved, n)
	}
	text, err := h.output()
	if err != nil {
		return fmt.Sprintf("[%v]", err)
	}
	return host.Tail(text, n)
}
