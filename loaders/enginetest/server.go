// Package enginetest is the battery that every load engine must pass: servers
// of known behaviour on raw sockets, which count for themselves, and laws that
// hold between their counts and the loader's report. The laws hold on a busy
// machine: none needs a fast one.
package enginetest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server is a TCP server with a behaviour of its own and its own counters.
type Server struct {
	// Address is host:port.
	Address string
	// Connects counts accepted connections; Requests whole requests that were
	// read, Bytes and BodyBytes what they were made of, framing of bodies
	// taken off in the latter.
	Connects, Requests, Bytes, BodyBytes atomic.Int64
	// Answers, Swallowed and Ended are counted by the behaviours of Accounts:
	// answers written, requests that get none, and connections closed without an
	// announcement.
	Answers, Swallowed, Ended atomic.Int64

	listener net.Listener
	running  sync.WaitGroup
	mu       sync.Mutex
	peers    map[net.Conn]struct{}
	paths    map[string]int64
	ended    bool
}

// Peer is one accepted connection.
type Peer struct {
	*net.TCPConn
	// Number counts the server's connections from 1.
	Number int64

	server *Server
	in     *bufio.Reader
	asked  int64
}

// Request is what a server needs to know of one.
type Request struct {
	Method, Path string
}

// Start runs a server until the test ends. The behaviour has a connection for
// itself; it is closed when the behaviour returns.
func Start(t testing.TB, behave func(*Peer)) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: l.Addr().String(), listener: l, peers: map[net.Conn]struct{}{}, paths: map[string]int64{}}
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		s.accept(behave)
	}()
	t.Cleanup(func() { s.Die(); s.running.Wait() })
	return s
}

// Die closes the listener and all connections.
func (s *Server) Die() {
	_ = s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for c := range s.peers {
		_ = c.Close()
	}
}

// Accepted tells whether the server comes to have accepted that many
// connections: those that were made last may still wait in its backlog.
func (s *Server) Accepted(n uint64) bool {
	for limit := time.Now().Add(patience); uint64(s.Connects.Load()) < n && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	return uint64(s.Connects.Load()) == n
}

// Path is how many requests there were for the path.
func (s *Server) Path(path string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[path]
}

func (s *Server) accept(behave func(*Peer)) {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.keep(c) {
			_ = c.Close()
			return
		}
		p := &Peer{TCPConn: c.(*net.TCPConn), Number: s.Connects.Add(1), server: s}
		p.in = bufio.NewReaderSize(p.TCPConn, 64<<10)
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			defer s.forget(c)
			behave(p)
		}()
	}
}

func (s *Server) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.peers[c] = struct{}{}
	}
	return !s.ended
}

func (s *Server) forget(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, c)
	_ = c.Close()
}

// Head reads a request's head, which is not counted, and returns its fields.
func (p *Peer) Head() (r Request, fields map[string]string, err error) {
	line, err := p.line()
	if err != nil {
		return r, nil, err
	}
	r.Method, r.Path, _ = strings.Cut(strings.TrimSuffix(line, " HTTP/1.1"), " ")
	fields = make(map[string]string)
	for {
		line, err := p.line()
		if err != nil || line == "" {
			return r, fields, err
		}
		name, value, _ := strings.Cut(line, ": ")
		fields[name] = value
	}
}

func (p *Peer) line() (string, error) {
	line, err := p.in.ReadSlice('\n')
	p.asked += int64(len(line))
	return string(bytes.TrimRight(line, "\r\n")), err
}

// Next reads a whole request and counts it.
func (p *Peer) Next() (Request, error) {
	r, fields, err := p.Head()
	if err != nil {
		return r, err
	}
	body := int64(0)
	if fields["Transfer-Encoding"] == "chunked" {
		body, err = p.chunks()
	} else if length := fields["Content-Length"]; length != "" {
		body, err = strconv.ParseInt(length, 10, 64)
		if err == nil {
			err = p.skip(body)
		}
	}
	if err != nil {
		return r, fmt.Errorf("reading the body of %s %s: %w", r.Method, r.Path, err)
	}
	s := p.server
	s.Requests.Add(1)
	s.BodyBytes.Add(body)
	s.Bytes.Add(p.asked)
	p.asked = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths[r.Path]++
	return r, nil
}

func (p *Peer) skip(n int64) error {
	got, err := p.in.Discard(int(n))
	p.asked += int64(got)
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
		if err := p.skip(n + 2); err != nil || n == 0 {
			return body, err
		}
		body += n
	}
}

// Send writes text. A loader that has gone away is no concern of a server.
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

// Calmly answers as Answering does after a pause. Closed loops without one,
// side by side in one process with their servers, would take all processor
// time from each other.
func Calmly(pause time.Duration, answer func(Request) string) func(*Peer) {
	return Answering(func(r Request) string { time.Sleep(pause); return answer(r) })
}

// Answering is the behaviour of a good server: it answers each request with
// the text, at once.
func Answering(answer func(Request) string) func(*Peer) {
	return func(p *Peer) {
		for {
			r, err := p.Next()
			if err != nil {
				return
			}
			p.Send(answer(r))
		}
	}
}

// Hello is the body of the battery's plain answer.
const Hello = "alive\r\n"

// OK is a right answer with the body.
func OK(body string) string {
	return "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}
