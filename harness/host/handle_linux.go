package host

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results"
)

const (
	// flushPatience is how long a keeper may take to bring the log up to date.
	flushPatience = time.Second
	// endPatience is how long a keeper may take to end after its input has ended.
	// It is longer than the keeper's own patience; then joust kills the keeper.
	endPatience = 15 * time.Second
)

// handle is one program and its keeper.
type handle struct {
	sample.Tree
	program    Program
	cmd        *exec.Cmd
	notices    *json.Decoder
	complaints limited

	// ordersMu guards writes to the keeper's input and its closing.
	ordersMu sync.Mutex
	orders   io.WriteCloser

	stdin  io.WriteCloser
	stdout io.Reader

	// begun gets the one answer to the start; started is set before it.
	begun   chan error
	started keeper.Started
	// exited is closed when the first process has ended; exit is set before.
	exited chan struct{}
	exit   Exit
	// flushMu serialises flushes; flushed gets their answers.
	flushMu sync.Mutex
	flushed chan string
	// gone is closed when the keeper has ended; endErr and logErr are set
	// before.
	gone   chan struct{}
	endErr error
	logErr string
}

var _ Handle = (*handle)(nil)

// begin sends the configuration and waits until the program runs. On failure
// the keeper has ended when it returns.
func (h *handle) begin(ctx context.Context, c keeper.Config) error {
	err := h.order(c)
	if err == nil {
		select {
		case err = <-h.begun:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if err == nil {
		return nil
	}
	h.hangUp()
	h.awaitEnd()
	return errors.Join(err, h.endErr, h.closePipes())
}

// order writes one line to the keeper.
func (h *handle) order(line any) error {
	h.ordersMu.Lock()
	defer h.ordersMu.Unlock()
	if err := json.NewEncoder(h.orders).Encode(line); err != nil {
		return fmt.Errorf("writing to the keeper: %w", err)
	}
	return nil
}

// hangUp closes the keeper's input, upon which it kills the tree at once.
func (h *handle) hangUp() {
	h.ordersMu.Lock()
	defer h.ordersMu.Unlock()
	// Closing a pipe twice is the only way in which this fails.
	_ = h.orders.Close()
}

// watch reads the keeper's notices until the keeper ends. It alone closes exited
// and gone.
func (h *handle) watch() {
	defer close(h.gone)
	exited, ended := false, false
	for {
		var n keeper.Notice
		if err := h.notices.Decode(&n); err != nil {
			break
		}
		switch {
		case n.Started != nil:
			h.started = *n.Started
			h.Tree = sample.Tree{Root: h.started.PID, Groups: tree.Groups{Unified: h.started.Cgroup}}
			h.begun <- nil
		case n.Failed != "":
			ended = true
			h.begun <- errors.New(n.Failed)
		case n.Exited != nil:
			exited = true
			h.exit = *n.Exited
			close(h.exited)
		case n.Flushed != nil:
			select {
			case h.flushed <- *n.Flushed:
			default: // The flush has timed out.
			}
		case n.Ended != nil:
			ended = true
			h.logErr = n.Ended.LogError
			if n.Ended.Error != "" {
				h.endErr = errors.New(n.Ended.Error)
			}
		}
	}
	select {
	case h.begun <- errors.New("its keeper did not answer"):
	default: // It did.
	}
	waitErr := h.cmd.Wait()
	if !ended {
		h.endErr = h.keeperLost(waitErr)
	}
	if !exited {
		// The kernel kills the first process when its keeper dies.
		h.exit = Exit{Code: -1, Signal: "SIGKILL"}
		close(h.exited)
	}
}

// keeperLost does a dead keeper's work as far as joust can do it.
func (h *handle) keeperLost(waitErr error) error {
	said := strings.TrimSpace(h.complaints.buf.String())
	err := fmt.Errorf("the keeper of %s died: %w %s", h.program.Name, cmp.Or(waitErr, errors.New("no reason given")), said)
	if h.started.PID == 0 {
		return err
	}
	if h.started.Cgroup == "" {
		return fmt.Errorf("%w; it had no control group (%s), so children of the program may still run", err, h.started.NoCgroup)
	}
	ending, cancel := context.WithTimeout(context.Background(), endPatience)
	defer cancel()
	return errors.Join(err, tree.Cgroup(h.started.Cgroup).End(ending))
}

func (h *handle) PID() int                { return h.started.PID }
func (h *handle) Exited() <-chan struct{} { return h.exited }
func (h *handle) Exit() Exit              { return h.exit }
func (h *handle) Stdin() io.WriteCloser   { return h.stdin }
func (h *handle) Stdout() io.Reader       { return h.stdout }

// Surroundings returns the surroundings in which the program was started.
func (h *handle) Surroundings() *results.Surroundings {
	s := h.started.Surroundings
	s.Environment, s.WorkingDirectory = environment(h.program), h.program.Dir
	return &s
}

// Stop asks the keeper to end the tree and waits until it has. When ctx ends
// first, everything is killed at once, and Stop still waits until it is gone.
func (h *handle) Stop(ctx context.Context) error {
	if h.order(keeper.Command{Stop: true}) != nil {
		// The keeper has ended or is ending; without an input it must.
		h.hangUp()
	}
	select {
	case <-h.gone:
	case <-ctx.Done():
		h.hangUp()
		h.awaitEnd()
	}
	h.hangUp()
	if err := errors.Join(h.endErr, h.closePipes()); err != nil {
		return fmt.Errorf("stopping %s: %w", h.program.Name, err)
	}
	return nil
}

// awaitEnd waits for a keeper whose input was closed, and kills one that hangs.
func (h *handle) awaitEnd() {
	select {
	case <-h.gone:
	case <-time.After(endPatience):
		// Fails only when it has ended just now.
		_ = h.cmd.Process.Kill()
		<-h.gone
	}
}

// closePipes closes the write end of the program's standard input. The read end of
// its output closes itself at the end of the output.
func (h *handle) closePipes() error {
	if h.stdin == nil {
		return nil
	}
	if err := h.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("closing the program's standard input: %w", err)
	}
	return nil
}
