package portable

import (
	"time"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/record"
	"github.com/joust-bench/joust/results"
)

// writeStep is how much of a large body one write takes, in bytes: how finely
// bytes are counted and early replies noticed.
const writeStep = 64 << 10

// room is how many requests the user may take now.
func (s *shard) room(u *user) int {
	room := s.spec.Depth - len(u.flights)
	if every := s.spec.Connection.ReconnectEvery; every > 0 {
		room = min(room, every-u.issued)
	}
	return room
}

// canAsk reports whether the user can take a request now. It cannot where
// something waits to be read though no request is in flight: the reader finds
// surplus bytes there, or the end of the stream, and replaces the connection.
func (s *shard) canAsk(u *user) bool {
	return u.link != nil && s.room(u) > 0 && (len(u.flights) > 0 || quiet(u.link.raw))
}

// takeIdle returns the user that has been idle for longest, nil when there is
// none. Entries of users that cannot take a request any more are skipped.
func (s *shard) takeIdle() *user {
	for len(s.idle) > 0 {
		u := s.idle[0]
		s.idle = s.idle[1:]
		u.queued = false
		if s.canAsk(u) {
			return u
		}
	}
	return nil
}

// offer puts a user that can take a request into the idle queue.
func (s *shard) offer(u *user) {
	if !u.queued && u.link != nil && s.room(u) > 0 {
		u.queued = true
		s.idle = append(s.idle, u)
	}
}

// refill gives a closed-loop user as many requests as it has room for, in one
// write.
func (s *shard) refill(u *user) {
	room := s.room(u)
	if room == 1 && s.spec.Depth == 1 {
		s.issue(u, 0)
		return
	}
	var j job
	for ; room > 0; room-- {
		j.requests++
		r := &s.requests[s.take(u, 0)]
		j.head = append(append(j.head, r.Head...), r.Body...)
		j.headBody += uint64(r.BodyBytes)
	}
	u.link.unwritten += j.requests
	u.link.jobs <- j
}

// issue gives one request to the user's writer. An intended instant of 0 means
// whenever it is sent.
func (s *shard) issue(u *user, intended int64) {
	r := &s.requests[s.take(u, intended)]
	j := job{head: r.Head, body: r.Body, requests: 1, bodyLen: uint64(len(r.Body))}
	if len(r.Body) > 0 {
		j.bodyBytes = uint64(r.BodyBytes)
	} else {
		j.headBody = uint64(r.BodyBytes)
	}
	u.link.unwritten++
	u.link.jobs <- j
}

// take enters the user's next request into its flights and returns its number.
func (s *shard) take(u *user, intended int64) int {
	request, now := s.source.Next(u.id), clock.Now()
	if intended == 0 {
		intended = now
	}
	u.flights = append(u.flights, flight{
		Exchange:  record.Exchange{Intended: intended, Sent: now, Request: int32(request), Connection: int32(u.id)},
		idleSince: u.idleSince,
	})
	u.issued++
	s.out.Asked++
	s.inFlight++
	if len(u.flights) == 1 {
		s.setDeadline(u, now+int64(s.spec.RequestTimeout))
	}
	return request
}

// write is the life of a link's writer.
func (s *shard) write(u *user, l *link) {
	for j := range l.jobs {
		s.mu.Lock()
		more := s.beginJob(u, l, &j)
		s.release()
		for more {
			buf, body := j.next()
			n, err := l.conn.Write(buf)
			s.mu.Lock()
			more = s.wrote(u, l, &j, n, body, err)
			s.release()
		}
	}
}

// next is what the next write takes, and whether it is of the body.
func (j *job) next() (buf []byte, body bool) {
	if len(j.head) > 0 {
		return j.head, false
	}
	return j.body[:min(len(j.body), writeStep)], true
}

// last tells whether the next write ends the job.
func (j *job) last() bool {
	if len(j.head) > 0 {
		return len(j.body) == 0
	}
	return len(j.body) <= writeStep
}

// beginJob stamps the requests of a job. It is false when their link is gone.
func (s *shard) beginJob(u *user, l *link, j *job) bool {
	if u.link != l {
		return false
	}
	now := clock.Now()
	first := len(u.flights) - l.unwritten
	for i := range j.requests {
		f := &u.flights[first+i]
		f.Sent, f.begun = now, true
		if s.phase != nil && s.phase.loop == results.OpenLoop {
			s.out.Lag(f.Intended, f.idleSince, now)
		} else {
			f.Intended = now
		}
	}
	if first == 0 {
		s.setDeadline(u, now+int64(s.spec.RequestTimeout))
	}
	l.lastBegun = j.last()
	return true
}

// wrote accounts for one write. It is false at the job's end.
func (s *shard) wrote(u *user, l *link, j *job, n int, body bool, err error) bool {
	now := clock.Now()
	s.mark(now)
	s.out.now.Sent += uint64(n)
	s.moved += uint64(n)
	if body {
		s.out.now.SentBody += j.advance(uint64(n))
	}
	if u.link != l {
		return false
	}
	if err != nil {
		// What broke the write may be an answer that came too soon: the reader
		// finds it, or the end, and has not long to.
		l.writeErr, l.lastBegun = err, false
		_ = l.conn.SetReadDeadline(time.Now().Add(writerGrace))
		l.signal()
		return false
	}
	j.writes++
	if body {
		j.body = j.body[n:]
	} else {
		s.out.now.SentBody += j.headBody
		j.head = nil
	}
	if len(j.body) > 0 {
		l.lastBegun = j.last()
		return true
	}
	if j.writes > 1 {
		u.flights[len(u.flights)-l.unwritten].Written = now
	}
	l.unwritten -= j.requests
	l.lastBegun = false
	l.signal()
	return false
}

// signal wakes a reader that awaits the writer.
func (l *link) signal() {
	select {
	case l.flushed <- struct{}{}:
	default:
	}
}

// advance counts n more bytes of the framed body and returns how many of them
// are the body's own: framing is shared out evenly, and exact at the end.
func (j *job) advance(n uint64) uint64 {
	before := j.done * j.bodyBytes / j.bodyLen
	j.done += n
	return j.done*j.bodyBytes/j.bodyLen - before
}
