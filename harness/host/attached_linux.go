package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results"
)

// attached is a program that joust did not start. It is sampled with its
// descendants, and never stopped or pinned.
type attached struct {
	*Sampler
	exited chan struct{}
	// quit ends the watch.
	quit context.CancelFunc
}

var _ Handle = (*attached)(nil)

// Attach returns a Handle of processes that run already. It watches the root,
// but cannot know how that process ends. Its Stop ends the watching and nothing
// else.
func Attach(t sample.Tree) (Handle, error) {
	p, err := tree.Lookup(t.Root)
	if errors.Is(err, fs.ErrNotExist) || err == nil && p.Ended() {
		return nil, fmt.Errorf("there is no process %d", t.Root)
	}
	if err != nil {
		return nil, err
	}
	watching, quit := context.WithCancel(context.Background())
	a := &attached{Sampler: &Sampler{Tree: t}, exited: make(chan struct{}), quit: quit}
	go func() {
		if p.AwaitEnd(watching) == nil {
			close(a.exited)
		}
	}()
	return a, nil
}

func (a *attached) PID() int                { return a.Root }
func (a *attached) Exited() <-chan struct{} { return a.exited }

// Exit returns no reason: only a parent learns it.
func (a *attached) Exit() Exit { return Exit{Code: -1} }

func (a *attached) Stdin() io.WriteCloser               { return nil }
func (a *attached) Stdout() io.Reader                   { return nil }
func (a *attached) Surroundings() *results.Surroundings { return nil }

// LogTail returns nothing: joust does not have the output.
func (a *attached) LogTail(int) string { return "" }

// Stop ends the watching and leaves the process alone.
func (a *attached) Stop(context.Context) error {
	a.quit()
	return nil
}

// Sampler samples processes that may be another user's.
type Sampler struct {
	sample.Tree

	mu sync.Mutex
	// noPeak is why the kernel's memory peak could not be reset.
	noPeak error
}

// ResetPeak never fails. Where the processes are another user's, Usage does not
// report their peak.
func (s *Sampler) ResetPeak() error {
	err := s.Tree.ResetPeak()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noPeak = err
	return nil
}

// Usage implements Handle.
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
