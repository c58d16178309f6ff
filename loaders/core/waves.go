package core

import (
	"sync"
	"sync/atomic"
)

// waves lets the threads of a phase make their connections together: no thread begins a
// wave before every exchange of the last one has ended.
type waves struct {
	// number is that of the wave that runs, from 1.
	number atomic.Int64
	// wake wakes all threads.
	wake func()

	mu sync.Mutex
	// threads is how many threads still make waves, ended how many of these have ended
	// their part of the wave that runs.
	threads, ended int
	// whole counts the waves in which every connection has ended its exchange. cut is true
	// once a thread has left in the middle of one.
	whole uint64
	cut   bool
}

// newWaves returns the waves of that many threads. The first wave may run.
func newWaves(threads int, wake func()) *waves {
	w := &waves{threads: threads, wake: wake}
	w.number.Store(1)
	return w
}

// end notes that a thread has ended its part of the wave.
func (w *waves) end() {
	w.change(func() { w.ended++ })
}

// leave notes that a thread makes no more waves. of is its last wave, whose part it has
// ended where ended is true.
func (w *waves) leave(of int64, ended bool) {
	w.change(func() {
		w.threads--
		w.cut = w.cut || !ended
		if ended && of == w.number.Load() {
			w.ended--
		}
	})
}

// change begins the next wave where, behind the change, all threads that are left have
// ended this one.
func (w *waves) change(change func()) {
	w.mu.Lock()
	change()
	next := w.threads > 0 && w.ended == w.threads
	if next {
		w.ended = 0
		w.number.Add(1)
		if !w.cut {
			w.whole++
		}
	}
	w.mu.Unlock()
	if next {
		w.wake()
	}
}

// wave is a thread's part of the waves of a phase.
type wave struct {
	// waves is nil where connections are not made together.
	waves *waves
	// number is that of the thread's last wave, 0 before the first; running is how many of
	// its connections still have an exchange to end in it.
	number  int64
	running int
}

// due reports whether the thread has to begin the next wave.
func (w *wave) due() bool { return w.waves != nil && w.waves.number.Load() != w.number }

// endsPart reports whether the connection, which is down, has ended its exchange of the
// wave, and counts that.
func (s *shard) endsPart(c *connection) bool {
	w := &s.wave
	if w.waves == nil || c.count > 0 || c.issued == 0 {
		return false
	}
	if w.running--; w.running == 0 {
		w.waves.end()
	}
	return true
}

// beginWave makes all connections of the thread at once. Each asks one request.
func (s *shard) beginWave() {
	w := &s.wave
	w.number, w.running = w.waves.number.Load(), len(s.conns)
	for i := range s.conns {
		c := &s.conns[i]
		if c.state == stateOpen { // from before the first wave
			s.drop(c, false)
		}
		c.issued = 0
	}
	for i := range s.conns {
		if c := &s.conns[i]; c.state == stateDown || c.state == stateHeld {
			s.dial(c)
		}
	}
}

// leaveWaves ends the thread's part of the waves with its phase.
func (s *shard) leaveWaves() {
	if w := s.wave; w.waves != nil {
		w.waves.leave(w.number, w.number > 0 && w.running == 0)
	}
	s.wave = wave{}
}
