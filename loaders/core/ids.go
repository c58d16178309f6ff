package core

import (
	"bytes"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/loaders/codec"
)

// ids gives the requests of a thread ids of their own. A nil *ids gives none.
type ids struct {
	seed   uint64
	thread int
	// next is the number of the next request.
	next uint64
	// zero is the id of the number 0.
	zero string
}

// newIDs returns nil where the Spec asks for no ids.
func newIDs(l *load, thread int) *ids {
	if l.spec.RequestID == "" {
		return nil
	}
	return &ids{seed: l.spec.Seed, thread: thread, next: l.idsFrom, zero: loaders.RequestID(l.spec.Seed, thread, 0)}
}

// prepare gives the request a head that belongs to the thread alone, with the part of
// the id that all of its requests share. It leaves a request without a place for ids.
func (i *ids) prepare(r *codec.Request) {
	if i == nil || r.IDAt == 0 {
		return
	}
	r.Head = bytes.Clone(r.Head)
	i.mark(r)
}

// mark writes the part of the id that all requests of the thread share into a head of the
// thread's own.
func (i *ids) mark(r *codec.Request) {
	if i != nil && r.IDAt > 0 {
		copy(r.Head[r.IDAt:], i.zero)
	}
}

// take returns the number of the next request.
func (i *ids) take() uint64 {
	i.next++
	return i.next - 1
}

// stamp writes the number into the head of the request, which is sent before the next
// call: a connection keeps a copy of the bytes that wait.
func (i *ids) stamp(r *codec.Request, number uint64) {
	if r.IDAt > 0 {
		loaders.NumberRequestID(r.Head[r.IDAt:], number)
	}
}

// of returns the function that makes the id of a number, nil where there are no ids.
func (i *ids) of() func(number uint64) string {
	if i == nil {
		return nil
	}
	return func(number uint64) string { return loaders.RequestID(i.seed, i.thread, number) }
}

// keepIDs lets the next team begin behind the ids of this one.
func (s *session) keepIDs() {
	for _, thread := range s.shards {
		if thread.ids != nil {
			s.idsFrom = max(s.idsFrom, thread.ids.next)
		}
	}
}
