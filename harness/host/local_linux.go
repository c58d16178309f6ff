package host

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/joust-bench/joust/harness/host/keeper"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/harness/tree"
)

// Local starts programs on this machine. It may be used from several
// goroutines.
type Local struct {
	options LocalOptions
	owner   tree.Owner
	// id distinguishes the control groups of several Locals of one process.
	id      string
	started atomic.Uint64
}

var _ Host = (*Local)(nil)

// NewLocal returns a host that starts programs on this machine.
func NewLocal(o LocalOptions) (*Local, error) {
	if len(o.Keeper) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("finding joust's own program, which runs the keepers: %w", err)
		}
		o.Keeper = []string{exe, "keep"}
	}
	owner, err := tree.Self()
	if err != nil {
		return nil, fmt.Errorf("%w (is /proc mounted?)", err)
	}
	return &Local{options: o, owner: owner, id: strings.ToLower(rand.Text()[:6])}, nil
}

// Start starts the program under a keeper of its own. When ctx ends before the
// program runs, Start ends both.
func (l *Local) Start(ctx context.Context, p Program) (Handle, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Name, err)
	}
	if len(p.Argv) == 0 {
		return nil, fmt.Errorf("starting %s: no command is given", p.Name)
	}
	h, err := l.launch(p)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Name, err)
	}
	go h.watch()
	if err := h.begin(ctx, l.config(p)); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Name, explain(err, p))
	}
	return h, nil
}

// explain adds the way out to the keeper's error.
func explain(err error, p Program) error {
	if strings.Contains(err.Error(), exec.ErrNotFound.Error()) {
		return fmt.Errorf("%w: install %s or correct the command", err, p.Argv[0])
	}
	return err
}

// environment returns the whole environment of the program.
func environment(p Program) map[string]string {
	return surroundings.Merge(surroundings.ForProcess(os.LookupEnv, cmp.Or(p.Dir, os.TempDir())), surroundings.FromPairs(p.Env))
}

// config returns the keeper's first line.
func (l *Local) config(p Program) keeper.Config {
	c := keeper.Config{
		Argv: p.Argv, Env: surroundings.Pairs(environment(p)), Dir: p.Dir, CPUs: p.CPUs, KeeperCPUs: l.options.KeeperCPUs,
		Log: p.Log, LogCap: p.LogCap, Pipes: p.Pipes, StopTimeout: p.StopTimeout,
	}
	if !l.options.NoCgroups {
		c.Cgroup = l.owner.CgroupName(l.id + strconv.FormatUint(l.started.Add(1), 10))
	}
	return c
}

// launch starts the keeper. All descriptors are close-on-exec: no process but
// joust holds the keeper's input open, which therefore ends when joust dies.
func (l *Local) launch(p Program) (*handle, error) {
	h := &handle{
		program: p,
		begun:   make(chan error, 1), exited: make(chan struct{}), flushed: make(chan string, 1), gone: make(chan struct{}),
	}
	// In a session of its own a terminal's Ctrl-C does not reach it.
	h.cmd = exec.Command(l.options.Keeper[0], l.options.Keeper[1:]...)
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	h.cmd.Stderr = &h.complaints
	input, err := h.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("making the keeper's input: %w", err)
	}
	output, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the keeper's output: %w", err), input.Close())
	}
	h.orders, h.notices = input, json.NewDecoder(output)
	ends, err := h.openPipes(p)
	if err != nil {
		return nil, errors.Join(err, input.Close(), output.Close())
	}
	h.cmd.ExtraFiles = ends
	err = h.cmd.Start()
	for _, f := range ends {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting its keeper: %w", err), h.closePipes())
	}
	return h, nil
}

// openPipes makes the pipes of a program with Pipes, and returns the program's
// ends.
func (h *handle) openPipes(p Program) ([]*os.File, error) {
	if !p.Pipes {
		return nil, nil
	}
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making the program's standard input: %w", err)
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making the program's standard output: %w", err), inRead.Close(), inWrite.Close())
	}
	h.stdin, h.stdout = inWrite, &output{file: outRead}
	return []*os.File{inRead, outWrite}, nil
}

// limited keeps the first bytes of a keeper's standard error: the trace of a
// crash.
type limited struct{ buf bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	const most = 8 << 10
	l.buf.Write(p[:min(len(p), max(0, most-l.buf.Len()))])
	return len(p), nil
}
