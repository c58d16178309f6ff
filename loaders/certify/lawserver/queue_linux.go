package lawserver

import "math"

// never is an instant after all others.
const never = int64(math.MaxInt64)

// task is an action that is due on a connection at an instant.
type task struct {
	due, arrived int64
	conn         *peer
	kind         taskKind
	// dripped is the number of bytes that have dripped.
	dripped int
}

type taskKind uint8

const (
	answerTask taskKind = iota
	dripTask
	resetTask
)

// queue holds tasks in the order of their due instants. Within one law all waits
// are equally long, or follow one another on a single server: tasks are pushed in
// that order, and a ring is enough.
type queue struct {
	ring     []task
	first, n int
}

// push appends a task; its capacity doubles when it is full.
func (q *queue) push(t task) {
	if q.n == len(q.ring) {
		grown := make([]task, max(1024, 2*len(q.ring)))
		for i := range q.n {
			grown[i] = q.ring[(q.first+i)%len(q.ring)]
		}
		q.ring, q.first = grown, 0
	}
	q.ring[(q.first+q.n)%len(q.ring)] = t
	q.n++
}

// due returns the instant of the first task, never where there is none.
func (q *queue) due() int64 {
	if q.n == 0 {
		return never
	}
	return q.ring[q.first].due
}

func (q *queue) pop() task {
	t := q.ring[q.first]
	q.ring[q.first] = task{}
	q.first = (q.first + 1) % len(q.ring)
	q.n--
	return t
}
