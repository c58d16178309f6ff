package enginetest

import (
	"net"
	"sync"
	"testing"
)

// Accept listens and serves each connection in a goroutine of its own, then
// closes the connection. The end of the test closes the listener and all
// connections, and waits for the goroutines.
func Accept(t testing.TB, network, address string, serve func(net.Conn)) net.Listener {
	t.Helper()
	l, _ := accept(t, network, address, serve)
	return l
}

// accept is Accept that also returns the function that closes the listener and
// all connections.
func accept(t testing.TB, network, address string, serve func(net.Conn)) (net.Listener, func()) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]struct{}{}
	shut := func() {
		mu.Lock()
		defer mu.Unlock()
		_ = l.Close()
		for c := range open {
			_ = c.Close()
		}
		open = nil
	}
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the listener is closed
			}
			mu.Lock()
			if open == nil {
				mu.Unlock()
				_ = c.Close()
				return
			}
			open[c] = struct{}{}
			mu.Unlock()
			running.Go(func() {
				defer func() {
					_ = c.Close()
					mu.Lock()
					defer mu.Unlock()
					delete(open, c)
				}()
				serve(c)
			})
		}
	})
	t.Cleanup(func() { shut(); running.Wait() })
	return l, shut
}
