package lawserver

import (
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/loaders/clock"
)

// receive reads once and handles the requests in it.
func (l *thread) receive(c *peer) {
	n, errno := read(c.fd, l.buf)
	arrived := clock.Now()
	switch {
	case errno == unix.EAGAIN:
		return
	case errno != 0:
		l.end(c, closeRST)
		return
	case n == 0:
		if c.reader.body > 0 {
			l.counts.Halves++
		}
		l.end(c, closeFIN)
		return
	}
	l.counts.ReceivedBytes += uint64(n)
	for data := l.buf[:n]; len(data) > 0 && !c.closed; {
		rest, ended, err := c.reader.next(data)
		if err != nil {
			l.end(c, closeRST)
			return
		}
		data = rest
		switch {
		case ended == whole:
			l.counts.Requests++
			l.request(c, arrived)
		case ended == headOnly && l.script.early:
			l.early(c, arrived)
			return
		}
	}
}

// request answers a whole request as the law says, or puts it into the queue.
func (l *thread) request(c *peer, arrived int64) {
	t := task{conn: c, arrived: arrived}
	switch {
	case l.script.swallow > 0 && l.counts.Requests%l.script.swallow == 0:
		return
	case l.script.again:
		l.answer(&t)
		t.due = arrived + int64(l.law.Delay)
	case l.script.drip:
		t.kind, t.due = dripTask, arrived+int64(l.law.Delay)
	case l.service > 0:
		// The single server begins when it is free. Its clock is exact: being
		// late with one answer does not delay the next.
		l.free = max(l.free, float64(arrived)) + l.service
		t.due = int64(l.free)
	case l.law.Delay > 0:
		t.due = arrived + int64(l.law.Delay)
	default:
		l.answer(&t)
		return
	}
	l.queue.push(t)
}

// early answers a request whose body is still to come, stops reading and
// resets the connection a little later.
func (l *thread) early(c *peer, arrived int64) {
	_ = l.control(unix.EPOLL_CTL_MOD, c.fd, 0)
	l.write(c, l.script.answer)
	l.queue.push(task{conn: c, kind: resetTask, arrived: arrived, due: arrived + int64(l.law.Delay)})
}

// perform performs all due tasks.
func (l *thread) perform(now int64) {
	for l.queue.due() <= now {
		t := l.queue.pop()
		if t.conn.closed {
			continue
		}
		switch t.kind {
		case answerTask:
			l.answer(&t)
		case dripTask:
			l.drip(&t)
		case resetTask:
			l.end(t.conn, closeRST)
		}
		now = clock.Now()
	}
}

// answer gives the script's answer.
func (l *thread) answer(t *task) {
	if len(l.stamps.AnsweredNS) < cap(l.stamps.AnsweredNS) {
		l.stamps.ArrivedNS = append(l.stamps.ArrivedNS, t.arrived)
		l.stamps.AnsweredNS = append(l.stamps.AnsweredNS, clock.Now())
	}
	c := t.conn
	c.then = l.script.then
	if c.answers++; c.answers == l.script.closeAfter {
		c.then = closeFIN
	}
	l.write(c, l.script.answer)
}

// drip gives one byte of the answer and plans the next.
func (l *thread) drip(t *task) {
	l.writeSome(t.conn, l.script.answer[t.dripped:t.dripped+1])
	if t.conn.closed {
		return
	}
	l.settle(t.conn)
	if t.dripped++; t.dripped == len(l.script.answer) {
		l.counts.Answers++
		return
	}
	t.due = clock.Now() + int64(l.law.Delay)
	l.queue.push(*t)
}

// write writes a whole answer and ends the connection where the script wants
// that.
func (l *thread) write(c *peer, answer []byte) {
	l.writeSome(c, answer)
	if c.closed {
		return
	}
	if len(answer) > 0 {
		l.counts.Answers += 1 + l.script.surplus
	}
	l.settle(c)
}

// writeSome writes bytes. Those that the kernel does not take become pending.
func (l *thread) writeSome(c *peer, data []byte) {
	if len(data) == 0 {
		return
	}
	n := 0
	if len(c.pending) == 0 {
		var ok bool
		if n, ok = l.send(c, data); !ok {
			return
		}
	}
	c.pending = append(c.pending, data[n:]...)
}

// send writes once. It returns false when the connection is lost.
func (l *thread) send(c *peer, data []byte) (int, bool) {
	flags := 0
	if c.then == closeFIN {
		flags = unix.MSG_MORE // the end of the stream leaves with the last bytes
	}
	n, errno := write(c.fd, data, flags)
	switch {
	case errno == unix.EAGAIN:
		return 0, true
	case errno != 0:
		l.end(c, closeRST)
		return 0, false
	}
	l.counts.SentBytes += uint64(n)
	return n, true
}

// flush writes pending bytes.
func (l *thread) flush(c *peer) {
	if len(c.pending) > 0 {
		n, ok := l.send(c, c.pending)
		if !ok {
			return
		}
		// Moving the rest to the front would cost more than the memory is worth.
		if c.pending = c.pending[n:]; len(c.pending) == 0 {
			c.pending = nil
		}
	}
	l.settle(c)
}

// settle makes the loop wait for room where bytes are pending. Else it ends the
// connection where the script wants that.
func (l *thread) settle(c *peer) {
	if waiting := len(c.pending) > 0; waiting != c.writing {
		events := uint32(unix.EPOLLIN)
		if waiting {
			events |= unix.EPOLLOUT
		}
		if l.script.early {
			events &^= unix.EPOLLIN
		}
		c.writing = waiting
		if l.control(unix.EPOLL_CTL_MOD, c.fd, events) != nil {
			l.end(c, closeRST)
			return
		}
	}
	if len(c.pending) == 0 && c.then != keepOpen {
		l.end(c, c.then)
	}
}
