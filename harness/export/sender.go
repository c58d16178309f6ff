package export

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/joust-bench/joust/results"
)

// receiver sends figures to one receiver.
type receiver struct {
	// name is the receiver in words, with its URL.
	name string
	send func(context.Context, *Figures) error
}

// longestSend bounds one export: a receiver that takes longer has failed.
const longestSend = 10 * time.Second

// sender sends to one receiver, one export after another. Readings that come meanwhile
// wait, and go together with the next export.
type sender struct {
	receiver
	// wake has a value while there is something to do.
	wake chan struct{}

	mu      sync.Mutex
	waiting []reading
	// opens is the begin of the window.
	opens time.Time
	// result is the phase whose end ended reports, nil where there is none.
	result *results.Phase
	ended  bool
	// stop ends the export in flight; nil where there is none, and for the last one.
	stop context.CancelFunc

	// The rest belongs to run, and is read when it has returned: the figures of the last
	// export, the number of exports, and of those that failed.
	last         Figures
	sent, failed int
	err          error
}

func newSender(r receiver) *sender { return &sender{receiver: r, wake: make(chan struct{}, 1)} }

func (s *sender) begin(opens time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens = opens
}

func (s *sender) add(batch []reading) {
	s.mu.Lock()
	s.waiting = append(s.waiting, batch...)
	s.mu.Unlock()
	s.rouse()
}

// end makes the sender send the result and return. An export in flight, whose figures are
// in the result too, ends.
func (s *sender) end(p *results.Phase) {
	s.mu.Lock()
	s.result, s.ended = p, true
	if s.stop != nil {
		s.stop()
	}
	s.mu.Unlock()
	s.rouse()
}

func (s *sender) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run sends until the result is sent or the context ends.
func (s *sender) run(ctx context.Context) {
	for ended := false; !ended; {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		var f *Figures
		if f, ended = s.next(); f != nil {
			s.try(ctx, f, ended)
		}
	}
}

// next returns the figures to send, nil for none, and whether nothing follows.
func (s *sender) next() (f *Figures, ended bool) {
	s.mu.Lock()
	opens, waiting, result, ended := s.opens, s.waiting, s.result, s.ended
	s.waiting = nil
	s.mu.Unlock()
	switch {
	case ended && result == nil:
		return nil, true
	case ended:
		s.last = final(opens, result)
	case len(waiting) == 0:
		return nil, false
	default:
		s.last.Start = opens
		s.last = s.last.after(waiting)
	}
	return &s.last, ended
}

// try sends once. What fails is counted, unless the result replaces it.
func (s *sender) try(ctx context.Context, f *Figures, last bool) {
	sending, stop := context.WithTimeout(ctx, longestSend)
	defer stop()
	if !s.during(stop, last) {
		return
	}
	err := s.send(sending, f)
	if replaced := !s.during(nil, last); replaced && err != nil {
		return
	}
	s.sent++
	if err != nil {
		s.failed, s.err = s.failed+1, shorter(err)
	}
}

// during sets what ends the export in flight. It reports whether the export still counts:
// once the load has ended only the last one does.
func (s *sender) during(stop context.CancelFunc, last bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop = stop; last {
		s.stop = nil
	}
	return last || !s.ended
}

// shorter returns the reason of an error in few words.
func shorter(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.New("it did not answer in time")
	}
	const most = 200
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return errors.New(text)
}

// describe returns one sentence about the exports that failed, empty for none.
func describe(senders []*sender) string {
	var failed []string
	for _, s := range senders {
		if s.failed > 0 {
			failed = append(failed, fmt.Sprintf("%d of %d to %s (%v)", s.failed, s.sent, s.name, s.err))
		}
	}
	if len(failed) == 0 {
		return ""
	}
	return "exports failed, and the load did not wait for them: " + strings.Join(failed, "; ")
}
