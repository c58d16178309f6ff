package servers_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"time"
)

// law is a requirement on every Go server.
type law struct {
	name string
	hold func(*testing.T, *server)
}

var laws = [...]law{
	{"exact answers on one connection", exactAnswers},
	{"HEAD has the head of GET alone", headAlone},
	{"the object has the id asked for", randomIDs},
	{"sums are computed", randomSums},
	{"items are those of the data set", randomItems},
	{"documents are compressed for each request", randomDocuments},
	{"items are compressed for each request", compressedItems},
	{"static files have their type and a compressed form", staticFiles},
	{"files outside of the folder are not served", outsideFiles},
	{"a request may come in pieces", splitPackets},
	{"pipelined requests are answered in order", pipelined},
	{"no answer before the last byte of a body", withheldByte},
	{"100 Continue before the body", expectContinue},
	{"events are sent one by one", events},
	{"a delay holds nobody else up", delays},
	{"a drained body is never held whole", drained},
	{"unknown paths are 404", unknownPaths},
	{"wrong parameters are 400", wrongParameters},
	{"an unread body is never a request", unreadBody},
	{"a broken chunk is no body", brokenChunk},
	{"a broken upload harms nobody else", brokenUpload},
	{"the runtime knows its memory", runtimeMemory},
	{"a connection ends after its last request", keepAliveLimit},
	{"more connections than the limit wait", connectionLimit},
	{"profiles come from a socket", profiles},
}

// TestField starts every server and holds it to the laws.
func TestField(t *testing.T) {
	t.Parallel()
	manifests := loadManifests(t)
	f := &field{bin: buildAll(t, manifests), data: writeData(t)}
	for _, m := range manifests {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := f.start(t, m)
			t.Run("its version is known", func(t *testing.T) { versions(t, m, f.bin) })
			for _, law := range laws {
				t.Run(law.name, func(t *testing.T) { law.hold(t, s) })
			}
			t.Run("it stops and leaves nothing", func(t *testing.T) {
				stopsOften(t, s, func() *server { return f.start(t, m) })
			})
		})
		for _, v := range m.Variants {
			t.Run(v.Name, func(t *testing.T) {
				t.Parallel()
				s := f.start(t, m, func(l *launch) { maps.Copy(l.Params, v.Set) })
				exactAnswers(t, s)
				s.terminate(t)
				s.expectEnd(t)
			})
		}
	}
}

func exactAnswers(t *testing.T, s *server) {
	w := s.dial(t)
	for _, e := range exchanges() {
		w.send(t, e.bytes())
		w.expect(t, e)
	}
}

func headAlone(t *testing.T, s *server) {
	w := s.dial(t)
	for _, e := range []exchange{large("HEAD"), large("HEAD"), large("GET"), text("HEAD", "/", "alive\r\n"), hello()} {
		w.send(t, e.bytes())
		w.expect(t, e)
	}
}

func randomIDs(t *testing.T, s *server) {
	w := s.dial(t)
	for range 50 {
		id := 2 + rand.IntN(999998)
		e := object(fmt.Sprintf("/json?id=%d", id), id)
		w.send(t, e.bytes())
		w.expect(t, e)
		if t.Failed() {
			return // one difference is enough
		}
	}
	w.send(t, object("/json?id=one", 1).bytes())
	if resp, body := w.read(t, "GET"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("id=one: status %d %.100q, want 400", resp.StatusCode, body)
	}
}

// splitPackets sends each request in four packets 30 ms apart, cut inside the
// request line, inside the headers and, where there is one, inside the body.
func splitPackets(t *testing.T, s *server) {
	for _, e := range exchanges() {
		if len(e.body) > 4096 {
			continue
		}
		t.Run(e.method+e.path, func(t *testing.T) {
			t.Parallel()
			w, request := s.dial(t), e.bytes()
			cuts := []int{2, len(request) / 2, len(request) - 1, len(request)}
			from := 0
			for _, to := range cuts {
				w.send(t, request[from:to])
				if from = to; to < len(request) {
					w.expectSilence(t, 30*time.Millisecond)
				}
			}
			w.expect(t, e)
		})
	}
}

func pipelined(t *testing.T, s *server) {
	w := s.dial(t)
	batches := [][]exchange{
		{hello(), hello()},
		{hello(), helloWithHeaders(), hello(), large("GET")},
		{object("/json?id=7", 7), object("/json?id=8", 8)},
		{echo(pattern(256)), echo([]byte("second")), hello()},
		{echo(pattern(4096)), echo(pattern(4095)), upload("/upload", 300), hello()},
		// Bodies over what fasthttp and hertz read ahead, and no multiple of a buffer.
		{upload("/upload", 100003), upload("/upload_auto", 100003), drain(100003), echo(pattern(10007)), hello()},
	}
	for _, batch := range batches {
		var packet []byte
		for _, e := range batch {
			packet = append(packet, e.bytes()...)
		}
		w.send(t, packet)
		for _, e := range batch {
			w.expect(t, e)
		}
	}
}

func withheldByte(t *testing.T, s *server) {
	for _, e := range []exchange{
		upload("/upload", 1), upload("/upload", 20<<20), upload("/upload_auto", 1<<20), upload("/upload_manual", 1<<20),
		echo(pattern(256)), drain(1 << 20), form(), sumWithBody("/baseline11?a=1&b=2", "39", 42),
	} {
		t.Run(fmt.Sprint(e.path, len(e.body)), func(t *testing.T) {
			t.Parallel()
			w, request := s.dial(t), e.bytes()
			w.send(t, request[:len(request)-1])
			w.expectSilence(t, 200*time.Millisecond)
			w.send(t, request[len(request)-1:])
			w.expect(t, e)
		})
	}
}

