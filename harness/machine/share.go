package machine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
)

// sharePoll is the time between two looks for other loads. A load that lasts for
// a shorter time may stay unseen.
const sharePoll = time.Second

// Share is a load's part of the machine: other loads may measure at the same time,
// and the share collects them. It ends with Leave or with the process.
type Share struct {
	dir string
	// path is the load's own file, which own has locked.
	path string
	own  *files.Lock
	// ending is closed by Leave, ended when no goroutine looks any more.
	ending, ended chan struct{}
	mu            sync.Mutex
	// neighbours are those seen so far, by their names.
	neighbours map[string]results.Neighbour
}

// TakeShare takes a share for a load. While a comparison has the measuring lock,
// TakeShare waits and calls waiting with that process, again whenever it is another
// one. With anyway it does not wait.
func TakeShare(ctx context.Context, anyway bool, waiting func(holder *files.HeldError)) (*Share, error) {
	return takeShareIn(ctx, os.TempDir(), anyway, waiting)
}

func takeShareIn(ctx context.Context, dir string, anyway bool, waiting func(holder *files.HeldError)) (*Share, error) {
	s := &Share{dir: dir, ending: make(chan struct{}), ended: make(chan struct{}), neighbours: map[string]results.Neighbour{}}
	path := filepath.Join(dir, measuringLock)
	w := waiter{wanted: "a share of the measuring lock " + path, waiting: waiting}
	err := w.wait(ctx, func() (*files.HeldError, error) {
		held, err := s.enter(path, anyway)
		if err != nil {
			err = leftover(path, err)
		}
		return held, err
	})
	if err != nil {
		return nil, err
	}
	s.look()
	go s.watch()
	return s, nil
}

// enter makes the load visible to comparisons and then looks for one. A comparison
// takes its lock and then looks for loads, so one of the two sees the other. enter
// returns the comparison for which the load must wait.
func (s *Share) enter(measuring string, anyway bool) (*files.HeldError, error) {
	if held, err := files.Holder(measuring); !anyway && (err != nil || held != nil) {
		return held, err
	}
	s.path = filepath.Join(s.dir, fmt.Sprintf("joust-load-%d-%08x.lock", os.Getpid(), rand.Uint32()))
	own, err := files.TryLock(s.path, 0o644)
	if err != nil {
		return nil, err
	}
	held, err := files.Holder(measuring)
	if err == nil && held != nil && anyway {
		s.add(held)
		held = nil
	}
	if err != nil || held != nil {
		return held, errors.Join(err, own.Remove())
	}
	s.own = own
	return nil, nil
}

// Leave ends the share. It returns the other jousts that measured meanwhile, the
// earliest first.
func (s *Share) Leave() ([]results.Neighbour, error) {
	close(s.ending)
	<-s.ended
	s.look()
	var list []results.Neighbour
	for _, n := range s.neighbours {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b results.Neighbour) int {
		return cmp.Or(a.Since.Compare(b.Since), a.PID-b.PID, cmp.Compare(a.Command, b.Command))
	})
	return list, s.own.Remove()
}

// watch looks for other loads until Leave.
func (s *Share) watch() {
	defer close(s.ended)
	ticker := time.NewTicker(sharePoll)
	defer ticker.Stop()
	for {
		select {
		case <-s.ending:
			return
		case <-ticker.C:
			s.look()
		}
	}
}

// look collects the loads that measure now.
func (s *Share) look() {
	for _, held := range loads(s.dir, s.path) {
		if !held.Since.IsZero() { // its name is written by now
			s.add(held)
		}
	}
}

func (s *Share) add(held *files.HeldError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.neighbours[held.Owner] = results.Neighbour{PID: held.PID, Since: held.Since, Command: cmp.Or(held.Command, held.Owner)}
}

// loads returns the loads that measure now, except the one with that file. It
// removes the files of loads that were killed.
func loads(dir, except string) []*files.HeldError {
	paths, _ := filepath.Glob(filepath.Join(dir, loadLocks)) // the pattern is right
	var all []*files.HeldError
	for _, path := range paths {
		if path == except {
			continue
		}
		// The file of another user cannot be removed, and locks nothing.
		if held, _ := files.Clear(path); held != nil {
			all = append(all, held)
		}
	}
	return all
}
