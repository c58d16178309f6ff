package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"

	"github.com/joust-bench/joust/scenarios"
)

// Full is the full check: the exact pass, packets that split the request anywhere,
// pipelining for rows that pipeline, keep-alive, randomised inputs, and uploads
// whose last byte is held back. It returns the first difference, after the name of
// the exercise that met it; empty for a row that passed. If ctx ends first, the
// result is no verdict on the server: ask ctx.
func Full(ctx context.Context, address, host string, row *scenarios.Scenario, rnd *rand.Rand) string {
	return battery{targetOf(address, host, row), row, rnd}.run(ctx)
}

// battery checks one row.
type battery struct {
	target
	row *scenarios.Scenario
	rnd *rand.Rand
}

// exercise is one part of the battery.
type exercise struct {
	name string
	ask  func(context.Context) error
	// alone is true for an exercise that takes many of the server's connections.
	alone bool
}

const (
	// sampled is the number of requests of a row in the slow exercises. Of a row
	// with more, each exercise chooses at random.
	sampled = 4
	// large is the size of a request body, in bytes, from which its last byte is
	// withheld: 1 MiB.
	large = 1 << 20
	// inOneConnection is the number of requests of the keep-alive exercise.
	inOneConnection = 3
	// randomInputs is the number of random inputs for a row with vary.
	randomInputs = 4
)

func (b battery) run(ctx context.Context) string {
	if len(b.row.Requests) == 0 {
		return "the row has no request to ask"
	}
	all := b.exercises()
	if difference := together(ctx, all); difference != "" {
		return difference
	}
	for _, e := range all {
		if e.alone {
			if err := e.ask(ctx); err != nil {
				return e.name + ": " + err.Error()
			}
		}
	}
	return ""
}

// together makes the exercises that disturb no others, all at once, and returns the
// difference of the first in their order.
func together(ctx context.Context, all []exercise) string {
	errs := make([]error, len(all))
	var asked sync.WaitGroup
	for i, e := range all {
		if !e.alone {
			asked.Go(func() { errs[i] = e.ask(ctx) })
		}
	}
	asked.Wait()
	for i, err := range errs {
		if err != nil {
			return all[i].name + ": " + err.Error()
		}
	}
	return ""
}

// exercises lists the exercises that have a meaning for the row.
func (b battery) exercises() []exercise {
	out := []exercise{{name: "every request once", ask: func(ctx context.Context) error { return b.each(ctx, pointers(b.row.Requests)) }}}
	if len(b.plain()) > 0 {
		out = append(out, exercise{name: "the request in four packets", ask: b.own().split})
	}
	if keepsAlive(b.row) {
		if depth := b.row.Depth; depth > 1 {
			pipelining := b.own()
			out = append(out, exercise{name: fmt.Sprintf("%d requests in one write", depth), ask: func(ctx context.Context) error { return pipelining.pipeline(ctx, depth) }})
		}
		out = append(out, exercise{name: fmt.Sprintf("%d requests on one connection", inOneConnection), ask: b.own().keepAlive})
	}
	if altered := b.randomised(); len(altered) > 0 {
		out = append(out, exercise{name: "random inputs", ask: func(ctx context.Context) error { return b.each(ctx, altered) }})
	}
	if fresh := unconditional(b.plain()); len(fresh) > 0 {
		out = append(out, exercise{name: "without the condition", ask: func(ctx context.Context) error { return b.each(ctx, fresh) }})
	}
	for _, r := range b.plain() {
		if r.Body.Size() >= large {
			out = append(out, exercise{name: fmt.Sprintf("last byte of the body withheld %v", b.limits.withheld),
				ask: func(ctx context.Context) error { return b.withhold(ctx, r) }})
		}
	}
	return append(out, b.crowded()...)
}

// crowded lists the exercises of rows about the number of connections or requests.
func (b battery) crowded() []exercise {
	var out []exercise
	if most := b.row.Server.KeepAliveRequests; most > 0 && len(b.plain()) > 0 {
		out = append(out, exercise{name: fmt.Sprintf("a connection ends after %d requests", most), alone: true,
			ask: func(ctx context.Context) error { return b.keepAliveCap(ctx, most) }})
	}
	if most := b.row.Server.MaxConnections; most > 0 && len(b.plain()) > 0 {
		out = append(out, exercise{name: fmt.Sprintf("%d connections, and the cap is %d", most+beyondCap, most), alone: true,
			ask: func(ctx context.Context) error { return b.connectionCap(ctx, most) }})
	}
	if b.row.Connection.Together && len(b.plain()) > 0 {
		n := min(cmp.Or(b.row.Clients, burst), mostBurst)
		out = append(out, exercise{name: fmt.Sprintf("%d connections at one moment", n), alone: true,
			ask: func(ctx context.Context) error { return b.burst(ctx, n) }})
	}
	return out
}

// own returns the battery with random numbers of its own: exercises run at once.
func (b battery) own() battery {
	b.rnd = rand.New(rand.NewPCG(b.rnd.Uint64(), b.rnd.Uint64()))
	return b
}

// split sends requests in four packets, cut in the head, between the two line
// ends that close it, and in the body.
func (b battery) split(ctx context.Context) error {
	for _, r := range b.sample(b.plain()) {
		m, err := compile(r, b.host)
		if err == nil {
			err = b.conversation(ctx, b.limits.settle, round{cut(m), []message{m}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cut returns the message in four packets.
func cut(m message) []packet {
	head := len(m.head)
	cuts := []int{head / 3, 2 * head / 3, head - 2}
	if len(m.body) > 1 {
		cuts = []int{head / 2, head - 2, head + len(m.body)/2}
	}
	bytes := slices.Concat(m.head, m.body)
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
	return b.conversation(ctx, b.limits.settle, round{whole(messages...), messages})
}

// keepAlive asks one request after the other on one connection.
func (b battery) keepAlive(ctx context.Context) error {
	messages, err := b.different(inOneConnection)
	if err != nil {
		return err
	}
	var rounds []round
	for _, m := range messages {
		rounds = append(rounds, round{whole(m), []message{m}})
	}
	return b.conversation(ctx, b.limits.settle, rounds...)
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
	c.limit(b.limits.answer)
	last := len(m.body) - 1
	begin := net.Buffers{m.head, m.body[:last]}
	sent, sendErr := begin.WriteTo(c.Conn)
	c.limit(b.limits.withheld)
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
