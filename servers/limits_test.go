package servers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// drained posts more bytes than the server may hold, with a length and in chunks.
func drained(t *testing.T, s *server) {
	const size, limit = 160 << 20, 128 << 20
	piece := pattern(1 << 20)
	for _, framing := range []string{fmt.Sprintf("Content-Length: %d", size), "Transfer-Encoding: chunked"} {
		w := s.dial(t)
		w.send(t, []byte("POST /drain HTTP/1.1\r\nHost: 127.0.0.1\r\n"+framing+"\r\n\r\n"))
		chunked := strings.HasPrefix(framing, "Transfer")
		for range size / len(piece) {
			if chunked {
				w.send(t, fmt.Appendf(nil, "%x\r\n", len(piece)))
			}
			w.send(t, piece)
			if chunked {
				w.send(t, []byte("\r\n"))
			}
		}
		if chunked {
			w.send(t, []byte("0\r\n\r\n"))
		}
		w.expect(t, text("POST", "/drain", "ok"))
	}
	if peak := s.peakMemory(t); peak >= limit {
		t.Errorf("the server's memory peaked at %d MiB, want less than %d MiB", peak>>20, limit>>20)
	}
}

// peakMemory returns the largest memory of the server until now, in bytes.
func (s *server) peakMemory(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says the peak of another process's memory")
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		t.Fatalf("no VmHWM in %s", status)
	}
	kilobytes, err := strconv.Atoi(string(fields[0]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

func runtimeMemory(t *testing.T, s *server) {
	w := s.dial(t)
	w.send(t, exchange{method: "GET", path: "/runtime/memory"}.bytes())
	_, body := w.read(t, "GET")
	held, err := strconv.Atoi(string(body))
	if err != nil || held < 1<<20 || held > 1<<30 {
		t.Errorf("the runtime holds %q bytes, %v, want 1 MiB to 1 GiB", body, err)
	}
}

func keepAliveLimit(t *testing.T, s *server) {
	const limit = 5
	capped := s.field.start(t, s.manifest, func(l *launch) { l.KeepAliveRequests = limit })
	for range 2 {
		w := capped.dial(t)
		for range limit - 1 {
			w.send(t, hello().bytes())
			w.expect(t, hello())
		}
		w.send(t, hello().bytes())
		if resp, body := w.read(t, "GET"); !resp.Close || string(body) != "alive\r\n" {
			t.Errorf("answer %d is %q and keeps the connection open: %v", limit, body, resp.Header)
		}
		if _, err := w.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("after answer %d the connection gave %v, want its end", limit, err)
		}
	}
}

func connectionLimit(t *testing.T, s *server) {
	if reason := s.Unsupported["backpressure_sustained"]; reason != "" {
		t.Skip(reason)
	}
	const limit = 2
	capped := s.field.start(t, s.manifest, func(l *launch) { l.MaxConnections = limit })
	var held []*wire
	for range limit {
		w := capped.dial(t)
		w.send(t, hello().bytes())
		w.expect(t, hello())
		held = append(held, w)
	}
	waiting := capped.dial(t)
	waiting.send(t, hello().bytes())
	waiting.expectSilence(t, 100*time.Millisecond)
	if err := held[0].Close(); err != nil {
		t.Fatal(err)
	}
	waiting.expect(t, hello())
}

func profiles(t *testing.T, s *server) {
	var socket string
	profiled := s.field.start(t, s.manifest, func(l *launch) {
		l.ProfileSocket = filepath.Join(l.Dir, "profile")
		socket = l.ProfileSocket
	})
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
	for _, name := range []string{"heap", "allocs", "mutex"} {
		resp, err := client.Get("http://server/debug/pprof/" + name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !bytes.HasPrefix(body, []byte("\x1f\x8b")) {
			t.Errorf("%s: status %d, %d bytes, %v, want a compressed profile", name, resp.StatusCode, len(body), err)
		}
	}
	profiled.terminate(t)
	profiled.expectEnd(t)
}
