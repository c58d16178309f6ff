package servers_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

func randomSums(t *testing.T, s *server) {
	w := s.dial(t)
	for range 20 {
		a, b, n := rand.IntN(1e6), rand.IntN(1e6), rand.IntN(1e6)
		path := fmt.Sprintf("/baseline11?a=%d&b=%d", a, b)
		posted := sumWithBody(path, fmt.Sprint(n), a+b+n)
		for _, e := range []exchange{text("GET", path, fmt.Sprint(a+b)), posted, posted.inChunks(2)} {
			w.send(t, e.bytes())
			w.expect(t, e)
		}
	}
}

func randomItems(t *testing.T, s *server) {
	w := s.dial(t)
	for range 10 {
		n, m := rand.IntN(itemCount+1), 1+rand.IntN(1000)
		for _, path := range []string{"/json", "/httparena_json"} {
			e := items(fmt.Sprintf("%s/%d?m=%d", path, n, m), n, m)
			w.send(t, e.bytes())
			w.expect(t, e)
		}
	}
}

func randomDocuments(t *testing.T, s *server) {
	w := s.dial(t)
	for range 5 {
		seed := 2 + rand.IntN(999998)
		e := document(fmt.Sprintf("/gzip?seed=%d", seed), seed)
		w.send(t, e.bytes())
		w.expect(t, e)
		w.expectCompressed(t, e, "gzip")
	}
}

func compressedItems(t *testing.T, s *server) {
	w := s.dial(t)
	for _, n := range []int{25, 40, 50} {
		m := 1 + rand.IntN(1000)
		w.expectCompressed(t, items(fmt.Sprintf("/json/%d?m=%d", n, m), n, m), "gzip, br")
	}
}

func staticFiles(t *testing.T, s *server) {
	w := s.dial(t)
	for _, name := range slices.Sorted(maps.Keys(static)) {
		e := exchange{method: "GET", path: "/static/" + name, status: 200, want: content(name)}
		w.send(t, e.bytes())
		w.expect(t, e)
		for _, accept := range []string{"gzip", "br, gzip"} {
			got := w.expectCompressed(t, e, accept)
			mediaType, _, err := mime.ParseMediaType(got.Get("Content-Type"))
			if err != nil || !slices.Contains(typesLike(static[name]), mediaType) {
				t.Errorf("%s: Content-Type %q, want %s", name, got.Get("Content-Type"), static[name])
			}
			if !strings.EqualFold(got.Get("Vary"), "Accept-Encoding") {
				t.Errorf("%s: Vary %q, want Accept-Encoding", name, got.Get("Vary"))
			}
		}
	}
}

// outsideFiles asks for a file next to the folder of static files.
func outsideFiles(t *testing.T, s *server) {
	for _, path := range []string{"/static/..%2fitems.json", "/static/../items.json", "/static/%2e%2e/items.json"} {
		w := s.dial(t)
		w.send(t, exchange{method: "GET", path: path}.bytes())
		if resp, body := w.read(t, "GET"); resp.StatusCode < 300 {
			t.Errorf("GET %s: status %d %.100q, want none of 2xx", path, resp.StatusCode, body)
		}
	}
}

// typesLike returns the media types that name the same format.
func typesLike(mediaType string) []string {
	switch mediaType {
	case "text/javascript":
		return []string{mediaType, "application/javascript"}
	case "text/xml":
		return []string{mediaType, "application/xml"}
	}
	return []string{mediaType}
}

