package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results"
)

// attachedPoll is how often an attached process is looked for.
const attachedPoll = 50 * time.Millisecond

// attached is a program that joust did not start. It is sampled with all that
// descends from it, and never stopped or pinned.
type attached struct {
	*Sampler
	process tree.Process
	exited  chan struct{}
	// quit ends the watch, once.
	quit func()
}

var _ Handle = (*attached)(nil)

// Attach returns a Handle of processes that run already, of which the root is
// watched. Its Stop ends the
// watching and nothing else; how the process ends is not known.
func Attach(t sample.Tree) (Handle, error) {
	pid := t.Root
	p, err := tree.Lookup(pid)
	if errors.Is(err, fs.ErrNotExist) || err == nil && p.Ended() {
		return nil, fmt.Errorf("there is no process %d", pid)
	}
	if err != nil {
		return nil, err
	}
	quit := make(chan struct{})
	a := &attached{Sampler: &Sampler{Tree: t}, process: p, exited: make(chan struct{}), quit: sync.OnceFunc(func() { close(quit) })}
	go a.watch(quit)
	return a, nil
}

// ListensOn tells whether the process or one below it listens on the TCP port.
// It is not known where joust may not look at its sockets.
func ListensOn(pid, port int) (listens, known bool) {
	addresses := tree.Listening(pid)
	end := ":" + strconv.Itoa(port)
	return slices.ContainsFunc(addresses, func(a string) bool { return strings.HasSuffix(a, end) }), len(addresses) > 0
}

// watch closes exited when the process has ended.
func (a *attached) watch(quit <-chan struct{}) {
	ticker := time.NewTicker(attachedPoll)
	defer ticker.Stop()
	owner := tree.Owner{PID: a.process.PID, Start: a.process.Start}
	for {
		if alive, err := owner.Alive(); err == nil && !alive {
			close(a.exited)
			return
		}
		select {
		case <-ticker.C:
		case <-quit:
			return
		}
	}
}

func (a *attached) PID() int                { return a.process.PID }
func (a *attached) Exited() <-chan struct{} { return a.exited }

// Exit cannot tell how: only a parent learns that.
func (a *attached) Exit() Exit { return Exit{Code: -1} }

func (a *attached) Stdin() io.WriteCloser { return nil }
func (a *attached) Stdout() io.Reader     { return nil }

// LogTail is empty: the output goes elsewhere.
func (a *attached) LogTail(int) string { return "" }

// Stop ends the watching and leaves the process alone.
func (a *attached) Stop(context.Context) error {
	a.quit()
	return nil
}

// Sampler samples processes that may be another user's.
type Sampler struct {
	Tree sample.Tree

	mu sync.Mutex
	// noPeak is why the kernel's memory peak could not begin anew.
	noPeak error
}

// ResetPeak never fails: where the processes are another user's, their peak is
// not reported instead.
func (s *Sampler) ResetPeak() error {
	err := s.Tree.ResetPeak()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noPeak = err
	return nil
}

// Memory is as in Handle.
func (s *Sampler) Memory() (uint64, error) { return s.Tree.Memory() }

// Usage is as in Handle.
func (s *Sampler) Usage(ctx context.Context, t0, t1 int64, poll time.Duration) (results.Usage, error) {
	u, err := s.Tree.Usage(ctx, t0, t1, poll)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noPeak != nil {
		u.PeakMemoryBytes = nil
		u.Warnings = append(u.Warnings, fmt.Sprintf("its peak memory is not known: %v (run joust as the user of the server, or as root)", s.noPeak))
	}
	return u, err
}
