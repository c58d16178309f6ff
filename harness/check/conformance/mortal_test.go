package conformance

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// mortal is a reference server in a process that two lengths end.
type mortal struct {
	t       *testing.T
	address string
	starts  int

	mu    sync.Mutex
	ended bool
}

func (m *mortal) start() {
	m.starts++
	inner := serveReference(m.t, "")
	var life struct {
		sync.Mutex
		over bool
		open []net.Conn
	}
	m.address = serve(m.t, func(c net.Conn) {
		life.Lock()
		life.open = append(life.open, c)
		over := life.over
		life.Unlock()
		if over {
			return
		}
		to, err := net.Dial("tcp", inner)
		if err != nil {
			return
		}
		defer to.Close()
		var back sync.WaitGroup
		back.Go(func() {
			_, _ = io.Copy(c, to)
			c.Close()
		})
		defer back.Wait()
		var seen []byte
		for buf := make([]byte, 4096); ; {
			n, err := c.Read(buf)
			if err != nil {
				to.Close()
				return
			}
			if seen = append(seen, buf[:n]...); bytes.Contains(seen, []byte("Content-Length: 0\r\nContent-Length: ")) {
				life.Lock()
				life.over = true
				for _, other := range life.open {
					other.Close()
				}
				life.Unlock()
				m.mu.Lock()
				m.ended = true
				m.mu.Unlock()
				to.Close()
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	})
}

func (m *mortal) revive(context.Context) (address, ended string, err error) {
	m.mu.Lock()
	over := m.ended
	m.ended = false
	m.mu.Unlock()
	if over {
		m.start()
		ended = "exit status 1"
	}
	return m.address, ended, nil
}
