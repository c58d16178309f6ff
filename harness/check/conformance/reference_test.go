package conformance

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const alive = "alive\r\n"

// reference is a strict HTTP/1.1 server of the routes GET / and POST /echo. It passes
// every point. fault is the name of the one point that it fails, by the weakness that
// real servers have.
type reference struct {
	fault   string
	started string
	// heads is held while a head is read, in a server that half a head blocks.
	heads sync.Mutex
}

// refusal is an answer that ends the connection.
type refused int

func (r refused) Error() string { return http.StatusText(int(r)) }

// asked is a parsed request.
type asked struct {
	method, target, version string
	fields                  map[string][]string
	body                    []byte
	closes                  bool
}

// serveReference starts the server and ends it with the test.
func serveReference(t *testing.T, fault string) string {
	t.Helper()
	s := &reference{fault: fault, started: time.Now().UTC().Format(http.TimeFormat)}
	return serve(t, s.handle)
}

// serve hands every connection to handle.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var open sync.Map
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, true)
			all.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool {
			c.(net.Conn).Close()
			return true
		})
		all.Wait()
	})
	return l.Addr().String()
}

func (s *reference) handle(c net.Conn) {
	in := bufio.NewReader(c)
	if s.fault == "a request in packets of one byte" {
		if _, err := in.Peek(1); err == nil && in.Buffered() < 4 {
			s.answer(c, asked{closes: true}, 400, "")
			return
		}
	}
	for {
		r, err := s.read(c, in)
		var refusal refused
		if errors.As(err, &refusal) {
			s.answer(c, asked{closes: true}, int(refusal), "")
			drain(c)
			return
		}
		if err != nil || s.route(c, r) {
			return
		}
		if s.fault == "pipelined requests in order" {
			_, _ = in.Discard(in.Buffered())
		}
	}
}

// drain takes what the client still sends, so that no reset destroys the answer.
func drain(c net.Conn) {
	if c.SetReadDeadline(time.Now().Add(20*time.Millisecond)) == nil {
		_, _ = io.Copy(io.Discard, c)
	}
}

// read reads a whole request.
func (s *reference) read(c net.Conn, in *bufio.Reader) (asked, error) {
	if _, err := in.Peek(1); err != nil {
		return asked{}, err
	}
	if s.fault == "half a head blocks nobody else" {
		s.heads.Lock()
	}
	r, err := s.readHead(in)
	if s.fault == "half a head blocks nobody else" {
		s.heads.Unlock()
	}
	if err != nil {
		return r, err
	}
	if r.fields["expect"] != nil && s.fault != "Expect: 100-continue" {
		io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	err = s.readBody(in, &r)
	return r, err
}

// lineOf reads a line of a head; room is what is left of its bytes.
func (s *reference) lineOf(in *bufio.Reader, room *int) (string, error) {
	var line []byte
	for {
		b, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		if *room--; *room < 0 && s.fault != "a head of 4 MiB" {
			return "", refused(431)
		}
		switch {
		case b == '\r':
			if next, err := in.Peek(1); err != nil || next[0] != '\n' {
				if s.fault == "bare CR in a head" {
					return string(line), nil
				}
				return "", refused(400)
			}
			_, _ = in.Discard(1)
			return string(line), nil
		case b == '\n' && s.fault != "bare LF in a head", b == 0 && s.fault != "NUL in a field value":
			return "", refused(400)
		}
		line = append(line, b)
	}
}

var (
	requestLine = regexp.MustCompile(`^([A-Z]+) (\S+) HTTP/1\.([01])$`)
	fieldName   = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")
)

func (s *reference) readHead(in *bufio.Reader) (asked, error) {
	room := 64 << 10
	first, err := s.lineOf(in, &room)
	if err != nil {
		return asked{}, err
	}
	parts := requestLine.FindStringSubmatch(first)
	if parts == nil && s.fault == "bytes that are no request" {
		parts = []string{"", "GET", "/", "0"}
	} else if parts == nil {
		return asked{}, refused(400)
	}
	r := asked{method: parts[1], target: parts[2], version: parts[3], fields: map[string][]string{}}
	for count := 0; ; count++ {
		line, err := s.lineOf(in, &room)
		if err != nil {
			return r, err
		}
		if line == "" {
			return r, s.checkHead(&r)
		}
		if count > 500 {
			if s.fault == "a head of 1000 fields" {
				return r, endless(in)
			}
			return r, refused(431)
		}
		if err := s.addField(&r, line); err != nil {
			return r, err
		}
	}
}

// endless reads for as long as the client has patience.
func endless(in io.Reader) error {
	_, err := io.Copy(io.Discard, in)
	return errors.Join(err, io.EOF)
}

func (s *reference) addField(r *asked, line string) error {
	name, value, colon := strings.Cut(line, ":")
	switch s.fault {
	case "folded field line":
		name = strings.TrimLeft(name, " ")
	case "space before a colon":
		name = strings.TrimRight(name, " ")
	}
	if !colon || !fieldName.MatchString(name) {
		return refused(400)
	}
	if s.fault == "names of fields in any case" && name == "hOST" {
		return refused(400)
	}
	name = strings.ToLower(name)
	r.fields[name] = append(r.fields[name], strings.Trim(value, " \t"))
	return nil
}

func (s *reference) checkHead(r *asked) error {
	hosts := len(r.fields["host"])
	if r.version == "1" && (hosts == 0 && s.fault != "no Host" || hosts > 1 && s.fault != "two Hosts") {
		return refused(400)
	}
	connection := strings.ToLower(strings.Join(r.fields["connection"], ","))
	r.closes = connection == "close" || r.version == "0" && connection != "keep-alive"
	return nil
}

// readBody reads the body as the head frames it.
func (s *reference) readBody(in *bufio.Reader, r *asked) error {
	codings, lengths := r.fields["transfer-encoding"], r.fields["content-length"]
	if s.fault == "an unread body is no request" && r.target == noSuchPath {
		return nil
	}
	if len(codings) > 0 {
		if len(codings) > 1 || codings[0] != "chunked" {
			if s.fault == "unknown transfer codings" {
				return nil
			}
			return refused(501)
		}
		r.closes = r.closes || len(lengths) > 0 && s.fault != "Content-Length beside Transfer-Encoding"
		return s.readChunks(in, r)
	}
	if len(lengths) == 0 {
		return nil
	}
	n, err := s.length(lengths)
	if err != nil {
		return err
	}
	r.body = make([]byte, n)
	_, err = io.ReadFull(in, r.body)
	if s.fault == "pipelined requests with bodies" && r.method == "POST" {
		more, _ := in.Peek(in.Buffered())
		r.body = append(r.body, more...)
		_, _ = in.Discard(len(more))
	}
	return err
}

func (s *reference) length(values []string) (int, error) {
	value := values[0]
	if len(values) > 1 && s.fault != "two lengths" {
		return 0, refused(400)
	}
	if s.fault == "NUL in a field value" {
		value, _, _ = strings.Cut(value, "\x00")
	}
	if s.fault == "malformed lengths" {
		value = strings.TrimLeft(value, "+")
	}
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0, refused(400)
	}
	return int(n), nil
}

