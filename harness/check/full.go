package check

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/joust-bench/joust/scenarios"
)

// Status is the outcome of a full check.
type Status string

// The outcomes.
const (
	OK    Status = "ok"
	Wrong Status = "wrong"
)

// Result is the outcome of a full check of one row.
type Result struct {
	Status Status
	// Difference is the first difference, after the step that met it; empty
	// for OK.
	Difference string
	// Steps is what was asked, in order; the last one met the difference.
	Steps []string
}

// Full is the conformance battery: the exact pass, packets that split the
// request anywhere, pipelining, keep-alive, randomised inputs, and uploads
// whose last byte is held back. It stops at the first difference. Where ctx
// ends first, the Result is Wrong and says so; ask ctx.
func Full(ctx context.Context, address, host string, row *scenarios.Scenario, rnd *rand.Rand) Result {
	return battery{target{address, host, standard()}, row, rnd}.run(ctx)
}

// battery checks one row.
type battery struct {
	target
	row *scenarios.Scenario
	rnd *rand.Rand
}

// step is one part of the battery.
type step struct {
	name string
	ask  func(context.Context) error
}

const (
	// sampled is how many requests of a row take the slow steps; a row with
	// more has a random choice of them, anew for each step.
	sampled = 4
	// large is the size of a request body, in bytes, from which its counting
	// is checked: 1 MiB.
	large = 1 << 20
	// inOneConnection is how many requests the keep-alive step asks.
	inOneConnection = 3
	// randomInputs is how many numbers are drawn for a row with vary.
	randomInputs = 4
)

func (b battery) run(ctx context.Context) Result {
	var res Result
	if len(b.row.Requests) == 0 {
		return Result{Status: Wrong, Difference: "the row has no request to ask"}
	}
	for _, s := range b.steps() {
		res.Steps = append(res.Steps, s.name)
		if err := s.ask(ctx); err != nil {
			res.Status, res.Difference = Wrong, s.name+": "+err.Error()
			return res
		}
	}
	res.Status = OK
	return res
}

// steps lists what has a meaning for the row.
func (b battery) steps() []step {
	out := []step{
		{"every request once", func(ctx context.Context) error { return b.each(ctx, pointers(b.row.Requests)) }},
		{"the request in four packets", b.split},
	}
	if keepsAlive(b.row) {
		depth := max(2, b.row.Depth)
		out = append(out,
			step{fmt.Sprintf("%d requests in one write", depth), func(ctx context.Context) error { return b.pipeline(ctx, depth) }},
			step{fmt.Sprintf("%d requests on one connection", inOneConnection), b.keepAlive})
	}
	if altered := b.randomised(); len(altered) > 0 {
		out = append(out, step{"random inputs", func(ctx context.Context) error { return b.each(ctx, altered) }})
	}
	for i := range b.row.Requests {
		if r := &b.row.Requests[i]; r.Body.Size() >= large {
			out = append(out, step{fmt.Sprintf("last byte of the body withheld %v", b.limits.withheld),
				func(ctx context.Context) error { return b.withhold(ctx, r) }})
		}
	}
	return out
}

// split sends requests in four packets, cut in the head, between the two line
// ends that close it, and in the body.
func (b battery) split(ctx context.Context) error {
	for _, r := range b.sample() {
		m, err := compile(r, b.host)
		if err != nil {
			return err
		}
		if err := b.conversation(ctx, cut(m), m); err != nil {
			return err
		}
	}
	return nil
}

// cut is the message in four packets.
func cut(m message) []packet {
	head := len(m.head)
	cuts := []int{head / 3, 2 * head / 3, head - 2}
	if len(m.body) > 1 {
		cuts = []int{head / 2, head - 2, head + len(m.body)/2}
	}
	bytes := append(append(make([]byte, 0, head+len(m.body)), m.head...), m.body...)
	var out []packet
	from := 0
	for _, to := range append(cuts, len(bytes)) {
		out = append(out, packet{bytes[from:to]})
		from = to
	}
	return out
}

// pipeline writes n requests at once; their answers come in order and nothing
// after them.
func (b battery) pipeline(ctx context.Context, n int) error {
	messages, err := b.different(n)
	if err != nil {
		return err
	}
	return b.conversation(ctx, whole(messages...), messages...)
}

// keepAlive asks one request after the other on one connection.
func (b battery) keepAlive(ctx context.Context) error {
	messages, err := b.different(inOneConnection)
	if err != nil {
		return err
	}
	c, err := b.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	for i, m := range messages {
		if err := c.converse(whole(m), []message{m}); err != nil {
			return numbered(err, i, len(messages))
		}
	}
	return c.surplus(messages[len(messages)-1], b.limits.settle)
}

// conversation is one connection on which packets are sent and answered.
func (b battery) conversation(ctx context.Context, packets []packet, messages ...message) error {
	c, err := b.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.converse(packets, messages); err != nil {
		return err
	}
	return c.surplus(messages[len(messages)-1], b.limits.settle)
}

// withhold sends all but the last byte of the request: an answer before it
// cannot rest on the whole body.
func (b battery) withhold(ctx context.Context, r *scenarios.Request) error {
	m, err := compile(r, b.host)
	if err != nil {
		return err
	}
	c, err := b.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.SetDeadline(time.Now().Add(b.limits.answer)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	last := len(m.body) - 1
	begin := net.Buffers{m.head, m.body[:last]}
	sent, sendErr := begin.WriteTo(c.Conn)
	if err := c.SetReadDeadline(time.Now().Add(b.limits.withheld)); err != nil {
		return fmt.Errorf("set a deadline: %w", err)
	}
	_, readErr := c.r.Peek(1)
	switch {
	case readErr == nil:
		early, _ := c.r.Peek(c.r.Buffered())
		return c.failed(m, "answered before the last byte of the request's body was sent: %s", excerpt(early))
	case sendErr != nil:
		return c.failed(m, "took only %d of %d bytes of the request: %v", sent, len(m.head)+len(m.body), c.reason(sendErr))
	case !errors.Is(readErr, os.ErrDeadlineExceeded):
		return c.failed(m, "gave up before the last byte of the request's body was sent: %v", c.reason(readErr))
	}
	return c.converse([]packet{{m.body[last:]}}, []message{m})
}
