package servers_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/joust-bench/joust/servers/fixture"
)

// exchange is a request and the answer that counts as right.
type exchange struct {
	row          string
	method, path string
	headers      []string
	body         []byte
	status       int
	mediaType    string
	want         []byte
}

// wantJSON is written out here rather than marshalled: it holds the order of
// the fields and the absence of a newline.
const wantJSON = `{"id":%d,"status":"ok","data":{"name":"joust","version":"1.0.0","flags":["fast","correct","measured","repeatable"]}}`

func pattern(n int) []byte {
	return []byte(strings.Repeat(fixture.LargePattern, n/len(fixture.LargePattern)+1)[:n])
}

func hello() exchange {
	return exchange{row: "hello", method: "GET", path: "/", status: 200, mediaType: "text/plain", want: []byte("alive\r\n")}
}

func helloWithHeaders() exchange {
	e := hello()
	e.row = "headers_heavy"
	for i := 1; i <= 16; i++ {
		e.headers = append(e.headers, fmt.Sprintf("X-Bench-%02d: %s", i, "abcdefghijklmnop"[:i]))
	}
	return e
}

func object(path string, id int) exchange {
	return exchange{
		row: "json", method: "GET", path: path, headers: []string{"Accept: application/json"},
		status: 200, mediaType: "application/json", want: fmt.Appendf(nil, wantJSON, id),
	}
}

func echo(row string, body []byte) exchange {
	return exchange{
		row: row, method: "POST", path: "/echo", headers: []string{"Content-Type: application/octet-stream"},
		body: body, status: 200, mediaType: "application/octet-stream", want: body,
	}
}

func large(method string) exchange {
	return exchange{row: "large_response", method: method, path: "/large", status: 200, mediaType: "text/plain", want: pattern(65536)}
}

func upload(size int) exchange {
	return exchange{
		row: "upload_20mb", method: "POST", path: "/upload", headers: []string{"Content-Type: application/octet-stream"},
		body: pattern(size), status: 200, mediaType: "text/plain", want: strconv.AppendInt(nil, int64(size), 10),
	}
}

// bytes is the request on the wire.
func (e exchange) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", e.method, e.path)
	for _, h := range e.headers {
		fmt.Fprintf(&b, "%s\r\n", h)
	}
	if e.body != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(e.body))
	}
	b.WriteString("\r\n")
	b.Write(e.body)
	return b.Bytes()
}

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
	if got, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || got != e.mediaType {
		t.Errorf("%s %s: Content-Type %q, want %s", e.method, e.path, resp.Header.Get("Content-Type"), e.mediaType)
	}
	if len(resp.TransferEncoding) > 0 || resp.ContentLength != int64(len(e.want)) {
		t.Errorf("%s %s: Content-Length %d and Transfer-Encoding %v, want length %d alone",
			e.method, e.path, resp.ContentLength, resp.TransferEncoding, len(e.want))
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
