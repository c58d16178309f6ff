package core

// queue is a ring of connection numbers of fixed capacity, first in, first
// out.
type queue struct {
	ring     []int32
	first, n int
}

func newQueue(capacity int) queue { return queue{ring: make([]int32, max(1, capacity))} }

func (q *queue) len() int { return q.n }

// push appends; the caller never has more in it than the capacity.
func (q *queue) push(id int32) {
	i := q.first + q.n
	if i >= len(q.ring) {
		i -= len(q.ring)
	}
	q.ring[i] = id
	q.n++
}

func (q *queue) pop() int32 {
	id := q.ring[q.first]
	q.first++
	if q.first == len(q.ring) {
		q.first = 0
	}
	q.n--
	return id
}
