package lua

import (
	"fmt"
	"net/netip"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/loaders/source"
	"github.com/joust-bench/joust/results"
)

const (
	// mostKnown is how many texts a thread remembers, mostKnownBytes how many bytes they
	// have together at most: a text that the script returns again costs what a fixed
	// request costs.
	mostKnown      = 1024
	mostKnownBytes = 4 << 20
	// mostBody is how many bytes of a body response gets at most.
	mostBody = 64 << 20
)

// requests is the source of a thread: the requests that its script asks.
type requests struct {
	*thread
	program *Program
	quote   func(number int32, v *codec.Verbatim) (int32, error)
	depth   int
	users   []user
	needs   source.Needs
	groups  []string
	// known are the texts that the script has returned, with the numbers of their requests;
	// knownBytes is their size.
	known      map[string][]int32
	knownBytes int
	// delays is true where users wait for what delay returns.
	delays bool
	// pieces is the memory of the text that is taken apart.
	pieces []codec.Verbatim
}

// user is a user of the load: a connection, or one of those who share them.
type user struct {
	// text is the last text whose requests are known, numbers are these; at is how many of
	// them were asked.
	text    string
	numbers []int32
	at      int
	// pieces are the requests of a text that is not known, taken is how many of them were
	// asked.
	pieces []codec.Verbatim
	taken  int
	// own are the places for such requests, as many as the user has in flight; turn is that
	// of the next one.
	own  []int32
	turn int
	// delayed is true once the user has waited for its next request.
	delayed bool
}

var (
	_ source.Routed = (*requests)(nil)
	_ source.Timed  = (*requests)(nil)
)

func newRequests(p *Program, t *thread, spec *loaders.Spec, on source.Thread) (*requests, error) {
	r := &requests{
		thread: t, program: p, quote: on.Quote, depth: spec.Depth, users: make([]user, on.Users),
		groups: []string{p.model().Name}, known: map[string][]int32{}, delays: p.delays(),
	}
	if t.isFunction("response") {
		r.needs = source.Needs{Outcome: true, Heads: true, Body: mostBody}
	}
	if !t.fixed {
		return r, nil
	}
	text, err := t.text()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScript, err)
	}
	return r, r.remember(text)
}

// Groups implements source.Source.
func (r *requests) Groups() []string { return r.groups }

// Needs implements source.Source.
func (r *requests) Needs() source.Needs { return r.needs }

// Spent implements source.Timed.
func (r *requests) Spent() results.ScriptTime { return r.spent }

// Address implements source.Routed.
func (r *requests) Address() (netip.AddrPort, bool) {
	return r.address.AddrPort, r.address != r.first && r.address.IsValid()
}

// Reconnected implements source.Source: what was not sent of the last text is not asked.
func (r *requests) Reconnected(number int32) {
	if r.delays { // the connection is that of all users
		return
	}
	u := &r.users[number]
	u.at, u.taken = len(u.numbers), len(u.pieces)
}

// Done implements source.Source.
func (r *requests) Done(_ int32, v *source.View) {
	if v.Status == 0 || len(v.Head) == 0 || r.stopped {
		return
	}
	if err := r.response(v); err != nil {
		r.program.fail(err)
		r.stopped = true
	}
}

// Next implements source.Source.
func (r *requests) Next(number int32, _ int64) (source.Ask, bool) {
	u := &r.users[number]
	if u.at == len(u.numbers) && u.taken == len(u.pieces) {
		if r.stopped {
			return source.Ask{}, false
		}
		if r.delays && !u.delayed {
			d, err := r.delay()
			if err != nil {
				return r.end(err)
			}
			if u.delayed = d > 0; u.delayed {
				return source.Ask{Request: source.Undecided, Delay: d}, true
			}
		}
		u.delayed = false
		if err := r.fill(u); err != nil {
			return r.end(err)
		}
	}
	return r.next(u)
}

// end ends the load with an error of the script.
func (r *requests) end(err error) (source.Ask, bool) {
	r.program.fail(err)
	r.stopped = true
	return source.Ask{}, false
}

// next returns the next request of the user's text; ok is false where it has none.
func (r *requests) next(u *user) (ask source.Ask, ok bool) {
	if u.at < len(u.numbers) {
		u.at++
		return source.Ask{Request: u.numbers[u.at-1]}, true
	}
	if u.taken == len(u.pieces) {
		return source.Ask{}, false
	}
	if u.own == nil {
		u.own = make([]int32, r.depth)
		for i := range u.own {
			u.own[i] = -1
		}
	}
	// The place belonged to the request that is depth requests back: it is answered.
	place := &u.own[u.turn]
	number, err := r.quote(*place, &u.pieces[u.taken])
	if err != nil {
		return r.end(fmt.Errorf("%w: what request() returned for the %s time in thread %d", err, ordinal(r.thread.requests), r.number))
	}
	*place, u.turn, u.taken = number, (u.turn+1)%r.depth, u.taken+1
	return source.Ask{Request: number}, true
}

// fill gives the user the requests of the script's next text: none where it has stopped.
func (r *requests) fill(u *user) error {
	if r.fixed {
		u.at = 0
		if u.numbers == nil {
			u.numbers = r.only()
		}
		return nil
	}
	text, err := r.text()
	if err != nil || text == "" {
		return err
	}
	if text != u.text || u.numbers == nil {
		numbers, ok := r.known[text]
		if !ok {
			return r.take(u, text)
		}
		u.text, u.numbers = text, numbers
	}
	u.at = 0
	return nil
}

// only returns the requests of the only text.
func (r *requests) only() []int32 {
	for _, numbers := range r.known {
		return numbers
	}
	return nil
}

// take gives the user the requests of a text that is new, and remembers it where there is
// room.
func (r *requests) take(u *user, text string) error {
	if len(r.known) < mostKnown && r.knownBytes+len(text) <= mostKnownBytes {
		if err := r.remember(text); err != nil {
			return err
		}
		u.text, u.numbers, u.at = text, r.known[text], 0
		return nil
	}
	u.text, u.numbers, u.at, u.taken = "", nil, 0, 0
	var err error
	if u.pieces, err = wire.Split(text, u.pieces[:0]); err != nil {
		return r.malformed(err)
	}
	return nil
}

// remember makes the requests of a text, and keeps their numbers.
func (r *requests) remember(text string) (err error) {
	if r.pieces, err = wire.Split(text, r.pieces[:0]); err != nil {
		return r.malformed(err)
	}
	numbers := make([]int32, len(r.pieces))
	for i := range r.pieces {
		if numbers[i], err = r.quote(-1, &r.pieces[i]); err != nil {
			return fmt.Errorf("%w: what request() returned for the %s time in thread %d", err, ordinal(r.thread.requests), r.number)
		}
	}
	r.known[text] = numbers
	r.knownBytes += len(text)
	return nil
}

// malformed describes a text that is no request.
func (r *requests) malformed(err error) error {
	return fmt.Errorf("%s: the text that request() returned for the %s time in thread %d: %w", r.program.File, ordinal(r.thread.requests), r.number, err)
}
