package check

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/joust-bench/joust/loaders/codec/h1/wire"
	"github.com/joust-bench/joust/scenarios"
)

// message is the bytes of one request and the expected answer.
type message struct {
	request *scenarios.Request
	// head ends with the empty line; body is framed as it is sent.
	head, body []byte
	// want is the expected body where exact.
	want  []byte
	exact bool
	// streams is true where the answer holds server-sent events.
	streams bool
}

// compile builds the request with the loaders' own templates.
func compile(r *scenarios.Request, host string) (message, error) {
	built, err := wire.Compile(r, host)
	if err != nil {
		return message{}, err
	}
	const emptyLine = "\r\n\r\n"
	end := bytes.Index(built.Head, []byte(emptyLine)) + len(emptyLine)
	m := message{request: r, head: built.Head[:end], body: built.Head[end:], streams: streams(r)}
	if len(built.Body) > 0 {
		m.body = built.Body
	}
	body, exact := r.AnswerBody()
	m.want, m.exact = body.Bytes(), exact
	return m, nil
}

// String returns the method and path of the request.
func (m message) String() string { return m.request.Method + " " + m.request.Path }

// packet is handed to the kernel in one write.
type packet = net.Buffers

// whole returns the messages in one packet.
func whole(messages ...message) []packet {
	var p packet
	for _, m := range messages {
		p = append(p, m.head, m.body)
	}
	return []packet{p}
}

// connection is one connection to the server. The end of its context closes it.
type connection struct {
	net.Conn
	ctx    context.Context
	limits limits
	least  time.Duration
	// began is the instant at which the last round began to be sent.
	began time.Time
	// goesOn is true while requests follow on the connection in later rounds.
	goesOn bool
	r      *bufio.Reader
	// wire holds what was read while its recording is on.
	wire *recorder
	stop func() bool
}

// headLimit is the longest head of an answer, in bytes.
const headLimit = 64 << 10

// dial connects. Go sets TCP_NODELAY on its own: each write leaves at once.
func (t target) dial(ctx context.Context) (*connection, error) {
	d := net.Dialer{Timeout: t.limits.answer}
	c, err := d.DialContext(ctx, "tcp", t.address)
	if ctx.Err() != nil && err != nil {
		return nil, fmt.Errorf("interrupted while connecting to the server: %w", ctx.Err())
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	wire := &recorder{from: c}
	return &connection{
		Conn:   c,
		ctx:    ctx,
		limits: t.limits,
		least:  t.least,
		r:      bufio.NewReaderSize(wire, headLimit),
		wire:   wire,
		stop:   context.AfterFunc(ctx, func() { c.Close() }),
	}, nil
}

// close ends the connection. Errors say nothing of the answers.
func (c *connection) close() {
	c.stop()
	c.Conn.Close()
}

// limit bounds the time of all reads and writes. It fails only on a closed
// connection, which the next of them reports.
func (c *connection) limit(d time.Duration) { _ = c.SetDeadline(time.Now().Add(d)) }

// begin starts the clock of a round.
func (c *connection) begin() {
	c.began = time.Now()
	c.limit(c.limits.answer)
}

// converse writes the packets and awaits one right answer a message, in order.
// It writes on a goroutine of its own: a server may answer while it still reads,
// which would block both sides.
func (c *connection) converse(packets []packet, messages []message) error {
	c.begin()
	sent := make(chan error, 1)
	go func() { sent <- c.send(packets) }()
	if err := c.await(messages); err != nil {
		c.Conn.Close()
		<-sent
		return err
	}
	if err := <-sent; err != nil {
		return c.failed(messages[len(messages)-1],
			"answered without taking the whole request: %v", c.reason(err))
	}
	return nil
}

// send writes the packets with a pause between them.
func (c *connection) send(packets []packet) error {
	for i, p := range packets {
		if i > 0 {
			time.Sleep(c.limits.packet)
		}
		if _, err := p.WriteTo(c.Conn); err != nil {
			return err
		}
	}
	return nil
}

// await reads and compares the answers.
func (c *connection) await(messages []message) error {
	for i, m := range messages {
		a, err := c.receive(m)
		if err == nil {
			err = c.judge(m, a, messages[i+1:])
		}
		if err != nil {
			return numbered(err, i, len(messages))
		}
	}
	return nil
}

// judge compares the answer to m; rest are the messages sent after it.
func (c *connection) judge(m message, a answer, rest []message) error {
	what := a.compare(m)
	if took := time.Since(c.began); what == "" && took < c.least {
		what = fmt.Sprintf("answered after %v, and no right answer takes less than %v: it did not wait", took.Round(time.Microsecond), c.least)
	}
	switch {
	case what == "" && a.closes && (c.goesOn || len(rest) > 0):
		what = fmt.Sprintf("ends the connection (%s, Connection: %q), though it was not asked to", a.proto, a.header.Get("Connection"))
	case what == "":
		return nil
	}
	for _, other := range rest {
		if a.ended == nil && other.exact && !bytes.Equal(other.want, m.want) && bytes.Equal(other.want, a.body) {
			what = fmt.Sprintf("answers are out of order: this is the answer to the later %s", other)
		}
	}
	return c.failed(m, "%s", what)
}

// numbered adds the number of the answer to the error where there are several.
func numbered(err error, i, n int) error {
	if n == 1 {
		return err
	}
	return fmt.Errorf("answer %d of %d: %w", i+1, n, err)
}

// surplus waits for bytes that no request asked for.
func (c *connection) surplus(last message, wait time.Duration) error {
	c.limit(wait)
	if _, err := c.r.Peek(1); err != nil {
		return nil // silence, or an end that nothing forbids
	}
	more, _ := c.r.Peek(c.r.Buffered())
	return c.failed(last, "%d or more surplus bytes follow the answer: %s", len(more), excerpt(more))
}

// failed returns the difference, or the end of the context, which says nothing of
// the server.
func (c *connection) failed(m message, format string, args ...any) error {
	if err := c.ctx.Err(); err != nil {
		return fmt.Errorf("interrupted while awaiting the answer to %s: %w", m, err)
	}
	return &Difference{Request: m.String(), What: fmt.Sprintf(format, args...)}
}

// reason returns an error that says why the connection gave or took no more bytes.
func (c *connection) reason(err error) error {
	switch {
	case c.ctx.Err() != nil:
		return fmt.Errorf("time ran out: %w", c.ctx.Err())
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("nothing more within %v", c.limits.answer)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the server closed the connection")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errors.New("the server reset the connection")
	}
	return err
}
