package core

// ring is a queue of fixed capacity, first in, first out.
type ring[T any] struct {
	slots        []T
	first, count int
}

// oldest returns the entry that came first; the ring must hold one.
func (r *ring[T]) oldest() *T { return &r.slots[r.first] }

// push returns the place of a new entry; the ring must not be full.
func (r *ring[T]) push() *T {
	i := r.first + r.count
	if i >= len(r.slots) {
		i -= len(r.slots)
	}
	r.count++
	return &r.slots[i]
}

// pop drops the oldest entry.
func (r *ring[T]) pop() {
	r.first++
	if r.first == len(r.slots) {
		r.first = 0
	}
	r.count--
}
