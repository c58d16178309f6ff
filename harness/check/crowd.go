package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	// beyondCap is the number of connections beyond a server's cap.
	beyondCap = 10
	// leastOfCap is the share of its cap that a server must use: a cap may include
	// the server's own descriptors.
	leastOfCap = 0.9
	// burst is the number of connections that connect at one moment, for a row
	// without a number of its own; mostBurst bounds that number.
	burst, mostBurst = 64, 256
)

// keepAliveCap asks one request after the other on one connection. The server must
// end it with the answer of that number, and not before. To announce the end is enough:
// then the client closes.
func (b battery) keepAliveCap(ctx context.Context, most int) error {
	messages, err := b.different(1)
	if err != nil {
		return err
	}
	m := messages[0]
	c, err := b.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	for i := 1; i <= most; i++ {
		c.begin()
		if err := c.send(whole(m)); err != nil {
			return c.failed(m, "ended the connection after %d of %d answers", i-1, most)
		}
		a, err := c.receive(m)
		if err == nil {
			err = c.judge(m, a, nil)
		}
		switch {
		case err != nil:
			return fmt.Errorf("answer %d of %d on one connection: %w", i, most, err)
		case a.closes && i < most:
			return c.failed(m, "announced the end of the connection with answer %d, before its cap of %d", i, most)
		case a.closes:
			return c.surplus(m, c.limits.settle)
		}
	}
	if err := c.send(whole(m)); err != nil {
		return nil // it is closed already
	}
	return c.endsNow(m, most)
}

// endsNow returns a difference where more bytes come, or the connection stays open.
func (c *connection) endsNow(m message, most int) error {
	c.limit(c.limits.turn)
	_, err := c.r.Peek(1)
	switch {
	case c.ctx.Err() != nil:
		return c.failed(m, "")
	case err == nil:
		return c.failed(m, "answered request %d on one connection, and its cap is %d", most+1, most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return c.failed(m, "leaves the connection open after %d requests, its cap", most)
	}
	return nil
}

// waiting is one connection of a crowd.
type waiting struct {
	*connection
	answered chan error
}

// crowd opens n connections and asks the request on each.
func (b battery) crowd(ctx context.Context, m message, n int) (all []*waiting, end func(), err error) {
	var readers sync.WaitGroup
	end = func() {
		for _, w := range all {
			w.close()
		}
		readers.Wait()
	}
	for range n {
		c, err := b.dial(ctx)
		if err != nil {
			return all, end, err
		}
		w := &waiting{c, make(chan error, 1)}
		all = append(all, w)
		readers.Go(func() { w.answered <- w.converse(whole(m), []message{m}) })
	}
	return all, end, nil
}

// connectionCap opens more connections than the server takes. Those within the cap are
// answered, the others wait, and get their turn when others close.
func (b battery) connectionCap(ctx context.Context, most int) error {
	messages, err := b.different(1)
	if err != nil {
		return err
	}
	m := messages[0]
	all, end, err := b.crowd(ctx, m, most+beyondCap)
	defer end()
	if err != nil {
		return err
	}
	served, waits, err := b.served(all, most)
	switch {
	case err != nil:
		return err
	case len(served) > most:
		return &Difference{m.String(), fmt.Sprintf("%d connections were answered at once, and the cap is %d", len(served), most)}
	case float64(len(served)) < leastOfCap*float64(most):
		return &Difference{m.String(), fmt.Sprintf("only %d connections were answered at once, and the cap is %d", len(served), most)}
	}
	for _, w := range served {
		w.close()
	}
	for _, w := range waits {
		if err := <-w.answered; err != nil {
			return fmt.Errorf("a connection that waited for its turn: %w", err)
		}
	}
	return nil
}

// served waits until as many connections are answered as the cap allows, and a moment
// longer for those beyond it. It returns the answered connections and the others.
func (b battery) served(all []*waiting, most int) (served, waits []*waiting, err error) {
	deadline := time.Now().Add(b.limits.turn)
	done := map[*waiting]bool{}
	look := func() error {
		for _, w := range all {
			if done[w] {
				continue
			}
			select {
			case err := <-w.answered:
				if done[w] = true; err != nil {
					return err
				}
			default:
			}
		}
		return nil
	}
	for len(done) < most && time.Now().Before(deadline) && err == nil {
		time.Sleep(time.Millisecond)
		err = look()
	}
	time.Sleep(b.limits.crowded)
	if lookErr := look(); err == nil {
		err = lookErr
	}
	for _, w := range all {
		if done[w] {
			served = append(served, w)
		} else {
			waits = append(waits, w)
		}
	}
	return served, waits, err
}

// burst has many connections connect at one moment and ask one request each.
func (b battery) burst(ctx context.Context, n int) error {
	messages, err := b.different(1)
	if err != nil {
		return err
	}
	begin, errs := make(chan struct{}), make(chan error, n)
	for range n {
		go func() {
			<-begin
			errs <- b.conversation(ctx, b.limits.settleExact, round{whole(messages[0]), messages})
		}()
	}
	close(begin)
	var first error
	for range n {
		if err := <-errs; first == nil {
			first = err
		}
	}
	return first
}
