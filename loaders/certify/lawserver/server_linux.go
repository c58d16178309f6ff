package lawserver

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

var errClosed = errors.New("the law server has ended")

// Local is a server in this process. Its methods may be called from several
// goroutines.
type Local struct {
	loop    *thread
	address string
	// mu is held while a command wakes the loop, and while the loop's descriptors
	// are closed.
	mu    sync.Mutex
	done  bool
	ended chan struct{}
	err   error
}

// Start serves on the numeric address host:port, with port 0 on a free one,
// until Close. The law is the zero Law.
func Start(address string) (*Local, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w: a numeric host and a port are needed, such as 127.0.0.1:0", address, err)
	}
	l, err := newLoop(at)
	if err != nil {
		return nil, err
	}
	s := &Local{loop: l, address: l.address.String(), ended: make(chan struct{})}
	go s.main()
	return s, nil
}

// main is the life of the loop's thread, which ends with it: it is never
// unlocked.
func (s *Local) main() {
	defer close(s.ended)
	runtime.LockOSThread()
	// The default slack of 50 µs would be added to every wait.
	s.err = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	if s.err == nil {
		s.err = s.loop.run()
	}
}

// Address is host:port.
func (s *Local) Address() string { return s.address }

// do runs f on the loop's thread and waits for f's end. It fails when the loop has
// ended.
func (s *Local) do(f func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return errClosed
	}
	ran := make(chan struct{})
	s.loop.commands <- func() { f(); close(ran) }
	one := [8]byte{1}
	if _, err := unix.Write(s.loop.wake, one[:]); err != nil {
		return fmt.Errorf("waking the law server: %w", err)
	}
	select {
	case <-ran:
		return nil
	case <-s.ended:
		return errors.Join(errClosed, s.err)
	}
}

// SetLaw puts a law into force before it returns: counts and stamps begin
// anew, requests that wait for an answer get none, connections stay unless the
// behaviour changes.
func (s *Local) SetLaw(law Law) error {
	err := law.Validate()
	if err != nil {
		return fmt.Errorf("law: %w", err)
	}
	return errors.Join(s.do(func() { err = s.loop.obeyLaw(law) }), err)
}

// Counts returns the counts under the law in force. It accepts waiting connections
// first.
func (s *Local) Counts() (c Counts, err error) {
	err = s.do(func() { s.loop.accept(); c = s.loop.counts })
	return c, err
}

// Stamps returns the stamps under the law in force. They must not be changed.
func (s *Local) Stamps() (st Stamps, err error) {
	err = s.do(func() { st = s.loop.stamps })
	return st, err
}

// Close ends the server and its connections.
func (s *Local) Close() error {
	err := s.do(func() { s.loop.quit = true })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return nil
	}
	s.done = true
	<-s.ended
	s.loop.close()
	if errors.Is(err, errClosed) {
		err = nil
	}
	return errors.Join(err, s.err)
}