// expectCompressed asks with this Accept-Encoding and compares the answer, inflated,
// with the right one. It returns the header of the answer.
func (w *wire) expectCompressed(t *testing.T, e exchange, accept string) http.Header {
	t.Helper()
	e.headers = append(slices.Clone(e.headers), "Accept-Encoding: "+accept)
	w.send(t, e.bytes())
	resp, body := w.read(t, e.method)
	encoding := resp.Header.Get("Content-Encoding")
	if resp.StatusCode != e.status || !slices.Contains(strings.Split(accept, ", "), encoding) {
		t.Fatalf("%s: status %d, Content-Encoding %q, want %d and one of %s", e.path, resp.StatusCode, encoding, e.status, accept)
	}
	var inflate io.Reader = brotli.NewReader(bytes.NewReader(body))
	if encoding == "gzip" {
		var err error
		if inflate, err = gzip.NewReader(bytes.NewReader(body)); err != nil {
			t.Fatalf("%s: %v", e.path, err)
		}
	}
	got, err := io.ReadAll(inflate)
	if err != nil || !bytes.Equal(got, e.want) {
		t.Errorf("%s: %d bytes in %s, %v: %.200q, want %d bytes %.200q", e.path, len(got), encoding, err, got, len(e.want), e.want)
	}
	return resp.Header
}

// events reads each chunk of the answer: it must hold one event.
func events(t *testing.T, s *server) {
	w := s.dial(t)
	w.send(t, exchange{method: "GET", path: "/sse"}.bytes())
	resp, err := http.ReadResponse(w.in, nil) // its body is read below, chunk by chunk
	if err != nil {
		t.Fatal(err)
	}
	if mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || mediaType != "text/event-stream" {
		t.Errorf("Content-Type %q, want text/event-stream", resp.Header.Get("Content-Type"))
	}
	if !slices.Equal(resp.TransferEncoding, []string{"chunked"}) {
		t.Fatalf("Transfer-Encoding %v, want chunks", resp.TransferEncoding)
	}
	for i := 1; i <= 100; i++ {
		if got, want := w.readChunk(t), fmt.Sprintf("data: %d\n\n", i); got != want {
			t.Fatalf("chunk %d is %q, want %q", i, got, want)
		}
	}
	if chunk := w.readChunk(t); chunk != "" {
		t.Errorf("a chunk after the last event: %q", chunk)
	}
	w.send(t, hello().bytes())
	w.expect(t, hello())
}

// delays sends many delayed requests at once. Each must wait; one after the other they
// would take much longer.
func delays(t *testing.T, s *server) {
	const requests, delay = 100, 200 * time.Millisecond
	var waiting sync.WaitGroup
	began := time.Now()
	for range requests {
		w, e := s.dial(t), text("GET", fmt.Sprintf("/delay/%d", delay.Milliseconds()), "ok")
		waiting.Go(func() {
			sent := time.Now()
			w.send(t, e.bytes())
			w.expect(t, e)
			if took := time.Since(sent); took < delay {
				t.Errorf("answered after %v, before %v", took, delay)
			}
		})
	}
	waiting.Wait()
	if took, serial := time.Since(began), requests*delay; took > serial/2 {
		t.Errorf("%d requests took %v; one after the other they would take %v", requests, took, serial)
	}
}

func wrongParameters(t *testing.T, s *server) {
	for _, e := range []exchange{
		{method: "GET", path: "/json?id=one"}, {method: "GET", path: "/gzip?seed=one"}, {method: "GET", path: "/json/51?m=1"},
		{method: "GET", path: "/json/x?m=1"}, {method: "GET", path: "/httparena_json/1?m=x"}, {method: "GET", path: "/delay/x"},
		{method: "GET", path: "/baseline11?a=1&b=x"}, sumWithBody("/baseline11?a=1&b=2", "x", 0),
	} {
		w := s.dial(t)
		w.send(t, e.bytes())
		if resp, body := w.read(t, e.method); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d %.100q, want 400", e.path, resp.StatusCode, body)
		}
	}
}

// brokenChunk sends a chunk whose length is no number. No route may answer that the
// body was right.
func brokenChunk(t *testing.T, s *server) {
	for _, path := range []string{"/echo", "/upload", "/upload_auto", "/drain"} {
		w := s.dial(t)
		head := "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		w.send(t, []byte(head+"5\r\nhello\r\nxyz\r\nhello\r\n0\r\n\r\n"))
		resp, err := http.ReadResponse(w.in, nil)
		if err != nil {
			continue // the server ended the connection
		}
		answer, _ := httputil.DumpResponse(resp, true)
		if resp.StatusCode < 400 {
			t.Errorf("%s: a broken chunk is answered by %.200q", path, answer)
		}
	}
}