func expectContinue(t *testing.T, s *server) {
	w, e := s.dial(t), echo(pattern(256))
	e.headers = append(e.headers, "Expect: 100-continue")
	request := e.bytes()
	w.send(t, request[:len(request)-len(e.body)])
	if resp, _ := w.read(t, "POST"); resp.StatusCode != http.StatusContinue {
		t.Fatalf("status %d, want 100", resp.StatusCode)
	}
	w.send(t, e.body)
	w.expect(t, e)
}

func unknownPaths(t *testing.T, s *server) {
	for _, path := range []string{
		"/nope", "/jsonx", "/large/x", "/js", "/constructor", "/api/v1/items/0000", "/api/v1/items/0101",
		"/static/nope.css",
	} {
		w := s.dial(t)
		w.send(t, exchange{method: "GET", path: path}.bytes())
		if resp, body := w.read(t, "GET"); resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: status %d %.100q, want 404", path, resp.StatusCode, body)
		}
	}
}

// unreadBody posts a body that looks like requests for /large to an unknown path.
// The server must not answer them: after the 404 comes the answer to the next
// request, or the end of the connection.
func unreadBody(t *testing.T, s *server) {
	w := s.dial(t)
	trap := bytes.Repeat(large("GET").bytes(), 2000)
	w.send(t, exchange{method: "POST", path: "/nope", body: trap[:len(trap)/2]}.bytes())
	if resp, body := w.read(t, "POST"); resp.StatusCode != http.StatusNotFound {
		t.Fatalf("status %d %.100q, want 404", resp.StatusCode, body)
	}
	_, _ = w.Write(hello().bytes()) // the reads show whether the server has closed
	resp, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err == nil && !bytes.Equal(body, hello().want) {
		t.Fatalf("the unread body was taken for a request: status %d %.100q", resp.StatusCode, body)
	}
}

// brokenUpload ends half an upload and a kept connection with FIN and with RST.
// Other clients must not notice.
func brokenUpload(t *testing.T, s *server) {
	for _, linger := range []int{-1, 0} { // FIN, RST
		w, request := s.dial(t), upload("/upload", 1<<20).bytes()
		w.send(t, request[:len(request)/2])
		conn, ok := w.Conn.(*net.TCPConn)
		if !ok {
			t.Fatal("not a TCP connection")
		}
		if err := conn.SetLinger(linger); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		other, e := s.dial(t), upload("/upload", 100)
		other.send(t, e.bytes())
		other.expect(t, e)
	}
	for _, e := range []exchange{
		upload("/upload", 1<<20), upload("/upload_auto", 1<<20), drain(1 << 20), echo(pattern(4096)),
	} {
		half, request := s.dial(t), e.bytes()
		half.send(t, request[:len(request)/2])
		conn, ok := half.Conn.(*net.TCPConn)
		if !ok {
			t.Fatal("not a TCP connection")
		}
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(half.in)
		if bytes.HasPrefix(answer, []byte("HTTP/1.1 2")) {
			t.Errorf("half a body of %s counts as a whole one: %.200q, %v", e.path, answer, err)
		}
	}
}

// stopsOften repeats gracefulStop until it held in a quarter of the tries, and fails
// when a quarter of twelve is out of reach. The package loaders/retry has this rule
// for the main module, and this module imports nothing of that.
func stopsOften(t *testing.T, s *server, restart func() *server) {
	held := 0
	for tries := 1; ; tries++ {
		if gracefulStop(t, s) {
			held++
		}
		if held*4 >= tries {
			return
		}
		if tries-held > 9 {
			t.Fatalf("%d times of %d it did not end within %v of SIGTERM", tries-held, tries, promptly)
		}
		s = restart()
	}
}

// promptly is half of the drain time of the fixtures.
const promptly = 400 * time.Millisecond

// gracefulStop sends SIGTERM while an upload is in flight and an idle connection is
// open. The server answers the upload first. It returns false if the end
// took too long to judge: on a busy machine the drain time may be over before the
// last byte of the upload is sent.
func gracefulStop(t *testing.T, s *server) bool {
	idle := s.dial(t)
	idle.send(t, hello().bytes())
	idle.expect(t, hello())
	w, e := s.dial(t), upload("/upload", 20<<20)
	request := e.bytes()
	w.send(t, request[:len(request)-1])
	began := time.Now()
	s.terminate(t)
	s.await(t, "its port to close", func() bool { return !s.listens() })
	_, sendErr := w.Write(request[len(request)-1:])
	s.awaitExit(t)
	// hertz waits for idle connections too, until its drain time is over.
	if late := time.Since(began) > promptly; late && (s.name != "hertz" || sendErr != nil) {
		return false
	}
	if sendErr != nil {
		t.Fatalf("sending the last byte: %v", sendErr)
	}
	resp, body := w.read(t, "POST")
	if resp.StatusCode != http.StatusOK || !bytes.Equal(body, e.want) {
		t.Errorf("the upload in flight got %d %.100q, want %q", resp.StatusCode, body, e.want)
	}
	if _, err := w.in.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("after its last answer the connection gave %v, want its end", err)
	}
	s.expectEnd(t)
	return true
}