func (s *reference) readChunks(in *bufio.Reader, r *asked) error {
	for {
		line, err := chunkLine(in)
		if err != nil {
			return err
		}
		size, extension, _ := strings.Cut(line, ";")
		if extension != "" && s.fault == "chunk extensions and trailers" {
			return refused(400)
		}
		n, err := s.chunkSize(size)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(in, data); err != nil {
			return err
		}
		r.body = append(r.body, data...)
		if line, err := chunkLine(in); err != nil || line != "" {
			return errors.Join(err, refused(400))
		}
	}
	for {
		if line, err := chunkLine(in); err != nil || line == "" {
			return err
		}
	}
}

func (s *reference) chunkSize(text string) (int, error) {
	if s.fault == "a chunked request, split anywhere" && strings.HasPrefix(text, "0") && len(text) > 1 {
		return 0, refused(400)
	}
	if s.fault == "malformed chunks" {
		text = strings.TrimPrefix(text, "+")
	}
	if !regexp.MustCompile("^[0-9a-fA-F]+$").MatchString(text) {
		return 0, refused(400)
	}
	n, _ := new(big.Int).SetString(text, 16)
	if s.fault == "chunk sizes beyond 64 bits" {
		n.And(n, new(big.Int).SetUint64(1<<64-1))
	}
	if !n.IsUint64() || n.Uint64() > 1<<20 {
		return 0, refused(413)
	}
	return int(n.Uint64()), nil
}

func chunkLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err == nil && !strings.HasSuffix(line, "\r\n") {
		return "", refused(400)
	}
	return strings.TrimSuffix(line, "\r\n"), err
}

// route answers the request and reports whether the connection ends.
func (s *reference) route(c net.Conn, r asked) (ends bool) {
	target := r.target
	if s.fault != "target in absolute form" {
		target = strings.TrimPrefix(target, "http://"+strings.Join(r.fields["host"], ""))
	}
	switch {
	case r.method == "JOUST" && s.fault != "unknown method":
		s.answer(c, r, 501, "")
	case r.method == "POST" && target == "/echo":
		s.answer(c, r, 200, string(r.body))
	case target == "/", s.fault == "unknown path" && r.method == "GET":
		s.answer(c, r, 200, alive)
	default:
		s.answer(c, r, 404, "")
	}
	if r.version == "0" {
		switch s.fault {
		case "HTTP/1.0 closes":
			return false
		case "HTTP/1.0 with keep-alive":
			return true
		}
	}
	exempt := s.fault == "Connection: close is honoured" && r.fields["host"] != nil && r.version == "1" && len(r.fields["connection"]) > 0
	return r.closes && !exempt
}

func (s *reference) answer(c net.Conn, r asked, status int, body string) {
	date := time.Now().UTC().Format(http.TimeFormat)
	if s.fault == "Date is fresh" {
		date = s.started
	}
	connection := ""
	switch {
	case r.closes && s.fault != "Connection: close is announced":
		connection = "Connection: close\r\n"
	case r.version == "0" && !r.closes:
		connection = "Connection: keep-alive\r\n"
	}
	head := fmt.Sprintf("HTTP/1.1 %d Answer\r\nDate: %s\r\nContent-Type: text/plain\r\n%sContent-Length: %d\r\n\r\n", status, date, connection, len(body))
	if r.method == "HEAD" && s.fault != "HEAD" {
		body = ""
	}
	io.WriteString(c, head+body)
}
