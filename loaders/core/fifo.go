package core

import "slices"

// fifo is a queue of turns, first in, first out. It grows with the requests that wait,
// and keeps its memory.
type fifo struct {
	list  []turn
	first int
}

func (q *fifo) count() int    { return len(q.list) - q.first }
func (q *fifo) oldest() *turn { return &q.list[q.first] }

func (q *fifo) push(t turn) {
	if len(q.list) == cap(q.list) && q.first > len(q.list)/2 {
		q.list = slices.Delete(q.list, 0, q.first)
		q.first = 0
	}
	q.list = append(q.list, t)
}

func (q *fifo) pop() turn {
	t := q.list[q.first]
	if q.first++; q.first == len(q.list) {
		q.list, q.first = q.list[:0], 0
	}
	return t
}
