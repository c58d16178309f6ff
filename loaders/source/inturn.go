package source

import "github.com/joust-bench/joust/loaders"

// inTurn takes the requests of a list in turn, whoever asks. Each thread begins at its own
// part of the list, so that a load of as many requests as the list has asks each once.
type inTurn struct {
	asked
	next int
}

func newInTurn(a asked, spec *loaders.Spec, t Thread) *inTurn {
	n, threads := len(a.groupOf), max(1, spec.Threads)
	begin := t.Number*(n/threads) + min(t.Number, n%threads)
	return &inTurn{asked: a, next: begin % n}
}

// Next implements Source.
func (s *inTurn) Next(int32, int64) (Ask, bool) {
	ask := s.ask(s.next)
	if s.next++; s.next == len(s.groupOf) {
		s.next = 0
	}
	return ask, true
}
