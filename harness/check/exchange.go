package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/joust-bench/joust/scenarios"
)

// exchange asks the request step by step. Where the exchange ends before an answer,
// the server must still answer the whole request on another connection.
func (t target) exchange(ctx context.Context, r *scenarios.Request) error {
	m, err := compile(r, t.host)
	if err != nil {
		return err
	}
	c, err := t.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	d := &dialogue{connection: c, m: m, left: slices.Concat(m.head, m.body)}
	c.begin()
	for i, op := range r.Exchange {
		if err := d.step(op, r.Exchange[i+1:]); err != nil {
			return err
		}
	}
	switch {
	case r.Abandons():
		c.close()
		return t.answersOthers(ctx, r)
	case d.closed:
		return nil
	}
	if err := d.end(); err != nil {
		return err
	}
	return c.surplus(m, c.limits.settleExact)
}

// answersOthers asks the whole request, whose answer the row does not know.
func (t target) answersOthers(ctx context.Context, r *scenarios.Request) error {
	plain := *r
	plain.Exchange = nil
	if err := t.one(ctx, &plain); err != nil {
		return fmt.Errorf("after the connection that gave up, a whole request: %w", err)
	}
	return nil
}

// dialogue is the state of an exchange.
type dialogue struct {
	*connection
	m message
	// left are the bytes of the request that are not sent yet.
	left []byte
	// open is the answer whose body is being read; nil before its head.
	open *answer
	body io.Reader
	// judged is true once the whole answer was compared, closed once the exchange
	// closed the connection.
	judged, closed bool
}

// step makes one step; later are those that follow.
func (d *dialogue) step(op scenarios.Operation, later scenarios.Exchange) error {
	switch {
	case op.SendHead != nil:
		return d.write(int64(len(d.m.head)))
	case op.SendBytes != nil:
		return d.write(*op.SendBytes)
	case op.PauseMicros != nil:
		return d.pause(time.Duration(*op.PauseMicros) * time.Microsecond)
	case op.AwaitStatus != nil:
		return d.awaitStatus(*op.AwaitStatus)
	case op.AwaitContinueMicros != nil:
		return d.awaitStatus(http.StatusContinue)
	case op.AwaitEvents != nil:
		return d.awaitEvents(*op.AwaitEvents, later)
	case op.AwaitEnd != nil:
		return d.end()
	case op.Close != nil:
		return d.leave(*op.Close)
	}
	return nil
}

// write sends the next n bytes of the request, -1 for the rest.
func (d *dialogue) write(n int64) error {
	if n < 0 || n > int64(len(d.left)) {
		n = int64(len(d.left))
	}
	sent, err := d.Write(d.left[:n])
	d.left = d.left[sent:]
	if err != nil {
		return d.failed(d.m, "took no more of the request: %v", d.reason(err))
	}
	return nil
}

// pause waits. While the request is not complete, an answer is wrong.
func (d *dialogue) pause(wait time.Duration) error {
	until := time.Now().Add(wait)
	if len(d.left) == 0 || d.open != nil {
		time.Sleep(time.Until(until))
		return nil
	}
	d.limit(wait)
	_, err := d.r.Peek(1)
	d.limit(d.limits.answer)
	switch {
	case err == nil:
		early, _ := d.r.Peek(d.r.Buffered())
		return d.failed(d.m, "answered before the whole request was sent: %s", excerpt(early))
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return d.failed(d.m, "gave up before the whole request was sent: %v", d.reason(err))
	}
	return nil
}

// awaitStatus reads heads until one has the status. Interim answers may stand before
// a final one, but not a final one before an interim one.
func (d *dialogue) awaitStatus(status int) error {
	for {
		a, body, err := d.next(d.m)
		if err != nil {
			return err
		}
		final := a.status >= 200 || a.status == http.StatusSwitchingProtocols
		if final {
			d.open, d.body = &a, body
		}
		switch {
		case a.status == status:
			return nil
		case final:
			return d.failed(d.m, "expected status %d first, got %d", status, a.status)
		}
	}
}

// head reads the head of the final answer unless it is open already.
func (d *dialogue) begun() error {
	if d.open != nil {
		return nil
	}
	if d.m.streams {
		d.wire.start(d.r)
	}
	a, body, err := d.opened(d.m)
	d.open, d.body = &a, body
	return err
}

// awaitEvents reads until so many events have come. Where the exchange then closes the
// connection, what came is compared with the beginning of the right answer.
func (d *dialogue) awaitEvents(n int, later scenarios.Exchange) error {
	if err := d.begun(); err != nil {
		return err
	}
	for buf := make([]byte, 4<<10); countEvents(d.open.body) < n; {
		got, err := d.body.Read(buf)
		d.open.body = append(d.open.body, buf[:got]...)
		if err != nil && countEvents(d.open.body) < n {
			return d.failed(d.m, "%d of %d events came: %v", countEvents(d.open.body), n, d.reason(err))
		}
	}
	closes := func(op scenarios.Operation) bool { return op.Close != nil }
	ends := func(op scenarios.Operation) bool { return op.AwaitEnd != nil }
	if slices.ContainsFunc(later, closes) && !slices.ContainsFunc(later, ends) {
		part := d.m
		part.want = part.want[:min(len(part.want), len(d.open.body))]
		return d.judge(part, *d.open, nil)
	}
	return nil
}

// end reads and compares the whole answer, once.
func (d *dialogue) end() error {
	if d.judged {
		return nil
	}
	d.judged = true
	if err := d.begun(); err != nil {
		return err
	}
	d.rest(d.open, d.body, d.m)
	if d.m.streams {
		d.open.chunks = d.wire.chunks()
	}
	return d.judge(d.m, *d.open, nil)
}

// leave closes the connection.
func (d *dialogue) leave(how scenarios.CloseKind) error {
	d.closed = true
	if tcp, ok := d.Conn.(*net.TCPConn); ok && how == scenarios.RST {
		if err := tcp.SetLinger(0); err != nil {
			return d.failed(d.m, "lost the connection before its end: %v", d.reason(err))
		}
	}
	d.close()
	return nil
}
