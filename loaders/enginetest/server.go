// Package enginetest has what tests of loaders share: servers of known behaviour
// on raw sockets, which count for themselves, loads against them, and the checks
// of a loader's report against their counts. The checks hold on a busy machine:
// none needs a fast one.
package enginetest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// CountingServer is a TCP server with a given behaviour and its own counters.
type CountingServer struct {
	// Address is host:port.
	Address string
	// Connects counts accepted connections; Requests the requests that were read
	// whole, Bytes their bytes, BodyBytes those of their bodies without framing.
	Connects, Requests, Bytes, BodyBytes atomic.Int64
	// Answers, Swallowed and Ended are for behaviours to count: answers written,
	// requests without an answer, and connections closed without an announcement.
	Answers, Swallowed, Ended atomic.Int64
	// Die closes the listener and all connections.
	Die func()

	mu    sync.Mutex
	paths map[string]int64
}

// Peer is one accepted connection.
type Peer struct {
	*net.TCPConn
	Server *CountingServer
	// Number counts the server's connections from 1.
	Number int64

	in    *bufio.Reader
	bytes int64 // read of the request so far
}

// Start runs a server until the test ends. The behaviour serves one connection,
// which is closed when it returns.
func Start(t testing.TB, behave func(*Peer)) *CountingServer {
	t.Helper()
	s := &CountingServer{paths: map[string]int64{}}
	l, die := accept(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		behave(&Peer{TCPConn: c.(*net.TCPConn), Number: s.Connects.Add(1), Server: s, in: bufio.NewReaderSize(c, 64<<10)})
	})
	s.Address, s.Die = l.Addr().String(), die
	return s
}

// Reaches waits for at most that long until the server's counter is n, since the
// server may still have to read or to accept. It reports whether the counter is n
// then.
func Reaches(counter *atomic.Int64, n uint64, within time.Duration) bool {
	for limit := time.Now().Add(within); uint64(counter.Load()) < n && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	return uint64(counter.Load()) == n
}

// Path returns the number of requests for the path.
func (s *CountingServer) Path(path string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[path]
}

// Head reads a request's head, which is not counted, and returns its path and
// its fields.
func (p *Peer) Head() (path string, fields map[string]string, err error) {
	line, err := p.line()
	if err != nil {
		return "", nil, err
	}
	_, path, _ = strings.Cut(strings.TrimSuffix(line, " HTTP/1.1"), " ")
	fields = make(map[string]string)
	for {
		line, err := p.line()
		if err != nil || line == "" {
			return path, fields, err
		}
		name, value, _ := strings.Cut(line, ": ")
		fields[name] = value
	}
}

func (p *Peer) line() (string, error) {
	line, err := p.in.ReadSlice('\n')
	p.bytes += int64(len(line))
	return string(bytes.TrimRight(line, "\r\n")), err
}

// Next reads and counts a whole request, and returns its path.
func (p *Peer) Next() (path string, err error) {
	path, fields, err := p.Head()
	if err != nil {
		return path, err
	}
	body := int64(0)
	if fields["Transfer-Encoding"] == "chunked" {
		body, err = p.chunks()
	} else if length := fields["Content-Length"]; length != "" {
		body, err = strconv.ParseInt(length, 10, 64)
		if err == nil {
			err = p.Skip(body)
		}
	}
	if err != nil {
		return path, fmt.Errorf("reading the body of the request for %s: %w", path, err)
	}
	s := p.Server
	s.Requests.Add(1)
	s.BodyBytes.Add(body)
	s.Bytes.Add(p.bytes)
	p.bytes = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths[path]++
	return path, nil
}

// Request reads a whole request, which is not counted, whose body has a length.
func (p *Peer) Request() (path string, fields map[string]string, body string, err error) {
	path, fields, err = p.Head()
	if err != nil || fields["Content-Length"] == "" {
		return path, fields, "", err
	}
	n, err := strconv.Atoi(fields["Content-Length"])
	if err != nil {
		return path, fields, "", err
	}
	text := make([]byte, n)
	_, err = io.ReadFull(p.in, text)
	return path, fields, string(text), err
}

// Skip reads n bytes.
func (p *Peer) Skip(n int64) error {
	skipped, err := p.in.Discard(int(n))
	p.bytes += int64(skipped)
	return err
}

func (p *Peer) chunks() (body int64, err error) {
	for {
		line, err := p.line()
		if err != nil {
			return body, err
		}
		n, err := strconv.ParseInt(line, 16, 64)
		if err != nil {
			return body, err
		}
		if err := p.Skip(n + 2); err != nil || n == 0 {
			return body, err
		}
		body += n
	}
}

// Send writes text. A server does not care that its loader has gone.
func (p *Peer) Send(text string) { _, _ = p.Write([]byte(text)) }

// Reset makes the end of the connection a reset.
func (p *Peer) Reset() { _ = p.SetLinger(0) }

// Hold waits until the loader has closed the connection.
func (p *Peer) Hold() {
	for {
		if _, err := p.in.Discard(1); err != nil {
			return
		}
	}
}

// AnsweringBy is a behaviour that answers each request with the text for its
// path, at once.
func AnsweringBy(answer func(path string) string) func(*Peer) {
	return func(p *Peer) {
		for {
			path, err := p.Next()
			if err != nil {
				return
			}
			p.Send(answer(path))
		}
	}
}

// Answering is a behaviour that answers each request with the text after a
// pause. Closed loops without a pause, in one process with their servers, would
// take all processor time from each other.
func Answering(pause time.Duration, text string) func(*Peer) {
	return AnsweringBy(func(string) string { time.Sleep(pause); return text })
}

// Good is the behaviour that answers each request rightly after a pause.
func Good(pause time.Duration) func(*Peer) { return Answering(pause, RightAnswer) }

// Hello is the body of RightAnswer, the right answer to the requests of Spec.
const (
	Hello       = "alive\r\n"
	RightAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n" + Hello
)

// OK returns a right answer with the body.
func OK(body string) string {
	return "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}
