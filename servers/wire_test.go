package servers_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"testing"
	"time"
)

// wire is a raw connection; every packet that is written leaves by itself.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func (s *server) dial(t *testing.T) *wire {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // many are closed by then
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &wire{Conn: conn, in: bufio.NewReader(conn)}
}

func (w *wire) send(t *testing.T, b []byte) {
	t.Helper()
	if _, err := w.Write(b); err != nil {
		t.Fatalf("sending %d bytes: %v", len(b), err)
	}
}

// read reads one answer with its body.
func (w *wire) read(t *testing.T, method string) (*http.Response, []byte) {
	t.Helper()
	resp, err := http.ReadResponse(w.in, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return resp, body
}

// expect reads one answer and compares it with the right one.
func (w *wire) expect(t *testing.T, e exchange) {
	t.Helper()
	resp, body := w.read(t, e.method)
	if resp.StatusCode != e.status {
		t.Fatalf("%s %s: status %d, want %d; body %.200q", e.method, e.path, resp.StatusCode, e.status, body)
	}
	got, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if e.mediaType != "" && (err != nil || got != e.mediaType) {
		t.Errorf("%s %s: Content-Type %q, want %s", e.method, e.path, resp.Header.Get("Content-Type"), e.mediaType)
	}
	bodiless := e.status == http.StatusNoContent || e.status == http.StatusNotModified
	if !bodiless && (len(resp.TransferEncoding) > 0 || resp.ContentLength != int64(len(e.want))) {
		t.Errorf("%s %s: Content-Length %d and Transfer-Encoding %v, want length %d alone",
			e.method, e.path, resp.ContentLength, resp.TransferEncoding, len(e.want))
	}
	for name, want := range e.wantHeaders {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s %s: %s is %q, want %q", e.method, e.path, name, got, want)
		}
	}
	if _, err := http.ParseTime(resp.Header.Get("Date")); err != nil {
		t.Errorf("%s %s: Date %q: %v", e.method, e.path, resp.Header.Get("Date"), err)
	}
	if resp.Close {
		t.Errorf("%s %s: the answer ends the connection, which must be kept", e.method, e.path)
	}
	want := e.want
	if e.method == "HEAD" {
		want = nil
	}
	if !bytes.Equal(body, want) {
		t.Errorf("%s %s: body of %d bytes %.200q, want %d bytes %.200q", e.method, e.path, len(body), body, len(want), want)
	}
}

// expectSilence holds that nothing arrives for the time d.
func (w *wire) expectSilence(t *testing.T, d time.Duration) {
	t.Helper()
	if err := w.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
	b, err := w.in.Peek(1)
	if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
		t.Fatalf("got %q, %v within %v, want nothing yet", b, err, d)
	}
	if err := w.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
}

// readChunk reads one chunk of a chunked body, which is empty at its end.
func (w *wire) readChunk(t *testing.T) string {
	t.Helper()
	var size int
	if _, err := fmt.Fscanf(w.in, "%x\r\n", &size); err != nil {
		t.Fatalf("reading the length of a chunk: %v", err)
	}
	chunk := make([]byte, size+len("\r\n"))
	if _, err := io.ReadFull(w.in, chunk); err != nil {
		t.Fatalf("reading a chunk of %d bytes: %v", size, err)
	}
	return string(chunk[:size])
}
